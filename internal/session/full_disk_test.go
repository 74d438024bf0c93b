package session_test

import (
	"os"
	"os/exec"
	"runtime"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
)

// smallDisk puts the configuration directory on a file system of its own.
func (w *world) smallDisk() {
	w.t.Helper()
	if runtime.GOOS != "linux" || os.Geteuid() != 0 {
		w.t.Skip("needs a file system of its own, and so root on Linux")
	}
	if err := os.MkdirAll(w.path(), 0o700); err != nil {
		w.t.Fatal(err)
	}
	if output, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=256k", "none", w.path()).CombinedOutput(); err != nil {
		w.t.Skipf("no file system of its own can be mounted here: %v, %s", err, output)
	}
	w.t.Cleanup(func() {
		if output, err := exec.Command("umount", w.path()).CombinedOutput(); err != nil {
			w.t.Errorf("umount: %v, %s", err, output)
		}
	})
}

// fillDisk leaves no room on the small disk.
func (w *world) fillDisk() {
	w.t.Helper()
	if err := os.WriteFile(w.path("ballast"), make([]byte, 1<<20), 0o600); err == nil {
		w.t.Fatal("the disk is not full: the test shows nothing")
	}
}

// Removing a login needs no room: a full disk is a reason to remove things.
func TestLogout_fullDisk(t *testing.T) {
	w := newWorld(t, identity.Options{Rotating: true})
	w.smallDisk()
	w.writeLogin("default", w.login())
	w.token(w.open(setup{}), 0)
	w.fillDisk()
	result, err := session.Logout(t.Context(), w.options(setup{}))
	if err != nil || !result.Existed {
		t.Errorf("Logout: %v, existed %v", err, result.Existed)
	}
	if _, err := os.Stat(w.path("default", "tokens.json")); !os.IsNotExist(err) {
		t.Errorf("tokens.json is still there: %v", err)
	}
}
