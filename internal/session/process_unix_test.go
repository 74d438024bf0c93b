//go:build unix

package session_test

import (
	"os/exec"
	"syscall"
)

const canKillGroups = true

func inOwnGroup(command *exec.Cmd) { command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func killGroup(command *exec.Cmd) error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
