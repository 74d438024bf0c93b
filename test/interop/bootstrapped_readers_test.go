package interop_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// reader gives the EarthScope variables that a process gets from a file, as
// "NAME=value".
type reader func(t *testing.T, file string) []string

// sourced lets a POSIX shell source the file and print its environment.
func sourced(t *testing.T, file string) []string {
	t.Helper()
	shell := tool(t, "sh", "environment files in a real shell")
	printed := output(t, []string{"PATH=" + os.Getenv("PATH")}, shell, "-c", `set -eu; . "$1"; exec env -0`, "sh", file)
	var found []string
	for assignment := range strings.SplitSeq(string(printed), "\x00") {
		if strings.HasPrefix(assignment, "ES_") {
			found = append(found, assignment)
		}
	}
	return found
}

// dotenv lets python-dotenv, which the SDK brings along, read the file.
func dotenv(t *testing.T, file string) []string {
	t.Helper()
	const program = "import dotenv,json,sys; json.dump(dotenv.dotenv_values(sys.argv[1]), sys.stdout)"
	var values map[string]string
	if err := json.Unmarshal(output(t, []string{}, python(t), "-c", program, file), &values); err != nil {
		t.Fatal(err)
	}
	return assignments(values)
}

func assignments(values map[string]string) []string {
	var found []string
	for name, value := range values {
		if strings.HasPrefix(name, "ES_") {
			found = append(found, name+"="+value)
		}
	}
	return found
}

// systemd reads EnvironmentFile= as systemd.exec(5) describes it: comments
// begin with # or ;, a backslash at a line's end joins lines, unquoted text
// keeps inner blanks and drops outer ones, a backslash in it quotes the next
// character, single quotes take everything literally, and in double quotes a
// backslash quotes only ", \, ` and $. The manager itself cannot be started
// for a test: it wants to be the first process.
func systemd(t *testing.T, file string) []string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for rest := string(data); rest != ""; {
		rest = strings.TrimLeft(rest, " \t\r\n")
		if rest == "" {
			break
		}
		if rest[0] == '#' || rest[0] == ';' {
			_, rest, _ = strings.Cut(rest, "\n")
			continue
		}
		name, after, ok := strings.Cut(rest, "=")
		if !ok || strings.ContainsAny(name, "\n") {
			t.Fatalf("no assignment in what systemd would read")
		}
		value, left := systemdValue(strings.TrimLeft(after, " \t"))
		if rest = left; strings.HasPrefix(name, "ES_") {
			found = append(found, strings.TrimSpace(name)+"="+value)
		}
	}
	return found
}

func systemdValue(text string) (value, rest string) {
	var b strings.Builder
	quote, blanks := byte(0), 0
	i := 0
	for ; i < len(text); i++ {
		c := text[i]
		switch {
		case quote == 0 && c == '\n':
			return b.String()[:b.Len()-blanks], text[i+1:]
		case c == quote:
			quote, blanks = 0, 0
		case quote == 0 && (c == '"' || c == '\''):
			quote, blanks = c, 0
		case c == '\\' && quote != '\'' && i+1 < len(text):
			i++
			if quote == '"' && !strings.ContainsRune("\"\\`$\n", rune(text[i])) {
				b.WriteByte('\\')
			}
			if text[i] != '\n' {
				b.WriteByte(text[i])
			}
			blanks = 0
		default:
			b.WriteByte(c)
			if blanks++; quote != 0 || c != ' ' && c != '\t' {
				blanks = 0
			}
		}
	}
	return b.String()[:b.Len()-blanks], ""
}

// compose lets a real Compose, of either generation, resolve the file and
// takes the environment of the service "web".
func compose(t *testing.T, file string) []string {
	t.Helper()
	environ := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}
	program := composeProgram(t)
	printed := outputIn(t.Context(), t, filepath.Dir(file), environ, program[0], append(program[1:], "-f", file, "config")...)
	var resolved struct {
		Services map[string]struct {
			Environment map[string]string `yaml:"environment"`
		} `yaml:"services"`
	}
	if err := yaml.Unmarshal(printed, &resolved); err != nil {
		t.Fatal("the output of Compose is not YAML")
	}
	values := resolved.Services["web"].Environment
	for name, value := range values {
		values[name] = strings.ReplaceAll(value, "$$", "$") // printed so that it can be read again
	}
	return assignments(values)
}

// composeProgram is how to call a real Compose: a plugin of docker, or the
// former program.
func composeProgram(t *testing.T) []string {
	t.Helper()
	if docker, err := exec.LookPath("docker"); err == nil && exec.CommandContext(t.Context(), docker, "compose", "version").Run() == nil {
		return []string{docker, "compose"}
	}
	return []string{tool(t, "docker-compose", "Compose files in a real Compose (docker compose, or version 1)")}
}
