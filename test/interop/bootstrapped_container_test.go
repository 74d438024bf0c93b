package interop_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/container"
)

// containers run the real CLI in real ones, as their env file or Compose file
// says: the image is empty, and this machine's Python is mounted.
type containers struct {
	daemon *container.Daemon
	// unavailable is why there are none on this machine.
	unavailable error
}

// newContainers starts a Docker daemon for one test.
func newContainers(t *testing.T) *containers {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	daemon, err := container.Start(ctx)
	var refused *container.UnavailableError
	switch {
	case errors.As(err, &refused):
		return &containers{unavailable: refused}
	case errors.Is(err, exec.ErrNotFound):
		if os.Getenv("ES_TEST_REQUIRE_PARTS") == "1" {
			t.Fatalf("NOT TESTED: containers, since Docker is not installed: %v (ES_TEST_REQUIRE_PARTS=1)", err)
		}
		return &containers{unavailable: err}
	case err != nil:
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the end of dockerd's log:\n%s", daemon.Log())
		}
		daemon.Stop()
	})
	return &containers{daemon: daemon}
}

// need skips where there are no containers. That a machine forbids them is no
// missing part, which somebody could install.
func (c *containers) need(t *testing.T) {
	t.Helper()
	if c.daemon == nil {
		t.Skipf("NOT TESTED: credentials in a real container: %v", c.unavailable)
	}
}

// containerHome is the home of a container's user, a folder of the host that
// lasts.
const containerHome = "/home/es"

// pythonFolders are where the CLI and its interpreter are installed.
func pythonFolders(t *testing.T) []string {
	t.Helper()
	base := strings.TrimSpace(string(output(t, nil, python(t), "-c", "import sys; print(sys.base_prefix)")))
	folders := []string{filepath.Dir(filepath.Dir(cli(t)))}
	if !slices.ContainsFunc(container.Folders(), func(folder string) bool { return strings.HasPrefix(base+"/", folder+"/") }) {
		folders = append(folders, base)
	}
	return folders
}

// composeFiles are what a host has before its credentials come: a service with
// its environment as a map, one with a list, and one whose home is lost with
// every container.
func composeFiles(t *testing.T, home string) map[string]string {
	t.Helper()
	const head = "# the site's own\nservices:\n  web:\n    image: " + container.Image + "\n    network_mode: host   # to reach the API\n"
	var volumes strings.Builder
	volumes.WriteString("    volumes:\n")
	for _, folder := range append(container.Folders(), pythonFolders(t)...) {
		fmt.Fprintf(&volumes, "      - %s:%s:ro\n", folder, folder)
	}
	lasting := fmt.Sprintf("      - %s:%s\n", filepath.Join(home, "inside"), containerHome)
	const asMap, asList = "    environment:\n      HOME: " + containerHome + "\n", "    environment:\n      - HOME=" + containerHome + "\n"
	return map[string]string{
		"inside/.keep":        "",
		"compose-map.yml":     head + asMap + volumes.String() + lasting,
		"compose-list.yml":    head + volumes.String() + lasting + asList + "    restart: \"no\"\n",
		"compose-no-home.yml": head + asMap + volumes.String(),
	}
}

// composed runs the CLI in the service of a Compose file.
func (c *containers) composed(file string) func(h *host, arguments ...string) (string, error) {
	return func(h *host, arguments ...string) (string, error) {
		h.t.Helper()
		c.need(h.t)
		program := composeProgram(h.t)
		project := "es" + strings.Trim(strings.ToLower(filepath.Base(filepath.Dir(h.home))), "._-")
		arguments = slices.Concat(program, []string{"-p", project, "-f", file, "run", "-T", "--rm", "web", cli(h.t)}, arguments)
		return c.run(h, arguments)
	}
}

// withEnvFile runs the CLI in a container that gets its environment from the
// host's env file.
func (c *containers) withEnvFile(h *host, arguments ...string) (string, error) {
	h.t.Helper()
	c.need(h.t)
	run := slices.Concat(
		[]string{tool(h.t, "docker", "env files in a real container"), "run", "--rm", "--network=host", "--env-file", "app.env", "--env=HOME=" + containerHome},
		container.Mounts(pythonFolders(h.t)...), []string{"--volume=" + filepath.Join(h.home, "inside") + ":" + containerHome, container.Image, cli(h.t)},
		arguments)
	return c.run(h, run)
}

func (c *containers) run(h *host, arguments []string) (string, error) {
	h.t.Helper()
	var stdout, stderr bytes.Buffer
	command := exec.CommandContext(h.t.Context(), arguments[0], arguments[1:]...)
	command.Dir, command.Env = h.home, c.daemon.Environ()
	command.Stdout, command.Stderr = &stdout, &stderr
	err := command.Run()
	if err != nil && !strings.Contains(stdout.String(), "token") { // the CLI says on stdout what it refuses
		h.t.Logf("%s: %s", filepath.Base(arguments[0]), &stderr)
	}
	return strings.TrimSuffix(stdout.String(), "\n"), err
}
