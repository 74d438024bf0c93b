package settings

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// canary is long enough that no part of eight letters appears by chance.
const canary = "v1.Zq7PxKcanaryWm3TbR9y"

// leaks reports whether any part of eight letters of the canary is in text.
func leaks(text string) bool {
	for i := 0; i+8 <= len(canary); i++ {
		if strings.Contains(text, canary[i:i+8]) {
			return true
		}
	}
	return false
}

// everything formats a value in all the ways that logs and messages use.
func everything(t *testing.T, values ...any) string {
	t.Helper()
	var out bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&out, nil))
	plain := slog.New(slog.NewTextHandler(&out, nil))
	for _, v := range values {
		fmt.Fprintf(&out, "%v %+v %#v %s %q %x\n", v, v, v, v, v, v)
		if text, err := json.Marshal(v); err == nil {
			out.Write(text)
		}
		logger.Info("x", "v", v)
		plain.Info("x", "v", v)
	}
	return out.String()
}

// TestLoad_noSecretInOutput puts a secret into every source, well-formed and
// malformed, and looks for it in everything that may be shown.
func TestLoad_noSecretInOutput(t *testing.T) {
	t.Parallel()
	rows := map[string]Request{
		"argument":                {Arguments: map[string]string{"oauth2.refresh_token": canary, "oauth2.client_secret": canary}},
		"argument of wrong type":  {Arguments: map[string]string{"oauth2.retry.attempts": canary}},
		"nested":                  request(nil, "ES_OAUTH2__REFRESH_TOKEN="+canary, "ES_OAUTH2__ACCESS_TOKEN="+canary, "ES_OAUTH2__ID_TOKEN="+canary),
		"typing error":            request(nil, "ES_OAUTH2_REFRESH_TOKEN="+canary),
		"wrong place":             request(nil, "ES_HTTP__TIMEOUT_READ="+canary),
		"in a URL":                request(nil, "ES_OAUTH2__DOMAIN=https://u:"+canary+"@h/"),
		"in a bad URL":            request(nil, "ES_OAUTH2__DOMAIN=https://u:"+canary+"@h/x"),
		"in a malformed URL":      request(nil, "ES_OAUTH2__DOMAIN=https://"+canary+"^/"),
		"as a header":             request(nil, `ES_HTTP__EXTRA_HEADERS={"Authorization": "`+canary+`"}`),
		"as a list of hosts":      request(nil, "ES_OAUTH2__ALLOWED_HOSTS="+canary),
		"as a category":           request(nil, "ES_DROPOFF__CATEGORY="+canary),
		"JSON":                    request(nil, `ES_OAUTH2={"refresh_token": "`+canary+`"}`),
		"malformed JSON":          request(nil, `ES_OAUTH2={"refresh_token": `+canary+`}`),
		"unclosed JSON":           request(nil, `ES_OAUTH2={"refresh_token": "`+canary),
		"JSON string":             request(nil, `ES_OAUTH2="`+canary+`"`),
		"bare JSON":               request(nil, `ES_OAUTH2=`+canary),
		"secret as a table":       request(nil, `ES_OAUTH2={"refresh_token": {"x": "`+canary+`"}}`),
		"not UTF-8":               request(nil, "ES_OAUTH2__REFRESH_TOKEN="+canary+"\xff"),
		"config":                  request(files{configPath: "[default.oauth2]\nrefresh_token = \"" + canary + "\"\n"}),
		"config without quotes":   request(files{configPath: "[default.oauth2]\nrefresh_token = " + canary + "\n"}),
		"config unclosed":         request(files{configPath: "[default.oauth2]\nrefresh_token = \"" + canary + "\n"}),
		"config without key":      request(files{configPath: "[default.oauth2]\n" + canary + "\n"}),
		"config key twice":        request(files{configPath: "[default.oauth2]\n\"" + canary + "\" = 1\n\"" + canary + "\" = 2\n"}),
		"config table twice":      request(files{configPath: "[\"" + canary + "\"]\n[\"" + canary + "\"]\n"}),
		"config number":           request(files{configPath: "[default.oauth2]\nrefresh_token = 1e999\nx = \"" + canary + "\"\n"}),
		"config escape":           request(files{configPath: "[default.oauth2]\nrefresh_token = \"" + canary + "\\q\"\n"}),
		"config as a duration":    request(files{configPath: "[default.http]\ntimeout_read = \"" + canary + "\"\n"}),
		"config in a list":        request(files{configPath: "[default.oauth2]\nrefresh_token = [\"" + canary + "\"]\n"}),
		"config TOML 1.1":         request(files{configPath: "[default]\noauth2 = {refresh_token = \"" + canary + "\",}\n"}),
		"tokens.json":             request(files{tokensPath: `{"refresh_token": "` + canary + `", "access_token": "` + canary + `"}`}),
		"tokens.json cut":         request(files{tokensPath: `{"refresh_token": "` + canary}),
		"tokens.json with a list": request(files{tokensPath: `{"refresh_token": ["` + canary + `"]}`}),
		"tokens.json bare":        request(files{tokensPath: canary}),
		"legacy":                  request(files{legacyPath: `{"refresh_token": "` + canary + `"}`}),
		"legacy bare":             request(files{legacyPath: canary}),
		"legacy string":           request(files{legacyPath: `"` + canary + `"`}),
		"legacy not UTF-8":        request(files{legacyPath: `{"refresh_token": "` + canary + "\xff\"}"}),
		"bootstrap":               request(nil, `ES_BOOTSTRAP_SETTINGS={"oauth2": {"refresh_token": "`+canary+`"}}`),
		"bootstrap bare":          request(nil, `ES_BOOTSTRAP_SETTINGS=`+canary),
		"bootstrap string":        request(nil, `ES_BOOTSTRAP_SETTINGS="`+canary+`"`),
		"bootstrap as the table":  request(nil, `ES_BOOTSTRAP_SETTINGS={"oauth2": "`+canary+`"}`),
		"bootstrap wrong key":     request(nil, `ES_BOOTSTRAP_SETTINGS={"oauth2": {"refreshtoken": "`+canary+`"}}`),
		"hidden by an empty one":  request(files{tokensPath: `{"refresh_token": "` + canary + `"}`}, "ES_OAUTH2__REFRESH_TOKEN="),
	}
	for name, r := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if r.ReadFile == nil {
				empty := request(nil)
				r.ReadFile, r.Environ = empty.ReadFile, empty.Environ
			}
			s, warnings, err := Load(r)
			shown := []any{warnings, err}
			for _, w := range warnings {
				shown = append(shown, w, w.Source)
			}
			if s != nil {
				shown = append(shown, s.Describe(), s.OAuth2.RefreshToken, s.OAuth2, s.ProfileSource)
				for _, line := range s.Describe() {
					shown = append(shown, line, line.Source)
				}
				for _, k := range KnownSettings() {
					shown = append(shown, s.Source(k.Path))
				}
			}
			if text := everything(t, shown...); leaks(text) && !strings.HasPrefix(name, "in a URL") {
				t.Errorf("secret shown: %s", text)
			}
		})
	}
}

// TestDescribe_masksPasswordInURL: the field has it, Describe does not.
func TestDescribe_masksPasswordInURL(t *testing.T) {
	t.Parallel()
	s, _ := mustLoad(t, request(nil, "ES_OAUTH2__DOMAIN=https://user:"+canary+"@h/"))
	if want := "https://user:" + canary + "@h/"; s.OAuth2.Domain != want {
		t.Errorf("domain %q", s.OAuth2.Domain)
	}
	if text := everything(t, s.Describe()); leaks(text) || !strings.Contains(text, "https://(sensitive)@h/") {
		t.Errorf("got %s", text)
	}
}

// TestSecret_neverFormatted: not even from an unexported field.
func TestSecret_neverFormatted(t *testing.T) {
	t.Parallel()
	secret := NewSecret(canary)
	type inner struct{ hidden Secret }
	text := everything(t, secret, &secret, []Secret{secret}, map[string]Secret{"a": secret}, inner{secret}, &inner{secret},
		struct{ Shown Secret }{secret}, map[string]any{"a": inner{secret}}, Tokens{RefreshToken: secret})
	if leaks(text) {
		t.Errorf("secret shown: %s", text)
	}
	if !strings.Contains(text, masked) {
		t.Errorf("no mask in %s", text)
	}
}

func TestSecret_values(t *testing.T) {
	t.Parallel()
	if s := NewSecret("a"); s.Reveal() != "a" || !s.IsSet() || s.String() != masked || s.GoString() != masked {
		t.Errorf("set: %q, %v", s.Reveal(), s.IsSet())
	}
	if s := NewSecret(""); s.Reveal() != "" || s.IsSet() || s.String() != "" || s != (Secret{}) {
		t.Errorf("empty: %q, %v", s.Reveal(), s.IsSet())
	}
	if first, second := NewSecret("a"), NewSecret("a"); first != second || first == NewSecret("b") {
		t.Error("secrets do not compare by value")
	}
	text, err := NewSecret("a").MarshalText()
	if err != nil || string(text) != masked || NewSecret("a").LogValue().String() != masked {
		t.Errorf("text %q, error %v", text, err)
	}
}
