// Package toml10 tells TOML 1.0, which the SDK reads with Python's tomllib, from what TOML 1.1 added. The library that
// reads TOML here accepts both.
package toml10

import "regexp"

// shortTime is a time of day without seconds, where a value begins.
var shortTime = regexp.MustCompile(`^([0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ])?[0-9]{2}:[0-9]{2}([^:0-9]|$)`)

// Newer finds the first thing that TOML 1.1 allows and TOML 1.0 refuses: line breaks, comments and a final comma in inline
// tables, the escapes \e and \x, times without seconds. The document must be valid TOML 1.1. It returns the byte offset
// and the reason, which never quotes the document and is empty if there is nothing of the kind.
func Newer(document []byte) (offset int, reason string) {
	s := scanner{text: document}
	for s.at < len(s.text) && s.reason == "" {
		s.next()
	}
	return s.at, s.reason
}

type scanner struct {
	text   []byte
	at     int
	open   []byte // brackets that are open, innermost last
	comma  bool   // the last thing seen was a comma
	value  bool   // a value begins here
	reason string
}

const inlineTable = "an inline table must stand on one line and not end in a comma (TOML 1.0)"

func (s *scanner) inner() byte {
	if len(s.open) == 0 {
		return 0
	}
	return s.open[len(s.open)-1]
}

func (s *scanner) next() {
	c := s.text[s.at]
	if s.value && c != ' ' && c != '\t' {
		s.value = false
		if shortTime.Match(s.text[s.at:]) {
			s.reason = "a time must have seconds (TOML 1.0)"
			return
		}
	}
	switch c {
	case ' ', '\t', '\r':
		s.at++
		return
	case '\n', '#':
		if s.inner() == '{' {
			s.reason = inlineTable
			return
		}
		for c == '#' && s.at < len(s.text) && s.text[s.at] != '\n' {
			s.at++
		}
		s.value = s.inner() == '['
		if c == '\n' {
			s.at++
		}
		return
	case '"', '\'':
		s.quoted(c)
	case '{':
		s.open = append(s.open, c)
		s.at++
	case '[':
		s.open = append(s.open, c)
		s.value = true
		s.at++
	case '}', ']':
		if c == '}' && s.comma {
			s.reason = inlineTable
			return
		}
		s.open = s.open[:max(0, len(s.open)-1)]
		s.at++
	case ',':
		s.value = s.inner() == '['
		s.at++
	case '=':
		s.value = true
		s.at++
	default:
		s.at++
	}
	s.comma = c == ','
}

// quoted skips a string; basic strings are searched for newer escapes.
func (s *scanner) quoted(quote byte) {
	width := 1
	if s.repeats(quote) >= 3 {
		width = 3
	} else if s.repeats(quote) == 2 {
		s.at += 2
		return
	}
	s.at += width
	for s.at < len(s.text) {
		switch c := s.text[s.at]; {
		case c == '\\' && quote == '"' && s.at+1 < len(s.text):
			if escaped := s.text[s.at+1]; escaped == 'e' || escaped == 'x' {
				s.reason = `the escapes \e and \x are not part of TOML 1.0`
				return
			}
			s.at += 2
		case c == quote && s.repeats(quote) >= width:
			// Up to two quotes may stand before the closing three.
			if width == 3 {
				s.at += s.repeats(quote)
			} else {
				s.at++
			}
			return
		default:
			s.at++
		}
	}
}

// repeats counts equal bytes from here on, up to the five that can end a
// multi-line string.
func (s *scanner) repeats(c byte) int {
	count := 0
	for count < 5 && s.at+count < len(s.text) && s.text[s.at+count] == c {
		count++
	}
	return count
}
