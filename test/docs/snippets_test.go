package docs_test

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

var terraformBlock = regexp.MustCompile("(?ms)^( *)```terraform\n(.*?)^ *```")

// Every configuration on a page is one that Terraform parses and has nothing to
// format, also those that no file of examples holds.
func TestSnippets_areFormatted(t *testing.T) {
	t.Parallel()
	terraform, err := exec.LookPath("terraform")
	if err != nil {
		missing(t, "terraform is not on PATH")
	}
	snippets := map[string]string{}
	for page := range pages(t) {
		for _, match := range terraformBlock.FindAllStringSubmatch(read(t, page), -1) {
			snippets[regexp.MustCompile("(?m)^"+match[1]).ReplaceAllString(match[2], "")] = page
		}
	}
	if len(snippets) < 40 {
		t.Fatalf("only %d configurations found", len(snippets))
	}
	for text, page := range snippets {
		command := exec.Command(terraform, "fmt", "-check", "-diff", "-no-color", "-")
		command.Env, command.Stdin = []string{"HOME=" + t.TempDir()}, strings.NewReader(text)
		if output, err := command.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", page, err, output)
		}
	}
}
