package interop_test

import (
	"os"
	"os/exec"
	"testing"
)

// part returns the program named by an environment variable, which `make test`
// sets. Without it the test is skipped, or fails where every part is required.
func part(t *testing.T, variable, what string) string {
	t.Helper()
	program := os.Getenv(variable)
	if program != "" {
		if path, err := exec.LookPath(program); err == nil {
			return path
		}
	}
	missing(t, "NOT TESTED: interoperability with the real "+what+": "+variable+" names no program; \"make test\" makes a virtual environment and sets it")
	return ""
}

func missing(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("ES_TEST_REQUIRE_PARTS") == "1" {
		t.Fatal(why + " (ES_TEST_REQUIRE_PARTS=1)")
	}
	t.Skip(why)
}

func python(t *testing.T) string {
	t.Helper()
	return part(t, "ES_TEST_PYTHON", "earthscope-sdk")
}

func cli(t *testing.T) string {
	t.Helper()
	return part(t, "ES_TEST_CLI", "earthscope-cli")
}
