package files

import (
	"fmt"
	"slices"
	"strings"
)

// Remains are files and directories that an exchange which broke off may have
// left on the host. Only a transport without a shell on the other side has any:
// a script cleans up by itself.
type Remains struct {
	// Temporary are temporary files; all have mode 0600.
	Temporary []Temporary
	// Dirs are directories made for files that then did not come, outermost first.
	Dirs []string
}

// Temporary is one temporary file.
type Temporary struct {
	// Path is where it lies, as the transport names it: absolute, or relative to
	// the home directory.
	Path string
	// Created is true once the host has confirmed that the file exists. Otherwise
	// the request may still be on its way when the connection is gone.
	Created bool
}

// Add adds what another exchange left.
func (r *Remains) Add(more Remains) {
	r.Temporary = append(r.Temporary, more.Temporary...)
	for _, dir := range more.Dirs {
		if !slices.Contains(r.Dirs, dir) {
			r.Dirs = append(r.Dirs, dir)
		}
	}
}

// Empty reports that nothing is left.
func (r Remains) Empty() bool { return len(r.Temporary)+len(r.Dirs) == 0 }

// Paths words the temporary files for a message: absolute, or below ~/.
func (r Remains) Paths() []string {
	paths := make([]string, len(r.Temporary))
	for i, file := range r.Temporary {
		paths[i] = file.Path
		if !strings.HasPrefix(file.Path, "/") {
			paths[i] = "~/" + file.Path
		}
	}
	return paths
}

// RemainsError adds to another error that temporary files may lie on the host,
// because it could not be reached again to remove them.
type RemainsError struct {
	// Paths are the temporary files.
	Paths []string
	// Err is why the transaction failed.
	Err error
}

// Error implements error.
func (e *RemainsError) Error() string { return fmt.Sprintf("%v; %s", e.Err, e.Note()) }

// Note says what may remain, and what becomes of it.
func (e *RemainsError) Note() string {
	what := "a temporary file"
	if len(e.Paths) > 1 {
		what = "temporary files"
	}
	return fmt.Sprintf("%s with mode 0600 may remain on the host (%s): a write that comes a minute later or more removes it", what, strings.Join(e.Paths, ", "))
}

// Unwrap returns why the transaction failed.
func (e *RemainsError) Unwrap() error { return e.Err }
