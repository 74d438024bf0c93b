package placement

import (
	"fmt"
	"io/fs"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/bootstrap"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
)

// FileError is a failure at one file of a host.
type FileError struct {
	Path string
	Err  error
}

// Error implements error.
func (e *FileError) Error() string { return fmt.Sprintf("%s: %v", e.Path, e.Err) }

// Unwrap returns the cause.
func (e *FileError) Unwrap() error { return e.Err }

// Work is a transaction on a host: the paths to read, the edit to make, and
// the ledger that follows from it.
type Work struct {
	// Paths are read; those that Edit does not change stay as they are.
	Paths []string

	ledger Ledger
	edit   func(files.State, *Ledger) (*files.Change, error)
	last   Ledger
}

// Edit implements files.Edit. It may be called again with newer states; the
// last call counts.
func (w *Work) Edit(states []files.State) ([]files.Change, error) {
	next := w.ledger
	next.Files = map[string]Entry{}
	for at, entry := range w.ledger.Files {
		next.Files[at] = entry
	}
	var changes []files.Change
	for _, state := range states {
		change, err := w.edit(state, &next)
		if err != nil {
			return nil, &FileError{Path: state.Path, Err: err}
		}
		if change != nil {
			changes = append(changes, *change)
		}
	}
	w.last = next
	return changes, nil
}

// Ledger is what is on the host after the transaction reported results. Files
// whose turn never came keep what was known of them before.
func (w *Work) Ledger(results []files.Result) Ledger {
	after := w.last
	if after.Files == nil {
		return w.ledger
	}
	for _, result := range results {
		entry, kept := after.Files[result.Path]
		switch {
		case result.Outcome == files.Pending:
			before, known := w.ledger.Files[result.Path]
			if known {
				after.Files[result.Path] = before
			} else {
				delete(after.Files, result.Path)
			}
		case kept && len(result.CreatedDirs) > 0:
			entry.Dirs = append(slices.Clone(entry.Dirs), result.CreatedDirs...)
			after.Files[result.Path] = entry
		}
	}
	return after
}

// Apply is the work that brings a host from what the ledger says to h. What
// the ledger holds and h does not is taken out.
func (h Host) Apply(ledger Ledger, now time.Time) *Work {
	ledger.Profile, ledger.Slug = h.Profile, h.Slug
	w := &Work{ledger: ledger}
	for _, f := range h.Files {
		w.Paths = append(w.Paths, f.Path)
	}
	for at := range ledger.Files {
		if _, wanted := h.file(at); !wanted {
			w.Paths = append(w.Paths, at)
		}
	}
	if derived := TokensPath(h.Slug); !slices.Contains(w.Paths, derived) {
		w.Paths = append(w.Paths, derived)
	}
	slices.Sort(w.Paths)
	first := ledger.PushedAt.IsZero()
	w.edit = func(state files.State, next *Ledger) (*files.Change, error) {
		if h.Credential.Replace || first {
			next.PushedAt, next.Subject, next.ClientID = now.UTC().Truncate(time.Second), h.Credential.Subject, h.Credential.ClientID
		}
		f, wanted := h.file(state.Path)
		if wanted {
			return h.put(f, state, next, now)
		}
		if entry, known := next.Files[state.Path]; known {
			delete(next.Files, state.Path)
			return takeOut(h.Profile, entry, state, ledger.foldersAbove(state.Path))
		}
		if first && state.Err == nil { // the place of the tokens.json that the SDK derives
			next.DerivedDirs, next.LoginBefore = state.MissingDirs, state.Exists
		}
		return nil, nil
	}
	return w
}

// put brings one file to what it should be.
func (h Host) put(f File, state files.State, next *Ledger, now time.Time) (*files.Change, error) {
	if state.Err != nil {
		return nil, state.Err
	}
	entry, known := next.Files[state.Path]
	text := before(state)
	if known && !sameEditor(entry.File, f) {
		// Another dialect: what stands there in the former one goes first.
		content, gone, err := entry.File.editor(h.Profile).Remove(text, entry.Record)
		if err != nil {
			return nil, err
		}
		if text, entry.Record = content, (bootstrap.Record{}); gone {
			text = nil
		}
	}
	if known && f.Kind == Tokens && state.Exists {
		inspected := h.inspectTokens(state.Content, now)
		if inspected == InSync || inspected == Rotated && !h.Credential.Replace {
			entry.File = f
			next.Files[state.Path] = entry
			return h.change(f, entry, state, state.Content, next), nil
		}
	}
	content, record, err := f.editor(h.Profile).Edit(text, bootstrap.Desired{Settings: h.settingsFor(f), Adopt: h.Adopt}, entry.Record)
	if err != nil {
		return nil, err
	}
	entry.File, entry.Record = f, record
	entry.Reclaimed = entry.Reclaimed || !known && state.Exists && string(content) == string(state.Content)
	return h.change(f, entry, state, content, next), nil
}

// sameEditor reports whether a file's entries can be edited in place.
func sameEditor(a, b File) bool { return a.Kind == b.Kind && a.Format == b.Format }

// change settles the mode and records the entry. Nil means that the file is as
// it should be.
func (h Host) change(f File, entry Entry, state files.State, content []byte, next *Ledger) *files.Change {
	mode := h.Mode(f)
	switch {
	case state.Exists && mode != 0 && entry.FormerMode == 0 && !entry.Record.Created && state.Mode.Perm() != mode:
		entry.FormerMode = state.Mode.Perm()
	case state.Exists && mode == 0 && entry.FormerMode != 0: // its token went
		mode, entry.FormerMode = entry.FormerMode, 0
	}
	next.Files[state.Path] = entry
	same := state.Exists && string(content) == string(state.Content) &&
		(mode == 0 || state.Mode.Perm() == mode) &&
		(f.Owner == "" || isName(f.Owner, state.Owner, state.UID)) && (f.Group == "" || isName(f.Group, state.Group, state.GID))
	if same {
		return nil
	}
	return &files.Change{Path: state.Path, Content: content, Mode: mode, Owner: f.Owner, Group: f.Group}
}

// before is what an editor takes for the former text: nil where there is none.
func before(state files.State) []byte {
	switch {
	case !state.Exists:
		return nil
	case state.Content == nil:
		return []byte{}
	}
	return state.Content
}

// foldersAbove lists the folders above a file that were made for any file of
// the host: whichever of them goes last takes a shared folder along.
func (l Ledger) foldersAbove(at string) []string {
	var above []string
	for _, folder := range slices.Concat(slices.Collect(l.folders()), l.DerivedDirs) {
		if strings.HasPrefix(at, strings.TrimSuffix(folder, "/")+"/") && !slices.Contains(above, folder) {
			above = append(above, folder)
		}
	}
	return above
}

func (l Ledger) folders() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, entry := range l.Files {
			for _, folder := range entry.Dirs {
				if !yield(folder) {
					return
				}
			}
		}
	}
}

// takeOut removes what an entry put into a file, and folders that are empty
// then.
func takeOut(profile string, entry Entry, state files.State, folders []string) (*files.Change, error) {
	if state.Err != nil {
		return nil, state.Err
	}
	if !state.Exists {
		return &files.Change{Path: state.Path, Delete: true, RemoveDirs: folders}, nil
	}
	content, gone, err := entry.File.editor(profile).Remove(before(state), entry.Record)
	if err != nil {
		return nil, err
	}
	if gone || entry.Reclaimed && len(content) == 0 {
		return &files.Change{Path: state.Path, Delete: true, RemoveDirs: folders}, nil
	}
	var mode fs.FileMode
	if entry.FormerMode != 0 {
		mode = entry.FormerMode
	}
	if string(content) == string(state.Content) && mode == 0 {
		return nil, nil
	}
	return &files.Change{Path: state.Path, Content: content, Mode: mode}, nil
}

// Remove is the work that takes everything of the ledger off the host, and the
// tokens.json that the SDK derived there from what was pushed.
func (l Ledger) Remove() *Work {
	w := &Work{ledger: l}
	for at := range l.Files {
		w.Paths = append(w.Paths, at)
	}
	derived := l.derived()
	if derived != "" {
		w.Paths = append(w.Paths, derived)
	}
	slices.Sort(w.Paths)
	w.edit = func(state files.State, next *Ledger) (*files.Change, error) {
		if entry, known := next.Files[state.Path]; known {
			delete(next.Files, state.Path)
			return takeOut(l.Profile, entry, state, l.foldersAbove(state.Path))
		}
		if l.ownDerived(state) {
			return &files.Change{Path: state.Path, Delete: true, RemoveDirs: l.foldersAbove(state.Path)}, nil
		}
		return nil, nil
	}
	return w
}

// ownDerived reports whether a tokens.json on the host is what the SDK made of
// what was pushed: the same subject and client, and newer than the push.
func (l Ledger) ownDerived(state files.State) bool {
	if state.Err != nil || !state.Exists || l.LoginBefore {
		return false
	}
	found, err := bootstrap.ReadTokens(state.Content)
	if err != nil {
		return false
	}
	claims, err := session.DecodeClaims(found["access_token"])
	return err == nil && l.Subject != "" && claims.Subject == l.Subject && claims.ClientID == l.ClientID && !claims.IssuedAt.Before(l.PushedAt)
}
