package settings

import (
	"slices"
	"testing"
	"time"
)

// TestDescribe_whole: every line for a profile with values of every type.
func TestDescribe_whole(t *testing.T) {
	t.Parallel()
	r := request(files{
		configPath: "[default.oauth2]\nallowed_hosts = [\"a.example\", \"b.example\"]\nretry.timeout = \"PT1M30S\"\n" +
			"[profile.stage]\nhttp.extra_headers = {B = \"2\", A = \"1\"}\nresources.api_url = \"https://api.example\"\n" +
			"oauth2.retry.wait_exp_base = 1.5\n",
		".earthscope/stage/tokens.json": `{"refresh_token": "r"}`,
	}, "ES_OAUTH2__RETRY__STATUS_CODES=[503]", "ES_DROPOFF__CATEGORY=miniseed", "ES_PROFILE=stage")
	r.Arguments = map[string]string{"oauth2.scope": "openid"}
	s, _ := mustLoad(t, r)
	want := []string{
		`dropoff.bucket = dropoff-prod-us-east-2-k9j3mdz7wq1p (built-in default)`,
		`dropoff.category = miniseed (environment variable ES_DROPOFF__CATEGORY)`,
		`dropoff.object_concurrency = 3 (built-in default)`,
		`dropoff.part_concurrency = 8 (built-in default)`,
		`dropoff.part_size = 10485760 (built-in default)`,
		`dropoff.retry.attempts = 3 (built-in default)`,
		`dropoff.retry.timeout = 20s (built-in default)`,
		`dropoff.retry.wait_exp_base = 2 (built-in default)`,
		`dropoff.retry.wait_initial = 100ms (built-in default)`,
		`dropoff.retry.wait_jitter = 1s (built-in default)`,
		`dropoff.retry.wait_max = 5s (built-in default)`,
		`http.extra_headers = {"A": (sensitive), "B": (sensitive)} (/home/u/.earthscope/config.toml, table [profile.stage])`,
		`http.keepalive_expiry = 5s (built-in default)`,
		`http.max_connections =  (built-in default)`,
		`http.max_keepalive_connections =  (built-in default)`,
		`http.rate_limit.max_concurrent = 100 (built-in default)`,
		`http.rate_limit.max_per_second = 150 (built-in default)`,
		`http.retry.attempts = 3 (built-in default)`,
		`http.retry.status_codes = [429,500,502,503,504] (built-in default)`,
		`http.retry.timeout = 20s (built-in default)`,
		`http.retry.wait_exp_base = 2 (built-in default)`,
		`http.retry.wait_initial = 100ms (built-in default)`,
		`http.retry.wait_jitter = 1s (built-in default)`,
		`http.retry.wait_max = 5s (built-in default)`,
		`http.timeout_connect = 5s (built-in default)`,
		`http.timeout_read = 5s (built-in default)`,
		`http.user_agent =  (built-in default)`,
		`oauth2.access_token =  (built-in default)`,
		`oauth2.allowed_hosts = ["a.example","b.example"] (/home/u/.earthscope/config.toml, table [default])`,
		`oauth2.audience = https://api.earthscope.org (built-in default)`,
		`oauth2.client_id = b9DtAFBd6QvMg761vI3YhYquNZbJX5G0 (built-in default)`,
		`oauth2.client_secret =  (built-in default)`,
		`oauth2.domain = https://login.earthscope.org/ (built-in default)`,
		`oauth2.id_token =  (built-in default)`,
		`oauth2.refresh_token = (sensitive) (/home/u/.earthscope/stage/tokens.json)`,
		`oauth2.retry.attempts = 5 (built-in default)`,
		`oauth2.retry.status_codes = [503] (environment variable ES_OAUTH2__RETRY__STATUS_CODES)`,
		`oauth2.retry.timeout = 1m30s (/home/u/.earthscope/config.toml, table [default])`,
		`oauth2.retry.wait_exp_base = 1.5 (/home/u/.earthscope/config.toml, table [profile.stage])`,
		`oauth2.retry.wait_initial = 1s (built-in default)`,
		`oauth2.retry.wait_jitter = 3s (built-in default)`,
		`oauth2.retry.wait_max = 5s (built-in default)`,
		`oauth2.scope = openid (argument scope)`,
		`profile = stage (environment variable ES_PROFILE)`,
		`query_plan.memory_limit_bytes =  (built-in default)`,
		`query_plan.timeout_seconds =  (built-in default)`,
		`resources.api_url = https://api.example/ (/home/u/.earthscope/config.toml, table [profile.stage])`,
		`thread_pool_max_workers =  (built-in default)`,
	}
	var got []string
	for _, line := range s.Describe() {
		got = append(got, line.String())
	}
	if !slices.Equal(got, want) {
		for i := range max(len(got), len(want)) {
			if i >= len(got) || i >= len(want) || got[i] != want[i] {
				t.Fatalf("line %d of %d:\n%v", i, len(got), got)
			}
		}
	}
}

// TestLoad_fields: the typed fields hold what the chain says.
func TestLoad_fields(t *testing.T) {
	t.Parallel()
	r := request(nil, "ES_OAUTH2__CLIENT_SECRET=cs", "ES_OAUTH2__ACCESS_TOKEN=at", "ES_OAUTH2__ID_TOKEN=it", "ES_OAUTH2__REFRESH_TOKEN=rt",
		"ES_OAUTH2__DOMAIN=https://id.example", "ES_OAUTH2__CLIENT_ID=ci", "ES_OAUTH2__AUDIENCE=au", "ES_OAUTH2__SCOPE=a b",
		`ES_OAUTH2__ALLOWED_HOSTS=["x","y","x"]`, "ES_OAUTH2__RETRY__ATTEMPTS=0", "ES_OAUTH2__RETRY__TIMEOUT=1", "ES_OAUTH2__RETRY__WAIT_INITIAL=2",
		"ES_OAUTH2__RETRY__WAIT_MAX=3", "ES_OAUTH2__RETRY__WAIT_JITTER=4", "ES_OAUTH2__RETRY__WAIT_EXP_BASE=5", "ES_OAUTH2__RETRY__STATUS_CODES=[6]",
		"ES_RESOURCES__API_URL=https://api.example/v1/", "ES_HTTP__TIMEOUT_CONNECT=7", "ES_HTTP__TIMEOUT_READ=8", "ES_HTTP__KEEPALIVE_EXPIRY=9",
		"ES_HTTP__USER_AGENT=ua", `ES_HTTP__EXTRA_HEADERS={"X-A":"1"}`, `ES_HTTP__RETRY={"attempts":10}`)
	s, warnings := mustLoad(t, r)
	if len(warnings) != 0 {
		t.Errorf("warnings %v", warnings)
	}
	o := s.OAuth2
	for name, pair := range map[string][2]string{
		"client secret": {o.ClientSecret.Reveal(), "cs"}, "access token": {o.AccessToken.Reveal(), "at"}, "id token": {o.IDToken.Reveal(), "it"},
		"refresh token": {o.RefreshToken.Reveal(), "rt"}, "domain": {o.Domain, "https://id.example/"}, "client id": {o.ClientID, "ci"},
		"audience": {o.Audience, "au"}, "scope": {o.Scope, "a b"}, "API": {s.Resources.APIURL, "https://api.example/v1/"},
		"user agent": {s.HTTP.UserAgent, "ua"}, "header": {s.HTTP.ExtraHeaders["X-A"], "1"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s is %q, want %q", name, pair[0], pair[1])
		}
	}
	if !slices.Equal(o.AllowedHosts, []string{"x", "y"}) {
		t.Errorf("allowed hosts %v", o.AllowedHosts)
	}
	second := time.Second
	want := Retry{Attempts: 0, Timeout: second, WaitInitial: 2 * second, WaitMax: 3 * second, WaitJitter: 4 * second, WaitExpBase: 5, StatusCodes: []int{6}}
	checkRetry(t, "oauth2.retry", o.Retry, want)
	want = Retry{
		Attempts: 10, Timeout: 20 * second, WaitInitial: second / 10, WaitMax: 5 * second, WaitJitter: second, WaitExpBase: 2,
		StatusCodes: []int{429, 500, 502, 503, 504},
	}
	checkRetry(t, "http.retry", s.HTTP.Retry, want)
	if s.HTTP.TimeoutConnect != 7*second || s.HTTP.TimeoutRead != 8*second || s.HTTP.KeepaliveExpiry != 9*second {
		t.Errorf("timeouts %v, %v, %v", s.HTTP.TimeoutConnect, s.HTTP.TimeoutRead, s.HTTP.KeepaliveExpiry)
	}
}

func checkRetry(t *testing.T, name string, got, want Retry) {
	t.Helper()
	if !slices.Equal(got.StatusCodes, want.StatusCodes) {
		t.Errorf("%s: status codes %v, want %v", name, got.StatusCodes, want.StatusCodes)
	}
	got.StatusCodes, want.StatusCodes = nil, nil
	if got.Attempts != want.Attempts || got.Timeout != want.Timeout || got.WaitInitial != want.WaitInitial ||
		got.WaitMax != want.WaitMax || got.WaitJitter != want.WaitJitter || got.WaitExpBase != want.WaitExpBase {
		t.Errorf("%s: got %+v, want %+v", name, got, want)
	}
}

// TestLoad_provenance: each leaf of a merged table keeps its own source.
func TestLoad_provenance(t *testing.T) {
	t.Parallel()
	r := request(files{
		configPath: "[default.http.extra_headers]\nA = \"1\"\nB = \"1\"\n[profile.\"x y\".http.extra_headers]\nB = \"2\"\n" +
			"[profile.\"x y\".oauth2]\nclient_id = \"c\"\n",
		".earthscope/x-y/tokens.json": `{"access_token": "a", "refresh_token": "r"}`,
	}, `ES_HTTP={"Extra_Headers": {"C": "3"}, "retry": {"ATTEMPTS": 7, "timeout": 8}}`, "es_http__retry__timeout=9",
		`ES_HTTP__RATE_LIMIT={"Max_Concurrent": 4}`, `ES_BOOTSTRAP_SETTINGS={"oauth2": {"id_token": "i", "access_token": "b"}}`)
	r.Profile = "x y"
	r.Arguments = map[string]string{"http.timeout_read": "3", "oauth2.domain": "https://id.example/"}
	r.ArgumentNames = map[string]string{"http.timeout_read": "request_timeout"}
	s, _ := mustLoad(t, r)
	for path, want := range map[string]string{
		"http.extra_headers":             "environment variable ES_HTTP, key Extra_Headers",
		"http.extra_headers.A":           homeConfig + ", table [default]",
		"http.extra_headers.B":           homeConfig + `, table [profile."x y"]`,
		"http.extra_headers.C":           "environment variable ES_HTTP, key Extra_Headers.C",
		"http.retry.attempts":            "environment variable ES_HTTP, key retry.ATTEMPTS",
		"http.retry.timeout":             "environment variable es_http__retry__timeout",
		"http.retry.wait_max":            "built-in default",
		"http.rate_limit.max_concurrent": "environment variable ES_HTTP__RATE_LIMIT, key Max_Concurrent",
		"http.timeout_read":              "argument request_timeout",
		"oauth2.domain":                  "argument domain",
		"oauth2.client_id":               homeConfig + `, table [profile."x y"]`,
		"oauth2.access_token":            testHome + "/.earthscope/x-y/tokens.json",
		"oauth2.id_token":                "environment variable ES_BOOTSTRAP_SETTINGS, key oauth2.id_token",
		"no.such.setting":                "built-in default",
	} {
		if got := s.Source(path).String(); got != want {
			t.Errorf("%s comes from %s, want %s", path, got, want)
		}
	}
	if s.ProfileSource.String() != "argument profile" || s.ProfileSlug != "x-y" {
		t.Errorf("profile source %s, slug %s", s.ProfileSource, s.ProfileSlug)
	}
}

// TestLoad_arguments: read like variables, and nothing unknown.
func TestLoad_arguments(t *testing.T) {
	t.Parallel()
	r := request(nil, "ES_OAUTH2__ALLOWED_HOSTS=[\"x\"]")
	r.Arguments = map[string]string{"oauth2.allowed_hosts": `["a","b"]`, "oauth2.retry.attempts": "4", "unknown": "z", "oauth2": "{}"}
	s, _ := mustLoad(t, r)
	if got := changed(s); got["oauth2.allowed_hosts"] != `["a","b"]` || got["oauth2.retry.attempts"] != "4" || len(got) != 2 {
		t.Errorf("got %v", got)
	}
	for path, text := range map[string]string{"oauth2.allowed_hosts": "a", "oauth2.retry.attempts": "x", "resources.api_url": "https://h/x"} {
		r.Arguments = map[string]string{path: text}
		r.ArgumentNames = map[string]string{path: "shown"}
		_, _, err := Load(r)
		e, isError := err.(*Error) //nolint:errorlint // Load promises the type itself
		if !isError || e.Setting != path || e.Source != (Source{Link: LinkArgument, Name: "shown"}) {
			t.Errorf("%s: error %v", path, err)
		}
	}
}
