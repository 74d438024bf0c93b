// Package files describes files on a host and changes to them, in terms that
// every way of reaching the host shares: what a file looks like before an edit,
// what it shall look like afterwards, and what can go wrong in between.
package files

import "io/fs"

// MaxSize is the largest file, in bytes, that is read or written. What this
// module edits (token stores, configuration, environment files) is far smaller;
// the limit keeps a wrong path from filling memory.
const MaxSize = 1 << 20

// DefaultMode is the mode of a new file for which none is asked.
const DefaultMode fs.FileMode = 0o600

// TempPrefix starts the name of every temporary file, which lies in the same
// directory as the file that it will replace. Ten random characters follow.
const TempPrefix = ".es.tmp."

// State is a file as it was found on the host.
type State struct {
	// Path is the path as the caller named it, cleaned by CleanPath.
	Path string
	// ResolvedPath is where the file really lies: absolute, home directory
	// expanded, permitted links followed. Empty when Err is set early.
	ResolvedPath string
	// Exists reports whether there is a regular file.
	Exists bool
	// Content is the file's bytes, nil when it does not exist.
	Content []byte
	// Mode holds the permission bits of an existing file.
	Mode fs.FileMode
	// UID and GID are the numeric owner of an existing file.
	UID, GID int
	// Owner and Group are the names behind UID and GID; they are the numbers in
	// decimal, or empty, where the host has no names for them.
	Owner, Group string
	// MissingDirs lists the directories that a write would have to create,
	// outermost first, spelled like Path.
	MissingDirs []string
	// Err says why this file can't be edited: an *Error, or nil. A missing file
	// is no error.
	Err error

	// Stamp is what the transport compares before it replaces the file.
	Stamp string
}

// Change is what shall become of one file. Files that an edit does not mention
// stay as they are.
type Change struct {
	// Path names a file of the transaction, as given to it.
	Path string
	// Delete removes the file; a file that is missing already is no error.
	Delete bool
	// RemoveDirs, with Delete, lists directories to remove afterwards if they
	// are empty: a chain of parents of Path, in any order.
	RemoveDirs []string
	// Content is the complete new content.
	Content []byte
	// Mode holds the wanted permission bits; zero keeps those of the existing
	// file, or means DefaultMode for a new one.
	Mode fs.FileMode
	// Owner and Group are a name or a decimal number; empty keeps what is there.
	Owner, Group string
}

// Outcome is what a transaction did to one file.
type Outcome int

// The outcomes. Pending means that the transaction ended before its turn: the
// file is untouched.
const (
	Pending Outcome = iota
	Unchanged
	Written
	Deleted
)

// String implements fmt.Stringer.
func (o Outcome) String() string {
	switch o {
	case Unchanged:
		return "unchanged"
	case Written:
		return "written"
	case Deleted:
		return "deleted"
	default:
		return "pending"
	}
}

// Result is what became of one file.
type Result struct {
	// Path is the path as given.
	Path string
	// Outcome is what happened.
	Outcome Outcome
	// CreatedDirs lists directories made for the file, outermost first, and
	// RemovedDirs those removed with it, innermost first; both spelled like Path.
	CreatedDirs, RemovedDirs []string
}

// Edit decides what to change, given the files in the order in which they were
// named. It is called again, with fresh states, when somebody else changed a
// file between reading and writing, so it must not have side effects.
type Edit func([]State) ([]Change, error)
