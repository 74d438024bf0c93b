package container

import "syscall"

// ownMounts gives a process mounts of its own, which go with it: a daemon that
// is killed would leave some behind. It goes with its parent.
func ownMounts() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGTERM}
}
