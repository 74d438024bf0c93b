package examples_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/lab"
)

// elsewhere are providers that are not in the mirror: what needs them is parsed
// and formatted, and validated as far as it is ours.
var elsewhere = regexp.MustCompile(`(?m)(?:resource|data|ephemeral|provider) "(?:aws|kubernetes|vault)[_"]`)

var comment = regexp.MustCompile(`(?m)#.*$`)

// folders are all folders below examples that hold a configuration, with its
// text, comments left out.
func folders(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(filepath.Join(root, "examples"), func(name string, entry fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(name) != ".tf" {
			return err
		}
		content, err := os.ReadFile(name)
		found[filepath.Dir(name)] += string(comment.ReplaceAll(content, nil))
		return err
	})
	if err != nil || len(found) < 30 {
		t.Fatalf("%d folders with examples: %v", len(found), err)
	}
	return found
}

// Terraform parses every file, and has nothing to format.
func TestExamples_areFormatted(t *testing.T) {
	t.Parallel()
	terraform := lab.NeedPart(t, "terraform")
	for folder := range folders(t) {
		if output, status := lab.Run(t, folder, []string{"HOME=" + t.TempDir()}, terraform, "fmt", "-check", "-diff", "-no-color"); status != 0 {
			t.Errorf("%s: terraform fmt: exit status %d\n%s", folder, status, output)
		}
	}
}

// Every example passes terraform validate with the shipped provider, whose
// validators see each argument.
func TestExamples_validate(t *testing.T) {
	t.Parallel()
	terraform := core(t)
	actions := hasActions(t, terraform)
	for folder, text := range folders(t) {
		if elsewhere.MatchString(text) {
			continue // parsed above; what is ours in it is applied by a test of its own
		}
		name, err := filepath.Rel(filepath.Join(root, "examples"), folder)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(filepath.ToSlash(name), func(t *testing.T) {
			t.Parallel()
			if strings.Contains(text, "\naction \"") && !actions {
				t.Skip("SKIPPED: actions need Terraform 1.14")
			}
			for _, other := range []string{"local", "tls"} {
				if strings.Contains(text, "hashicorp/"+other) {
					needProvider(t, other)
				}
			}
			files := map[string]string{}
			entries, err := os.ReadDir(folder)
			if err != nil {
				t.Fatal(err)
			}
			for _, entry := range entries {
				if !entry.IsDir() {
					files[entry.Name()] = readFile(t, filepath.Join(folder, entry.Name()))
				}
			}
			validate(t, terraform, files)
		})
	}
}

// validate runs terraform init and validate on a configuration.
func validate(t *testing.T, terraform string, files map[string]string) {
	t.Helper()
	folder, requires := t.TempDir(), false
	for name, content := range files {
		writeFile(t, filepath.Join(folder, name), content, 0o600)
		requires = requires || strings.Contains(content, "required_providers")
	}
	if !requires {
		writeFile(t, filepath.Join(folder, "requires.tf"), "terraform {\n  required_providers {\n    earthscope = { source = \"earthscope/earthscope\" }\n  }\n}\n", 0o600)
	}
	environment := []string{
		"HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH"), "CHECKPOINT_DISABLE=1", "TF_CLI_CONFIG_FILE=" + filepath.Join(built, "terraform.rc"),
	}
	for _, arguments := range [][]string{{"init", "-input=false", "-no-color"}, {"validate", "-no-color"}} {
		if output, status := lab.Run(t, folder, environment, terraform, arguments...); status != 0 {
			t.Fatalf("terraform %s: exit status %d\n%s", arguments[0], status, output)
		}
	}
}

// What a page shows beside the examples passes terraform validate as well.
func TestPages_validate(t *testing.T) {
	t.Parallel()
	terraform := core(t)
	shown := ""
	for folder := range folders(t) {
		files, err := filepath.Glob(filepath.Join(folder, "*.tf"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			shown += readFile(t, file) + "\n"
		}
	}
	checked := 0
	for _, page := range append(glob(t, "docs", "*.md"), append(glob(t, "docs", "*", "*.md"), "README.md")...) {
		for number, block := range blocks(t, "terraform", page) {
			if strings.Contains(shown, strings.TrimSpace(block)) || elsewhere.MatchString(block) || strings.Contains(block, "identity = {") {
				continue // an example, of another provider, or for Terraform 1.12
			}
			if strings.Contains(block, "earthscope_access_token.this") && !strings.Contains(block, `"earthscope_access_token" "this"`) {
				block += "\nephemeral \"earthscope_access_token\" \"this\" {}\n"
			}
			checked++
			t.Run(fmt.Sprintf("%s/%d", page, number+1), func(t *testing.T) {
				t.Parallel()
				validate(t, terraform, map[string]string{"main.tf": block})
			})
		}
	}
	if checked < 5 {
		t.Errorf("only %d configurations were found beside the examples", checked)
	}
}

// glob are files by their path below the root.
func glob(t *testing.T, pattern ...string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(append([]string{root}, pattern...)...))
	if err != nil || len(files) == 0 {
		t.Fatalf("%v: %d files, %v", pattern, len(files), err)
	}
	for i, file := range files {
		if files[i], err = filepath.Rel(root, file); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// hasActions reports whether a core knows actions. OpenTofu does not.
func hasActions(t *testing.T, terraform string) bool {
	t.Helper()
	output, _ := lab.Run(t, t.TempDir(), []string{"HOME=" + t.TempDir(), "CHECKPOINT_DISABLE=1"}, terraform, "version")
	return strings.HasPrefix(output, "Terraform ") && minor(t, terraform) >= 14
}

// Every deployment says for whom it is, what to type and what is left, in a
// page of about ten lines, and is applied by a test that names it.
func TestDeployments_haveAPageAndATest(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir(filepath.Join(root, "examples", "deployments"))
	if err != nil || len(entries) < 13 {
		t.Fatalf("%d deployments: %v", len(entries), err)
	}
	tests := ""
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		tests += readFile(t, file)
	}
	for _, entry := range entries {
		page := readFile(t, filepath.Join(root, "examples", "deployments", entry.Name(), "README.md"))
		if lines := strings.Count(page, "\n"); lines > 16 {
			t.Errorf("the page of %s has %d lines", entry.Name(), lines)
		}
		for _, part := range []string{"\nFor ", "\nYou get "} {
			if !strings.Contains(page, part) {
				t.Errorf("the page of %s lacks %q", entry.Name(), part)
			}
		}
		if !strings.Contains(tests, `deploy(t, "`+entry.Name()+`"`) {
			t.Errorf("no test applies %s", entry.Name())
		}
	}
}
