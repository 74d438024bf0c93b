package session

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/gofrs/flock"
)

// lockPoll is how often a waiting process looks whether the lock is free.
const lockPoll = 10 * time.Millisecond

type fileLock struct {
	lock     *flock.Flock
	degraded error
}

// Release implements Lock.
func (l *fileLock) Release() { _ = l.lock.Close() }

// Degraded implements Lock.
func (l *fileLock) Degraded() error { return l.degraded }

// lockFile takes an exclusive lock on path until ctx ends. The lock is an
// advisory one on a file of its own, since tokens.json is replaced by renames
// and a lock on it would be a lock on a file that is gone. It dies with its
// holder. Where the file system has no locks (some NFS and Lustre mounts) the
// result excludes nobody and says so.
func lockFile(ctx context.Context, path string) (*fileLock, error) {
	if err := probe(filepath.Dir(path), 0); err != nil {
		return nil, err
	}
	lock := flock.New(path, flock.SetPermissions(0o600))
	locked, err := lock.TryLockContext(ctx, lockPoll)
	switch {
	case locked:
		return &fileLock{lock: lock}, nil
	case errors.Is(err, syscall.ENOTSUP) || errors.Is(err, syscall.ENOSYS) || isNoLocks(err):
		return &fileLock{lock: lock, degraded: err}, nil
	case ctx.Err() != nil:
		return nil, fmt.Errorf("%w: %s", ErrLockTimeout, path)
	case errors.Is(err, os.ErrPermission):
		return nil, readOnly(err)
	default:
		return nil, err
	}
}
