package bootstrap

import "strings"

// scanSystemd follows the states of systemd's parser for EnvironmentFile=, which takes CR and LF for line breaks, lets
// quotes span lines and joins lines at a backslash.
func (d *envDocument) scanSystemd() error {
	continued := -1 // the line that a comment goes on in, for versions before 254
	for at := 0; ; {
		at = skip(d.text, at, " \t\r\n")
		if at >= len(d.text) {
			return nil
		}
		if d.text[at] == '#' || d.text[at] == ';' {
			escaped := false
			for ; at < len(d.text) && !isBreak(d.text[at]); at++ {
				escaped = d.text[at] == '\\' && !escaped
			}
			if escaped && at < len(d.text) {
				continued = d.lineAt(at) + 1
			}
			continue
		}
		reader := systemdReader{text: d.text, at: at, readable: d.lineAt(at) != continued}
		reader.assignment()
		if reader.open {
			return d.openEnd("systemd file", at, "a value does not end: a quote is open or the last line ends in a backslash")
		}
		if reader.assigned {
			d.addSpan(reader.name, reader.value.String(), reader.readable, at, reader.at)
		}
		at = reader.at
	}
}

func isBreak(c byte) bool { return c == '\n' || c == '\r' }

func skip(text []byte, at int, set string) int {
	for at < len(text) && strings.IndexByte(set, text[at]) >= 0 {
		at++
	}
	return at
}

// addSpan records an assignment between two offsets. It is sole when only blanks share its lines.
func (d *envDocument) addSpan(name, value string, readable bool, start, end int) {
	first := d.lineAt(start)
	last := d.lineAt(max(start, end-1))
	before := string(d.text[d.lines[first].start:start])
	after := string(d.text[min(end, d.lines[last].end):d.lines[last].end])
	if !readable {
		value = ""
	}
	d.assignments = append(d.assignments, assignment{
		name: name, value: value, readable: readable,
		sole: strings.TrimSpace(before) == "" && strings.TrimSpace(after) == "", first: first, last: last,
	})
}

func (d *envDocument) openEnd(format string, at int, problem string) error {
	l := d.lineAt(at)
	return &SyntaxError{Format: format, Line: l + 1, Column: at - d.lines[l].start + 1, Problem: problem}
}

// systemdReader reads one assignment and stops at the line break that ends it.
type systemdReader struct {
	text     []byte
	at       int
	name     string
	value    strings.Builder
	assigned bool
	readable bool
	open     bool
}

func (r *systemdReader) assignment() {
	start := r.at
	for r.at < len(r.text) && r.text[r.at] != '=' && !isBreak(r.text[r.at]) {
		r.at++
	}
	if r.at >= len(r.text) || r.text[r.at] != '=' {
		return
	}
	r.name = strings.TrimRight(string(r.text[start:r.at]), " \t")
	r.assigned = true
	r.at++
	for r.at < len(r.text) && !isBreak(r.text[r.at]) {
		switch c := r.text[r.at]; c {
		case ' ', '\t':
			r.at++
		case '\'', '"':
			r.quoted(c)
		default:
			r.unquoted()
			return
		}
	}
}

// quoted reads up to the closing quote. Before version 240 a backslash escaped in single quotes, since then it does
// not, so that a value with one there is not readable.
func (r *systemdReader) quoted(quote byte) {
	for r.at++; r.at < len(r.text); r.at++ {
		c := r.text[r.at]
		switch {
		case c == quote:
			r.at++
			return
		case c == '\\' && quote == '\'':
			r.readable = false
		case c == '\\':
			if r.at++; r.at >= len(r.text) {
				r.open = true
				return
			}
			r.escaped(r.text[r.at])
			continue
		}
		r.value.WriteByte(c)
	}
	r.open = true
}

// escaped takes the character after a backslash in double quotes; versions differ on all but the four.
func (r *systemdReader) escaped(c byte) {
	if strings.IndexByte("\"\\`$", c) < 0 {
		r.readable = false
	}
	r.value.WriteByte(c)
}

// unquoted reads a bare value, in which quotes are literal and a backslash takes the next character as it is.
func (r *systemdReader) unquoted() {
	kept := 0
	for ; r.at < len(r.text) && !isBreak(r.text[r.at]); r.at++ {
		c := r.text[r.at]
		if c == '\\' {
			if r.at++; r.at >= len(r.text) {
				r.open = true
				return
			}
			if c = r.text[r.at]; isBreak(c) {
				continue
			}
			r.value.WriteByte(c)
			kept = r.value.Len()
			continue
		}
		r.value.WriteByte(c)
		if c != ' ' && c != '\t' {
			kept = r.value.Len()
		}
	}
	trimmed := r.value.String()[:kept]
	r.value.Reset()
	r.value.WriteString(trimmed)
}
