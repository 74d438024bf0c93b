package settings

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"

	"github.com/EarthScope/terraform-provider-earthscope/internal/toml10"
)

// parseTOML reads a TOML 1.0 document into a tree that keeps the order of the
// keys and the place of every value. The error's Source is left to the caller.
func parseTOML(document []byte) (*node, *Error) {
	if bytes.HasPrefix(document, []byte("\xef\xbb\xbf")) {
		return nil, malformedTOML(1, 1, "it begins with a byte order mark; save it without one")
	}
	var discard map[string]any
	if err := toml.Unmarshal(document, &discard); err != nil {
		var bad *toml.DecodeError
		if errors.As(err, &bad) {
			line, column := bad.Position()
			return nil, malformedTOML(line, column, tomlReason(bad.Error()))
		}
		return nil, malformedTOML(1, 1, "unreadable")
	}
	if offset, reason := toml10.Newer(document); reason != "" {
		line, column := position(document, offset)
		return nil, malformedTOML(line, column, reason)
	}
	b := &treeBuilder{document: document, root: tableNode(Source{})}
	b.current = b.root
	b.parser.Reset(document)
	for b.parser.NextExpression() {
		b.expression(b.parser.Expression())
	}
	return b.root, nil
}

func malformedTOML(line, column int, reason string) *Error {
	return &Error{Line: line, Column: column, Detail: reason, Err: ErrMalformed}
}

// tomlQuotes matches what the library's messages quote from the document.
var tomlQuotes = regexp.MustCompile(`:?( but got)? U\+[0-9A-F]+( '.+?')?|: strconv.*|(key|table) .+? (is already|already)`)

// tomlReason is the library's message without anything from the document:
// after a forgotten quote, a key or a character may be part of a token.
func tomlReason(message string) string {
	return tomlQuotes.ReplaceAllStringFunc(strings.TrimPrefix(message, "toml: "), func(found string) string {
		for _, word := range []string{"key", "table"} {
			if strings.HasPrefix(found, word+" ") {
				end := " already"
				if strings.HasSuffix(found, "is already") {
					end = " is already"
				}
				return word + end
			}
		}
		return ""
	})
}

// treeBuilder turns the parser's expressions into nodes. The document has been
// checked before, so that nothing here can fail.
type treeBuilder struct {
	parser        unstable.Parser
	document      []byte
	root, current *node
}

func (b *treeBuilder) expression(e *unstable.Node) {
	switch e.Kind {
	case unstable.Table:
		keys, offset := keysOf(e.Key())
		b.current = b.descend(b.root, keys, offset)
	case unstable.ArrayTable:
		keys, offset := keysOf(e.Key())
		parent := b.descend(b.root, keys[:len(keys)-1], offset)
		last := keys[len(keys)-1]
		list := parent.table.fields[last]
		if list == nil {
			list = &node{kind: kindList, document: b.document, offset: offset}
			parent.table.set(last, list)
		}
		b.current = b.table(offset)
		list.items = append(list.items, b.current)
	case unstable.KeyValue:
		b.assign(b.current, e)
	}
}

func (b *treeBuilder) table(offset int) *node {
	return &node{kind: kindTable, table: newTable(), document: b.document, offset: offset}
}

func keysOf(it unstable.Iterator) (keys []string, offset int) {
	for it.Next() {
		keys = append(keys, string(it.Node().Data))
		offset = int(it.Node().Raw.Offset)
	}
	return keys, offset
}

// descend walks to a table, making those that are not there; in a list of
// tables it takes the last one.
func (b *treeBuilder) descend(from *node, keys []string, offset int) *node {
	for _, key := range keys {
		next := from.table.fields[key]
		if next == nil {
			next = b.table(offset)
			from.table.set(key, next)
		}
		if next.kind == kindList {
			next = next.items[len(next.items)-1]
		}
		from = next
	}
	return from
}

func (b *treeBuilder) assign(to *node, e *unstable.Node) {
	keys, offset := keysOf(e.Key())
	to = b.descend(to, keys[:len(keys)-1], offset)
	to.table.set(keys[len(keys)-1], b.value(e.Value(), offset))
}

func (b *treeBuilder) value(v *unstable.Node, offset int) *node {
	n := &node{document: b.document, offset: offset}
	text := string(v.Data)
	switch v.Kind {
	case unstable.String:
		n.kind, n.text = kindText, text
	case unstable.Bool:
		n.kind, n.text = kindBoolean, text
	case unstable.Integer:
		number, _ := strconv.ParseInt(strings.TrimPrefix(text, "+"), 0, 64)
		n.kind, n.text, n.number = kindInteger, strconv.FormatInt(number, 10), float64(number)
	case unstable.Float:
		n.kind, n.text = kindFloat, text
		n.number, _ = strconv.ParseFloat(strings.ReplaceAll(text, "_", ""), 64)
	case unstable.Array:
		n.kind = kindList
		for it := v.Children(); it.Next(); {
			if it.Node().Kind != unstable.Comment {
				n.items = append(n.items, b.value(it.Node(), offset))
			}
		}
	case unstable.InlineTable:
		n.kind, n.table = kindTable, newTable()
		for it := v.Children(); it.Next(); {
			if it.Node().Kind == unstable.KeyValue {
				b.assign(n, it.Node())
			}
		}
	default:
		n.kind, n.text = kindMoment, text
	}
	return n
}

// tableName writes a table's name the way it stands in config.toml.
func tableName(names ...string) string {
	for i, name := range names {
		if !bareKey.MatchString(name) {
			names[i] = fmt.Sprintf("%q", name)
		}
	}
	return strings.Join(names, ".")
}

var bareKey = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
