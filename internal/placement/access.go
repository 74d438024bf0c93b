package placement

import (
	"io/fs"
	"strconv"

	"github.com/EarthScope/terraform-provider-earthscope/internal/bootstrap"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
)

// change settles who may read the file, and records the entry. Nil means that
// the file is as it should be.
func (h Host) change(f File, entry Entry, state files.State, content []byte, next *Ledger) *files.Change {
	change := &files.Change{Path: state.Path, Content: content, Mode: h.Mode(f), Owner: f.Owner, Group: f.Group}
	if state.Exists {
		if !entry.Record.Created {
			entry.remember(f, change.Mode, state)
		}
		if change.Mode == 0 && entry.FormerMode != 0 { // its token went
			if change.Content, change.Mode = entry.reopen(state.Content, content); change.Mode != 0 {
				entry.FormerMode, entry.SecretBefore = 0, false
			}
		} else if noted := bootstrap.Noted(state.Content); noted.Mode != 0 {
			change.Content = bootstrap.Note(content, noted) // the edit may have taken its mark
		}
		entry.giveBack(f, change)
	}
	entry.File, entry.Mode = f, h.Mode(f)
	next.Files[state.Path] = entry
	if isAsWanted(state, change) {
		return nil
	}
	return change
}

// remember keeps what is asked for the first time and will be given back. A
// file that another resource closed does not tell its former mode any more: the
// other one's ledger does, or a note in the file.
func (e *Entry) remember(f File, mode fs.FileMode, state files.State) {
	closed := state.Mode.Perm()&0o077 == 0 && bootstrap.HasMark(state.Content) && bootstrap.HoldsSecret(state.Content)
	if mode != 0 && e.Mode == 0 && e.FormerMode == 0 && !closed {
		e.FormerMode, e.SecretBefore = state.Mode.Perm(), bootstrap.HoldsSecret(state.Content)
	}
	if f.Owner != "" && e.File.Owner == "" {
		e.FormerOwner = strconv.Itoa(state.UID)
	}
	if f.Group != "" && e.File.Group == "" {
		e.FormerGroup = strconv.Itoa(state.GID)
	}
}

// giveBack returns an owner and a group that are no longer asked for.
func (e *Entry) giveBack(f File, change *files.Change) {
	if f.Owner == "" {
		change.Owner, e.FormerOwner = e.FormerOwner, ""
	}
	if f.Group == "" {
		change.Group, e.FormerGroup = e.FormerGroup, ""
	}
}

// reopen returns a file's content and mode after our token left it: the former
// mode, but only once no other resource's token is in it. Until then a note in
// the file passes the mode on to whoever leaves last.
func (e Entry) reopen(found, left []byte) (content []byte, mode fs.FileMode) {
	former := bootstrap.Noted(found)
	if former.Mode == 0 {
		former = bootstrap.Former{Mode: e.FormerMode, Secret: e.SecretBefore}
	}
	if bootstrap.HoldsSecret(left) && (bootstrap.HasMark(left) || !former.Secret) {
		return bootstrap.Note(left, former), 0
	}
	return bootstrap.Note(left, bootstrap.Former{}), former.Mode
}

// isAsWanted reports whether a change would change nothing.
func isAsWanted(state files.State, change *files.Change) bool {
	return state.Exists && string(change.Content) == string(state.Content) &&
		(change.Mode == 0 || state.Mode.Perm() == change.Mode) &&
		(change.Owner == "" || isName(change.Owner, state.Owner, state.UID)) &&
		(change.Group == "" || isName(change.Group, state.Group, state.GID))
}
