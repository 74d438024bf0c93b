//go:build unix

package terraform_test

import (
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
)

// Killing terraform and its providers while the server answers, without any
// leeway: the next run goes on with the session.
func TestKill_duringARotation(t *testing.T) {
	for name, fault := range map[string]identity.Fault{
		"before the server rotates": {Kind: identity.FaultSlow},
		"after the server rotated":  {Kind: identity.FaultSlow, AfterProcessing: true},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, identity.Options{Rotating: true})
			l.saveLogin()
			release, reached := make(chan struct{}), make(chan struct{})
			fault.Release, fault.Reached = release, func() { close(reached) }
			if err := l.server.Fault(fault); err != nil {
				t.Fatal(err)
			}
			w := l.workspace(`data "earthscope_identity" "me" {}`)
			command, output := w.command("apply", "-auto-approve")
			command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			if err := command.Start(); err != nil {
				t.Fatal(err)
			}
			<-reached
			killAll(t, command)
			if err := command.Wait(); err == nil {
				t.Fatalf("terraform was not killed:\n%s", output)
			}
			close(release)
			w.must("apply", "-auto-approve")
			l.requests(1)
			if leftovers, _ := filepath.Glob(filepath.Join(l.home, ".earthscope", "*", ".terraform-*")); len(leftovers) != 0 {
				t.Errorf("left over: %v", leftovers)
			}
		})
	}
}

// killAll kills terraform's process group, which its providers share.
func killAll(t *testing.T, command *exec.Cmd) {
	t.Helper()
	if err := syscall.Kill(-command.Process.Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}
