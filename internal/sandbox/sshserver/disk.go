package sshserver

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// ErrCannotMount means that this process may not mount file systems: it is not
// Linux, or lacks CAP_SYS_ADMIN. Tests that need it skip.
var ErrCannotMount = errors.New("mounting a file system is not permitted here")

// Disk is the state of the file system that holds the homes.
type Disk int

const (
	// DiskFine takes writes.
	DiskFine Disk = iota
	// DiskFull has no free space. With Options.DiskSize the system itself then
	// answers ENOSPC ("No space left on device"), to commands and to SFTP.
	// Without, it is imitated: commands run with a file size limit of zero and
	// get EFBIG ("File too large"), SFTP writes get the status Failure; creating
	// empty files goes on working in both.
	DiskFull
	// DiskReadOnly answers EROFS to every change. It is always the system's own
	// doing and so needs the right to mount.
	DiskReadOnly
)

// SetDisk changes the state of the disk for commands and SFTP requests from now
// on. It returns ErrCannotMount for DiskReadOnly where that is not permitted.
func (s *Server) SetDisk(disk Disk) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.closed {
		return os.ErrClosed
	}
	homes := filepath.Join(s.root, "home")
	if err := os.MkdirAll(homes, 0o755); err != nil {
		return fmt.Errorf("cannot make the directory of the homes: %w", err)
	}
	if s.disk == DiskReadOnly && disk != DiskReadOnly {
		if err := remount(homes, false); err != nil {
			return err
		}
	}
	s.disk = DiskFine
	if err := s.setBallast(homes, disk == DiskFull); err != nil {
		return err
	}
	if disk == DiskReadOnly {
		if err := s.makeReadOnly(homes); err != nil {
			return err
		}
	}
	s.disk = disk
	return nil
}

// prepareDisk mounts the small file system that the options ask for.
func (s *Server) prepareDisk() error {
	if s.options.DiskSize == 0 {
		return nil
	}
	homes := filepath.Join(s.root, "home")
	if err := os.MkdirAll(homes, 0o755); err != nil {
		return fmt.Errorf("cannot make the directory of the homes: %w", err)
	}
	if err := mountMemory(homes, s.options.DiskSize); err != nil {
		return err
	}
	s.mounts = append(s.mounts, func() error { return unmount(homes) })
	return nil
}

// setBallast fills the small file system, or frees it again.
func (s *Server) setBallast(homes string, full bool) error {
	if s.options.DiskSize == 0 {
		return nil
	}
	ballast := filepath.Join(homes, ".ballast")
	if !full {
		if err := os.Remove(ballast); err != nil && !os.IsNotExist(err) {
			return fmt.Errorf("cannot free the disk: %w", err)
		}
		return nil
	}
	file, err := os.OpenFile(ballast, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("cannot fill the disk: %w", err)
	}
	_, err = io.CopyN(file, zeros{}, s.options.DiskSize+1)
	if closeErr := file.Close(); closeErr != nil {
		return fmt.Errorf("cannot fill the disk: %w", closeErr)
	}
	if err == nil {
		return errors.New("cannot fill the disk: it is larger than it was made")
	}
	return nil // it failed for want of space, as it should
}

// makeReadOnly turns the homes' file system read-only. Ordinary directories
// become a mount of themselves first.
func (s *Server) makeReadOnly(homes string) error {
	if s.options.DiskSize == 0 && !s.boundHomes {
		if err := bind(homes); err != nil {
			return err
		}
		s.boundHomes = true
		s.mounts = append(s.mounts, func() error { return unmount(homes) })
	}
	return remount(homes, true)
}

// PinFile makes a file that exists impossible to replace by renaming, as one
// that is mounted into a container: rename gives EBUSY. Close of the server
// undoes it. It returns ErrCannotMount where that is not permitted.
func (s *Server) PinFile(path string) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if err := bind(path); err != nil {
		return err
	}
	s.mounts = append(s.mounts, func() error { return unmount(path) })
	return nil
}

// imitatesFullDisk tells that DiskFull holds without a file system of its own.
func (s *Server) imitatesFullDisk() bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.disk == DiskFull && s.options.DiskSize == 0
}

// zeros is an endless source of zero bytes.
type zeros struct{}

func (zeros) Read(buffer []byte) (int, error) {
	clear(buffer)
	return len(buffer), nil
}
