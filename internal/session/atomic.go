package session

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// temporaryPattern names the unfinished form of a file. Only the holder of the
// file's lock writes it, so one that is found by the next holder is a dead
// process's and is removed.
func temporaryPattern(path string) string { return ".terraform-" + filepath.Base(path) + "-*" }

// writeFile replaces path by data: a new file of mode 0600 in the same folder,
// flushed, then renamed, so that a reader or a crash sees the old content or
// the new one. A symbolic link at path is replaced, as the SDK does.
func writeFile(path string, data []byte) (err error) {
	dir := filepath.Dir(path)
	temporary, err := os.CreateTemp(dir, temporaryPattern(path))
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = temporary.Close()
			_ = os.Remove(temporary.Name())
		}
	}()
	if _, err = temporary.Write(data); err != nil {
		return err
	}
	if err = temporary.Sync(); err != nil {
		return err
	}
	if err = temporary.Close(); err != nil {
		return err
	}
	if err = rename(temporary.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

// sweep removes what a dead process left unfinished of path.
func sweep(path string) {
	leftovers, _ := filepath.Glob(filepath.Join(escapeGlob(filepath.Dir(path)), temporaryPattern(path)))
	for _, leftover := range leftovers {
		_ = os.Remove(leftover)
	}
}

// probe reports whether a file of size bytes can be made in dir, which is created
// (0700) where it is missing. The error wraps ErrReadOnly. The bytes are written
// and flushed: a full disk or a quota lets an empty file be made.
func probe(dir string, size int) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return readOnly(err)
	}
	sweepProbes(dir)
	file, err := os.CreateTemp(dir, probePattern)
	if err != nil {
		return readOnly(err)
	}
	_, err = file.Write(make([]byte, size))
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close(), os.Remove(file.Name())); err != nil {
		return readOnly(err)
	}
	return nil
}

const probePattern = ".terraform-probe-*"

// sweepProbes removes those of processes that were killed. Others may be at work
// on theirs, which takes them no hour.
func sweepProbes(dir string) {
	leftovers, _ := filepath.Glob(filepath.Join(escapeGlob(dir), probePattern))
	for _, leftover := range leftovers {
		if info, err := os.Lstat(leftover); err == nil && time.Since(info.ModTime()) > time.Hour { // by the clock of the file system
			_ = os.Remove(leftover)
		}
	}
}

func readOnly(err error) error { return fmt.Errorf("%w: %w", ErrReadOnly, err) }
