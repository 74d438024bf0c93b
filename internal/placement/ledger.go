package placement

import (
	"slices"

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
			entry.Dirs = slices.Concat(entry.Dirs, w.missingDirs(result.Path))
			after.Files[result.Path] = entry
		case result.Outcome == files.Pending && known:
			after.Files[result.Path] = before
		case result.Outcome == files.Pending:
			delete(after.Files, result.Path)
		case kept && len(result.CreatedDirs) > 0:
			entry.Dirs = slices.Concat(entry.Dirs, result.CreatedDirs)
			after.Files[result.Path] = entry
		}
	}
	return after
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
