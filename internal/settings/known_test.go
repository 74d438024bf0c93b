package settings

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

// TestKnownSettings_defaults: the defaults as earthscope-sdk 1.9.3 reports
// them, in the types of Parse.
func TestKnownSettings_defaults(t *testing.T) {
	t.Parallel()
	second := time.Second
	codes := []int64{429, 500, 502, 503, 504}
	want := map[string]any{
		"oauth2.access_token": nil, "oauth2.id_token": nil, "oauth2.refresh_token": nil, "oauth2.client_secret": nil,
		"oauth2.domain": "https://login.earthscope.org/", "oauth2.client_id": "b9DtAFBd6QvMg761vI3YhYquNZbJX5G0",
		"oauth2.audience": "https://api.earthscope.org", "oauth2.scope": "offline_access",
		"oauth2.allowed_hosts": []string{"earthscope.org", "*.earthscope.org"}, "oauth2.retry.attempts": int64(5),
		"oauth2.retry.timeout": 30 * second, "oauth2.retry.wait_initial": second, "oauth2.retry.wait_max": 5 * second,
		"oauth2.retry.wait_jitter": 3 * second, "oauth2.retry.wait_exp_base": 2.0, "oauth2.retry.status_codes": codes,
		"resources.api_url": "https://api.earthscope.org/", "http.timeout_connect": 5 * second, "http.timeout_read": 5 * second,
		"http.keepalive_expiry": 5 * second, "http.max_connections": nil, "http.max_keepalive_connections": nil,
		"http.rate_limit.max_concurrent": int64(100), "http.rate_limit.max_per_second": 150.0, "http.user_agent": nil,
		"http.extra_headers": map[string]string{}, "http.retry.attempts": int64(3), "http.retry.timeout": 20 * second,
		"http.retry.wait_initial": second / 10, "http.retry.wait_max": 5 * second, "http.retry.wait_jitter": second,
		"http.retry.wait_exp_base": 2.0, "http.retry.status_codes": codes, "thread_pool_max_workers": nil,
		"dropoff.bucket": "dropoff-prod-us-east-2-k9j3mdz7wq1p", "dropoff.category": nil, "dropoff.part_size": int64(10485760),
		"dropoff.part_concurrency": int64(8), "dropoff.object_concurrency": int64(3), "dropoff.retry.attempts": int64(3),
		"dropoff.retry.timeout": 20 * second, "dropoff.retry.wait_initial": second / 10, "dropoff.retry.wait_max": 5 * second,
		"dropoff.retry.wait_jitter": second, "dropoff.retry.wait_exp_base": 2.0,
		"query_plan.memory_limit_bytes": nil, "query_plan.timeout_seconds": nil,
	}
	list := KnownSettings()
	if len(list) != len(want) {
		t.Errorf("%d settings, want %d", len(list), len(want))
	}
	for _, k := range list {
		expected, listed := want[k.Path]
		if !listed {
			t.Errorf("%s is not a setting of the SDK", k.Path)
			continue
		}
		if k.Default == "" {
			if expected != nil {
				t.Errorf("%s has no default, want %v", k.Path, expected)
			}
			continue
		}
		got, err := k.Parse(k.Default)
		if err != nil || !reflect.DeepEqual(got, expected) {
			t.Errorf("%s: default %#v (%v), want %#v", k.Path, got, err, expected)
		}
	}
}

func TestKnownSettings_table(t *testing.T) {
	t.Parallel()
	for _, k := range KnownSettings() {
		if want := "ES_" + strings.ToUpper(strings.Join(strings.Split(k.Path, "."), "__")); k.Environment != want {
			t.Errorf("%s: variable %s, want %s", k.Path, k.Environment, want)
		}
		secret := strings.HasSuffix(k.Path, "_token") || strings.HasSuffix(k.Path, "_secret")
		if k.Secret != secret || (k.Type == TypeSecret) != secret {
			t.Errorf("%s: secret %v, type %s", k.Path, k.Secret, k.Type)
		}
		if found, ok := LookupKnown(k.Path); !ok || found != k {
			t.Errorf("%s is not found", k.Path)
		}
		if remedies[k.Type] == "" {
			t.Errorf("%s: type %s has no remedy", k.Path, k.Type)
		}
	}
	for _, path := range []string{"", "oauth2", "oauth2.retry", "oauth2.Refresh_token", "oauth2.refresh_token.x", "x"} {
		if k, ok := LookupKnown(path); ok {
			t.Errorf("%q is found: %v", path, k.Path)
		}
	}
	list := KnownSettings()
	list[0].Path = "changed"
	if knownSettings[0].Path == "changed" {
		t.Error("the caller's slice is the table itself")
	}
}

// TestKnown_Parse: one text per type, good and bad.
func TestKnown_Parse(t *testing.T) {
	t.Parallel()
	rows := []struct {
		path, text string
		want       any // nil: refused
	}{
		{"oauth2.refresh_token", " a ", NewSecret(" a ")},
		{"oauth2.client_id", "5", "5"},
		{"oauth2.client_id", "a\xff", nil},
		{"oauth2.scope", `["a"]`, `["a"]`},
		{"oauth2.domain", "HTTPS://H.example", "https://h.example/"},
		{"oauth2.domain", "h.example", nil},
		{"oauth2.retry.attempts", "1_0", int64(10)},
		{"oauth2.retry.attempts", "-1", nil},
		{"oauth2.retry.wait_exp_base", "1e1", 10.0},
		{"oauth2.retry.wait_exp_base", "0", nil},
		{"http.timeout_read", "PT1M", time.Minute},
		{"http.timeout_read", "1m", nil},
		{"oauth2.allowed_hosts", `["a","b","a"]`, []string{"a", "b"}},
		{"oauth2.allowed_hosts", "a", nil},
		{"oauth2.allowed_hosts", "null", nil},
		{"http.retry.status_codes", `[429, "503"]`, []int64{429, 503}},
		{"http.retry.status_codes", `[429.5]`, nil},
		{"http.extra_headers", `{"A": "b"}`, map[string]string{"A": "b"}},
		{"http.extra_headers", `{"A": null}`, nil},
		{"dropoff.category", "stationxml", "stationxml"},
		{"dropoff.category", "other", nil},
		{"http.rate_limit.max_concurrent", "200", int64(200)},
		{"http.rate_limit.max_concurrent", "201", nil},
		{"query_plan.memory_limit_bytes", "0", nil},
	}
	for _, row := range rows {
		k, _ := LookupKnown(row.path)
		got, err := k.Parse(row.text)
		if row.want == nil {
			var e *Error
			if !errors.As(err, &e) || e.Setting != row.path || got != nil {
				t.Errorf("%s = %q: %v, error %v", row.path, row.text, got, err)
			}
			continue
		}
		if err != nil || !reflect.DeepEqual(got, row.want) {
			t.Errorf("%s = %q: got %#v (%v), want %#v", row.path, row.text, got, err, row.want)
		}
	}
}

func TestSource_String(t *testing.T) {
	t.Parallel()
	rows := []struct {
		source Source
		want   string
	}{
		{Source{}, "built-in default"},
		{Source{LinkArgument, "refresh_token", ""}, "argument refresh_token"},
		{Source{LinkEnvironment, "ES_OAUTH2__REFRESH_TOKEN", ""}, "environment variable ES_OAUTH2__REFRESH_TOKEN"},
		{Source{LinkEnvironmentJSON, "ES_OAUTH2", "refresh_token"}, "environment variable ES_OAUTH2, key refresh_token"},
		{Source{LinkConfigProfile, "/c.toml", "profile.stage"}, "/c.toml, table [profile.stage]"},
		{Source{LinkConfigDefault, "/c.toml", "default"}, "/c.toml, table [default]"},
		{Source{LinkConfigDefault, "/c.toml", ""}, "/c.toml"},
		{Source{LinkTokensFile, "/t.json", ""}, "/t.json"},
		{Source{LinkLegacyFile, "/l.json", ""}, "/l.json"},
		{Source{LinkBootstrap, "ES_BOOTSTRAP_SETTINGS", "a.b"}, "environment variable ES_BOOTSTRAP_SETTINGS, key a.b"},
	}
	for _, row := range rows {
		if got := row.source.String(); got != row.want {
			t.Errorf("got %q, want %q", got, row.want)
		}
	}
}
