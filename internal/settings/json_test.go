package settings

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
)

// outline writes a tree so that types, order and repetition can be compared.
func outline(n *node) string {
	switch n.kind {
	case kindTable:
		parts := make([]string, len(n.table.keys))
		for i, key := range n.table.keys {
			parts[i] = fmt.Sprintf("%q:%s", key, outline(n.table.fields[key]))
		}
		return "{" + strings.Join(parts, " ") + "}"
	case kindList:
		parts := make([]string, len(n.items))
		for i, item := range n.items {
			parts[i] = outline(item)
		}
		return "[" + strings.Join(parts, " ") + "]"
	case kindText:
		return fmt.Sprintf("%q", n.text)
	case kindInteger:
		return "int " + n.text
	case kindFloat:
		return fmt.Sprintf("float %v", n.number)
	case kindBoolean:
		return n.text
	case kindMoment:
		return "moment " + n.text
	default:
		return "null"
	}
}

func TestParseJSON_trees(t *testing.T) {
	t.Parallel()
	rows := []struct{ text, want string }{
		{"null", "null"},
		{" true ", "true"},
		{"\t\r\nfalse", "false"},
		{"0", "int 0"},
		{"-0", "int -0"},
		{"12345678901234567890", "int 12345678901234567890"},
		{"1.50", "float 1.5"},
		{"-1e3", "float -1000"},
		{"1E+2", "float 100"},
		{"2e-1", "float 0.2"},
		{"1e999", "float +Inf"},
		{"NaN", "float NaN"},
		{"Infinity", "float +Inf"},
		{"-Infinity", "float -Inf"},
		{`""`, `""`},
		{"[]", "[]"},
		{"{}", "{}"},
		{"[ 1 , [ ] , { } ]", "[int 1 [] {}]"},
		{`{"b":1,"a":2,"b":3}`, `{"b":int 3 "a":int 2}`},
		{`{"":{"":""}}`, `{"":{"":""}}`},
		{`"é\u00e9\uD83D\uDE00\/"`, `"éé😀/"`},
		{`"\ud800"`, `"\xed\xa0\x80"`},
		{`"\ud800\u0041"`, `"\xed\xa0\x80A"`},
		{`"\udfffx"`, `"\xed\xbf\xbfx"`},
		{"\"\x7f\"", `"\x7f"`},
		{"\"\xff\"", `"\xff"`},
	}
	for _, row := range rows {
		n, err := parseJSON([]byte(row.text), dialectPython)
		if err != nil {
			t.Errorf("%q: %v", row.text, err)
			continue
		}
		if got := outline(n); got != row.want {
			t.Errorf("%q: got %s, want %s", row.text, got, row.want)
		}
	}
}

func TestParseJSON_depth(t *testing.T) {
	t.Parallel()
	if _, err := parseJSON([]byte(strings.Repeat("[", maxDepth)+strings.Repeat("]", maxDepth)), dialectPython); err != nil {
		t.Errorf("%d levels: %v", maxDepth, err)
	}
	_, err := parseJSON([]byte(strings.Repeat("[", maxDepth+1)+strings.Repeat("]", maxDepth+1)), dialectPython)
	if err == nil || err.Error() != fmt.Sprintf("line 1, column %d: nested too deeply", maxDepth+2) {
		t.Errorf("%d levels: %v", maxDepth+1, err)
	}
}

// FuzzParseJSON compares with encoding/json where both accept a text, and
// requires that what encoding/json accepts is accepted.
func FuzzParseJSON(f *testing.F) {
	for _, text := range []string{"{}", `{"a":[1,2.5,"x",null,true]}`, `"\ud83d\ude00"`, "[1,]", "01", "NaN", "{\"a\":\xff}", "-", "\"\\u12\""} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		n, bad := parseJSON(data, dialectPydantic)
		if loose, badLoose := parseJSON(data, dialectPython); bad == nil && (badLoose != nil || outline(loose) != outline(n)) {
			t.Fatalf("the dialects differ: %v", badLoose)
		}
		if bad != nil && (bad.line < 1 || bad.column < 1 || bad.reason == "") {
			t.Fatalf("no place: %+v", bad)
		}
		decoder := json.NewDecoder(strings.NewReader(string(data)))
		decoder.UseNumber()
		var want any
		if decoder.Decode(&want) != nil || decoder.More() || !json.Valid(data) {
			return
		}
		if bad != nil {
			// encoding/json repairs what is not Unicode, and nests deeper.
			if bad.reason == "not UTF-8" || bad.reason == "nested too deeply" || strings.HasPrefix(bad.reason, "half a surrogate") {
				return
			}
			t.Fatalf("refused: %v", bad)
		}
		if !sameJSON(n, want) {
			t.Fatalf("got %s, want %#v", outline(n), want)
		}
	})
}

func sameJSON(n *node, want any) bool {
	switch want := want.(type) {
	case nil:
		return n.kind == kindNull
	case bool:
		return n.kind == kindBoolean && n.text == fmt.Sprint(want)
	case string:
		return n.kind == kindText && n.text == want
	case json.Number:
		number, err := want.Float64()
		return n.text == want.String() && (err != nil || n.number == number || math.IsNaN(number))
	case []any:
		if n.kind != kindList || len(n.items) != len(want) {
			return false
		}
		for i := range want {
			if !sameJSON(n.items[i], want[i]) {
				return false
			}
		}
		return true
	case map[string]any:
		if n.kind != kindTable || len(n.table.keys) != len(want) {
			return false
		}
		for key := range want {
			if child := n.table.fields[key]; child == nil || !sameJSON(child, want[key]) {
				return false
			}
		}
		return true
	}
	return false
}
