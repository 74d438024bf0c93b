//go:build !linux

package container

import "syscall"

func ownMounts() *syscall.SysProcAttr { return nil }
