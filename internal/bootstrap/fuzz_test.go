package bootstrap

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
	"go.yaml.in/yaml/v4"
)

// roundTrip edits and removes, and returns what the edit made; nil when the input was refused with a typed error.
func roundTrip(t *testing.T, editor Editor, before []byte, settings []Setting) []byte {
	t.Helper()
	after, record, err := editor.Edit(before, Desired{Settings: settings}, Record{})
	if err != nil {
		requireTyped(t, err)
		return nil
	}
	again, _, err := editor.Edit(after, Desired{Settings: settings}, record)
	if err != nil || !bytes.Equal(again, after) {
		t.Fatalf("second edit of %q: %q, %v", after, again, err)
	}
	report, err := editor.Inspect(after, Expect(settings), record)
	if err != nil || !report.Matches() || strings.Contains(fmt.Sprintf("%+v", report), token) {
		t.Fatalf("%q: report %+v, %v", after, report, err)
	}
	restored, gone, err := editor.Remove(after, record)
	if err != nil || gone || !bytes.Equal(restored, before) {
		t.Fatalf("edit gave %q, removal %q, %t, %v; want %q", after, restored, gone, err, before)
	}
	noted := Note(after, Former{Mode: 0o644, Secret: true})
	if restored, _, err = editor.Remove(noted, record); err != nil || !bytes.Equal(restored, before) || !bytes.Equal(Note(noted, Former{}), after) {
		t.Fatalf("with a note %q, removal %q, %v; want %q", noted, restored, err, before)
	}
	around := slices.Concat([]byte("# top\n"), after, []byte("\n# end\n"))
	want := slices.Concat([]byte("# top\n"), before, []byte("\n# end\n"))
	if restored, _, err = editor.Remove(around, record); err == nil && !bytes.Equal(restored, want) {
		t.Fatalf("edit gave %q; with lines around it removal gave %q, want %q", after, restored, want)
	}
	return after
}

func requireTyped(t *testing.T, err error) {
	t.Helper()
	for _, known := range []error{ErrSyntax, ErrConflict, ErrUnsafeValue, ErrUnsupported, ErrInvalidKey} {
		if errors.Is(err, known) {
			if strings.Contains(err.Error(), token) {
				t.Fatalf("a value is in the message: %v", err)
			}
			return
		}
	}
	t.Fatalf("untyped error: %v", err)
}

// twoRecords puts two editors' entries into one text and takes them out in both orders. It returns false where they do not
// both fit in.
func twoRecords(t *testing.T, first, second Editor, before []byte, settings []Setting, others []Setting) bool {
	t.Helper()
	one, recordOne, err := first.Edit(before, Desired{Settings: settings}, Record{})
	if err != nil {
		return false
	}
	both, recordTwo, err := second.Edit(one, Desired{Settings: others}, Record{})
	if err != nil {
		return false
	}
	editors, records := []Editor{first, second}, []Record{recordOne, recordTwo}
	for start := range editors {
		text := both
		for i := range editors {
			k := (start + i) % 2
			if text, _, err = editors[k].Remove(text, records[k]); err != nil {
				t.Fatalf("%q: %v", both, err)
			}
		}
		if !bytes.Equal(text, before) {
			t.Fatalf("both %q, removed %q, want %q", both, text, before)
		}
	}
	return true
}

func ours(text []byte) bool {
	return bytes.Contains(text, []byte("earthscope_remote_host")) || bytes.Contains(bytes.ToUpper(text), []byte("ES_")) ||
		bytes.Contains(text, []byte("refresh_token"))
}

// forget leaves the settings of profile "lab" out of a decoded config.toml, and tables that are empty then.
func forget(root map[string]any, settings []Setting) map[string]any {
	for name, profiles := range root {
		for _, s := range settings {
			if isProfileTable(name) && drop(profiles, append([]string{"lab"}, strings.Split(s.Key, ".")...)) {
				delete(root, name)
			}
		}
	}
	return root
}

// drop takes a path out of nested tables and says whether nothing is left.
func drop(value any, path []string) (empty bool) {
	table, isTable := value.(map[string]any)
	if !isTable {
		return false
	}
	if len(path) > 0 {
		if below, found := table[path[0]]; found && (len(path) == 1 || drop(below, path[1:])) {
			delete(table, path[0])
		}
	}
	return len(table) == 0
}

func FuzzTOML(f *testing.F) {
	for _, seed := range []string{
		"", "\n", "# c", "[default]\r\na = 1\r\n", "[profile.lab]\nx = 1", "a = { b = 1 }",
		"[profile.lab]\noauth2 = { scope = \"a\" }", "[profile]\nlab = {}", "profile.lab.oauth2.scope = 'x'",
		"profile = { lab = { oauth2 = { } , u = 1 } } # c", "[profile.lab.oauth2]\n[profile.lab]\n",
		"[profile.lab]\na = \"\"\"\n[x]\n\"\"\"\n[[z]]\n[z.y]", "[PROFILE.\"lab\"]\n  oauth2.scope = 1\n\n# e",
		"[profile.lab]\nhttp = [1,\n 2, # c\n]\n", "[profile.lab.oauth2.retry]\nattempts=1", "n = nan\nd = 1979-05-27T07:32:00Z",
	} {
		f.Add([]byte(seed))
	}
	other := TOML{Profile: "other one"}
	f.Fuzz(func(t *testing.T, before []byte) {
		if ours(before) || before == nil {
			return
		}
		after := roundTrip(t, lab, before, apiSettings())
		if after == nil {
			return
		}
		var was, is map[string]any
		if err := errors.Join(toml.Unmarshal(before, &was), toml.Unmarshal(after, &is)); err != nil {
			t.Fatal(err)
		}
		if !sameTree(forget(was, apiSettings()), forget(is, apiSettings())) {
			t.Fatalf("%q changes something else: %q", before, after)
		}
		roundTrip(t, other, before, nil)
		twoRecords(t, lab, other, before, apiSettings(), tokenSettings())
	})
}

func FuzzCompose(f *testing.F) {
	for _, seed := range []string{
		"", "# c", "services:", "services:\n  web:\n", "services:\r\n  web:\r\n    image: x",
		"services:\n  web:\n    environment:\n      - A=b\n", "services:\n  web:\n    environment:\n      A: b\n    image: |\n      x\n\n",
		"x-e: &e\n  A: b\nservices:\n  web:\n    environment:\n      <<: *e\n", "---\nname: x\n...\n", "services:\n  ? web\n  : image: x\n",
		"services:\n  web: &w\n    environment: *w", "services:\n  web:\n    environment:\n    -\n      A=b\n", "\uFEFFname: x",
		"services:\n  web:\n    environment: &e\n      # c\n      A: >\n        b\n", "a: \u2028b\rservices:\n",
	} {
		f.Add([]byte(seed))
	}
	web := Compose{Services: []string{"web"}, Style: StyleVariables}
	both := Compose{Services: []string{"db", "web"}, Style: StyleBootstrap}
	f.Fuzz(func(t *testing.T, before []byte) {
		if ours(before) || before == nil {
			return
		}
		if after := roundTrip(t, web, before, apiSettings()); after != nil {
			var tree any
			if err := yaml.Unmarshal(after, &tree); err != nil {
				t.Fatal(err)
			}
		}
		roundTrip(t, both, before, apiSettings())
		twoRecords(t, web, both, before, apiSettings(), tokenSettings())
	})
}

func FuzzEnv(f *testing.F) {
	for _, seed := range []string{
		"", "\n", "A=1", "A=1\r\n\r\n# c\r\n", "A=\"x\ny\"\n", "A='x", "A=x\\", "# c \\\n", "; c\\",
		"export A=$(cat <<E\nx\nE\n)\n", "cat <<-'E'\n\tx\n\tE", "A=`a 'b'`;B=2 # c", "\uFEFFA=1\n", "A=${B:-'}'}\n", "A='x' \"y\"\n",
		"A=1\rB=2\n", "A", "if true; then\n  export A=1\nfi\n", "A=$'it\\'s'\n",
	} {
		f.Add([]byte(seed), uint8(0))
	}
	f.Fuzz(func(t *testing.T, before []byte, kind uint8) {
		if ours(before) || before == nil {
			return
		}
		for _, format := range []EnvFormat{FormatDotenv, FormatShell, FormatSystemd} {
			variables, boot := Env{format, StyleVariables}, Env{format, StyleBootstrap}
			roundTrip(t, variables, before, apiSettings())
			roundTrip(t, boot, before, apiSettings())
			twoRecords(t, variables, boot, before, apiSettings(), tokenSettings())
		}
		roundTrip(t, Snippet{Path: "/etc/earthscope.env"}, before, nil)
	})
}

// FuzzValue writes any text as a value: it is refused, or every format gives it back.
func FuzzValue(f *testing.F) {
	for _, seed := range []string{
		"", "a b", "$A", "'", "\"", "\\", "{", "[\"", "#", "\u00a0", "\u2028", "\U0001F30D", "`x`", "=", "%h",
		"{\"a\": 1}", "a\tb", "\x7f", "\xff",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		settings := []Setting{{Key: "oauth2.scope", Value: value}, {Key: "oauth2.allowed_hosts", Value: []any{value}}}
		for _, format := range []EnvFormat{FormatDotenv, FormatShell, FormatSystemd} {
			for _, style := range []Style{StyleVariables, StyleBootstrap} {
				roundTrip(t, Env{format, style}, []byte("A=1\n"), settings)
			}
		}
		roundTrip(t, Compose{[]string{"web"}, StyleVariables}, []byte("services:\n"), settings)
		roundTrip(t, Compose{[]string{"web"}, StyleBootstrap}, []byte{}, settings)
		roundTrip(t, lab, []byte{}, settings)
	})
}
