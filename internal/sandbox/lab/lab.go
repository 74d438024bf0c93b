// Package lab is what tests of whole runs share: the provider compiled as it
// is shipped, real terraform commands in an environment of their own, and a
// search for secrets in whatever they leave.
package lab

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// module is the Go package of the provider's binary.
const module = "github.com/EarthScope/terraform-provider-earthscope"

// waitDelay is how long a program may hold its output after it was stopped.
const waitDelay = 10 * time.Second

// Executable adds what the system's programs end in.
func Executable(name string) string {
	if runtime.GOOS == "windows" {
		return name + ".exe"
	}
	return name
}

// Build compiles a package of this repository ("" for the provider, or a
// path below it) to the file target; flags go to go build.
func Build(target, what string, flags ...string) error {
	arguments := append([]string{"build", "-o", target}, flags...)
	output, err := exec.Command("go", append(arguments, module+what)...).CombinedOutput() //nolint:noctx // runs before there is a test
	if err != nil {
		return fmt.Errorf("go build %s: %w\n%s", module+what, err, output)
	}
	return nil
}

// NeedPart returns the path of a program, and skips the test where there is
// none; under ES_TEST_REQUIRE_PARTS=1 it fails instead.
func NeedPart(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		if path, err = filepath.Abs(path); err != nil {
			t.Fatal(err)
		}
		return path
	}
	MissingPart(t, name+" is not on PATH")
	return ""
}

// MissingPart skips the test for want of a part, or fails it where every part
// is required.
func MissingPart(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("ES_TEST_REQUIRE_PARTS") == "1" {
		t.Fatalf("%s, and ES_TEST_REQUIRE_PARTS=1 asks for it", why)
	}
	t.Skipf("SKIPPED: %s", why)
}

// Command prepares a program in a folder and collects both its outputs.
func Command(folder string, environment []string, program string, arguments ...string) (*exec.Cmd, *bytes.Buffer) {
	command := exec.Command(program, arguments...) //nolint:noctx // tests stop it themselves
	command.Dir, command.Env, command.WaitDelay = folder, environment, waitDelay
	output := &bytes.Buffer{}
	command.Stdout, command.Stderr = output, output
	return command, output
}

// Run runs a program and returns what it printed and its exit status.
func Run(t *testing.T, folder string, environment []string, program string, arguments ...string) (output string, status int) {
	t.Helper()
	command, printed := Command(folder, environment, program, arguments...)
	err := command.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Errorf("%s %s: %v", filepath.Base(program), strings.Join(arguments, " "), err)
	}
	return printed.String(), command.ProcessState.ExitCode()
}

// NoSecret fails the test if data holds one of the secrets, or a base64 form
// of one.
func NoSecret(t *testing.T, where string, data []byte, secrets ...string) {
	t.Helper()
	for _, secret := range secrets {
		for _, form := range []string{secret, base64.StdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret))} {
			if secret != "" && bytes.Contains(data, []byte(form)) {
				t.Errorf("%s holds a secret", where)
			}
		}
	}
}
