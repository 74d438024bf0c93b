//go:build unix

package sshserver

import (
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// separate gives the command a session and process group of its own, as sshd
// does, so that it can be killed with all its children.
func separate(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
}

// killGroup kills every process of a group; one that has ended already is fine.
func killGroup(group int) { _ = unix.Kill(-group, unix.SIGKILL) }

// groupAlive reports that a group still has a process.
func groupAlive(group int) bool { return unix.Kill(-group, 0) == nil }

// signalName gives the name of the signal that ended a command, without SIG, or
// nothing when it exited by itself.
func signalName(state *os.ProcessState) string {
	status, ok := state.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() {
		return ""
	}
	if name := unix.SignalName(status.Signal()); len(name) > 3 {
		return name[3:]
	}
	return "KILL"
}
