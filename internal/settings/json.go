package settings

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// dialect is whose JSON is read. The SDK reads variables and the legacy file
// with Python's json module and tokens.json with pydantic's parser.
type dialect uint8

const (
	// dialectPython accepts lone surrogate escapes.
	dialectPython dialect = iota
	// dialectPydantic refuses them, and bytes that are not UTF-8.
	dialectPydantic
)

// maxDepth is the nesting that pydantic's parser accepts.
const maxDepth = 200

// syntaxError is malformed JSON. It quotes nothing of the text.
type syntaxError struct {
	line, column int
	reason       string
}

func (e *syntaxError) Error() string {
	return "line " + strconv.Itoa(e.line) + ", column " + strconv.Itoa(e.column) + ": " + e.reason
}

type jsonReader struct {
	data    []byte
	at      int
	depth   int
	dialect dialect
}

// parseJSON reads one JSON value. Both dialects accept NaN and Infinity, keep
// the last of two equal keys, and allow nothing but white space around it.
func parseJSON(data []byte, d dialect) (*node, *syntaxError) {
	r := &jsonReader{data: data, dialect: d}
	if bytes.HasPrefix(data, []byte("\xef\xbb\xbf")) {
		return nil, r.fail("byte order mark")
	}
	if d == dialectPydantic && !utf8.Valid(data) {
		r.at = firstInvalid(data)
		return nil, r.fail("not UTF-8")
	}
	r.space()
	if r.at == len(data) {
		return nil, r.fail("empty")
	}
	n, err := r.value()
	if err != nil {
		return nil, err
	}
	r.space()
	if r.at < len(data) {
		return nil, r.fail("more text after the end of the value")
	}
	return n, nil
}

func firstInvalid(data []byte) int {
	at := 0
	for at < len(data) {
		r, size := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		at += size
	}
	return at
}

func (r *jsonReader) fail(reason string) *syntaxError {
	line, column := position(r.data, r.at)
	return &syntaxError{line: line, column: column, reason: reason}
}

func (r *jsonReader) space() {
	for r.at < len(r.data) {
		switch r.data[r.at] {
		case ' ', '\t', '\n', '\r':
			r.at++
		default:
			return
		}
	}
}

// peek returns the next byte, 0 at the end.
func (r *jsonReader) peek() byte {
	if r.at < len(r.data) {
		return r.data[r.at]
	}
	return 0
}

func (r *jsonReader) value() (*node, *syntaxError) {
	n := &node{document: r.data, offset: r.at}
	switch c := r.peek(); {
	case c == '{':
		return n, r.object(n)
	case c == '[':
		return n, r.list(n)
	case c == '"':
		text, err := r.text()
		n.kind, n.text = kindText, text
		return n, err
	case c == '-' || (c >= '0' && c <= '9'):
		return n, r.number(n)
	case r.word("true"), r.word("false"):
		n.kind, n.text = kindBoolean, string(r.data[n.offset:r.at])
	case r.word("null"):
		n.kind = kindNull
	case r.word("NaN"), r.word("Infinity"):
		n.kind, n.text = kindFloat, string(r.data[n.offset:r.at])
		n.number, _ = strconv.ParseFloat(n.text, 64)
	case r.at == len(r.data):
		return nil, r.fail("ends too early")
	default:
		return nil, r.fail("no JSON value here")
	}
	return n, nil
}

func (r *jsonReader) word(word string) bool {
	if !bytes.HasPrefix(r.data[r.at:], []byte(word)) {
		return false
	}
	r.at += len(word)
	return true
}

func (r *jsonReader) enter() *syntaxError {
	r.at++
	if r.depth++; r.depth > maxDepth {
		return r.fail("nested too deeply")
	}
	r.space()
	return nil
}

func (r *jsonReader) object(n *node) *syntaxError {
	n.kind, n.table = kindTable, newTable()
	if err := r.enter(); err != nil {
		return err
	}
	for first := true; r.peek() != '}' || !first; first = false {
		if r.peek() != '"' {
			return r.fail("a key in double quotes is missing")
		}
		key, err := r.text()
		if err != nil {
			return err
		}
		if r.space(); r.peek() != ':' {
			return r.fail("a colon is missing after the key")
		}
		r.at++
		r.space()
		value, err := r.value()
		if err != nil {
			return err
		}
		n.table.set(key, value)
		more, err := r.more('}')
		if err != nil {
			return err
		}
		if !more {
			break
		}
	}
	r.at++
	r.depth--
	return nil
}

func (r *jsonReader) list(n *node) *syntaxError {
	n.kind = kindList
	if err := r.enter(); err != nil {
		return err
	}
	for first := true; r.peek() != ']' || !first; first = false {
		value, err := r.value()
		if err != nil {
			return err
		}
		n.items = append(n.items, value)
		more, err := r.more(']')
		if err != nil {
			return err
		}
		if !more {
			break
		}
	}
	r.at++
	r.depth--
	return nil
}

// more reads the comma between two values; false means that end comes next.
func (r *jsonReader) more(end byte) (bool, *syntaxError) {
	switch r.space(); r.peek() {
	case ',':
		r.at++
		r.space()
		return true, nil
	case end:
		return false, nil
	default:
		return false, r.fail("a comma or a closing bracket is missing")
	}
}

func (r *jsonReader) digits() bool {
	start := r.at
	for c := r.peek(); c >= '0' && c <= '9'; c = r.peek() {
		r.at++
	}
	return r.at > start
}

func (r *jsonReader) number(n *node) *syntaxError {
	n.kind = kindInteger
	if r.peek() == '-' {
		r.at++
	}
	if n.offset < r.at && r.word("Infinity") {
		n.kind = kindFloat
	} else {
		start := r.at
		if !r.digits() || (r.data[start] == '0' && r.at > start+1) {
			return r.fail("malformed number")
		}
		if r.peek() == '.' {
			n.kind = kindFloat
			if r.at++; !r.digits() {
				return r.fail("malformed number")
			}
		}
		if c := r.peek(); c == 'e' || c == 'E' {
			n.kind = kindFloat
			if r.at++; r.peek() == '+' || r.peek() == '-' {
				r.at++
			}
			if !r.digits() {
				return r.fail("malformed number")
			}
		}
	}
	n.text = string(r.data[n.offset:r.at])
	n.number, _ = strconv.ParseFloat(n.text, 64) // overflow gives infinity, as in Python
	return nil
}
