package docs_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// longestReadme is what a person reads in one go.
const longestReadme = 250

func TestReadme_isShort(t *testing.T) {
	t.Parallel()
	if lines := strings.Count(read(t, "README.md"), "\n"); lines >= longestReadme {
		t.Errorf("README.md has %d lines, want fewer than %d", lines, longestReadme)
	}
}

// Every command of the real CLI is in the README's table, with what stands for
// it here, and in the page of the helper commands where there is one.
func TestReadme_coversTheCommandsOfTheCLI(t *testing.T) {
	t.Parallel()
	program := os.Getenv("ES_TEST_CLI")
	if program == "" {
		program = filepath.Join(root, ".cache", "venv", "bin", "es")
	}
	if _, err := exec.LookPath(program); err != nil {
		missing(t, "earthscope-cli is not there (scripts/python-environment makes it)")
	}
	readme := read(t, "README.md")
	table := readme[strings.Index(readme, "## What you do by hand"):]
	entry := regexp.MustCompile(`(?m)^│ ([a-z][a-z-]+)  `)
	commands := 0
	for _, group := range []string{"", "user", "debug", "dropoff"} {
		command := exec.Command(program, append(strings.Fields(group), "--help")...)
		command.Env = []string{"HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH"), "COLUMNS=120", "LANG=C.UTF-8", "PYTHONIOENCODING=utf-8"}
		output, err := command.Output()
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range entry.FindAllStringSubmatch(string(output), -1) {
			if match[1] == "user" || match[1] == "dropoff" {
				continue // groups
			}
			commands++
			if !strings.Contains(table, match[1]) {
				t.Errorf("the README says nothing for: es %s %s", group, match[1])
			}
		}
	}
	if commands < 15 {
		t.Errorf("only %d commands found", commands)
	}
}
