package hostkey

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"time"
)

// reuse is for how long a file that was read is taken for the current one. A run
// that reaches a thousand hosts at once would otherwise read and parse, for each,
// a file with a thousand lines.
const reuse = 2 * time.Second

// Store reads known_hosts files and remembers what they hold. It is safe for
// concurrent use; make one with NewStore.
type Store struct {
	clock    func() time.Time
	readFile func(string) ([]byte, error)

	mu    sync.Mutex
	files map[string]*storedFile
}

// NewStore returns an empty store. clock is time.Now, and readFile is os.ReadFile,
// outside of tests.
func NewStore(clock func() time.Time, readFile func(string) ([]byte, error)) *Store {
	return &Store{clock: clock, readFile: readFile, files: make(map[string]*storedFile)}
}

// storedFile is a file as it was read last.
type storedFile struct {
	mu      sync.Mutex
	read    time.Time
	text    []byte
	err     error
	entries []entry
	named   map[string][]int // entries by literal name
	others  []int            // entries with wildcards, exceptions or hashes
}

// FileError reports a file of host keys that exists and can't be used.
type FileError struct {
	// File is its path.
	File string
	// Err is why.
	Err error
}

// Error implements error.
func (e *FileError) Error() string {
	return fmt.Sprintf("known hosts: %v; make %s readable, or name another file", e.Err, e.File)
}

// Unwrap returns the cause.
func (e *FileError) Unwrap() error { return e.Err }

// file returns what is in a file now.
func (s *Store) file(name string) (*storedFile, error) {
	s.mu.Lock()
	f, found := s.files[name]
	if !found {
		f = &storedFile{}
		s.files[name] = f
	}
	s.mu.Unlock()
	f.mu.Lock()
	defer f.mu.Unlock()
	now := s.clock()
	if f.named != nil && now.Sub(f.read) < reuse && !now.Before(f.read) {
		return f.snapshot(), f.err
	}
	text, err := s.readFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		text, err = nil, nil
	}
	f.read, f.err = now, nil
	if err != nil {
		f.err = &FileError{File: name, Err: err}
	}
	if f.named == nil || !bytes.Equal(text, f.text) {
		f.text = text
		f.index(parseFile(name, string(text)))
	}
	return f.snapshot(), f.err
}

// snapshot is what a reader keeps while the file is read again.
func (f *storedFile) snapshot() *storedFile {
	return &storedFile{entries: f.entries, named: f.named, others: f.others}
}

func (f *storedFile) index(entries []entry) {
	f.entries, f.named, f.others = entries, make(map[string][]int, len(entries)), nil
	for i, e := range entries {
		if !e.literal() {
			f.others = append(f.others, i)
			continue
		}
		for _, pattern := range e.patterns {
			f.named[pattern] = append(f.named[pattern], i)
		}
	}
}

// lookup returns the entries that mean the name, in the file's order.
func (f *storedFile) lookup(name string) []entry {
	positions := slices.Clone(f.named[name])
	for _, i := range f.others {
		if f.entries[i].matches(name) {
			positions = append(positions, i)
		}
	}
	slices.Sort(positions)
	found := make([]entry, 0, len(positions))
	for _, i := range slices.Compact(positions) {
		found = append(found, f.entries[i])
	}
	return found
}

// parseFile reads a known_hosts file. Lines that make no sense are skipped, as
// OpenSSH does: one bad line must not hide the others.
func parseFile(name, text string) []entry {
	var found []entry
	number := 0
	for line := range strings.SplitSeq(text, "\n") {
		number++
		parsed, ok := parseLine(line)
		if !ok || len(parsed.patterns) == 0 {
			continue
		}
		parsed.source = fmt.Sprintf("%s line %d", name, number)
		found = append(found, parsed)
	}
	return found
}

// krlMagic starts a key revocation list in OpenSSH's binary format.
const krlMagic = "SSHKRL\n"

// revocations returns the keys that a file of RevokedHostKeys lists, one public
// key a line.
func (s *Store) revocations(name string) ([]entry, error) {
	text, err := s.readFile(name)
	if err == nil && bytes.HasPrefix(text, []byte(krlMagic)) {
		err = errors.New("it is a binary revocation list, which only the openssh transport reads")
	}
	if err != nil {
		return nil, &FileError{File: name, Err: err}
	}
	var revoked []entry
	for line := range strings.SplitSeq(string(text), "\n") {
		if parsed, ok := parseLine(line); ok && len(parsed.patterns) == 0 {
			parsed.marker, parsed.source = revokedMarker, name
			revoked = append(revoked, parsed)
		}
	}
	return revoked, nil
}
