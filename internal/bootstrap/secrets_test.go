package bootstrap

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// Nothing that an editor says of a file shows a value from it: not a report, not an error, in any format, at any damage.
func TestEditors_neverShowAValue(t *testing.T) {
	t.Parallel()
	const secret = "v1.theSecretOfTheFile"
	settings := []Setting{{Key: "oauth2.refresh_token", Value: secret}, {Key: "oauth2.scope", Value: "x"}}
	for name, k := range kinds() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			after, record := edit(t, k.editor, []byte(k.plain), Desired{Settings: settings}, Record{})
			for cut := range len(after) + 1 {
				for _, damage := range []string{"", "'", `"`, "\n", "{", "[", "\x00", "\\", "\t", "=", ": ", "\n  - "} {
					text := string(after[:cut]) + damage + string(after[cut:])
					for _, text := range []string{text, text[:cut]} {
						mustNotShow(t, k.editor, text, secret, record)
					}
				}
			}
		})
	}
}

func mustNotShow(t *testing.T, editor Editor, text, secret string, record Record) {
	t.Helper()
	report, inspectErr := editor.Inspect([]byte(text), Expect(tokenSettings()), record)
	_, foreign, editErr := editor.Edit([]byte(text), Desired{Settings: tokenSettings()}, Record{})
	_, _, removeErr := editor.Remove([]byte(text), record)
	said := fmt.Sprintf("%+v %v %v %v %v", report, foreign, inspectErr, editErr, removeErr)
	// A part of the secret is one too, unless it is as short as what may be there by chance.
	if strings.Contains(said, secret[:8]) || strings.Contains(said, secret[len(secret)-8:]) {
		t.Fatalf("%q: %s", text, said)
	}
	for _, err := range []error{inspectErr, editErr, removeErr} {
		known := err == nil
		for _, sentinel := range []error{ErrSyntax, ErrConflict, ErrUnsafeValue, ErrUnsupported, ErrInvalidKey} {
			known = known || errors.Is(err, sentinel)
		}
		if !known {
			t.Fatalf("%q: an error of no known kind: %v", text, err)
		}
	}
}

// Every kind of error says where, why and what next.
func TestErrors_wording(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		err  error
		is   error
		want string
	}{
		{&SyntaxError{Format: "x file", Line: 2, Column: 3, Problem: "it is bad"}, ErrSyntax, "x file line 2, column 3: it is bad; nothing was changed, correct the file and run again"},
		{&SyntaxError{Format: "x file", Line: 2, Problem: "it is bad"}, ErrSyntax, "x file line 2: it is bad; nothing was changed, correct the file and run again"},
		{&SyntaxError{Format: "x file", Problem: "it is bad", ByteOrderMark: true}, ErrByteOrderMark, "x file: it is bad; nothing was changed, correct the file and run again"},
		{&ConflictError{Format: "x file", Entries: []Entry{{Name: "A", Line: 4}, {Name: "B"}}}, ErrConflict, "x file: already there with another value: A line 4, B; remove it from the file, or adopt it"},
		{&ValueError{Key: "a.b", Format: "x file", Reason: "it is too long", WayOut: "use y"}, ErrUnsafeValue, "a.b cannot be written to x file: it is too long; use y"},
		{&UnsupportedError{Format: "x file", Line: 1, Column: 1, Problem: "it is odd", WayOut: "use y"}, ErrUnsupported, "x file line 1, column 1: it is odd; use y"},
	} {
		if got := tt.err.Error(); got != tt.want || !errors.Is(tt.err, tt.is) {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
	if errors.Is(&SyntaxError{}, ErrByteOrderMark) || !errors.Is(&SyntaxError{ByteOrderMark: true}, ErrSyntax) || errors.Is(&ConflictError{}, ErrSyntax) || errors.Is(&UnsupportedError{}, ErrUnsafeValue) {
		t.Error("an error is of another kind too")
	}
	for state, want := range map[State]string{Missing: "missing", Same: "same", Differs: "differs", State(9): "State(9)"} {
		if got := state.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// What our own lines were turned into by hand is refused with its line, or taken out, never half of it.
func TestRemove_linesThatWereRewrittenByHand(t *testing.T) {
	t.Parallel()
	web := composing(StyleVariables)
	key := "services.web.environment.ES_OAUTH2__REFRESH_TOKEN"
	for name, tt := range map[string]struct {
		editor  Editor
		text    string
		record  Record
		want    string
		line    int
		refused bool
	}{
		"shares its line": {Env{FormatShell, StyleVariables}, "export ES_A='1'; export B=2\n", Record{Keys: []string{"ES_A"}}, "", 1, true},
		"two on a line":   {Env{FormatShell, StyleVariables}, "C=1\nexport ES_A='1' ; B=2\n", Record{Keys: []string{"ES_A"}}, "", 2, true},
		"with a comment":  {Env{FormatShell, StyleVariables}, "export ES_A='1' # why\nB=2\n", Record{Keys: []string{"ES_A"}}, "B=2\n", 0, false},
		"over two lines":  {Env{FormatSystemd, StyleVariables}, "ES_A='1\n2'\nB=2\n", Record{Keys: []string{"ES_A"}}, "B=2\n", 0, false},
		"CR between":      {Env{FormatSystemd, StyleVariables}, "ES_A=1\rB=2\n", Record{Keys: []string{"ES_A"}}, "", 1, true},
		"quoted, dotenv":  {Env{FormatDotenv, StyleVariables}, "ES_A=\"1\n2\"\nB=2\n", Record{Keys: []string{"ES_A"}}, "B=2\n", 0, false},
		"a block scalar":  {web, "services:\n  web:\n    environment:\n      ES_OAUTH2__REFRESH_TOKEN: |\n        x\n", Record{Keys: []string{key}}, "", 4, true},
		"a folded text":   {web, "services:\n  web:\n    environment:\n      ES_OAUTH2__REFRESH_TOKEN: 'x\n        y'\n", Record{Keys: []string{key}}, "", 4, true},
		"below its dash":  {web, "services:\n  web:\n    environment:\n      -\n        ES_OAUTH2__REFRESH_TOKEN=x\n      - B=2\n", Record{Keys: []string{key}}, "", 5, true},
		"unquoted":        {web, "services:\n  web:\n    environment:\n      ES_OAUTH2__REFRESH_TOKEN: x # why\n      B: 2\n", Record{Keys: []string{key}}, "services:\n  web:\n    environment:\n      B: 2\n", 0, false},
		"double-quoted":   {web, "services:\n  web:\n    environment:\n      \"ES_OAUTH2__REFRESH_TOKEN\": \"x\\\"y\"\n      B: 2\n", Record{Keys: []string{key}}, "services:\n  web:\n    environment:\n      B: 2\n", 0, false},
		"without a value": {web, "services:\n  web:\n    environment:\n      ES_OAUTH2__REFRESH_TOKEN:\n      B: 2\n", Record{Keys: []string{key}}, "services:\n  web:\n    environment:\n      B: 2\n", 0, false},
		"flow style":      {web, "services:\n  web:\n    environment: {ES_OAUTH2__REFRESH_TOKEN: x}\n", Record{Keys: []string{key}}, "", 3, true},
		"a long text":     {lab, "[profile.lab]\noauth2.refresh_token = '''\nx'''\ny = 1\n", Record{Keys: []string{"profile.lab.oauth2.refresh_token"}}, "[profile.lab]\ny = 1\n", 0, false},
		"now inline":      {lab, "[profile.lab]\noauth2 = {refresh_token = 'x', scope = 'y'}\n", Record{Keys: []string{"profile.lab.oauth2.refresh_token"}}, "[profile.lab]\noauth2 = {scope = 'y'}\n", 0, false},
		"now a section":   {lab, "[profile.lab.oauth2]\nrefresh_token = 'x'\n", Record{Keys: []string{"profile.lab.oauth2.refresh_token"}}, "[profile.lab.oauth2]\n", 0, false},
		"another case":    {lab, "[Profile.lab]\noauth2.refresh_token = 'x'\n", Record{Keys: []string{"profile.lab.oauth2.refresh_token"}}, "[Profile.lab]\n", 0, false},
		"nothing left":    {lab, "# c\n", Record{Keys: []string{"profile.lab.oauth2.refresh_token"}, Containers: []string{"profile.lab"}}, "# c\n", 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			after, _, err := tt.editor.Remove([]byte(tt.text), tt.record)
			line, _ := positionOf(err)
			if tt.refused && (!errors.Is(err, ErrUnsupported) || line != tt.line) || !tt.refused && (err != nil || string(after) != tt.want) {
				t.Errorf("got %q, line %d, %v; want %q, line %d", after, line, err, tt.want, tt.line)
			}
		})
	}
}

// A text that stopped being valid is left alone by all three, with its line.
func TestEditors_brokenText(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]string{
		"toml": "a = 1\nb = \n", "toml inline": "a = {\n", "dotenv": "A=1\nB='x\n", "shell": "A=1\nB=$(x\n", "systemd": "A=1\nB=\"x\n", "compose map": "a: 1\nb: [\n", "compose list": "a:\n\t- 1\n",
	} {
		editor := kinds()[name].editor
		_, _, editErr := editor.Edit([]byte(broken), Desired{Settings: tokenSettings()}, Record{})
		_, _, removeErr := editor.Remove([]byte(broken), Record{Keys: []string{"x"}})
		_, inspectErr := editor.Inspect([]byte(broken), nil, Record{})
		for step, err := range map[string]error{"edit": editErr, "remove": removeErr, "inspect": inspectErr} {
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || syntax.Line == 0 || syntax.Format == "" {
				t.Errorf("%s, %s: %v", name, step, err)
			}
		}
		for _, text := range [][]byte{nil, {}} {
			if after, gone, err := editor.Remove(text, Record{Created: true, Keys: []string{"x"}}); err != nil || !gone || after != nil {
				t.Errorf("%s: removing from %v: %q, %v, %v", name, text, after, gone, err)
			}
		}
	}
}
