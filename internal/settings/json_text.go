package settings

import (
	"bytes"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// text reads a string. A lone surrogate keeps its three-byte form, which is
// not UTF-8, so that a setting that uses the string is refused.
func (r *jsonReader) text() (string, *syntaxError) {
	var out []byte
	for r.at++; ; {
		switch c := r.peek(); {
		case r.at >= len(r.data):
			return "", r.fail("a string is not closed")
		case c == '"':
			r.at++
			return string(out), nil
		case c == '\\':
			var err *syntaxError
			if out, err = r.escape(out); err != nil {
				return "", err
			}
		case c < 0x20:
			return "", r.fail("a control character in a string must be escaped")
		default:
			out = append(out, c)
			r.at++
		}
	}
}

func (r *jsonReader) escape(out []byte) ([]byte, *syntaxError) {
	const from, to = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	r.at++
	c := r.peek()
	if i := bytes.IndexByte([]byte(from), c); i >= 0 && c != 0 {
		r.at++
		return append(out, to[i]), nil
	}
	if c != 'u' {
		return nil, r.fail("unknown escape in a string")
	}
	r.at++
	first, ok := r.hex()
	if !ok {
		return nil, r.fail("malformed escape in a string")
	}
	if !utf16.IsSurrogate(first) {
		return utf8.AppendRune(out, first), nil
	}
	mark := r.at
	if r.word(`\u`) {
		if second, ok := r.hex(); ok {
			if joined := utf16.DecodeRune(first, second); joined != utf8.RuneError {
				return utf8.AppendRune(out, joined), nil
			}
		}
	}
	r.at = mark
	if r.dialect == dialectPydantic {
		return nil, r.fail("half a surrogate pair in a string")
	}
	return append(out, 0xED, 0x80|byte(first>>6&0x3F), 0x80|byte(first&0x3F)), nil
}

func (r *jsonReader) hex() (rune, bool) {
	if r.at+4 > len(r.data) {
		return 0, false
	}
	value, err := strconv.ParseUint(string(r.data[r.at:r.at+4]), 16, 16)
	if err != nil {
		return 0, false
	}
	r.at += 4
	return rune(value), true
}
