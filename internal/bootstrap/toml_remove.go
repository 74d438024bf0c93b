package bootstrap

import (
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
)

// Remove implements [Editor].
func (t TOML) Remove(current []byte, record Record) ([]byte, bool, error) {
	if current == nil {
		return nil, true, nil
	}
	text, err := t.cut(current, record, Record{})
	if err != nil {
		return nil, false, err
	}
	after, gone := finish(text, record)
	return after, gone, nil
}

// cut takes out the keys of one record and those of its tables that hold nothing else afterwards. Keys and tables of
// the other record stay, with their marks.
func (t TOML) cut(text []byte, stale, kept Record) ([]byte, error) {
	d, err := scanTOML(text)
	if err != nil {
		return nil, err
	}
	cut := tomlCut{tomlDocument: d, gone: map[int]bool{},
		remove: map[int]bool{}, released: map[int]bool{}, kept: map[int]bool{}}
	cut.chooseEntries(stale, kept)
	cut.chooseHeaders(stale, kept)
	d.cutMarks(cut.remove, cut.released, cut.kept)
	after := apply(text, append(d.cut(cut.remove), cut.splices...))
	result, err := scanTOML(after)
	if err == nil {
		old, edited := maps.Clone(d.tree), maps.Clone(result.tree)
		if sameTree(without(old, stale), without(edited, stale)) {
			return after, nil
		}
	}
	return nil, &UnsupportedError{Format: tomlTitle, Problem: "our keys cannot be taken out without touching others",
		WayOut: "remove the keys by hand"}
}

type tomlCut struct {
	*tomlDocument
	gone                   map[int]bool // entries
	remove, released, kept map[int]bool // lines
	splices                []splice
}

func (c *tomlCut) chooseEntries(stale, kept Record) {
	for i, e := range c.entries {
		name := tomlKeyText(e.path)
		if !stale.ownsKey(name) {
			if kept.ownsKey(name) {
				c.kept[c.lineAt(e.start)] = true
			}
			continue
		}
		c.gone[i] = true
	}
	for i, e := range c.entries {
		// an inline table that was made for the profile's sake
		if e.inlineTable && stale.ownsContainer(tomlKeyText(e.path)) && !c.inlineHoldsOthers(i) {
			c.gone[i] = true
		}
	}
	for i := range c.gone {
		e := c.entries[i]
		if e.parent >= 0 {
			continue
		}
		for l := c.lineAt(e.start); l <= c.lineAt(e.end-1); l++ {
			c.remove[l] = true
		}
	}
	for parent := range c.entries {
		c.cutInline(parent)
	}
}

func (c *tomlCut) inlineHoldsOthers(parent int) bool {
	for i, e := range c.entries {
		if e.parent == parent && !c.gone[i] {
			return true
		}
	}
	return false
}

// cutInline removes entries from an inline table together with one separator each.
func (c *tomlCut) cutInline(parent int) {
	if c.gone[parent] || !c.entries[parent].inlineTable {
		return
	}
	var children []int
	for i, e := range c.entries {
		if e.parent == parent {
			children = append(children, i)
		}
	}
	first := true // no entry that stays comes before
	for n, i := range children {
		e := c.entries[i]
		switch {
		case !c.gone[i]:
			first = false
		case !first:
			c.splices = append(c.splices, splice{c.separatorBefore(c.entries[children[n-1]].end), e.end, ""})
		case n+1 < len(children):
			c.splices = append(c.splices, splice{e.start, c.entries[children[n+1]].start, ""})
		default:
			c.splices = append(c.splices, splice{e.start, e.end, ""})
		}
	}
}

// separatorBefore returns where the comma after an entry stands. Blanks before it belong to the entry.
func (c *tomlCut) separatorBefore(end int) int { return skip(c.text, end, " \t") }

// chooseHeaders removes the headers of recorded tables that hold nothing but what goes.
func (c *tomlCut) chooseHeaders(stale, kept Record) {
	for i, s := range c.sections {
		if i == 0 || s.array {
			continue
		}
		name, line := tomlKeyText(s.path), c.lineAt(s.start)
		switch {
		case kept.ownsContainer(name):
			c.kept[line] = true
		case !stale.ownsContainer(name):
		case c.holdsOthers(i):
			c.released[line] = true
		default:
			c.remove[line] = true
		}
	}
}

func (c *tomlCut) holdsOthers(section int) bool {
	for i, e := range c.entries {
		if e.section == section && e.parent < 0 && !c.gone[i] {
			return true
		}
	}
	return false
}

// verify makes sure that the edited file holds the wanted values and differs in nothing else.
func (t TOML) verify(before *tomlDocument, after []byte, wanted []tomlSetting) error {
	problem := &UnsupportedError{Format: tomlTitle, Line: before.lineNear(append(t.profilePath(), "")),
		Problem: "the profile is written in a way that the settings do not fit into",
		WayOut:  "write it as a table [profile.NAME]"}
	edited, err := scanTOML(after)
	if err != nil {
		return problem
	}
	ours := Record{Containers: []string{tomlKeyText(t.profilePath())}}
	for _, w := range wanted {
		ours.Keys = append(ours.Keys, tomlKeyText(w.path))
		found, exists, _ := edited.lookUp(w.path)
		if !exists || !sameValue(found, w.value) {
			return problem
		}
	}
	if !sameTree(without(before.tree, ours), without(edited.tree, ours)) {
		return problem
	}
	return nil
}

// without copies a tree, leaving out the keys of a record and every table that is empty then.
func without(tree map[string]any, record Record) map[string]any {
	drop := make(map[string]bool, len(record.Keys))
	for _, name := range record.Keys {
		drop[name] = true
	}
	return copyWithout(tree, nil, drop)
}

func copyWithout(tree map[string]any, above []string, drop map[string]bool) map[string]any {
	out := make(map[string]any, len(tree))
	for name, value := range tree {
		path := append(slices.Clone(above), name)
		if drop[tomlKeyText(path)] {
			continue
		}
		if table, ok := value.(map[string]any); ok {
			if child := copyWithout(table, path, drop); len(child) > 0 {
				out[name] = child
			}
			continue
		}
		out[name] = value
	}
	return out
}

// sameTree compares decoded documents; a NaN equals itself here.
func sameTree(a, b any) bool {
	switch x := a.(type) {
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for name, value := range x {
			other, found := y[name]
			if !found || !sameTree(value, other) {
				return false
			}
		}
		return true
	case []any:
		y, ok := b.([]any)
		return ok && slices.EqualFunc(x, y, func(a, b any) bool { return sameTree(a, b) })
	case float64:
		y, ok := b.(float64)
		return ok && (x == y || math.IsNaN(x) && math.IsNaN(y))
	default:
		return reflect.DeepEqual(a, b)
	}
}

// Inspect implements [Editor]. A wanted table is compared value by value: other values in it are nobody's concern.
func (t TOML) Inspect(current []byte, expected []Expectation, record Record) (Report, error) {
	d, err := scanTOML(current)
	if err != nil {
		return Report{}, err
	}
	var report Report
	covered := map[string]bool{}
	for _, x := range expected {
		path, err := splitKey(x.Key)
		if err != nil {
			return Report{}, err
		}
		path = append(t.profilePath(), path...)
		entry := t.inspectOne(d, path, x, record)
		covered[entry.Name] = true
		report.Entries = append(report.Entries, entry)
	}
	profile, found, _ := d.lookUp(t.profilePath())
	if !found {
		report.Absent = []string{tomlKeyText(t.profilePath())}
	}
	table, _ := profile.(map[string]any)
	for _, leaf := range leaves(nil, table) {
		name := tomlKeyText(append(t.profilePath(), leaf...))
		switch {
		case covered[name] || slices.ContainsFunc(report.Entries, func(e Entry) bool {
			return strings.HasPrefix(name, e.Name+".")
		}):
		case record.ownsKey(name):
			report.Stale = append(report.Stale, name)
		default:
			report.Others = append(report.Others, name)
		}
	}
	report.Others = append(report.Others, d.defaults()...)
	return report, nil
}

func (t TOML) inspectOne(d *tomlDocument, path []string, x Expectation, record Record) Entry {
	entry := Entry{Key: x.Key, Name: tomlKeyText(path)}
	value, found, blocked := d.lookUp(path)
	if !found && !blocked {
		return entry
	}
	entry.State, entry.Line = Differs, d.lineNear(path)
	entry.Owned = record.ownsKey(entry.Name) || entry.Line > 0 && d.marked[entry.Line-1]
	if text, err := plainText(value); err == nil && !blocked && x.Matches(text) {
		entry.State = Same
	}
	return entry
}
