//go:build unix

package session

import (
	"os/exec"
	"syscall"
)

// detach gives the process a session of its own, so that neither a signal to
// Terraform's process group nor the end of its terminal reaches it.
func detach(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
}
