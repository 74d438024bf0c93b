package provider

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"github.com/hashicorp/terraform-plugin-log/tflog"
)

// tokenFileRegistry remembers in a folder of ours which token files are open,
// so that those of killed runs can be told from other people's files. Per file
// there is a record (what we wrote, by fingerprint) and a lock that its owner
// holds as long as the file is open: a record that can be locked has no owner.
//
// Records and locks are made and removed under one more lock, so that nobody
// locks a file that is being removed.
type tokenFileRegistry struct {
	folder string
	now    func() time.Time
}

// fileRecord is what a record file holds.
type fileRecord struct {
	Version      int       `json:"version"`
	Path         string    `json:"path"`
	Fingerprints []string  `json:"fingerprints"`
	Created      time.Time `json:"created"`
}

const fileRecordVersion = 1

// fileClaim is the right to a path, held until release. The nil claim is that
// of a provider without a registry.
type fileClaim struct {
	registry *tokenFileRegistry
	name     string // of the record, without its ending
	lock     *flock.Flock
}

var errClaimed = errors.New("the token file is in use")

// Bounds of the wait for the registry, whose lock is held for a few file
// operations at a time.
const (
	registryPatience = 10 * time.Second
	registryPoll     = 20 * time.Millisecond
)

// acquire sweeps what killed runs left and claims path. The error is errClaimed
// where another object or run has it; any other one means that there is no
// registry to be had here.
func (r *tokenFileRegistry) acquire(ctx context.Context, path string) (*fileClaim, error) {
	if err := os.MkdirAll(r.folder, 0o700); err != nil {
		return nil, err
	}
	release, err := r.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	r.sweep(ctx)
	name := recordName(path)
	claim := &fileClaim{registry: r, name: name, lock: flock.New(r.file(name, lockEnding), flock.SetPermissions(0o600))}
	locked, err := claim.lock.TryLock()
	if err != nil {
		return nil, err
	}
	if !locked {
		return nil, errClaimed
	}
	return claim, nil
}

// enter takes the registry's own lock.
func (r *tokenFileRegistry) enter(ctx context.Context) (release func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, registryPatience)
	defer cancel()
	gate := flock.New(filepath.Join(r.folder, "registry.lock"), flock.SetPermissions(0o600))
	locked, err := gate.TryLockContext(ctx, registryPoll)
	if err != nil {
		return nil, err
	}
	if !locked {
		return nil, errors.New("the registry of token files is locked")
	}
	return func() { _ = gate.Unlock() }, nil
}

// sweep removes the files that killed runs left behind: their records can be
// locked. A file that is no longer what the record says is somebody else's by
// now; only its record goes.
func (r *tokenFileRegistry) sweep(ctx context.Context) {
	records, err := filepath.Glob(r.file("*", recordEnding))
	if err != nil {
		return
	}
	for _, file := range records {
		name := strings.TrimSuffix(filepath.Base(file), recordEnding)
		lock := flock.New(r.file(name, lockEnding), flock.SetPermissions(0o600))
		if locked, err := lock.TryLock(); err != nil || !locked {
			continue
		}
		if path, removed := r.removeStale(file); removed {
			tflog.Info(ctx, "removed a token file that a killed run had left", map[string]any{"path": path})
		}
		_ = lock.Unlock()
		_ = os.Remove(r.file(name, lockEnding))
	}
}

// removeStale removes the files of a record without an owner, then the record.
func (r *tokenFileRegistry) removeStale(file string) (path string, removed bool) {
	data, err := os.ReadFile(file) //nolint:gosec // our own folder
	if err != nil {
		return "", false
	}
	var record fileRecord
	if json.Unmarshal(data, &record) == nil && record.Version == fileRecordVersion {
		for _, candidate := range []string{record.Path, temporaryName(record.Path)} {
			if holds(candidate, record.Fingerprints...) || isEmpty(candidate) {
				removed = os.Remove(candidate) == nil || removed
			}
		}
	}
	_ = os.Remove(file)
	return record.Path, removed
}

// record notes before a write what the file holds and will hold, so that it is
// recognised whenever the run is killed.
func (c *fileClaim) record(path string, fingerprints ...string) error {
	if c == nil {
		return nil
	}
	known := []string{}
	for _, fingerprint := range fingerprints {
		if fingerprint != "" {
			known = append(known, fingerprint)
		}
	}
	data, err := json.Marshal(fileRecord{Version: fileRecordVersion, Path: path, Fingerprints: known, Created: c.registry.now().UTC()})
	if err != nil {
		return err
	}
	file, temporary := c.registry.file(c.name, recordEnding), c.registry.file(c.name, ".new")
	if err := os.WriteFile(temporary, data, 0o600); err != nil {
		return fmt.Errorf("the registry of token files can't be written: %w", err)
	}
	return os.Rename(temporary, file)
}

// release gives the path back.
func (c *fileClaim) release(ctx context.Context) {
	if c == nil {
		return
	}
	leave, err := c.registry.enter(ctx)
	if err != nil {
		// Without its lock the record counts as left behind: the next run
		// sweeps it.
		_ = c.lock.Unlock()
		return
	}
	defer leave()
	_ = os.Remove(c.registry.file(c.name, recordEnding))
	_ = c.lock.Unlock()
	_ = os.Remove(c.registry.file(c.name, lockEnding))
}

// Endings of the registry's files.
const (
	recordEnding = ".json"
	lockEnding   = ".lock"
)

func (r *tokenFileRegistry) file(name, ending string) string {
	return filepath.Join(r.folder, name+ending)
}

// recordName is the name of a path's record.
func recordName(path string) string {
	sum := sha256.Sum256([]byte(path))
	return hex.EncodeToString(sum[:])[:32]
}
