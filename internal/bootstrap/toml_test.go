package bootstrap

import (
	"errors"
	"strings"
	"testing"
)

var lab = TOML{Profile: "lab"}

func TestTOMLEdit_exactBytes(t *testing.T) {
	t.Parallel()
	one := []Setting{{Key: "oauth2.refresh_token", Value: token}}
	line := `oauth2.refresh_token = "` + token + `"`
	tests := map[string]struct {
		before   []byte
		settings []Setting
		want     string
	}{
		"no file": {nil, one, CreatedMark + "\n" + Mark + "\n[profile.lab]\n" + line + "\n"},
		"no settings make the table": {
			[]byte("[default]\n"), nil,
			"[default]\n" + Mark + "\n[profile.lab]\n",
		},
		"no settings, table is there": {[]byte("[profile.lab]\n"), nil, "[profile.lab]\n"},
		"empty file":                  {[]byte{}, one, Mark + "\n[profile.lab]\n" + line + "\n"},
		"CRLF": {
			[]byte("[default]\r\na = 1\r\n"), one,
			"[default]\r\na = 1\r\n" + Mark + "\r\n[profile.lab]\r\n" + line + "\r\n",
		},
		"no final newline": {[]byte("# note"), one, "# note\n" + Mark + "\n[profile.lab]\n" + line},
		"into a section, indented": {
			[]byte("[profile.lab]\n  # c\n  oauth2.scope = \"a\" # d\n\n# e\n[profile.b]\n"), one,
			"[profile.lab]\n  # c\n  oauth2.scope = \"a\" # d\n  " + Mark + "\n  " + line + "\n\n# e\n[profile.b]\n",
		},
		"into a nested table": {
			[]byte("[profile.lab]\n[ profile . \"lab\" . oauth2 ]\nscope = \"a\"\n"), one,
			"[profile.lab]\n[ profile . \"lab\" . oauth2 ]\nscope = \"a\"\n" + Mark + "\n" +
				`refresh_token = "` + token + "\"\n",
		},
		"beside dotted keys at the root": {
			[]byte("profile.lab.oauth2.scope = \"a\"\nx = 1\n"), one,
			"profile.lab.oauth2.scope = \"a\"\n" + Mark + "\nprofile.lab." + line + "\nx = 1\n",
		},
		"below a header of a deeper table": {
			[]byte("[profile.lab.oauth2.retry]\nattempts = 1\n"), one,
			"[profile.lab.oauth2.retry]\nattempts = 1\n" + Mark + "\n[profile.lab.oauth2]\nrefresh_token = \"" + token + "\"\n",
		},
		"inline": {
			[]byte("[profile.lab]\noauth2 = { scope = \"a\" } # c\n"), one,
			"[profile.lab]\noauth2 = { scope = \"a\", refresh_token = \"" + token + "\" } # c\n",
		},
		"inline and empty": {
			[]byte("profile = { lab = { } }\n"), one,
			"profile = { lab = {" + line + " } }\n",
		},
		"another spelling": {
			[]byte("[Profile_Settings_By_Name.b]\n"), one,
			"[Profile_Settings_By_Name.b]\n" + Mark + "\n[Profile_Settings_By_Name.lab]\n" + line + "\n",
		},
		"section at the end and a new table": {
			[]byte("[profile.lab.http.retry]\nattempts=1\n[profile.lab]\nx=1"),
			[]Setting{{Key: "http.timeout_read", Value: int64(3)}, {Key: "thread_pool_max_workers", Value: int64(2)}},
			"[profile.lab.http.retry]\nattempts=1\n[profile.lab]\nx=1\n" + Mark + "\nthread_pool_max_workers = 2\n" +
				Mark + "\n[profile.lab.http]\ntimeout_read = 3",
		},
		"typed values": {
			[]byte{},
			[]Setting{
				{Key: "a.text", Value: "q\"\\\n\u007f\u00e9"},
				{Key: "a.yes", Value: true},
				{Key: "a.float", Value: 2.0},
				{Key: "a.list", Value: []any{"x", int64(1), map[string]any{"k": "v"}}},
				{Key: "http.extra_headers", Value: map[string]any{"X-A": "1", "a b": "2"}},
			},
			Mark + "\n[profile.lab]\na.text = \"q\\\"\\\\\\n\\u007Fé\"\na.yes = true\na.float = 2.0\n" +
				"a.list = [\"x\", 1, {k = \"v\"}]\nhttp.extra_headers.X-A = \"1\"\nhttp.extra_headers.\"a b\" = \"2\"\n",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, record, err := lab.Edit(tt.before, Desired{Settings: tt.settings}, Record{})
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != tt.want {
				t.Fatalf("got\n%s\nwant\n%s", got, tt.want)
			}
			again, same, err := lab.Edit(got, Desired{Settings: tt.settings}, record)
			if err != nil || string(again) != tt.want || len(same.Keys) != len(record.Keys) {
				t.Fatalf("second edit: %q, %v", again, err)
			}
			restored, gone, err := lab.Remove(got, record)
			if err != nil || gone != (tt.before == nil) || string(restored) != string(tt.before) {
				t.Fatalf("removed: %q, %t, %v", restored, gone, err)
			}
		})
	}
}

func TestTOMLEdit_twentyProfilesInAnyOrder(t *testing.T) {
	t.Parallel()
	for _, before := range []string{"", "# c\n[default]\nx = 1", "x=1\r\n"} {
		text := []byte(before)
		var records []Record
		var editors []TOML
		for i := range 20 {
			editor := TOML{Profile: "p" + string(rune('a'+i))}
			after, record, err := editor.Edit(text, Desired{Settings: apiSettings()}, Record{})
			if err != nil {
				t.Fatal(err)
			}
			text, records, editors = after, append(records, record), append(editors, editor)
		}
		if n := strings.Count(string(text), token); n != 20 {
			t.Fatalf("%d tokens", n)
		}
		for i := range 20 {
			k := i * 7 % 20
			after, gone, err := editors[k].Remove(text, records[k])
			if err != nil || gone {
				t.Fatal(gone, err)
			}
			text = after
		}
		if string(text) != before {
			t.Fatalf("got %q want %q", text, before)
		}
	}
}

func TestTOMLEdit_refuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		before       string
		want         error
		line, column int
	}{
		"byte order mark": {"\uFEFF[default]\n", ErrByteOrderMark, 1, 1},
		"invalid":         {"[default]\na = \n", ErrSyntax, 2, 5},
		"TOML 1.1":        {"[default]\na = { b = 1,\n c = 2 }\n", ErrSyntax, 2, 13},
		"not a table":     {"[profile.lab]\noauth2 = 1\n", ErrUnsupported, 2, 0},
		"a table":         {"[profile.lab.oauth2.refresh_token]\nx = 1\n", ErrUnsupported, 1, 0},
		"two spellings":   {"[profile.a]\n[Profile.b]\n", ErrUnsupported, 1, 0},
		"two, dotted":     {"x = 1\nprofile.a.x = 1\nPROFILE.b.x = 1\n", ErrUnsupported, 2, 0},
		"three spellings": {"[profile.a]\n[Profile.b]\n[profile_settings_by_name.c]\n", ErrUnsupported, 1, 0},
		"an array":        {"[[profile]]\nlab = 1\n", ErrUnsupported, 2, 0},
		"profile, a text": {"x = 1\nprofile = 'x'\n", ErrUnsupported, 2, 0},
		"below a list":    {"[[profile.lab.oauth2]]\nscope = 'a'\n", ErrUnsupported, 1, 0},
		"a key twice":     {"a = 1\n\na = 2\n", ErrSyntax, 3, 1},
		"a lone CR":       {"a = 1\rb = 2\n", ErrSyntax, 1, 6},
		"a NUL":           {"# \x00\n", ErrSyntax, 1, 3},
		"foreign, inline": {"profile = {lab = {oauth2 = {refresh_token = 'other-secret'}}}\n", ErrConflict, 1, 0},
		"foreign value":   {"[profile.lab]\n\noauth2.refresh_token = \"other-secret\"\n", ErrConflict, 3, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := lab.Edit([]byte(tt.before), Desired{Settings: tokenSettings()}, Record{})
			if !errors.Is(err, tt.want) {
				t.Fatalf("got %v", err)
			}
			line, column := positionOf(err)
			if line != tt.line || column != tt.column {
				t.Errorf("line %d, column %d: %v", line, column, err)
			}
			if strings.Contains(err.Error(), "other-secret") || strings.Contains(err.Error(), token) {
				t.Errorf("a value is in the message: %v", err)
			}
		})
	}
}

func positionOf(err error) (line, column int) {
	var syntax *SyntaxError
	var unsupported *UnsupportedError
	var conflict *ConflictError
	switch {
	case errors.As(err, &syntax):
		return syntax.Line, syntax.Column
	case errors.As(err, &unsupported):
		return unsupported.Line, unsupported.Column
	case errors.As(err, &conflict):
		return conflict.Entries[0].Line, 0
	}
	return 0, 0
}
