package settings

import (
	"testing"

	"github.com/pelletier/go-toml/v2"
)

func TestParseTOML_trees(t *testing.T) {
	t.Parallel()
	rows := []struct{ text, want string }{
		{"", "{}"},
		{"# only a comment\n", "{}"},
		{"b = 1\na = 2\n", `{"b":int 1 "a":int 2}`},
		{"a.b.c = 1\na.b.d = 2\n", `{"a":{"b":{"c":int 1 "d":int 2}}}`},
		{"[a.b]\nc = 1\n[a]\nd = 2\n", `{"a":{"b":{"c":int 1} "d":int 2}}`},
		{"a = {b = {c = 1}, d.e = 2}\n", `{"a":{"b":{"c":int 1} "d":{"e":int 2}}}`},
		{"[[a]]\nx = 1\n[a.s]\ny = 2\n[[a]]\nx = 3\n", `{"a":[{"x":int 1 "s":{"y":int 2}} {"x":int 3}]}`},
		{"[[a]]\n[[a.b]]\nc = 1\n[[a.b]]\nc = 2\n", `{"a":[{"b":[{"c":int 1} {"c":int 2}]}]}`},
		{"a = [1, # one\n  [2, {b = 3}],\n]\n", `{"a":[int 1 [int 2 {"b":int 3}]]}`},
		{
			"a = 1_000\nb = 0xff\nc = 0o17\nd = 0b11\ne = -7\nf = +8\n",
			`{"a":int 1000 "b":int 255 "c":int 15 "d":int 3 "e":int -7 "f":int 8}`,
		},
		{"a = 1.5\nb = -inf\nc = nan\nd = 1_0e1_0\ne = +0.5\n", `{"a":float 1.5 "b":float -Inf "c":float NaN "d":float 1e+11 "e":float 0.5}`},
		{"a = true\nb = false\n", `{"a":true "b":false}`},
		{"a = 'x\\y'\nb = \"x\\ty\\u00e9\"\nc = '''\nz'''\nd = \"\"\"\na\\\n  b\"\"\"\n", `{"a":"x\\y" "b":"x\tyé" "c":"z" "d":"ab"}`},
		{"\"a b\".'c.d' = 1\n", `{"a b":{"c.d":int 1}}`},
		{
			"a = 2020-01-02\nb = 2020-01-02T03:04:05Z\nc = 03:04:05\n",
			`{"a":moment 2020-01-02 "b":moment 2020-01-02T03:04:05Z "c":moment 03:04:05}`,
		},
		{"a = 1\r\nb = 2\r\n", `{"a":int 1 "b":int 2}`},
	}
	for _, row := range rows {
		n, err := parseTOML([]byte(row.text))
		if err != nil {
			t.Errorf("%q: %v", row.text, err)
			continue
		}
		if got := outline(n); got != row.want {
			t.Errorf("%q: got %s, want %s", row.text, got, row.want)
		}
	}
}

// TestParseTOML_positions: the place of a value is that of its key.
func TestParseTOML_positions(t *testing.T) {
	t.Parallel()
	n, err := parseTOML([]byte("# é\n[profile.\"é x\".oauth2]\n  retry.attempts = 5\nscope = [\n 'a' ]\nx = {y = 1}\n[[list]]\nz = 1\n"))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string][2]int{
		"profile":                           {2, 16}, // made by the header as a whole
		"profile.é x.oauth2":                {2, 16},
		"profile.é x.oauth2.retry.attempts": {3, 9},
		"profile.é x.oauth2.scope":          {4, 1},
		"profile.é x.oauth2.x.y":            {6, 6},
		"list":                              {7, 3},
	} {
		line, column := n.at(path).position()
		if line != want[0] || column != want[1] {
			t.Errorf("%s: line %d, column %d, want %v", path, line, column, want)
		}
	}
}

// TestParseTOML_newer: what TOML 1.1 added stops the SDK, which reads 1.0.
func TestParseTOML_newer(t *testing.T) {
	t.Parallel()
	_, err := parseTOML([]byte("b = 1\na = {b = 1 , }\n"))
	if err == nil || err.Detail != "an inline table must stand on one line and not end in a comma (TOML 1.0)" || err.Line != 2 || err.Column != 14 {
		t.Errorf("got %#v", err)
	}
}

func TestTomlReason_quotesNothing(t *testing.T) {
	t.Parallel()
	rows := []struct{ message, want string }{
		{"toml: unexpected character U+0073 's' at start of value", "unexpected character at start of value"},
		{"toml: expected newline but got U+000D", "expected newline"},
		{"toml: key secret.token is already defined", "key is already defined"},
		{"toml: table a b already exists", "table already exists"},
		{"toml: table a already exists as defined by a dotted key", "table already exists as defined by a dotted key"},
		{`toml: unable to parse float: strconv.ParseFloat: parsing "1e400": value out of range`, "unable to parse float"},
		{"toml: invalid escape character U+0071 'q'", "invalid escape character"},
		{"toml: invalid character at start of key: U+00EF 'ï'", "invalid character at start of key"},
		{"toml: basic strings cannot have new lines", "basic strings cannot have new lines"},
	}
	for _, row := range rows {
		if got := tomlReason(row.message); got != row.want {
			t.Errorf("%q gives %q, want %q", row.message, got, row.want)
		}
	}
}

// FuzzParseTOML: the tree says what the library decodes, key by key.
func FuzzParseTOML(f *testing.F) {
	for _, text := range []string{
		"[default.oauth2]\nclient_id = \"a\"\n", "a.b = {c = [1, 2.5, 'x']}\n[[d]]\n[d.e]\n", "a = {b=1,}\n", "\"\\x41\"=07:32\n", "[a]\n[a]\n", "x = '''\n'''\n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		n, err := parseTOML(document)
		var want map[string]any
		valid := toml.Unmarshal(document, &want) == nil
		if err != nil {
			if err.Line < 1 || err.Column < 1 || err.Detail == "" {
				t.Fatalf("no place: %#v", err)
			}
			return
		}
		if !valid {
			t.Fatal("accepted what the library refuses")
		}
		if !sameTOML(n, want) {
			t.Fatalf("got %s, want %#v", outline(n), want)
		}
	})
}

func sameTOML(n *node, want any) bool {
	switch want := want.(type) {
	case map[string]any:
		if n.kind != kindTable || len(n.table.keys) != len(want) {
			return false
		}
		for key := range want {
			if child := n.table.fields[key]; child == nil || !sameTOML(child, want[key]) {
				return false
			}
		}
		return true
	case []any:
		if n.kind != kindList || len(n.items) != len(want) {
			return false
		}
		for i := range want {
			if !sameTOML(n.items[i], want[i]) {
				return false
			}
		}
		return true
	case string:
		return n.kind == kindText && n.text == want
	case bool:
		return n.kind == kindBoolean && (n.text == "true") == want
	case int64:
		return n.kind == kindInteger && n.number == float64(want)
	case float64:
		return n.kind == kindFloat && (n.number == want || (n.number != n.number && want != want))
	default:
		return n.kind == kindMoment
	}
}
