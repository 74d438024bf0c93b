package bootstrap

import (
	"slices"
	"strings"
)

// tomlAddition is a key that has to be put somewhere.
type tomlAddition struct {
	path  []string
	value string // TOML text
}

// tomlPlace is where a key goes: into an inline table, into a section after one of its lines, or below a new header.
type tomlPlace struct {
	inline  int // index of the entry with the inline table, or -1
	section int // index of the section, or -1 for a new one
	after   int // line after which to insert
	header  []string
}

// placeFor finds the deepest spelling of a table on the way to the key and fits the key in there, because TOML forbids
// to extend a table in another notation than the one that defined it.
func (d *tomlDocument) placeFor(path []string) tomlPlace {
	if i := d.deepestInline(path); i >= 0 {
		return tomlPlace{inline: i, section: -1}
	}
	for length := len(path) - 1; length >= 2; length-- {
		table := path[:length]
		if i, last := d.definedByHeader(table); i > 0 {
			return tomlPlace{inline: -1, section: i, after: last}
		}
		if i, last := d.definedByDots(table); i >= 0 {
			return tomlPlace{inline: -1, section: i, after: last}
		}
		if d.definedBelow(table) {
			return tomlPlace{inline: -1, section: -1, header: table}
		}
	}
	return tomlPlace{inline: -1, section: -1, header: path[:2]}
}

func (d *tomlDocument) deepestInline(path []string) int {
	deepest, length := -1, 0
	for i, e := range d.entries {
		if e.inlineTable && len(e.path) > length && isPrefix(e.path, path) {
			deepest, length = i, len(e.path)
		}
	}
	return deepest
}

// definedByHeader returns the section of a table's own header and the last line of its entries.
func (d *tomlDocument) definedByHeader(table []string) (section, last int) {
	for i, s := range d.sections[1:] {
		if !s.array && slices.Equal(s.path, table) {
			return i + 1, d.lastLine(i + 1)
		}
	}
	return -1, 0
}

func (d *tomlDocument) lastLine(section int) int {
	last := -1
	if s := d.sections[section]; s.start >= 0 {
		last = d.lineAt(s.start)
	}
	for _, e := range d.entries {
		if e.section == section && e.parent < 0 {
			last = max(last, d.lineAt(e.end-1))
		}
	}
	return last
}

// definedByDots returns the section whose dotted keys make the table, and the last line of those.
func (d *tomlDocument) definedByDots(table []string) (section, last int) {
	section = -1
	for _, e := range d.entries {
		if e.parent < 0 && len(e.path) > len(table) && isPrefix(table, e.path) &&
			len(d.sections[e.section].path) < len(table) {
			section, last = e.section, d.lineAt(e.end-1)
		}
	}
	return section, last
}

func (d *tomlDocument) definedBelow(table []string) bool {
	return slices.ContainsFunc(d.sections[1:], func(s tomlSection) bool {
		return len(s.path) > len(table) && isPrefix(table, s.path)
	})
}

func isPrefix(prefix, path []string) bool {
	return len(prefix) <= len(path) && slices.Equal(prefix, path[:len(prefix)])
}

// add returns the splices that put the additions in place, and the headers that had to be made.
func (d *tomlDocument) add(additions []tomlAddition, record Record) (splices []splice, headers [][]string) {
	type group struct {
		place     tomlPlace
		additions []tomlAddition
	}
	var groups []*group
	for _, a := range additions {
		place := d.placeFor(a.path)
		i := slices.IndexFunc(groups, func(g *group) bool {
			return g.place.inline == place.inline && g.place.section == place.section &&
				g.place.after == place.after && slices.Equal(g.place.header, place.header)
		})
		if i < 0 {
			groups = append(groups, &group{place: place})
			i = len(groups) - 1
		}
		groups[i].additions = append(groups[i].additions, a)
	}
	// New tables come last: where they meet keys at the end of the file, those belong to the section before.
	slices.SortStableFunc(groups, func(a, b *group) int { return len(a.place.header) - len(b.place.header) })
	for _, g := range groups {
		switch {
		case g.place.inline >= 0:
			splices = append(splices, d.addInline(d.entries[g.place.inline], g.additions))
		case g.place.section >= 0:
			splices = append(splices, d.addLines(g.place, g.additions, record))
		default:
			headers = append(headers, g.place.header)
			splices = append(splices, d.addSection(g.place.header, g.additions))
		}
	}
	return splices, headers
}

// addInline puts keys behind the last one of an inline table, where taking out ", key = value" undoes it.
func (d *tomlDocument) addInline(table tomlEntry, additions []tomlAddition) splice {
	at, separator := table.lastEnd, ", "
	if at == 0 {
		at, separator = table.value+1, ""
	}
	var text strings.Builder
	for _, a := range additions {
		text.WriteString(separator + tomlKeyText(a.path[len(table.path):]) + " = " + a.value)
		separator = ", "
	}
	return splice{at, at, text.String()}
}

// addLines puts keys into a section, indented like the line before them.
func (d *tomlDocument) addLines(place tomlPlace, additions []tomlAddition, record Record) splice {
	indent := d.indent(place.after)
	var lines []string
	if !d.endsInOwnGroup(place.after, record) {
		lines = append(lines, indent+Mark)
	}
	above := len(d.sections[place.section].path)
	for _, a := range additions {
		path := a.path
		if above == 0 {
			path = append([]string{d.spelling}, path[1:]...)
		}
		lines = append(lines, indent+tomlKeyText(path[above:])+" = "+a.value)
	}
	return d.insertAfter(place.after, d.newline(), lines)
}

func (d *tomlDocument) endsInOwnGroup(last int, record Record) bool {
	if !d.marked[last] {
		return false
	}
	for _, e := range d.entries {
		if e.parent < 0 && d.lineAt(e.end-1) == last {
			return record.ownsKey(tomlKeyText(e.path))
		}
	}
	for _, s := range d.sections[1:] {
		if d.lineAt(s.start) == last {
			return record.ownsContainer(tomlKeyText(s.path))
		}
	}
	return false
}

// addSection puts a new table at the end of the file.
func (d *tomlDocument) addSection(header []string, additions []tomlAddition) splice {
	spelled := append([]string{d.spelling}, header[1:]...)
	lines := []string{Mark, "[" + tomlKeyText(spelled) + "]"}
	for _, a := range additions {
		lines = append(lines, tomlKeyText(a.path[len(header):])+" = "+a.value)
	}
	return d.insertAfter(len(d.lines)-1, d.newline(), lines)
}
