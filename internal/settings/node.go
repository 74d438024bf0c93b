package settings

import (
	"strings"
	"unicode/utf8"
)

// kind is the type of a value as its source wrote it.
type kind uint8

const (
	kindNull kind = iota
	kindBoolean
	kindInteger
	kindFloat
	kindText
	kindList
	kindTable
	kindMoment // a date or time of TOML; no setting takes one
)

func (k kind) String() string {
	return [...]string{
		"null", "a boolean", "an integer", "a decimal number", "a string", "a list", "a table",
		"a date or time",
	}[k]
}

// node is a value as read, before any setting gives it a meaning. Nodes are
// shared between trees and never changed once a source has been read.
type node struct {
	kind   kind
	text   string // of a string; the literal of a number; "true" or "false"
	number float64
	items  []*node
	table  *table
	source Source
	// document and offset say where a file or a JSON text has the value.
	document []byte
	offset   int
}

// table keeps the order of its keys, which decides between keys that differ
// only in letter case.
type table struct {
	keys   []string
	fields map[string]*node
}

func newTable() *table { return &table{fields: map[string]*node{}} }

func tableNode(source Source) *node {
	return &node{kind: kindTable, table: newTable(), source: source}
}

// set stores a value; a known key keeps its place, as in Python.
func (t *table) set(key string, n *node) {
	if _, known := t.fields[key]; !known {
		t.keys = append(t.keys, key)
	}
	t.fields[key] = n
}

// get returns the value at key in a table node; nil where there is none.
func (n *node) get(key string) *node {
	if n == nil || n.kind != kindTable {
		return nil
	}
	return n.table.fields[key]
}

// at returns the value at a dotted path.
func (n *node) at(path string) *node {
	for _, name := range strings.Split(path, ".") {
		if n = n.get(name); n == nil {
			return nil
		}
	}
	return n
}

// merge lays high over low: tables merge key by key, everything else of high
// replaces (pydantic's deep_update). Neither is changed.
func merge(low, high *node) *node {
	if low == nil {
		return high
	}
	if high == nil {
		return low
	}
	if low.kind != kindTable || high.kind != kindTable {
		return high
	}
	merged := tableNode(high.source)
	for _, key := range low.table.keys {
		merged.table.set(key, low.table.fields[key])
	}
	for _, key := range high.table.keys {
		merged.table.set(key, merge(merged.table.fields[key], high.table.fields[key]))
	}
	return merged
}

// stamp gives n and everything in it a source; inside a table the key grows.
func (n *node) stamp(source Source) *node {
	n.source = source
	if n.kind == kindTable {
		for key, child := range n.table.fields {
			inner := source
			inner.Key = join(source.Key, key)
			child.stamp(inner)
		}
	}
	for _, item := range n.items {
		item.stamp(source)
	}
	return n
}

// stampSame gives n and everything in it one and the same source.
func (n *node) stampSame(source Source) *node {
	n.source = source
	if n.kind == kindTable {
		for _, child := range n.table.fields {
			child.stampSame(source)
		}
	}
	return n
}

// position converts the node's place in its document to a line and a column,
// both counted from 1, columns in characters; zero without a document.
func (n *node) position() (line, column int) {
	if n.document == nil {
		return 0, 0
	}
	return position(n.document, n.offset)
}

func position(document []byte, offset int) (line, column int) {
	if offset > len(document) {
		offset = len(document)
	}
	before := string(document[:offset])
	start := strings.LastIndexByte(before, '\n') + 1
	return 1 + strings.Count(before, "\n"), 1 + utf8.RuneCountInString(before[start:])
}
