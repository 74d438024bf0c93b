package bootstrap

import (
	"encoding/json"
	"slices"
	"strings"
)

// EnvFormat is the dialect of an environment file.
type EnvFormat string

// The dialects. They look alike and differ in quoting, so one file suits one of them only.
const (
	// FormatDotenv is read by docker run, podman run, Compose 1 and Compose 2, which do not agree on quotes, "$", "#"
	// and blanks: only values that all four read alike are written.
	FormatDotenv EnvFormat = "dotenv"
	// FormatShell is sourced by a POSIX shell: export NAME='value'.
	FormatShell EnvFormat = "shell"
	// FormatSystemd is an EnvironmentFile= of a unit.
	FormatSystemd EnvFormat = "systemd"
)

// Env edits an environment file.
type Env struct {
	Format EnvFormat
	Style  Style
}

var _ Editor = Env{}

// assignment is one NAME=value of an environment file.
type assignment struct {
	name  string
	value string
	// readable is false where the value depends on the reader or on an expansion; value is then empty.
	readable bool
	// sole is false when other commands share its lines, so that they cannot be removed.
	sole bool
	// first and last are line indexes.
	first, last int
	// marked says that it belongs to a group under a mark.
	marked bool
}

type envDocument struct {
	document
	assignments []assignment
}

// Edit implements [Editor]. Keys of the record are variable names.
func (e Env) Edit(before []byte, desired Desired, record Record) ([]byte, Record, error) {
	wanted, err := Variables(desired.Settings, e.Style)
	if err != nil {
		return nil, Record{}, err
	}
	rendered := make(map[string]string, len(wanted))
	for _, v := range wanted {
		if rendered[v.Name], err = e.render(v); err != nil {
			return nil, Record{}, err
		}
	}
	text := before
	updated := Record{Created: record.Created || before == nil}
	if before == nil && len(wanted) > 0 {
		text = []byte(CreatedMark + "\n")
	}
	if text, err = e.cutStale(text, rendered, record); err != nil {
		return nil, Record{}, err
	}
	d, err := e.scan(text)
	if err != nil {
		return nil, Record{}, err
	}
	plan := envPlan{Env: e, envDocument: d, record: record, adopt: desired.Adopt}
	for _, v := range wanted {
		if err := plan.place(v, rendered[v.Name]); err != nil {
			return nil, Record{}, err
		}
	}
	if len(plan.conflicts) > 0 {
		return nil, Record{}, &ConflictError{Format: e.title(), Entries: plan.conflicts}
	}
	updated.Keys = plan.keys
	after, changed := plan.finish()
	if changed {
		if err := e.verify(d, after, plan.changed, wanted); err != nil {
			return nil, Record{}, err
		}
	}
	return after, updated.sorted(), nil
}

// cutStale removes what the record holds and the new settings no longer do.
func (e Env) cutStale(text []byte, rendered map[string]string, record Record) ([]byte, error) {
	stale := Record{}
	kept := Record{}
	for _, name := range record.Keys {
		if _, still := rendered[name]; still {
			kept.Keys = append(kept.Keys, name)
		} else {
			stale.Keys = append(stale.Keys, name)
		}
	}
	if len(stale.Keys) == 0 || len(text) == 0 {
		return text, nil
	}
	return e.cutKeys(text, stale, kept)
}

// Remove implements [Editor].
func (e Env) Remove(current []byte, record Record) ([]byte, bool, error) {
	if current == nil {
		return nil, true, nil
	}
	text, err := e.cutKeys(current, record, Record{})
	if err != nil {
		return nil, false, err
	}
	after, gone := finish(text, record)
	return after, gone, nil
}

// cutKeys removes the entries of one record and leaves those of the other.
func (e Env) cutKeys(text []byte, stale, keep Record) ([]byte, error) {
	d, err := e.scan(text)
	if err != nil {
		return nil, err
	}
	remove, kept := map[int]bool{}, map[int]bool{}
	for i, a := range d.assignments {
		ours := stale.ownsKey(a.name) && d.putIn(i)
		if ours && !a.sole {
			return nil, &UnsupportedError{
				Format: e.title(), Line: a.first + 1,
				Problem: a.name + " shares its line with other commands", WayOut: "give it a line of its own",
			}
		}
		for l := a.first; l <= a.last; l++ {
			remove[l] = remove[l] || ours
			kept[l] = keep.ownsKey(a.name)
		}
	}
	d.cutMarks(remove, nil, kept)
	return apply(text, d.cut(remove)), nil
}

// putIn says whether assignment i is the one that was put in: the first under a mark if there is one, else the last of
// its name.
func (d envDocument) putIn(i int) bool {
	chosen, chosenMarked := -1, false
	for j, a := range d.assignments {
		if a.name != d.assignments[i].name {
			continue
		}
		if !chosenMarked {
			chosen, chosenMarked = j, a.marked
		}
	}
	return chosen == i
}

// verify makes sure that nothing but the changed variables differs.
func (e Env) verify(before envDocument, after []byte, changed map[string]bool, wanted []Variable) error {
	problem := &UnsupportedError{
		Format: e.title(), Problem: "the edited file would not read back as intended",
		WayOut: "move the EarthScope variables to a file of their own",
	}
	edited, err := e.scan(after)
	if err != nil || !slices.EqualFunc(before.others(changed), edited.others(changed), sameAssignment) {
		return problem
	}
	for _, v := range wanted {
		found := edited.find(v.Name)
		if len(found) != 1 || !found[0].readable || !sameText(found[0].value, v.Value) {
			return problem
		}
	}
	return nil
}

// others are the assignments of variables that were not changed.
func (d envDocument) others(changed map[string]bool) []assignment {
	others := make([]assignment, 0, len(d.assignments))
	for _, a := range d.assignments {
		if !changed[strings.ToUpper(a.name)] {
			others = append(others, a)
		}
	}
	return others
}

// sameAssignment compares what a reader sees, not where it stands.
func sameAssignment(a, b assignment) bool {
	return a.name == b.name && a.value == b.value && a.readable == b.readable && a.sole == b.sole
}

func (e Env) title() string { return string(e.Format) + " file" }

func decodeObject(text string) (map[string]any, bool) {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var object map[string]any
	if decoder.Decode(&object) != nil || decoder.More() || object == nil {
		return nil, false
	}
	return object, true
}
