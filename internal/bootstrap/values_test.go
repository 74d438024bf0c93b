package bootstrap

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

// values are settings as Terraform's JSON brings them, with the text of each in TOML and in the environment.
var values = map[string]struct {
	value             any
	toml, environment string
}{
	"a text":                 {"a", `"a"`, "a"},
	"an empty text":          {"", `""`, ""},
	"a number's text":        {"1.50", `"1.50"`, "1.50"},
	"yes":                    {true, "true", "true"},
	"an integer":             {json.Number("50"), "50", "50"},
	"the largest integer":    {json.Number("9223372036854775807"), "9223372036854775807", "9223372036854775807"},
	"minus zero":             {json.Number("-0"), "-0", "-0"},
	"a final zero":           {json.Number("1.50"), "1.50", "1.50"},
	"a whole fraction":       {json.Number("2.0"), "2.0", "2.0"},
	"an exponent":            {json.Number("1e2"), "1e2", "1e2"},
	"a small float":          {1e-7, "1e-07", "1e-07"},
	"a large float":          {1e21, "1e+21", "1e+21"},
	"a whole float":          {100.0, "100.0", "100"},
	"a list":                 {[]any{"a", json.Number("1.50")}, `["a", 1.50]`, `["a",1.50]`},
	"an empty list":          {[]any{}, "[]", "[]"},
	"an empty table":         {map[string]any{}, "", "{}"}, // tables merge, so that it says nothing in config.toml
	"a table of texts":       {map[string]string{"b": "2", "a": "1"}, "", `{"a":"1","b":"2"}`},
	"a list of texts":        {[]string{"a", "é"}, `["a", "é"]`, `["a","é"]`},
	"a plain integer":        {7, "7", "7"},
	"a long integer":         {int64(-7), "-7", "-7"},
	"no":                     {false, "false", "false"},
	"a table in a list":      {[]any{map[string]any{"b": int64(1), "a b": []any{}}}, `[{"a b" = [], b = 1}]`, ""},
	"an empty table, listed": {[]any{map[string]any{}}, "[{}]", "[{}]"},
}

func TestEdit_everyKindOfValue(t *testing.T) {
	t.Parallel()
	for name, tt := range values {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := []Setting{{Key: "http.x", Value: tt.value}}
			line := "http.x = " + tt.toml + "\n"
			if _, isTable := tt.value.(map[string]string); isTable {
				line = "http.x.a = \"1\"\nhttp.x.b = \"2\"\n"
			} else if tt.toml == "" {
				line = ""
			}
			if tt.environment == "" && tt.value != "" { // a blank in it, which each format writes its own way
				checkLife(t, lab, []byte{}, settings, Mark+"\n[profile.lab]\n"+line)
				return
			}
			want := map[Editor]string{
				lab:                                "[profile.lab]\n" + line,
				Env{FormatDotenv, StyleVariables}:  "ES_HTTP__X=" + tt.environment + "\n",
				Env{FormatShell, StyleVariables}:   "export ES_HTTP__X='" + tt.environment + "'\n",
				Env{FormatSystemd, StyleVariables}: "ES_HTTP__X=" + QuoteSystemd(tt.environment) + "\n",
			}
			for editor, text := range want {
				checkLife(t, editor, []byte{}, settings, Mark+"\n"+text)
			}
			checkLife(t, composing(StyleVariables), []byte("services:\n  web:\n    environment:\n      A: b\n"), settings,
				"services:\n  web:\n    environment:\n      "+Mark+"\n      ES_HTTP__X: '"+tt.environment+"'\n      A: b\n")
			for _, editor := range []Editor{Env{FormatDotenv, StyleBootstrap}, Env{FormatShell, StyleBootstrap}, Env{FormatSystemd, StyleBootstrap}, composing(StyleBootstrap)} {
				checkLife(t, editor, []byte{}, settings, "")
			}
		})
	}
}

func composing(style Style) Compose { return Compose{Services: []string{"web"}, Style: style} }

// checkLife edits, edits again, inspects and removes; an empty want accepts any text.
func checkLife(t *testing.T, editor Editor, before []byte, settings []Setting, want string) {
	t.Helper()
	after, record := edit(t, editor, before, Desired{Settings: settings}, Record{})
	if want != "" && string(after) != want {
		t.Errorf("%T: got %q, want %q", editor, after, want)
	}
	report, err := editor.Inspect(after, Expect(settings), record)
	if err != nil || !report.Matches() {
		t.Errorf("%T: %q is reported as %s, %v", editor, after, describe(report), err)
	}
	if again, same := edit(t, editor, after, Desired{Settings: settings}, record); string(again) != string(after) || len(same.Keys) != len(record.Keys) {
		t.Errorf("%T: a second edit makes %q of %q", editor, again, after)
	}
	if got := remove(t, editor, after, record); got != string(before) {
		t.Errorf("%T: removed %q, want %q", editor, got, before)
	}
}

// Numbers are compared as numbers, texts as texts.
func TestExpect_comparesByKind(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		wanted any
		found  string
		want   bool
	}{
		{json.Number("1.50"), "1.5", true},
		{json.Number("2"), "2.0", true},
		{int64(2), "2.0", true},
		{2.0, "2", true},
		{json.Number("9007199254740993"), "9007199254740992", false},
		{json.Number("1"), "x", false},
		{"1.50", "1.5", false},
		{"1.50", "1.50", true},
		{[]any{json.Number("1.50")}, "[1.5]", true},
		{[]any{"1.50"}, `["1.5"]`, false},
		{[]any{json.Number("1")}, "[1] x", false},
		{map[string]any{"a": json.Number("1e2")}, `{"a":100}`, true},
	} {
		if got := Expect([]Setting{{Key: "a", Value: tt.wanted}})[0].Matches(tt.found); got != tt.want {
			t.Errorf("%v and %q: %v", tt.wanted, tt.found, got)
		}
	}
}

func TestTOMLEdit_refusesValuesWithTheirKey(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]any{
		"too large":        json.Number("9223372036854775808"),
		"too large a list": []any{json.Number("123456789012345678901234567890")},
		"null in a list":   []any{nil},
		"no number":        json.Number("secret"),
		"not text":         "secret\xff",
		"not finite":       json.Number("1e400"),
	} {
		_, _, err := lab.Edit(nil, Desired{Settings: []Setting{{Key: "http.x", Value: value}}}, Record{})
		var failure *ValueError
		if !errors.As(err, &failure) || failure.Key != "http.x" || failure.Reason == "" || failure.WayOut == "" || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A wanted table is compared value by value: what others keep in the same table of config.toml is theirs.
func TestTOML_othersKeepValuesInAWantedTable(t *testing.T) {
	t.Parallel()
	settings := []Setting{{Key: "http.extra_headers", Value: map[string]any{"X-Ours": "1"}}, {Key: "http.retry", Value: map[string]any{}}}
	before := "[profile.lab.http.extra_headers]\nX-Theirs = \"2\"\n[profile.lab.http.retry]\nattempts = 1\n"
	checkLife(t, lab, []byte(before), settings,
		"[profile.lab.http.extra_headers]\nX-Theirs = \"2\"\n"+Mark+"\nX-Ours = \"1\"\n[profile.lab.http.retry]\nattempts = 1\n")
	for text, want := range map[string]string{
		"[profile.lab.http]\nextra_headers.X-Ours = \"2\"\n":               "profile.lab.http.extra_headers differs 1; profile.lab.http.retry same 0",
		"[profile.lab.http]\nretry = 1\n":                                  "profile.lab.http.extra_headers missing 0; profile.lab.http.retry differs 2",
		"[profile.lab.http]\nextra_headers = {X-Ours = '1'}\nretry = {}\n": "profile.lab.http.extra_headers same 2; profile.lab.http.retry same 3",
	} {
		report, err := lab.Inspect([]byte(text), Expect(settings), Record{})
		if got := describe(report); err != nil || got != want {
			t.Errorf("%q: got %s, %v, want %s", text, got, err, want)
		}
	}
}

// What looks like a name and goes on like a value is cut off: a line that its reader does not understand may hold a token.
func TestInspect_othersAreNamesOnly(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		editor Editor
		text   string
		want   string
	}{
		{Env{FormatDotenv, StyleVariables}, "ES_OAUTH2__REFRESH_TOKEN: v1.secret\nES_A v1.secret\n", "ES_OAUTH2__REFRESH_TOKEN ES_A"},
		{Env{FormatSystemd, StyleVariables}, "ES_A: v1.secret==\n", "ES_A"},
		{composing(StyleVariables), "services:\n  web:\n    environment:\n      - 'ES_A: v1.secret'\n", "services.web.environment.ES_A"},
		{composing(StyleVariables), "services:\n  web:\n    environment:\n      ? 'ES_A=v1.secret'\n", "services.web.environment.ES_A"},
	} {
		report, err := tt.editor.Inspect([]byte(tt.text), nil, Record{})
		if got := strings.Join(report.Others, " "); err != nil || got != tt.want {
			t.Errorf("%q: others are %q, %v, want %q", tt.text, got, err, tt.want)
		}
	}
	report, err := Env{FormatShell, StyleBootstrap}.Inspect([]byte(Mark+"\nexport ES_BOOTSTRAP_SETTINGS='{\"v1/secret\":1,\"http\":{\"a b\":2,\"c\":3}}'\n"), nil, Record{})
	if got, want := strings.Join(report.Stale, " "), "http.(another key) http.c (another key)"; err != nil || got != want {
		t.Errorf("stale are %q, %v, want %q", got, err, want)
	}
}
