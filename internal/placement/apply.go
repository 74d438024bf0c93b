package placement

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/bootstrap"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
)

// ErrSameFile says that two paths of one host lead to one file.
var ErrSameFile = errors.New("another placement is the same file under another name")

// FileError is a failure at one file of a host.
type FileError struct {
	Path string
	Err  error
}

// Error implements error.
func (e *FileError) Error() string {
	var named *files.Error
	if errors.As(e.Err, &named) && named.Path == e.Path {
		return e.Err.Error()
	}
	return fmt.Sprintf("%s: %v", e.Path, e.Err)
}

// Unwrap returns the cause.
func (e *FileError) Unwrap() error { return e.Err }

// Work is a transaction on a host: the paths to read, the edit to make, and
// the ledger that follows from it.
type Work struct {
	// Paths are read; those that Edit does not change stay as they are.
	Paths []string
	// Announce, where set, learns what the ledger will be before anything is
	// changed. An error keeps the host as it is.
	Announce func(intended Ledger) error

	ledger Ledger
	edit   func(files.State, *Ledger) (*files.Change, error)
	last   Ledger
	states []files.State
	// watched is a path that is only looked at, for the tokens.json that the SDK
	// derives.
	watched string
	// placed reports whether a path is where a file is to be.
	placed func(path string) bool
}

// Edit implements files.Edit. It may be called again with newer states; the
// last call counts.
func (w *Work) Edit(states []files.State) ([]files.Change, error) {
	states = w.respell(states)
	next := w.ledger
	next.Files = map[string]Entry{}
	for at, entry := range w.ledger.Files {
		next.Files[at] = entry
	}
	var changes []files.Change
	places := map[string]string{}
	for _, state := range states {
		if state.Path != w.watched && state.ResolvedPath != "" {
			if other, taken := places[state.ResolvedPath]; taken {
				return nil, &FileError{Path: state.Path, Err: fmt.Errorf("%w: %s", ErrSameFile, other)}
			}
			places[state.ResolvedPath] = state.Path
		}
	}
	for _, state := range states {
		if _, placed := places[state.ResolvedPath]; placed && state.Path == w.watched {
			continue // it is a placement, under another name
		}
		change, err := w.edit(state, &next)
		if err != nil {
			return nil, &FileError{Path: state.Path, Err: err}
		}
		if change != nil {
			changes = append(changes, *change)
		}
	}
	w.last, w.states = next, states
	if len(changes) > 0 && w.Announce != nil {
		if err := w.Announce(w.intended(changes)); err != nil {
			return nil, err
		}
	}
	return changes, nil
}

// respell moves the entry of a file whose path is written another way now to
// that path, and leaves the former one out.
func (w *Work) respell(states []files.State) []files.State {
	if w.placed == nil {
		return states
	}
	entries := maps.Clone(w.ledger.Files)
	former := map[string]string{} // by resolved path
	for _, state := range states {
		if _, known := entries[state.Path]; known && !w.placed(state.Path) {
			former[state.ResolvedPath] = state.Path
		}
	}
	left := map[string]bool{}
	for _, state := range states {
		at, respelled := former[state.ResolvedPath]
		if _, known := entries[state.Path]; respelled && state.ResolvedPath != "" && !known && w.placed(state.Path) {
			entries[state.Path] = entries[at]
			delete(entries, at)
			left[at] = true
		}
	}
	w.ledger.Files = entries
	return slices.DeleteFunc(slices.Clone(states), func(s files.State) bool { return left[s.Path] })
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
		w.Paths, w.watched = append(w.Paths, derived), derived
	}
	slices.Sort(w.Paths)
	w.placed = func(at string) bool { _, wanted := h.file(at); return wanted }
	first := ledger.PushedAt.IsZero()
	w.edit = func(state files.State, next *Ledger) (*files.Change, error) {
		if h.Credential.Replace || first {
			next.PushedAt, next.Fingerprint = now.UTC().Truncate(time.Second), h.Credential.Fingerprint
			next.Subject, next.ClientID = h.Credential.Subject, h.Credential.ClientID
		}
		if state.Path == ConfigPath && bytes.Contains(state.Content, []byte(bootstrap.CreatedMark)) {
			// Another resource made the file, and the folder as far as anybody can
			// tell: whichever goes last takes both along.
			next.rememberFolders([]string{path.Dir(ConfigPath)})
		}
		f, wanted := h.file(state.Path)
		if wanted {
			return h.put(f, state, next, now)
		}
		if entry, known := next.Files[state.Path]; known {
			delete(next.Files, state.Path)
			next.rememberFolders(entry.Dirs) // what comes instead may lie in them
			return w.ledger.takeOut(entry, state)
		}
		if first && state.Err == nil { // the place of the tokens.json that the SDK derives
			next.LoginBefore = state.Exists
			next.rememberFolders(state.MissingDirs)
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
	if known && entry.Intended && h.holdsAnother(f, entry, state, now) {
		entry, known = Entry{}, false // somebody else's, unless adopted
	}
	entry.Intended = false
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
	if known && f.Kind == Tokens && state.Exists && !h.leavesRefreshToken(entry) {
		inspected := h.inspectTokens(entry, state.Content, now)
		if inspected == InSync {
			entry.Push = PushConfirmed
		}
		if inspected == InSync || inspected == Rotated && !h.Credential.Replace {
			return h.change(f, entry, state, state.Content, next), nil
		}
	}
	content, record, err := f.editor(h.Profile).Edit(text, bootstrap.Desired{Settings: h.settingsFor(f), Adopt: h.Adopt}, entry.Record)
	if err != nil {
		return nil, err
	}
	entry.Record = record
	if f.Kind == Tokens {
		h.pushOver(state, &entry)
	}
	if !known && f.Kind == Tokens && len(state.Content) > 0 {
		entry.TakenOver = true
		if bytes.Equal(content, state.Content) { // our very bytes: a run that was interrupted wrote them
			entry.Dirs = sdkFolders(state.Path)
		}
	}
	return h.change(f, entry, state, content, next), nil
}

// pushOver notes which token another one is about to be pushed over: until the
// push is seen to arrive, that one is no successor of it.
func (h Host) pushOver(state files.State, entry *Entry) {
	found, err := bootstrap.ReadTokens(state.Content)
	if former := found["refresh_token"]; err == nil && former != "" && h.Credential.Kind == RefreshToken && !h.Credential.Recognises(former) {
		entry.Replaced, entry.Push = session.Fingerprint(former), PushUnknown
	}
}

// holdsAnother reports whether a file holds other values than those that are to
// be there.
func (h Host) holdsAnother(f File, entry Entry, state files.State, now time.Time) bool {
	if !state.Exists {
		return false
	}
	found := h.inspectContent(f, entry, state, now)
	return found == tokenDiffers || strings.HasPrefix(found, settingsDiffer)
}

// leavesRefreshToken reports that a refresh token was put into a tokens.json
// that is to hold an access token alone from now on. It would stay beside one
// that lives, and the host could renew itself with it.
func (h Host) leavesRefreshToken(entry Entry) bool {
	return h.Credential.Kind == AccessToken && slices.Contains(entry.Record.Keys, "refresh_token")
}

// sameEditor reports whether a file's entries can be edited in place.
func sameEditor(a, b File) bool { return a.Kind == b.Kind && a.Format == b.Format }

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
