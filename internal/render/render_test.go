package render

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// given makes settings of pairs; nil is written as null.
const null = "\x00null"

func given(pairs ...string) Settings {
	s := Settings{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] == null {
			s[pairs[i]] = nil
			continue
		}
		s[pairs[i]] = &pairs[i+1]
	}
	return s
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		in   Settings
		want map[string]string
	}{
		"nothing": {given(), map[string]string{}},
		"nulls are left out": {
			given("oauth2.refresh_token", null, "oauth2.client_id", "c"),
			map[string]string{"ES_OAUTH2__CLIENT_ID": "c"},
		},
		"texts as they are": {
			given("oauth2.refresh_token", `v1.a"b\c$d`, "oauth2.scope", "openid offline_access", "resources.api_url", "https://api.example.org/"),
			map[string]string{
				"ES_OAUTH2__REFRESH_TOKEN": `v1.a"b\c$d`, "ES_OAUTH2__SCOPE": "openid offline_access",
				"ES_RESOURCES__API_URL": "https://api.example.org/",
			},
		},
		"numbers and durations": {
			given("http.retry.attempts", " 5 ", "http.timeout_read", "7.5", "http.timeout_connect", "PT30S", "http.rate_limit.max_per_second", "50",
				"thread_pool_max_workers", "4"),
			map[string]string{
				"ES_HTTP__RETRY__ATTEMPTS": "5", "ES_HTTP__TIMEOUT_READ": "7.5", "ES_HTTP__TIMEOUT_CONNECT": "PT30S",
				"ES_HTTP__RATE_LIMIT__MAX_PER_SECOND": "50", "ES_THREAD_POOL_MAX_WORKERS": "4",
			},
		},
		"lists and tables as JSON": {
			given("oauth2.allowed_hosts", `[ "a.example", "*.b" ]`, "http.retry.status_codes", "[503, 429]", "http.extra_headers", `{ "X-Team": "<7>" }`),
			map[string]string{
				"ES_OAUTH2__ALLOWED_HOSTS": `["a.example","*.b"]`, "ES_HTTP__RETRY__STATUS_CODES": "[503,429]",
				"ES_HTTP__EXTRA_HEADERS": `{"X-Team":"<7>"}`,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Environment(test.in)
			if err != nil {
				t.Fatal(err)
			}
			if !maps.Equal(got, test.want) {
				t.Errorf("environment = %v, want %v", got, test.want)
			}
		})
	}
}

func TestBootstrapSettings(t *testing.T) {
	t.Parallel()
	in := given("oauth2.refresh_token", `a'b"c$(d)%e{f}`+"`", "http.retry.attempts", "5", "http.extra_headers", `{"X.Y":"z"}`, "oauth2.access_token", null)
	for escape, want := range map[Escape]string{
		EscapeNone:        `{"http":{"extra_headers":{"X.Y":"z"},"retry":{"attempts":5}},"oauth2":{"refresh_token":"a'b\"c$(d)%e{f}` + "`" + `"}}`,
		EscapeKubeSpawner: `{{"http":{{"extra_headers":{{"X.Y":"z"}},"retry":{{"attempts":5}}}},"oauth2":{{"refresh_token":"a'b\"c\u0024(d)%e{{f}}` + "`" + `"}}}}`,
		EscapeShell:       `'{"http":{"extra_headers":{"X.Y":"z"},"retry":{"attempts":5}},"oauth2":{"refresh_token":"a'\''b\"c$(d)%e{f}` + "`" + `"}}'`,
		EscapeSystemd:     `"{\"http\":{\"extra_headers\":{\"X.Y\":\"z\"},\"retry\":{\"attempts\":5}},\"oauth2\":{\"refresh_token\":\"a'b\\\"c\\u0024(d)\\u0025e{f}\\u0060\"}}"`,
	} {
		got, err := BootstrapSettings(in, escape)
		if err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%s:\n%s, want\n%s", escape, got, want)
		}
	}
	if got, err := BootstrapSettings(given(), EscapeNone); err != nil || got != "{}" {
		t.Errorf("no settings = %q, error %v, want {}", got, err)
	}
}

func TestConfigTOML(t *testing.T) {
	t.Parallel()
	got, err := ConfigTOML("my lab", given("oauth2.domain", "https://login.example.org/", "oauth2.scope", `a "b"`, "http.retry.attempts", "5",
		"http.timeout_read", "7", "oauth2.allowed_hosts", `["h"]`, "http.extra_headers", `{"X Y":"z"}`, "oauth2.client_id", null))
	if err != nil {
		t.Fatal(err)
	}
	want := `[profile."my lab"]
http.extra_headers."X Y" = "z"
http.retry.attempts = 5
http.timeout_read = 7.0
oauth2.allowed_hosts = ["h"]
oauth2.domain = "https://login.example.org/"
oauth2.scope = "a \"b\""
`
	if got != want {
		t.Errorf("config.toml:\n%s\nwant\n%s", got, want)
	}
	if got, err := ConfigTOML("default", given()); err != nil || got != "[profile.default]\n" {
		t.Errorf("no settings = %q, error %v", got, err)
	}
}

// The SDK drops values from config.toml that equal the defaults of its classes,
// which are not always the settings' defaults.
func TestConfigTOML_valueThatTheSDKDrops(t *testing.T) {
	t.Parallel()
	_, err := ConfigTOML("default", given("oauth2.retry.attempts", "3"))
	var e *Error
	if !errors.As(err, &e) || e.Key != "oauth2.retry.attempts" || !strings.Contains(e.Detail, "drops such values") {
		t.Errorf("error = %v", err)
	}
	for _, same := range []Settings{given("http.retry.attempts", "3"), given("oauth2.domain", "https://login.earthscope.org/")} {
		if _, err := ConfigTOML("default", same); err != nil {
			t.Errorf("a value that is the default anyway: %v", err)
		}
	}
}

func TestContainerSecrets(t *testing.T) {
	t.Parallel()
	arn := "arn:aws:secretsmanager:us-east-2:123456789012:secret:earthscope-AbCdEf:refresh_token::"
	parameter := "arn:aws-us-gov:ssm:us-gov-west-1:123456789012:parameter/earthscope/secret"
	got, err := ContainerSecrets(given("oauth2.refresh_token", arn, "oauth2.client_secret", parameter, "ES_BOOTSTRAP_SETTINGS", "/earthscope/all",
		"oauth2.id_token", null))
	if err != nil {
		t.Fatal(err)
	}
	want := []ContainerSecret{
		{"ES_BOOTSTRAP_SETTINGS", "/earthscope/all"}, {"ES_OAUTH2__CLIENT_SECRET", parameter}, {"ES_OAUTH2__REFRESH_TOKEN", arn},
	}
	if !slices.Equal(got, want) {
		t.Errorf("secrets = %v, want %v", got, want)
	}
}

// made-up secrets that no error may quote
const secret = "v1.Made-Up_Refresh.Token"

func TestErrors(t *testing.T) {
	t.Parallel()
	environment := func(s Settings) func() error {
		return func() error { _, err := Environment(s); return err }
	}
	container := func(s Settings) func() error {
		return func() error { _, err := ContainerSecrets(s); return err }
	}
	config := func(profile string) func() error {
		return func() error { _, err := ConfigTOML(profile, given("oauth2.refresh_token", secret)); return err }
	}
	for name, test := range map[string]struct {
		call      func() error
		parameter Parameter
		want      string
	}{
		"unknown, near":        {environment(given("oauth2.refreshtoken", secret)), ParameterSettings, `"oauth2.refreshtoken". The nearest one is "oauth2.refresh_token"`},
		"unknown, null":        {environment(given("oauth2.refreshtoken", null)), ParameterSettings, `nearest one is "oauth2.refresh_token"`},
		"variable's name":      {environment(given("ES_OAUTH2__REFRESH_TOKEN", secret)), ParameterSettings, `nearest one is "oauth2.refresh_token"`},
		"without its table":    {environment(given("refresh_token", secret)), ParameterSettings, `nearest one is "oauth2.refresh_token"`},
		"misspelt":             {environment(given("resource.api_ur", secret)), ParameterSettings, `nearest one is "resources.api_url"`},
		"ambiguous":            {environment(given("attempts", "5")), ParameterSettings, `"attempts". Settings have dotted names`},
		"far":                  {environment(given("colour", secret)), ParameterSettings, `"colour". Settings have dotted names`},
		"profile":              {environment(given("profile", "x")), ParameterSettings, "ES_PROFILE"},
		"swapped":              {environment(given(secret+secret, "oauth2.refresh_token")), ParameterSettings, "a key of 48 characters"},
		"empty":                {environment(given("oauth2.refresh_token", "")), ParameterSettings, "oauth2.refresh_token is empty"},
		"blank":                {environment(given("oauth2.client_id", " ")), ParameterSettings, "oauth2.client_id is empty"},
		"line break":           {environment(given("oauth2.refresh_token", secret+"\n")), ParameterSettings, "use trimspace()"},
		"NUL":                  {environment(given("oauth2.client_id", "a\x00"+secret)), ParameterSettings, "NUL"},
		"not UTF-8":            {environment(given("oauth2.client_id", "a\xff"+secret)), ParameterSettings, "not UTF-8"},
		"no number":            {environment(given("http.retry.attempts", secret)), ParameterSettings, "http.retry.attempts"},
		"out of range":         {environment(given("http.rate_limit.max_concurrent", "201")), ParameterSettings, "at most 200"},
		"not finite":           {environment(given("query_plan.timeout_seconds", "inf")), ParameterSettings, "not a finite number"},
		"no JSON":              {environment(given("oauth2.allowed_hosts", secret)), ParameterSettings, "oauth2.allowed_hosts, set by argument settings, must be JSON"},
		"no URL":               {environment(given("oauth2.domain", secret)), ParameterSettings, "oauth2.domain"},
		"URL without slash":    {environment(given("oauth2.domain", "https://h/"+secret)), ParameterSettings, "final slash"},
		"header's value":       {environment(given("http.extra_headers", `{"X":["`+secret+`"]}`)), ParameterSettings, "http.extra_headers"},
		"category":             {environment(given("dropoff.category", secret)), ParameterSettings, "miniseed"},
		"escape":               {func() error { _, err := BootstrapSettings(given(), Escape(secret)); return err }, ParameterEscape, `"none", "kubespawner", "shell" or "systemd"`},
		"escape, bad setting":  {func() error { _, err := BootstrapSettings(given("x", secret), EscapeShell); return err }, ParameterSettings, "x"},
		"profile empty":        {config(" "), ParameterProfile, "name of the profile"},
		"profile with control": {config("a\nb"), ParameterProfile, "name of the profile"},
		"token, no reference":  {container(given("oauth2.refresh_token", secret)), ParameterSecrets, "oauth2.refresh_token must be a reference"},
		"JWT, no reference":    {container(given("oauth2.access_token", "eyJ.eyJ."+secret)), ParameterSecrets, "must be a reference"},
		"ARN of another kind":  {container(given("oauth2.access_token", "arn:aws:s3:::bucket")), ParameterSecrets, "must be a reference"},
		"empty reference":      {container(given("oauth2.access_token", "")), ParameterSecrets, "must be a reference"},
		"unknown reference":    {container(given("refreshtoken", "/a")), ParameterSecrets, `nearest one is "oauth2.refresh_token"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := test.call()
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("error = %v, want an *Error", err)
			}
			if e.Parameter != test.parameter || !strings.Contains(e.Detail, test.want) {
				t.Errorf("%s: %s, want %s: %q", e.Parameter, e.Detail, test.parameter, test.want)
			}
			if strings.Contains(e.Detail, secret) {
				t.Errorf("the error quotes a value: %s", e.Detail)
			}
		})
	}
}

func TestNearest_isAlwaysASetting(t *testing.T) {
	t.Parallel()
	for _, k := range settings.KnownSettings() {
		for _, spelling := range []string{k.Environment, strings.ToUpper(k.Path), strings.ReplaceAll(k.Path, "_", ""), strings.ReplaceAll(k.Path, ".", "__")} {
			if got := nearest(spelling); got != k.Path {
				t.Errorf("nearest(%q) = %q, want %q", spelling, got, k.Path)
			}
		}
	}
	for _, far := range []string{"", "x", "🌋", "aws_region", strings.Repeat("a", 5000)} {
		if got := nearest(far); got != "" {
			t.Errorf("nearest(%.20q) = %q, want none", far, got)
		}
	}
}
