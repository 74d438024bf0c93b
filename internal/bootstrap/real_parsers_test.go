package bootstrap

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// part skips a test, loudly, or fails it where every part is required.
func part(t *testing.T, missing bool, name string) {
	t.Helper()
	switch {
	case !missing:
	case os.Getenv("ES_TEST_REQUIRE_PARTS") == "1":
		t.Fatalf("%s is required here", name)
	default:
		t.Skipf("SKIPPED: %s is not installed", name)
	}
}

// answer is what a parser made of one text: a tree, or nothing where it refuses the text.
type answer struct {
	Tree    any
	Refused string
}

// ask lets a Python program read texts as a JSON list from its input and answer with a JSON list of answers.
func ask(t *testing.T, program string, texts []string, arguments ...string) []answer {
	t.Helper()
	python, err := exec.LookPath("python3")
	part(t, err != nil, "python3")
	input, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), python, append([]string{"-c", program}, arguments...)...)
	command.Stdin = bytes.NewReader(input)
	var complaint strings.Builder
	command.Stderr = &complaint
	output, err := command.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, complaint.String())
	}
	var answers []answer
	if err := json.Unmarshal(output, &answers); err != nil || len(answers) != len(texts) {
		t.Fatalf("%d answers to %d texts, %v", len(answers), len(texts), err)
	}
	return answers
}

const readTOML = `
import json, sys, tomllib
def number(text):
    return text if text.strip("+-") in ("nan", "inf") else float(text)
def read(text):
    try:
        return {"Tree": json.loads(json.dumps(tomllib.loads(text, parse_float=number), default=str))}
    except tomllib.TOMLDecodeError as e:
        return {"Refused": str(e)}
json.dump([read(text) for text in json.load(sys.stdin)], sys.stdout)
`

// TestTOMLEdit_asThePythonParserSees: in every layout Python's tomllib, with which the SDK reads, finds what was put in and
// everything else as before.
func TestTOMLEdit_asThePythonParserSees(t *testing.T) {
	t.Parallel()
	var names, texts []string
	for name, layout := range tomlLayouts() {
		after, _, err := lab.Edit([]byte(layout.before), Desired{Settings: layoutSettings()}, Record{})
		if err != nil {
			t.Fatal(err)
		}
		names, texts = append(names, name), append(texts, layout.before, string(after))
	}
	answers := ask(t, readTOML, texts)
	for i, name := range names {
		before, after := answers[2*i], answers[2*i+1]
		if before.Refused != "" || after.Refused != "" {
			t.Errorf("%s: %s, %s", name, before.Refused, after.Refused)
			continue
		}
		profile := profileOf(after.Tree)
		if got := at(profile, "oauth2", "refresh_token"); got != token {
			t.Errorf("%s: the token is %v", name, got)
		}
		if got := at(profile, "http", "rate_limit", "max_concurrent"); got != 5.0 {
			t.Errorf("%s: the number is %v", name, got)
		}
		if was, is := withoutOurs(before.Tree), withoutOurs(after.Tree); !reflect.DeepEqual(was, is) {
			t.Errorf("%s: others are %v, were %v", name, is, was)
		}
	}
}

// profileOf finds the table of profile "lab" under any spelling.
func profileOf(tree any) any {
	root, _ := tree.(map[string]any)
	for name, table := range root {
		if isProfileTable(name) {
			return at(table, "lab")
		}
	}
	return nil
}

func at(tree any, path ...string) any {
	for _, name := range path {
		table, _ := tree.(map[string]any)
		tree = table[name]
	}
	return tree
}

// withoutOurs leaves out the two settings and the tables that are empty without them.
func withoutOurs(tree any) any {
	table, isTable := tree.(map[string]any)
	if !isTable {
		return tree
	}
	left := map[string]any{}
	for name, value := range table {
		if value == token || name == "max_concurrent" {
			continue
		}
		value = withoutOurs(value)
		if inner, isTable := value.(map[string]any); !isTable || len(inner) > 0 {
			left[name] = value
		}
	}
	return left
}

// What is refused as TOML 1.1 or as invalid, the parser of the SDK refuses too.
func TestTOMLEdit_refusesWhatThePythonParserRefuses(t *testing.T) {
	t.Parallel()
	texts := []string{
		"a = {b = 1,}\n", "a = {\nb = 1}\n", "a = \"\\e\"\n", "a = 07:32\n", "a = \n", "a = 1\na = 2\n", "[a]\n[a]\n", "a.b = 1\n[a]\n", "[a]\nb = 1\n[a.b]\n",
		"a = {}\n[a.b]\n", "[[a]]\n[a]\n", "a = []\n[[a]]\n", "\"\"\"a\"\"\" = 1\n", "a = 'x\n", "a = \"x\n\"\n", "a = 1 b = 2\n", "a\n", "= 1\n", "[a\n", "a = 01\n", "a = 1__0\n", "a = .5\n", "a = tru\n", "a = \"\\q\"\n",
		"a = \"\\uD800\"\n", "a = 1\rb = 2\n", "a = \"\x01\"\n", "# \x00\n", "\uFEFFa = 1\n", "a = 2021-13-01\n", "[profile.lab]\noauth2 = {scope = 'a'}\n[profile.lab.oauth2]\n",
	}
	for i, answer := range ask(t, readTOML, texts) {
		if answer.Refused == "" {
			t.Errorf("%q is accepted by Python", texts[i])
		}
		if _, _, err := lab.Edit([]byte(texts[i]), Desired{Settings: layoutSettings()}, Record{}); err == nil {
			t.Errorf("%q is accepted", texts[i])
		} else if line, _ := positionOf(err); line == 0 {
			t.Errorf("%q: no line: %v", texts[i], err)
		}
	}
}

// readSystemd calls load_env_file() of systemd's own library, which is what reads an EnvironmentFile=.
const readSystemd = `
import ctypes, json, os, sys, tempfile
library, c = ctypes.CDLL(sys.argv[1]), ctypes.CDLL(None)
c.fopen.restype, c.fclose.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
library.load_env_file.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.POINTER(ctypes.POINTER(ctypes.c_char_p))]
path = os.path.join(tempfile.mkdtemp(), "env").encode()
def read(text):
    with open(path, "wb") as file:
        file.write(text.encode())
    found, handle, tree = ctypes.POINTER(ctypes.c_char_p)(), c.fopen(path, b"re"), {}
    result = library.load_env_file(handle, path, ctypes.byref(found))
    c.fclose(handle)
    if result < 0:
        return {"Refused": os.strerror(-result)}
    i = 0
    while found and found[i]:
        name, _, value = found[i].decode().partition("=")
        tree[name], i = value, i + 1
    return {"Tree": tree}
json.dump([read(text) for text in json.load(sys.stdin)], sys.stdout)
os.unlink(path)
`

func systemdLibrary(t *testing.T) string {
	t.Helper()
	for _, pattern := range []string{"/usr/lib/*/systemd/libsystemd-shared-*.so", "/usr/lib/systemd/libsystemd-shared-*.so", "/lib/*/systemd/libsystemd-shared-*.so"} {
		if found, err := filepath.Glob(pattern); err == nil && len(found) > 0 {
			return found[0]
		}
	}
	part(t, true, "systemd")
	return ""
}

func TestEnvSystemd_asSystemdSees(t *testing.T) {
	t.Parallel()
	library := systemdLibrary(t)
	values := []string{
		"a", "", " a ", "a b", "\ta", "it's", `say "x"`, `back\slash`, `end\`, "$HOME ${A} $(id)", "`id`", "# no comment", "; neither", "a#b", "é ñ \U0001F30D", "a=b", "%h", "\u00a0", "'", `"`, `\"`, "x\\ny", "{\"a\":\"b\"}",
	}
	befores := []string{
		"", "A=1", "A=1\n", "A=1\r\n", "; c\nA=1\n", "# c \\\n", "# c \\", "A='x y'\n", "A=\"x\ny\"\n", "A=x \\\n y\n", "A='x' \"y\" z\n", "export A=1\n", " A = 1 \n", "A\n", "A=\n\n\n", "A=a'b\n",
	}
	var texts []string
	for _, before := range befores {
		for _, value := range values {
			for _, style := range []Style{StyleVariables, StyleBootstrap} {
				after, _, err := Env{FormatSystemd, style}.Edit([]byte(before), Desired{Settings: []Setting{{Key: "oauth2.scope", Value: value}}}, Record{})
				if err != nil {
					t.Fatalf("%q in %q: %v", value, before, err)
				}
				texts = append(texts, before, string(after))
			}
		}
	}
	answers := ask(t, readSystemd, texts, library)
	for i := 0; i < len(texts); i += 2 {
		before, _ := answers[i].Tree.(map[string]any)
		after, _ := answers[i+1].Tree.(map[string]any)
		value := values[i/4%len(values)]
		if i/2%2 == 0 && after["ES_OAUTH2__SCOPE"] != value {
			t.Errorf("%q reads as %q", texts[i+1], after["ES_OAUTH2__SCOPE"])
		}
		if i/2%2 == 1 {
			text, _ := after[BootstrapVariable].(string)
			var settings struct{ OAuth2 struct{ Scope string } }
			if err := json.Unmarshal([]byte(text), &settings); err != nil || settings.OAuth2.Scope != value {
				t.Errorf("%q reads as %q", texts[i+1], text)
			}
		}
		delete(after, "ES_OAUTH2__SCOPE")
		delete(after, BootstrapVariable)
		if !reflect.DeepEqual(before, after) {
			t.Errorf("%q: others are %v, were %v", texts[i+1], after, before)
		}
	}
}

// The scanner takes for readable only what systemd reads the same.
func TestEnvSystemd_scansAsSystemdReads(t *testing.T) {
	t.Parallel()
	texts := []string{
		"A=1 \nB='x' \"y\"\n", "A=a\\ \\\n b\n", "A=\"a\\\"b\\\\\\$\\`\"\n", "A='a\\b'\n", "A=a'b'\n", "A=x\rB=y\n", "A=\"a\\\nb\"\n", "A=\"a\\xb\"\n", "A=a\\xb\n", "A =1\n", "A= 1\n", "A='a\nb' c \n",
		"# c \\\nA=1\nB=2\n", "; \\\\\nA=3\n", "A=1#c\n", "A=1 # c\n", "A=''\n", "A=\n", "A=\"\"x\n", "A=x\"y\"\n", "A==\n", "A=1\nA=2\n", "A=1 \\\nB=2\n", "A=\t\t1\t\n",
	}
	for i, answer := range ask(t, readSystemd, texts, systemdLibrary(t)) {
		tree, _ := answer.Tree.(map[string]any)
		d, err := Env{Format: FormatSystemd}.scan([]byte(texts[i]))
		if err != nil {
			t.Errorf("%q: %v", texts[i], err)
		}
		effective := map[string]assignment{}
		for _, a := range d.assignments {
			effective[a.name] = a
		}
		for name, a := range effective {
			if value, found := tree[name]; a.readable && (!found || value != a.value) {
				t.Errorf("%q: %s is scanned as %q, systemd reads %v", texts[i], name, a.value, value)
			}
		}
		for name := range tree {
			if _, found := effective[name]; !found {
				t.Errorf("%q: %s is not scanned", texts[i], name)
			}
		}
	}
}
