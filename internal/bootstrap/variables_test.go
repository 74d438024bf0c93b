package bootstrap

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
)

func TestVariableName(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{
		"oauth2.refresh_token":      "ES_OAUTH2__REFRESH_TOKEN",
		"oauth2.retry.attempts":     "ES_OAUTH2__RETRY__ATTEMPTS",
		"thread_pool_max_workers":   "ES_THREAD_POOL_MAX_WORKERS",
		"":                          "",
		"oauth2..x":                 "",
		"oauth2. x":                 "",
		"http.extra_headers.X-Name": "",
		"a.b__c":                    "",
		"a._b":                      "",
	} {
		got, err := VariableName(key)
		if got != want || (want == "") != errors.Is(err, ErrInvalidKey) {
			t.Errorf("%q: got %q, %v", key, got, err)
		}
	}
}

func TestBootstrapSettings_isCompactAndSorted(t *testing.T) {
	t.Parallel()
	got, err := BootstrapSettings([]Setting{
		{Key: "resources.api_url", Value: "https://h/?a=1&b=<2>"},
		{Key: "http.extra_headers", Value: map[string]any{"X": "1"}},
		{Key: "http.extra_headers.Y", Value: "2"},
		{Key: "http.timeout_read", Value: json.Number("1.50")},
		{Key: "oauth2.allowed_hosts", Value: []any{"a", "b"}},
	})
	want := `{"http":{"extra_headers":{"X":"1","Y":"2"},"timeout_read":1.50},"oauth2":{"allowed_hosts":["a","b"]},` +
		`"resources":{"api_url":"https://h/?a=1&b=<2>"}}`
	if err != nil || got != want {
		t.Fatalf("got %s, %v", got, err)
	}
}

func TestSettings_refused(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		settings []Setting
		want     error
	}{
		"twice":           {[]Setting{{Key: "a.b", Value: "secret"}, {Key: "a.b", Value: "secret"}}, ErrInvalidKey},
		"below a value":   {[]Setting{{Key: "a", Value: "secret"}, {Key: "a.b", Value: "secret"}}, ErrInvalidKey},
		"null":            {[]Setting{{Key: "a", Value: nil}}, ErrUnsafeValue},
		"not a number":    {[]Setting{{Key: "a", Value: math.NaN()}}, ErrUnsafeValue},
		"not text":        {[]Setting{{Key: "a", Value: []any{"secret\xff"}}}, ErrUnsafeValue},
		"a strange type":  {[]Setting{{Key: "a", Value: struct{ S chan int }{}}}, ErrUnsafeValue},
		"not a key":       {[]Setting{{Key: "a b", Value: "secret"}}, ErrInvalidKey},
		"null in a table": {[]Setting{{Key: "a", Value: map[string]any{"b": nil}}}, ErrUnsafeValue},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := BootstrapSettings(tt.settings)
			_, _, errTOML := lab.Edit(nil, Desired{Settings: tt.settings}, Record{})
			for _, err := range []error{err, errTOML} {
				known := errors.Is(err, tt.want)
				if !known || strings.Contains(err.Error(), "secret") {
					t.Errorf("got %v", err)
				}
			}
		})
	}
	if _, err := Variables(tokenSettings(), "other"); !errors.Is(err, ErrUnsupported) {
		t.Errorf("style: %v", err)
	}
	if _, _, err := (Env{"other", StyleVariables}).Edit(nil, Desired{Settings: tokenSettings()}, Record{}); !errors.Is(err, ErrUnsupported) {
		t.Errorf("format: %v", err)
	}
}

func TestConfigTOML(t *testing.T) {
	t.Parallel()
	got, err := ConfigTOML("my lab", []Setting{{Key: "oauth2.scope", Value: "a"}, {Key: "oauth2.allowed_hosts", Value: []string{"h"}}})
	if want := "[profile.\"my lab\"]\noauth2.scope = \"a\"\noauth2.allowed_hosts = [\"h\"]\n"; err != nil || got != want {
		t.Fatalf("got %q, %v", got, err)
	}
}
