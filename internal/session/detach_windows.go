package session

import (
	"os/exec"
	"syscall"
)

// detach takes the process out of Terraform's console and process group, so
// that Ctrl-C there does not reach it.
func detach(command *exec.Cmd) {
	const detachedProcess = 0x00000008
	command.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP | detachedProcess}
}
