package settings

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzParseTokens: never panics, and what was parsed comes back unchanged
// from what FormatTokens writes.
func FuzzParseTokens(f *testing.F) {
	for _, text := range []string{
		`{"access_token": "a", "id_token": "i", "refresh_token": "r"}`, `{"refresh_token": "\u0000\ud83d\ude00\u2028"}`, `{"refresh_token": ""}`,
		"\ufeff{}", `{"refresh_token": null, "access_token": "x"}`, "", "[", `{"refresh_token": "r",}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		tokens, err := ParseTokens(data)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Line < 1 || e.Column < 1 {
				t.Fatalf("error %#v", err)
			}
			return
		}
		if !tokens.AccessToken.IsSet() && !tokens.RefreshToken.IsSet() {
			t.Fatal("neither token is set")
		}
		written := FormatTokens(tokens)
		again, err := ParseTokens(written)
		if err != nil || again != tokens {
			t.Fatalf("does not come back: %v", err)
		}
		if string(FormatTokens(again)) != string(written) || !utf8.Valid(written) {
			t.Fatal("not stable")
		}
	})
}

// FuzzEnvironment: whatever stands in the environment, Load returns settings
// or an *Error, and nothing it says shows a value.
func FuzzEnvironment(f *testing.F) {
	for _, pair := range [][2]string{
		{"ES_OAUTH2", `{"refresh_token": "x", "RETRY": {"attempts": 1}}`},
		{"es_oauth2__retry__attempts", "5"},
		{"ES_HTTP__EXTRA_HEADERS__A", "b"},
		{"ES_BOOTSTRAP_SETTINGS", `{"http": null}`},
		{"ES_OAUTH2__DOMAIN", "https://h\\x/..//"},
		{"ES_HTTP__TIMEOUT_READ", "P1DT2H3.5S"},
		{"ES_OAUTH2____", "{"},
		{"ES_PROFILE", "z"},
		{"ES_DROPOFF__RETRY", "[]"},
		{"ES_OAUTH2__SCOPE", "\xff"},
	} {
		f.Add(pair[0], pair[1])
	}
	f.Fuzz(func(t *testing.T, name, value string) {
		s, warnings, err := Load(request(nil, name+"="+value, "ES_OAUTH2__REFRESH_TOKEN="+canary))
		var shown strings.Builder
		for _, w := range warnings {
			shown.WriteString(w.Summary + w.Detail + w.Source.String())
		}
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Summary == "" || e.Detail == "" || s != nil {
				t.Fatalf("error %#v", err)
			}
			shown.WriteString(err.Error())
		} else {
			for _, line := range s.Describe() {
				shown.WriteString(line.String())
			}
		}
		if leaks(shown.String()) && !leaks(name+value) {
			t.Fatalf("secret shown: %s", shown.String())
		}
	})
}

// FuzzConfig: the same for config.toml.
func FuzzConfig(f *testing.F) {
	for _, text := range []string{
		"[default.oauth2]\nrefresh_token = \"x\"\n", "profile.default.http.timeout_read = 5\n", "[[profile]]\n", "default = 5\n",
		"[profile.default]\noauth2 = {retry = {attempts = 5}}\n", "[PROFILE.a]\n[defaults]\nx=1\n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		s, _, err := Load(request(files{configPath: string(document)}))
		var e *Error
		if err != nil && (!errors.As(err, &e) || e.Source.Name != homeConfig && e.Setting == "") {
			t.Fatalf("error %#v", err)
		}
		if (s == nil) != (err != nil) {
			t.Fatalf("settings %v, error %v", s, err)
		}
	})
}

// FuzzNormalizeURL: what comes out is stable, absolute and ASCII.
func FuzzNormalizeURL(f *testing.F) {
	for _, text := range []string{"https://h", "http://u:p@[::1]:80/a/../b?x#y", "HTTPS:\\\\É.example\\ä", "https://0x7f.1/", "https://h:0443/%zz"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		once, why := normalizeURL(text)
		if why != "" {
			return
		}
		if !isASCII(once) || (!strings.HasPrefix(once, "https://") && !strings.HasPrefix(once, "http://")) {
			t.Fatalf("%q gives %q", text, once)
		}
		if twice, why := normalizeURL(once); len(once) <= maxURL && (twice != once || why != "") {
			t.Fatalf("%q gives %q, which gives %q (%s)", text, once, twice, why)
		}
	})
}
