package toml10

import (
	"strings"
	"testing"
)

// place turns a byte offset into line and column, from 1.
func place(text string, offset int) (line, column int) {
	return 1 + strings.Count(text[:offset], "\n"), offset - strings.LastIndexByte(text[:offset], '\n')
}

// Lines and columns count from 1; columns are bytes.
func TestNewer(t *testing.T) {
	t.Parallel()
	const escapes, times = `the escapes \e and \x are not part of TOML 1.0`, "a time must have seconds (TOML 1.0)"
	rows := []struct {
		text         string
		reason       string
		line, column int
	}{
		{"a = {b = 1,}\n", inlineTable, 1, 12},
		{"a = {b = 1 , }\n", inlineTable, 1, 14},
		{"a = {\nb = 1}\n", inlineTable, 1, 6},
		{"a = {b = 1 # note\n}\n", inlineTable, 1, 12},
		{"a = [{b = 1,\nc = 2}]\n", inlineTable, 1, 13},
		{"a = \"\\e\"\n", escapes, 1, 6},
		{"a = \"\"\"\n\\x41\"\"\"\n", escapes, 2, 1},
		{"\"\\x41\" = 1\n", escapes, 1, 2},
		{"a = 07:32\n", times, 1, 5},
		{"a = 1979-05-27 07:32\n", times, 1, 5},
		{"a = 1979-05-27T07:32Z # x\n", times, 1, 5},
		{"a = [08:00:00,\n 07:32]\n", times, 2, 2},
	}
	for _, row := range rows {
		offset, reason := Newer([]byte(row.text))
		if line, column := place(row.text, offset); reason != row.reason || line != row.line || column != row.column {
			t.Errorf("%q: %q at %d:%d, want %q at %d:%d", row.text, reason, line, column, row.reason, row.line, row.column)
		}
	}
}

// Lookalikes that TOML 1.0 allows.
func TestNewer_lookalikes(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"a = [1,\n2,\n]\n", "a = {b = [1,\n2]}\n", "a = '\\e'\n", "a = '''\\x41'''\n", "a = \"\\\\e\"\n", "a = \"07:32\"\n", "a = 07:32:00\n",
		"a = \"{\"\nb = \"},}\"\n", "# {\na = 1 # ,}\n", "a = \"\"\"{\n,}\"\"\"\n", "a = \"\"\"x\"\"\"\"\"\nb = {}\n", "a = ''\nb = \"\"\nc = {d = '', e = \"\"}\n",
		"[\"{\"]\nb = 1\n", "a = {}\n", "a = { }\n", "a = {b = {c = 1}, d = 2}\n", "a = 1979-05-27\n", "a = [ # note\n]\n", "07 = 1\n",
	} {
		if _, reason := Newer([]byte(text)); reason != "" {
			t.Errorf("%q: %s", text, reason)
		}
	}
}
