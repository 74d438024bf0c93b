//go:build !linux

package sshserver

// CanMount tells whether this process may mount file systems, which the exact
// forms of a full, read-only or pinned disk need.
func CanMount() bool { return false }

func mountMemory(string, int64) error { return ErrCannotMount }

func bind(string) error { return ErrCannotMount }

func remount(string, bool) error { return ErrCannotMount }

func unmount(string) error { return nil }
