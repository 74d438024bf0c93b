//go:build unix

package process

import (
	"os/exec"
	"syscall"
)

// ownGroup keeps an interrupt typed at this terminal from the command, and lets
// the command signal its own group.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
