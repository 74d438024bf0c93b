package bootstrap

import (
	"bytes"
	"strings"
)

// scanShell reads the assignments of a POSIX shell file. It knows quotes, continuations, substitutions, comments and
// here-documents, which is what decides whether a line is a command of its own; it does not know control flow.
func (d *envDocument) scanShell() error {
	r := shellReader{text: d.text}
	for r.at < len(r.text) {
		r.at = skip(r.text, r.at, " \t;&|(")
		start := min(r.at, len(r.text)-1)
		name, value, readable := r.command()
		if r.open {
			return d.openCommand(r, start)
		}
		if name == "" {
			continue
		}
		d.addSpan(name, value, readable, start, r.at)
		last := &d.assignments[len(d.assignments)-1]
		last.sole = last.sole && r.at <= len(r.text) && (r.at == len(r.text) || isBreak(r.text[r.at]))
	}
	if len(r.documents) > 0 {
		return d.openCommand(r, 0)
	}
	return nil
}

// openCommand says where what never ends starts.
func (d *envDocument) openCommand(r shellReader, start int) error {
	if len(r.documents) > 0 {
		start = r.documents[0].at
	}
	return d.openEnd("shell file", start,
		"a command does not end: a quote, substitution or here-document is open, or the last line ends in a backslash")
}

// shellReader reads one simple command after the other.
type shellReader struct {
	text      []byte
	at        int
	open      bool
	documents []hereDocument
}

type hereDocument struct {
	delimiter string
	tabs      bool
	at        int // of its <<
}

// word is one shell word. Its value is literal if it does not depend on an expansion. It is written if anything stands
// there: two quotes are a word without a value.
type word struct {
	value   string
	literal bool
	written bool
}

// command reads up to the end of a simple command. It returns the assignment if that is all the command does: NAME=value
// or export NAME=value.
func (r *shellReader) command() (name, value string, readable bool) {
	var words []word
	for !r.open && r.at < len(r.text) {
		switch c := r.text[r.at]; {
		case c == ' ' || c == '\t':
			r.at++
		case c == '\r' && r.at+1 < len(r.text) && r.text[r.at+1] == '\n':
			r.at++
		case c == '\n' && len(words) > 0:
			return assignmentOf(words)
		case c == '\n':
			r.lineBreak()
			return "", "", false
		case c == ';' || c == '&' || c == '|' || c == '(' || c == ')':
			r.at++
			return assignmentOf(words)
		case c == '#':
			for r.at < len(r.text) && r.text[r.at] != '\n' {
				r.at++
			}
		case c == '<' || c == '>':
			r.redirect()
		default:
			words = append(words, r.word())
		}
	}
	return assignmentOf(words)
}

func assignmentOf(words []word) (name, value string, readable bool) {
	exported := len(words) == 2 && words[0].value == "export"
	if exported {
		words = words[1:]
	}
	if len(words) != 1 {
		return "", "", false
	}
	name, value, found := strings.Cut(words[0].value, "=")
	if !found || name == "" || strings.Trim(name, bareKeyCharacters) != "" || strings.Contains(name, "-") {
		return "", "", false
	}
	return name, value, words[0].literal && exported
}

// redirect reads < and >; << with a word opens a here-document.
func (r *shellReader) redirect() {
	rest := string(r.text[r.at:min(len(r.text), r.at+3)])
	if !strings.HasPrefix(rest, "<<") || rest == "<<<" {
		r.at += len(rest) - len(strings.TrimLeft(rest, "<>"))
		return
	}
	at := r.at
	r.at += 2
	tabs := r.at < len(r.text) && r.text[r.at] == '-'
	if tabs {
		r.at++
	}
	r.at = skip(r.text, r.at, " \t")
	delimiter := r.word()
	r.documents = append(r.documents, hereDocument{delimiter.value, tabs, at})
	r.open = r.open || !delimiter.written
}

// lineBreak passes over a line break and the bodies of the here-documents that its line opened.
func (r *shellReader) lineBreak() {
	if len(r.documents) == 0 {
		r.at++
	}
	for _, document := range r.documents {
		for closed := false; !closed; {
			r.at++ // the line break
			if r.at >= len(r.text) {
				r.open = true
				return
			}
			start := r.at
			for r.at < len(r.text) && r.text[r.at] != '\n' {
				r.at++
			}
			body := strings.TrimSuffix(string(r.text[start:r.at]), "\r")
			if document.tabs {
				body = strings.TrimLeft(body, "\t")
			}
			closed = body == document.delimiter
		}
	}
	r.documents = nil
}

func (r *shellReader) word() word {
	var value strings.Builder
	literal, written := true, false
	for !r.open && r.at < len(r.text) {
		c := r.text[r.at]
		switch {
		case strings.IndexByte(" \t\n;&|()<>", c) >= 0,
			c == '\r' && r.at+1 < len(r.text) && r.text[r.at+1] == '\n':
			return word{value.String(), literal, written}
		case c == '\\':
			if r.at++; r.at >= len(r.text) {
				r.open = true
			} else if r.text[r.at] != '\n' {
				value.WriteByte(r.text[r.at])
				written = true
			}
			r.at++
			continue
		case c == '\'':
			r.singleQuoted(&value)
		case c == '"':
			literal = r.doubleQuoted(&value) && literal
		case c == '$' || c == '`':
			literal = false
			r.expansion()
		case c == '*' || c == '?' || c == '[' || c == '~' || c == '{' || c == '\r':
			literal = false
			fallthrough
		default:
			value.WriteByte(c)
			r.at++
		}
		written = true
	}
	return word{value.String(), literal, written}
}

func (r *shellReader) singleQuoted(value *strings.Builder) {
	end := bytes.IndexByte(r.text[r.at+1:], '\'')
	if end < 0 {
		r.open = true
		return
	}
	value.Write(r.text[r.at+1 : r.at+1+end])
	r.at += end + 2
}

func (r *shellReader) doubleQuoted(value *strings.Builder) (literal bool) {
	literal = true
	for r.at++; r.at < len(r.text) && !r.open; {
		switch c := r.text[r.at]; c {
		case '"':
			r.at++
			return literal
		case '\\':
			if r.at++; r.at >= len(r.text) {
				r.open = true
				return false
			}
			if c = r.text[r.at]; c != '\n' {
				if strings.IndexByte("\"\\`$", c) < 0 {
					value.WriteByte('\\')
				}
				value.WriteByte(c)
			}
			r.at++
		case '$', '`':
			literal = false
			r.skipDollar(0)
		default:
			value.WriteByte(c)
			r.at++
		}
	}
	r.open = true
	return false
}
