package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// argument is a line of a generated page about something that may be given.
var argument = regexp.MustCompile("^- `([a-z_0-9]+)` \\(")

// TestExamples_everyArgument holds that each argument of each object is given
// in some example, so that nobody has to guess its form.
func TestExamples_everyArgument(t *testing.T) {
	t.Parallel()
	examples := exampleFiles(t)
	pages := map[string]string{filepath.Join("docs", "index.md"): `provider "earthscope"`}
	for folder, block := range map[string]string{"actions": "action", "data-sources": "data", "ephemeral-resources": "ephemeral", "resources": "resource"} {
		entries, err := os.ReadDir(filepath.Join(root, "docs", folder))
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			name := strings.TrimSuffix(entry.Name(), ".md")
			pages[filepath.Join("docs", folder, entry.Name())] = block + ` "earthscope_` + name + `"`
		}
	}
	for page, object := range pages {
		var text strings.Builder
		for _, example := range examples {
			if strings.Contains(example, object) {
				text.WriteString(example)
			}
		}
		arguments := givenArguments(read(t, page))
		if len(arguments) == 0 && !strings.Contains(page, "data-sources") {
			t.Errorf("%s: no argument was found: the test shows nothing", page)
		}
		for _, name := range arguments {
			if !regexp.MustCompile(`\b` + name + `\s*=`).MatchString(text.String()) {
				t.Errorf("%s: no example gives %s", page, name)
			}
		}
	}
}

// givenArguments are those under "Required" and "Optional", of nested objects
// too.
func givenArguments(page string) []string {
	var names []string
	given := false
	for line := range strings.Lines(page) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "### Nested"), strings.HasPrefix(line, "## "):
			given = false
		case line == "### Required", line == "### Optional", line == "Required:", line == "Optional:":
			given = true
		case strings.HasPrefix(line, "### Read-Only"), line == "Read-Only:":
			given = false
		case given:
			if match := argument.FindStringSubmatch(line); match != nil {
				names = append(names, match[1])
			}
		}
	}
	return names
}

// exampleFiles are the configurations below examples.
func exampleFiles(t *testing.T) []string {
	t.Helper()
	var contents []string
	err := filepath.WalkDir(filepath.Join(root, "examples"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".tf" {
			return err
		}
		content, err := os.ReadFile(path)
		contents = append(contents, string(content))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return contents
}

// TestEverySetting_namesEveryArgument holds the page to its title.
func TestEverySetting_namesEveryArgument(t *testing.T) {
	t.Parallel()
	for page, example := range map[string]string{
		filepath.Join("docs", "index.md"):                    "provider-settings",
		filepath.Join("docs", "resources", "remote_host.md"): "host-settings",
	} {
		text := read(t, "examples", "guides", example, "main.tf")
		for _, name := range givenArguments(read(t, page)) {
			if !regexp.MustCompile(`\b` + name + `\s*=`).MatchString(text) {
				t.Errorf("%s: %s is missing", example, name)
			}
		}
	}
}
