package bootstrap

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"

	"github.com/EarthScope/terraform-provider-earthscope/internal/toml10"
)

const tomlTitle = "config.toml"

// profileTable is the canonical first name of every profile's path.
const profileTable = "profile"

// tomlEntry is one key with its value, at the top level of a section or inside an inline table.
type tomlEntry struct {
	path []string // from the root, decoded
	// section is an index into sections, parent that of the entry whose inline table holds this one, or -1.
	section, parent int
	// start is where the key starts, value where its value does, end where that ends.
	start, value, end int
	inlineTable       bool
	// empty is set for an inline table without entries, lastEnd is where its last entry ends.
	lastEnd int
}

// tomlSection is the body of one [table] header; the first one is the root, without a header.
type tomlSection struct {
	path  []string
	array bool
	start int // of the header's key, -1 for the root
}

// tomlDocument is a parsed config.toml with the place of every key.
type tomlDocument struct {
	document
	tree     map[string]any
	sections []tomlSection
	entries  []tomlEntry
	// spelling is how the file writes the profile table: the SDK takes its name in any letter case, and
	// profile_settings_by_name for it.
	spelling string
	// marked holds the lines that belong to a group under a mark.
	marked map[int]bool
}

func scanTOML(text []byte) (*tomlDocument, error) {
	if bytes.HasPrefix(text, []byte("\xEF\xBB\xBF")) {
		return nil, &SyntaxError{
			Format: tomlTitle, Line: 1, Column: 1, ByteOrderMark: true,
			Problem: "it starts with a byte order mark, at which the SDK stops",
		}
	}
	d := &tomlDocument{document: splitLines(text), sections: []tomlSection{{start: -1}}}
	if err := toml.Unmarshal(text, &d.tree); err != nil {
		failure := &SyntaxError{Format: tomlTitle, Problem: "it is not valid TOML"}
		var position *toml.DecodeError
		if errors.As(err, &position) {
			failure.Line, failure.Column = position.Position()
		}
		return nil, failure
	}
	if offset, reason := toml10.Newer(text); reason != "" {
		l := d.lineAt(offset)
		return nil, &SyntaxError{Format: tomlTitle, Line: l + 1, Column: offset - d.lines[l].start + 1, Problem: reason}
	}
	var parser unstable.Parser
	parser.Reset(text)
	for parser.NextExpression() {
		d.expression(parser.Expression())
	}
	if parser.Error() != nil { // the decoder above uses this parser, so it has spoken already
		return nil, &SyntaxError{Format: tomlTitle, Problem: "it is not valid TOML"}
	}
	if err := d.unifySpelling(); err != nil {
		return nil, err
	}
	d.mark()
	return d, nil
}

func (d *tomlDocument) expression(node *unstable.Node) {
	switch node.Kind {
	case unstable.Table, unstable.ArrayTable:
		path, start, _ := tomlKey(node.Key())
		d.sections = append(d.sections, tomlSection{path, node.Kind == unstable.ArrayTable, start})
	case unstable.KeyValue:
		section := len(d.sections) - 1
		d.keyValue(node, d.sections[section].path, section, -1)
	}
}

func tomlKey(it unstable.Iterator) (path []string, start, end int) {
	start = -1
	for it.Next() {
		node := it.Node()
		if start < 0 {
			start = int(node.Raw.Offset)
		}
		end = int(node.Raw.Offset + node.Raw.Length)
		path = append(path, string(node.Data))
	}
	return path, start, end
}

func (d *tomlDocument) keyValue(node *unstable.Node, above []string, section, parent int) {
	relative, start, keyEnd := tomlKey(node.Key())
	entry := tomlEntry{
		path: append(slices.Clone(above), relative...), section: section, parent: parent,
		start: start, end: int(node.Raw.Offset + node.Raw.Length),
	}
	entry.value = skip(d.text, keyEnd, " \t")
	entry.value = skip(d.text, entry.value+1, " \t")
	value := node.Value()
	entry.inlineTable = value.Kind == unstable.InlineTable
	index := len(d.entries)
	d.entries = append(d.entries, entry)
	if !entry.inlineTable {
		return
	}
	for it := value.Children(); it.Next(); {
		if child := it.Node(); child.Kind == unstable.KeyValue {
			d.keyValue(child, entry.path, section, index)
			d.entries[index].lastEnd = int(child.Raw.Offset + child.Raw.Length)
		}
	}
}

// unifySpelling renames the profile table to its canonical name in all paths. Two spellings in one file are refused:
// the SDK reads only one of them, and which one is not documented.
func (d *tomlDocument) unifySpelling() error {
	var names []string
	for name := range d.tree {
		if isProfileTable(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	if len(names) > 1 {
		return &UnsupportedError{
			Format: tomlTitle, Line: d.lineOfTop(names[1]) + 1,
			Problem: "profiles stand under several spellings of the same table, of which the SDK reads only one",
			WayOut:  "write them all as [profile.NAME]",
		}
	}
	d.spelling = profileTable
	if len(names) == 0 {
		return nil
	}
	d.spelling = names[0]
	for i := range d.sections {
		canonical(d.sections[i].path)
	}
	for i := range d.entries {
		canonical(d.entries[i].path)
	}
	d.tree[profileTable] = d.tree[d.spelling]
	if d.spelling != profileTable {
		delete(d.tree, d.spelling)
	}
	return nil
}

func isProfileTable(name string) bool {
	return strings.EqualFold(name, profileTable) || strings.EqualFold(name, "profile_settings_by_name")
}

func canonical(path []string) {
	if len(path) > 0 && isProfileTable(path[0]) {
		path[0] = profileTable
	}
}

func (d *tomlDocument) lineOfTop(name string) int {
	for _, s := range d.sections[1:] {
		if s.path[0] == name {
			return d.lineAt(s.start)
		}
	}
	for _, e := range d.entries {
		if e.path[0] == name {
			return d.lineAt(e.start)
		}
	}
	return 0
}

// mark notes the lines of the groups under a mark: entries and headers that follow it without a gap.
func (d *tomlDocument) mark() {
	if !bytes.Contains(d.text, []byte(Mark)) {
		return
	}
	last := map[int]int{} // first line of an entry or header to its last
	for _, e := range d.entries {
		if e.parent < 0 {
			last[d.lineAt(e.start)] = d.lineAt(e.end - 1)
		}
	}
	for _, s := range d.sections[1:] {
		last[d.lineAt(s.start)] = d.lineAt(s.start)
	}
	d.marked = map[int]bool{}
	for i := range d.lines {
		if !d.isMark(i) {
			continue
		}
		for next := i + 1; ; {
			end, found := last[next]
			if !found {
				break
			}
			for ; next <= end; next++ {
				d.marked[next] = true
			}
		}
	}
}

func (d *tomlDocument) entry(path []string) (tomlEntry, bool) {
	for _, e := range d.entries {
		if slices.Equal(e.path, path) {
			return e, true
		}
	}
	return tomlEntry{}, false
}

// lookUp walks the decoded tree. blocked says that something on the way is not a table.
func (d *tomlDocument) lookUp(path []string) (value any, found, blocked bool) {
	return lookUpTable(d.tree, path)
}

func lookUpTable(tree map[string]any, path []string) (value any, found, blocked bool) {
	value = tree
	for _, name := range path {
		table, ok := value.(map[string]any)
		if !ok {
			return nil, false, true
		}
		if value, ok = table[name]; !ok {
			return nil, false, false
		}
	}
	return value, true, false
}

// defaults names the settings that stand for every profile.
func (d *tomlDocument) defaults() []string {
	var names []string
	for name, value := range d.tree {
		table, ok := value.(map[string]any)
		if !ok || !strings.EqualFold(name, "default") && !strings.EqualFold(name, "defaults") {
			continue
		}
		for _, leaf := range leaves([]string{name}, table) {
			names = append(names, tomlKeyText(leaf))
		}
	}
	slices.Sort(names)
	return names
}
