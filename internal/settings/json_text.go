package settings

import (
	"bytes"
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
	return append(out, 0xE0|byte(first>>12), 0x80|byte(first>>6)&0xBF, 0x80|byte(first)&0xBF), nil
}

func (r *jsonReader) hex() (rune, bool) {
	if r.at+4 > len(r.data) {
		return 0, false
	}
	var value rune
	for _, c := range r.data[r.at : r.at+4] {
		digit := bytes.IndexByte([]byte("0123456789abcdef"), c|0x20)
		if digit < 0 || (c < '0') || (c > '9' && c < 'A') {
			return 0, false
		}
		value = value<<4 | rune(digit)
	}
	r.at += 4
	return value, true
}
