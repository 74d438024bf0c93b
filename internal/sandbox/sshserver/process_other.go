//go:build !unix

package sshserver

import (
	"os"
	"os/exec"
)

// separate does nothing where there are no process groups.
func separate(*exec.Cmd) {}

// killGroup kills the one process.
func killGroup(pid int) {
	if process, err := os.FindProcess(pid); err == nil {
		_ = process.Kill() // it may have ended
	}
}

// groupAlive knows of no groups here.
func groupAlive(int) bool { return false }

// signalName knows of no signals here.
func signalName(*os.ProcessState) string { return "" }
