package placement

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/EarthScope/terraform-provider-earthscope/internal/bootstrap"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
)

// Ledger is what is on the host after the transaction reported results. Files
// whose turn never came keep what was known of them before. lost says that the
// exchange broke off while the new content was on its way: a file whose turn
// is not known to have come may have been written, and counts as if it had
// been, since taking out what is not there does no harm.
func (w *Work) Ledger(results []files.Result, lost bool) Ledger {
	after := w.last
	if after.Files == nil {
		return w.ledger
	}
	for _, result := range results {
		entry, kept := after.Files[result.Path]
		before, known := w.ledger.Files[result.Path]
		switch {
		case result.Outcome == files.Pending && lost && kept:
			entry.Record = union(before.Record, entry.Record)
			entry.keepFormer(before)
			entry.Dirs = slices.Concat(entry.Dirs, w.missingDirs(result.Path))
			after.Files[result.Path] = entry
		case result.Outcome == files.Pending && known:
			if kept && entry.Push == PushUnknown {
				before.Push, before.Replaced = PushDue, entry.Replaced
			}
			after.Files[result.Path] = before
		case result.Outcome == files.Pending:
			delete(after.Files, result.Path)
		case kept:
			if result.Outcome == files.Written {
				entry.Push = PushConfirmed
			}
			entry.Dirs = slices.Concat(entry.Dirs, result.CreatedDirs)
			after.Files[result.Path] = entry
		}
	}
	return after
}

// intended is the ledger as if the run ended now, with the changes under way.
func (w *Work) intended(changes []files.Change) Ledger {
	results := make([]files.Result, 0, len(changes))
	for _, change := range changes {
		results = append(results, files.Result{Path: change.Path, Outcome: files.Pending})
	}
	last := w.last // Ledger changes it in place
	w.last.Files = maps.Clone(last.Files)
	defer func() { w.last = last }()
	return w.Ledger(results, true)
}

// Unconfirmed returns a ledger of which nobody knows whether it came about:
// in a file that confirmed, the ledger before it, does not have, what differs
// counts as somebody else's.
func (l Ledger) Unconfirmed(confirmed Ledger) Ledger {
	marked := map[string]Entry{}
	for at, entry := range l.Files {
		before, known := confirmed.Files[at]
		entry.Intended = !known || before.Intended
		marked[at] = entry
	}
	l.Files = marked
	return l
}

// Presumed is the ledger of h where nothing is remembered of what was done: as
// if each of the files that were put there had been made, and whatever can't be
// told from the content counts as somebody else's.
func (h Host) Presumed(put func(File) bool) Ledger {
	ledger := Ledger{
		Profile: h.Profile, Slug: h.Slug, Files: map[string]Entry{}, LoginBefore: true,
		Subject: h.Credential.Subject, ClientID: h.Credential.ClientID, Fingerprint: h.Credential.Fingerprint,
	}
	for _, f := range h.Files {
		if !put(f) {
			continue
		}
		_, record, err := f.editor(h.Profile).Edit(nil, bootstrap.Desired{Settings: h.settingsFor(f)}, bootstrap.Record{})
		if err != nil {
			continue // it can't have been put there
		}
		entry := Entry{File: f, Record: record, Mode: h.Mode(f), Intended: true}
		if strings.HasPrefix(f.Path, path.Dir(ConfigPath)+"/") {
			entry.Dirs = sdkFolders(f.Path)
		}
		ledger.Files[f.Path] = entry
	}
	return ledger
}

// keepFormer keeps what is to be given back to a file that may not have got it
// back yet.
func (e *Entry) keepFormer(before Entry) {
	if e.FormerMode == 0 {
		e.FormerMode, e.SecretBefore = before.FormerMode, before.SecretBefore
	}
	if e.FormerOwner == "" {
		e.FormerOwner = before.FormerOwner
	}
	if e.FormerGroup == "" {
		e.FormerGroup = before.FormerGroup
	}
}

func (w *Work) missingDirs(at string) []string {
	i := slices.IndexFunc(w.states, func(s files.State) bool { return s.Path == at })
	if i < 0 {
		return nil
	}
	return w.states[i].MissingDirs
}

func union(a, b bootstrap.Record) bootstrap.Record {
	merge := func(x, y []string) []string {
		all := slices.Concat(x, y)
		slices.Sort(all)
		return slices.Compact(all)
	}
	return bootstrap.Record{
		Created: a.Created || b.Created, Keys: merge(a.Keys, b.Keys), Containers: merge(a.Containers, b.Containers),
	}
}
