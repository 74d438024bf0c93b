package provider

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// TestMain keeps the machine's own Terraform and EarthScope configuration out
// of the tests.
func TestMain(m *testing.M) {
	os.Exit(runTests(m))
}

func runTests(m *testing.M) int {
	if os.Getenv("ES_TEST_REQUIRE_PARTS") == "1" && os.Getenv("TF_ACC") == "" {
		fmt.Fprintln(os.Stderr, "MISSING: the acceptance tests need TF_ACC=1 and terraform, and ES_TEST_REQUIRE_PARTS=1 asks for every part")
		return 1
	}
	folder, err := os.MkdirTemp("", "earthscope-provider-test-*")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(folder) }()
	configuration := filepath.Join(folder, "terraform.rc")
	if err := os.WriteFile(configuration, []byte("disable_checkpoint = true\n"), 0o600); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	for name, value := range map[string]string{"TF_CLI_CONFIG_FILE": configuration, "CHECKPOINT_DISABLE": "1"} {
		if err := os.Setenv(name, value); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return m.Run()
}
