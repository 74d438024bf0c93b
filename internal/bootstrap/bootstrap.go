package bootstrap

import (
	"fmt"
	"io"
	"slices"
)

// Editor merges settings into one kind of text and takes them out again. Implementations hold no state and may be used
// by several goroutines at once.
type Editor interface {
	// Edit returns before with the desired settings in it. A nil before means that there is no file yet; an empty one
	// that there is. Recorded entries that are no longer desired are taken out. The returned record replaces the one
	// passed in and is the zero Record's successor on first use.
	//
	// Errors: [SyntaxError], [ConflictError], [ValueError], [UnsupportedError].
	Edit(before []byte, desired Desired, record Record) (after []byte, updated Record, err error)

	// Remove returns current without what the record says was put in. gone means that the file was created here and
	// holds nothing of anybody else: delete it. A nil current is gone already.
	//
	// Errors: [SyntaxError], [UnsupportedError].
	Remove(current []byte, record Record) (after []byte, gone bool, err error)

	// Inspect reports which of the expected settings are in current. It never returns a value.
	//
	// Errors: [SyntaxError], [UnsupportedError].
	Inspect(current []byte, expected []Expectation, record Record) (Report, error)
}

// Setting is one SDK setting. It prints without its value, which may be a token.
type Setting struct {
	// Key is the dotted name as in the SDK's documentation, for example "oauth2.refresh_token".
	Key string
	// Value is a string, bool, integer, float64, json.Number, []any or map[string]any of these.
	Value any
}

// Format prints the key alone, whatever the verb, so that no log or error can carry the value.
func (s Setting) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.Key+"=(value hidden)") }

// Desired is what an edit has to achieve.
type Desired struct {
	Settings []Setting
	// Adopt takes over entries that are already there with another value. They count as put in here afterwards, so
	// that Remove deletes them.
	Adopt bool
}

// Record says what was put into one file by one editor. It holds names, never values, and is meant to be stored as JSON.
type Record struct {
	// Created is set when there was no file before.
	Created bool `json:"created,omitempty"`
	// Keys are the entries, named as the format names them.
	Keys []string `json:"keys,omitempty"`
	// Containers are the tables, services and environment mappings that were made to hold them.
	Containers []string `json:"containers,omitempty"`
}

func (r Record) ownsKey(name string) bool       { return slices.Contains(r.Keys, name) }
func (r Record) ownsContainer(name string) bool { return slices.Contains(r.Containers, name) }

// sorted returns the record in its canonical order, so that equal work gives equal JSON.
func (r Record) sorted() Record {
	slices.Sort(r.Keys)
	slices.Sort(r.Containers)
	r.Keys, r.Containers = slices.Compact(r.Keys), slices.Compact(r.Containers)
	return r
}

// Expectation is one setting that a file should hold.
type Expectation struct {
	Key string
	// Matches says whether the value found is the wanted one. Lists and tables arrive as compact JSON with sorted keys,
	// everything else as plain text. A caller that knows only a token's fingerprint compares that.
	Matches func(found string) bool
	// table is the wanted table, where the setting is one: a format that merges tables compares its values one by one.
	table map[string]any
}

// Expect turns settings into expectations of exactly their values: numbers by value, lists and tables by content, anything
// else byte for byte. A value that has no text form matches nothing.
func Expect(settings []Setting) []Expectation {
	expected := make([]Expectation, 0, len(settings))
	for _, s := range settings {
		text, err := plainText(s.Value)
		table, _ := tableOf(s.Value)
		expected = append(expected, Expectation{Key: s.Key, table: table, Matches: func(found string) bool {
			return err == nil && (sameText(found, text) || isNumber(s.Value) && sameNumber(found, text))
		}})
	}
	return expected
}

// State is the outcome of comparing one setting.
type State int

// The states of an [Entry]. Differs includes values that the format's readers would not agree on.
const (
	Missing State = iota
	Same
	Differs
)

// String names the state for messages.
func (s State) String() string {
	switch s {
	case Missing:
		return "missing"
	case Same:
		return "same"
	case Differs:
		return "differs"
	default:
		return fmt.Sprintf("State(%d)", int(s))
	}
}

// Entry is the state of one expected setting at one place of a file.
type Entry struct {
	// Key is the setting's dotted name, Name what the file calls it.
	Key, Name string
	State     State
	// Owned says that the record, or a mark in the file, shows the entry to be put in here. A present entry that is
	// not owned belongs to somebody else.
	Owned bool
	// Line counts from 1; 0 when the entry is missing.
	Line int
}

// Report is what [Editor.Inspect] found.
type Report struct {
	// Entries holds one entry for each expectation, and in a Compose file for each service, in that order.
	Entries []Entry
	// Stale names recorded entries that are still there but no longer expected.
	Stale []string
	// Others names further EarthScope settings at the same place that are not from here.
	Others []string
	// Absent names containers that are not there: the profile's table, services.
	Absent []string
}

// Matches reports whether every expected setting is there with its value and nothing stale is left.
func (r Report) Matches() bool {
	for _, e := range r.Entries {
		if e.State != Same {
			return false
		}
	}
	return len(r.Stale) == 0 && len(r.Absent) == 0
}

// Foreign returns the entries that are there with another value and are not from here: what [Desired.Adopt] is about.
func (r Report) Foreign() []Entry {
	var foreign []Entry
	for _, e := range r.Entries {
		if e.State == Differs && !e.Owned {
			foreign = append(foreign, e)
		}
	}
	return foreign
}
