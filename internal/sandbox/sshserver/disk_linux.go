package sshserver

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// CanMount tells whether this process may mount file systems, which the exact
// forms of a full, read-only or pinned disk need.
func CanMount() bool {
	directory, err := os.MkdirTemp("", "sshserver-mount-")
	if err != nil {
		return false
	}
	defer func() { _ = os.Remove(directory) }() // an empty directory at worst
	if mountMemory(directory, 4096) != nil {
		return false
	}
	return unmount(directory) == nil
}

// mountMemory puts a file system in memory of the given size on a directory.
func mountMemory(directory string, size int64) error {
	options := "mode=0755,size=" + strconv.FormatInt(size, 10)
	return mountError(directory, unix.Mount("tmpfs", directory, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, options))
}

// bind mounts a file or directory on itself.
func bind(path string) error {
	return mountError(path, unix.Mount(path, path, "", unix.MS_BIND, ""))
}

// remount changes whether a mount can be written to.
func remount(path string, readOnly bool) error {
	flags := uintptr(unix.MS_REMOUNT | unix.MS_BIND)
	if readOnly {
		flags |= unix.MS_RDONLY
	}
	return mountError(path, unix.Mount("", path, "", flags, ""))
}

// unmount detaches at once, also when a command still uses the file system.
func unmount(path string) error {
	if err := unix.Unmount(path, unix.MNT_DETACH); err != nil {
		return fmt.Errorf("cannot unmount %s: %w", path, err)
	}
	return nil
}

func mountError(path string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		return fmt.Errorf("%s: %w", path, ErrCannotMount)
	default:
		return fmt.Errorf("cannot mount %s: %w", path, err)
	}
}
