package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The benchmark itself works: small rounds of it give the figures that are counted, not timed.
func TestRun_quick(t *testing.T) {
	if os.Getenv("TF_ACC") == "" {
		t.Skip("SKIPPED: TF_ACC=1 runs the benchmark's smoke test with the real terraform")
	}
	t.Chdir("..") // it builds the provider and the peers
	var out strings.Builder
	if err := run([]string{"-quick", "-only", "tokens,fleet", "-parts", filepath.Join(t.TempDir(), "none")}, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| token requests in a lifetime, most of any load | at most 1 | 1 | yes |",
		"| 10 | 1 | 1 | no disk cache | 2 |", // plan and destroy, each in a process of its own
		"- the CLI wrapper: there is no es",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the document lacks %q:\n%s", want, out.String())
		}
	}
	for line := range strings.Lines(out.String()) {
		if strings.HasPrefix(line, "| 20 |") && !strings.HasSuffix(line, "| 1 |\n") {
			t.Errorf("more than one connection to the bastion: %s", line)
		}
	}
}
