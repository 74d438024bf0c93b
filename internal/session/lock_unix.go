//go:build unix

package session

import (
	"errors"
	"syscall"
)

func isNoLocks(err error) bool { return errors.Is(err, syscall.ENOLCK) }
