package session

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// pendingPrefix starts the name of a record of a session that is to be revoked:
// it was replaced by a new login, and is kept so that its token stays known.
const pendingPrefix = "revoke-"

// revocationStore is a Store that can also give up what it keeps.
type revocationStore interface {
	Store
	// LockToRemove is Lock for whoever removes something: it needs no room.
	LockToRemove(ctx context.Context, key Key) (Lock, error)
	// RemoveLogin deletes the tokens of a login that is still at version old,
	// and keeps what is known of it. The error wraps ErrConflict.
	RemoveLogin(ctx context.Context, key Key, old Version) error
	// PendingKey is where a session waits to be revoked.
	PendingKey(profile, fingerprint string) Key
	// Pending lists the sessions of a profile that wait to be revoked.
	Pending(ctx context.Context, profile string) ([]Key, error)
	// Drop deletes an entry whole; one that is not there is no error.
	Drop(ctx context.Context, key Key) error
}

var _ revocationStore = (*FileStore)(nil)

// LockToRemove takes the lock of key also where the disk is full. Errors wrap
// ErrReadOnly or ErrLockTimeout.
func (s *FileStore) LockToRemove(ctx context.Context, key Key) (Lock, error) {
	lock, err := lockFile(ctx, s.lockPath(key))
	if err != nil {
		return nil, err // not lock: a nil one in a Lock is not nil
	}
	return lock, nil
}

// RemoveLogin deletes the tokens.json behind key if it is still what was read as
// version old. Errors wrap ErrConflict or ErrReadOnly.
func (s *FileStore) RemoveLogin(ctx context.Context, key Key, old Version) error {
	_, version, err := s.Load(ctx, key)
	if err != nil {
		return err
	}
	if version != old {
		return fmt.Errorf("%w: %s", ErrConflict, s.Describe(key))
	}
	sweep(s.Describe(key))
	return remove(s.Describe(key))
}

// PendingKey is the record of a session that waits to be revoked.
func (s *FileStore) PendingKey(profile, fingerprint string) Key {
	return Key(profile + "/" + recordFolder + "/" + pendingPrefix + fingerprint + ".json")
}

// Pending lists the records of a profile's sessions that wait to be revoked.
func (s *FileStore) Pending(_ context.Context, profile string) ([]Key, error) {
	files, err := filepath.Glob(filepath.Join(escapeGlob(filepath.Dir(s.Describe(s.Login(profile)))), recordFolder, pendingPrefix+"*.json"))
	if err != nil {
		return nil, err
	}
	slices.Sort(files)
	keys := make([]Key, len(files))
	for i, file := range files {
		keys[i] = s.key(file)
	}
	return keys, nil
}

// Drop deletes the record behind key. Its lock file stays, since another
// process may be waiting for it. Errors wrap ErrReadOnly.
func (s *FileStore) Drop(_ context.Context, key Key) error {
	sweep(s.recordPath(key))
	return remove(s.recordPath(key))
}

func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return readOnly(err)
	}
	return nil
}
