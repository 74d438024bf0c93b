package bootstrap

import (
	"maps"
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
	cut := tomlCut{
		tomlDocument: d, gone: map[int]bool{},
		remove: map[int]bool{}, released: map[int]bool{}, kept: map[int]bool{},
	}
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
	return nil, &UnsupportedError{
		Format: tomlTitle, Problem: "our keys cannot be taken out without touching others",
		WayOut: "remove the keys by hand",
	}
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
	children := map[int][]int{} // of the entries with an inline table
	for i, e := range c.entries {
		if e.parent >= 0 {
			children[e.parent] = append(children[e.parent], i)
		}
	}
	for parent, of := range children {
		if !c.gone[parent] {
			c.cutInline(of)
		}
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

// cutInline removes entries from an inline table, whose entries are given, together with one separator each.
func (c *tomlCut) cutInline(children []int) {
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
