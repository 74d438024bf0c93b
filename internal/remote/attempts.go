package remote

import (
	"errors"
	"slices"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
)

// attempts is what is known of the attempts at one transaction so far.
type attempts struct {
	conflicts, losses int
	conflicted        bool // the last one met another writer
	// begun are the directories that an attempt may have made whose confirmation
	// was lost, by the path that they were made for; sent is its report.
	begun map[string][]string
	sent  *Report
	left  files.Remains
}

// another reports whether the transaction shall be begun again after err.
func (a *attempts) another(report Report, err error) bool {
	var conflict *files.ConflictError
	var busy *files.BusyError
	var broken *files.LostError
	a.conflicted = false
	switch {
	case errors.As(err, &conflict) || errors.As(err, &busy):
		a.conflicts++
		a.conflicted = true
		return a.conflicts <= maxConflicts
	case errors.As(err, &broken) || errors.Is(err, errLinkLost):
		if broken != nil && broken.Sent {
			a.remember(report)
		}
		a.losses++
		return a.losses <= maxLost
	}
	return false
}

func (a *attempts) remember(report Report) {
	a.sent = &report
	if a.begun == nil {
		a.begun = make(map[string][]string)
	}
	for i, state := range report.States {
		if i < len(report.Results) && report.Results[i].Outcome == files.Unchanged {
			continue
		}
		a.begun[state.Path] = append(a.begun[state.Path], state.MissingDirs...)
	}
}

// credit completes the results with what an attempt did whose confirmation was
// lost.
func (a *attempts) credit(results []files.Result) {
	for i := range results {
		dirs, ok := a.begun[results[i].Path]
		if !ok {
			continue
		}
		if results[i].Outcome == files.Unchanged {
			results[i].Outcome = files.Written
		}
		for _, dir := range dirs {
			if results[i].Outcome == files.Written && !slices.Contains(results[i].CreatedDirs, dir) {
				results[i].CreatedDirs = append(results[i].CreatedDirs, dir)
			}
		}
		slices.SortFunc(results[i].CreatedDirs, func(a, b string) int { return len(a) - len(b) })
	}
}

// explain makes sure that a failure says so when an attempt before may have
// written: whoever only sees that the host can't be reached any more would take
// its files for the old ones.
func (a *attempts) explain(report *Report, err error) error {
	var broken *files.LostError
	if err == nil || a.sent == nil || errors.As(err, &broken) && broken.Sent {
		return err
	}
	if len(report.States) == 0 {
		*report = *a.sent
	}
	return &files.LostError{Sent: true, Cause: err}
}
