package interop_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
)

// Every command of the CLI that is about identity has a row in the guide, and
// no row is empty.
func TestGuide_namesEveryCommandOfTheCLI(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "..", "templates", "guides", "helper-commands.md.tmpl"))
	if err != nil {
		t.Fatal(err)
	}
	rows := ""
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if !strings.HasPrefix(line, "| `es ") {
			continue
		}
		if len(cells) != 2 || !strings.Contains(cells[1], "`") {
			t.Errorf("empty row: %s", line)
		}
		rows += cells[0]
	}
	w := newWorld(t, identity.Options{})
	commands := regexp.MustCompile(`(?m)^│ ([a-z][a-z-]+) `)
	found := 0
	for _, group := range []string{"", "user", "debug"} {
		arguments := []string{"--help"}
		if group != "" {
			arguments = []string{group, "--help"}
		}
		for _, match := range commands.FindAllStringSubmatch(w.es([]string{"COLUMNS=100"}, arguments...), -1) {
			if match[1] == "user" || match[1] == "dropoff" { // a group, and no matter of identity
				continue
			}
			found++
			if name := strings.TrimSpace("es " + strings.TrimSpace(group+" "+match[1])); !strings.Contains(rows, "`"+name+"`") {
				t.Errorf("the guide has no row for %q", name)
			}
		}
	}
	if found < 12 {
		t.Errorf("%d commands found in the CLI's help, want 12 at least", found)
	}
}
