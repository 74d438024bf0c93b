package terraform_test

import (
	"flag"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
)

// record writes what a released version leaves behind, for later ones to be tested with:
//
//	scripts/testacc -run TestUpgrade -args -record 0.1.0
var record = flag.String("record", "", "version whose state is to be recorded in testdata/state")

// upgraded has every argument that shapes the state, needs no server, and takes this machine for the host.
const upgraded = `
provider "earthscope" {}

resource "earthscope_remote_host" "node" {
  host                     = "localhost"
  transport                = "local"
  refresh_token_wo         = "v1.the-token-of-the-recorded-state"
  refresh_token_wo_version = 1
  profile                  = "stage"
  settings                 = { "http.timeout_read" = "9" }
  tokens_file              = {}
  config_file              = { include_token = false }
  environment_files = {
    "~/jobs/earthscope.env" = { format = "systemd", style = "bootstrap" }
    "~/jobs/settings.env"   = { include_token = false, mode = "0644" }
  }
  compose_files = { "~/compose.override.yaml" = { services = ["download"] } }
}
`

// Each release reads the state of every release before it: nothing changes, and a destroy takes out exactly what the
// former version put in.
func TestUpgrade_statesOfFormerVersions(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("SKIPPED: the recorded hosts have a POSIX home")
	}
	recordings := filepath.Join("testdata", "state")
	if *record != "" {
		recordState(t, filepath.Join(recordings, *record))
	}
	versions, err := os.ReadDir(recordings)
	if err != nil || len(versions) == 0 {
		t.Fatalf("no recorded states: %v", err)
	}
	for _, version := range versions {
		t.Run(version.Name(), func(t *testing.T) {
			l := newLab(t, identity.Options{})
			copyTree(t, filepath.Join(recordings, version.Name(), "home"), l.home)
			w := l.workspace(upgraded)
			restoreState(t, filepath.Join(recordings, version.Name(), "terraform.tfstate"), w.folder)
			w.env = withoutSettings(w.env)
			if output, status := w.run("plan", "-detailed-exitcode"); status != 0 {
				t.Fatalf("a plan with the state of %s: exit status %d, want 0 (no changes)\n%s", version.Name(), status, output)
			}
			w.must("destroy", "-auto-approve")
			if left := paths(t, l.home); len(left) != 0 {
				t.Errorf("left after the destroy: %v", left)
			}
		})
	}
}

// recordState applies the configuration and keeps the state and the home that it leaves.
func recordState(t *testing.T, folder string) {
	t.Helper()
	l := newLab(t, identity.Options{})
	w := l.workspace(upgraded)
	w.env = withoutSettings(w.env)
	w.must("apply", "-auto-approve")
	copyTree(t, l.home, filepath.Join(folder, "home"))
	state, err := os.ReadFile(filepath.Join(w.folder, "terraform.tfstate"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(state), l.home) {
		t.Errorf("the state names the home folder, which is another one each time")
	}
	text := strings.ReplaceAll(string(state), `"`+account(t), `"`+recordedAccount)
	if err := os.WriteFile(filepath.Join(folder, "terraform.tfstate"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// recordedAccount stands in a recorded state for whoever runs the test: another account would be another host.
const recordedAccount = "whoever-runs-the-test"

func restoreState(t *testing.T, file, folder string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(data), `"`+recordedAccount, `"`+account(t))
	if err := os.WriteFile(filepath.Join(folder, "terraform.tfstate"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func account(t *testing.T) string {
	t.Helper()
	current, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	return current.Username
}

// withoutSettings leaves the SDK's defaults, so that a state doesn't depend on a sandbox's port.
func withoutSettings(env []string) []string {
	var kept []string
	for _, assignment := range env {
		if !strings.HasPrefix(assignment, "ES_") {
			kept = append(kept, assignment)
		}
	}
	return kept
}

// copyTree copies files and gives them the mode that they had on the host, which git does not keep: settings.env is the
// one that others may read.
func copyTree(t *testing.T, from, to string) {
	t.Helper()
	for _, name := range paths(t, from) {
		data, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			t.Fatal(err)
		}
		mode := fs.FileMode(0o600)
		if filepath.Base(name) == "settings.env" {
			mode = 0o644
		}
		writeHost(t, to, name, string(data), mode)
	}
}

// paths lists the files below a folder.
func paths(t *testing.T, folder string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		relative, err := filepath.Rel(folder, path)
		found = append(found, relative)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
