package bootstrap

import (
	"bytes"
	"strings"
)

// scan reads the assignments of a file in the editor's dialect.
func (e Env) scan(text []byte) (envDocument, error) {
	d := envDocument{document: splitLines(text)}
	if i := bytes.IndexByte(text, 0); i >= 0 {
		l := d.lineAt(i)
		return d, &SyntaxError{
			Format: e.title(), Line: l + 1, Column: i - d.lines[l].start + 1,
			Problem: "it holds a NUL byte",
		}
	}
	if n := len(text); n > 0 && text[n-1] == '\r' {
		return d, &SyntaxError{Format: e.title(), Line: len(d.lines), Problem: "it ends in half a line break (CR without LF)"}
	}
	var err error
	switch e.Format {
	case FormatShell:
		err = d.scanShell()
	case FormatSystemd:
		err = d.scanSystemd()
	default:
		err = d.scanDotenv()
	}
	d.mark()
	return d, err
}

// scanDotenv reads what docker, podman and Compose agree on. A quoted value over several lines is Compose's alone: its
// lines are passed over, and one that never ends is an error, since an entry added after it would be part of it.
func (d *envDocument) scanDotenv() error {
	for i := 0; i < len(d.lines); i++ {
		content := d.content(i)
		if i == 0 {
			content = strings.TrimPrefix(content, "\uFEFF")
		}
		content = strings.TrimLeft(content, " \t\v\f\r\u0085\u00A0")
		if content == "" || content[0] == '#' {
			continue
		}
		if rest, found := strings.CutPrefix(content, "export "); found {
			content = strings.TrimLeft(rest, " \t")
		}
		name, value, assigned := strings.Cut(content, "=")
		a := assignment{name: strings.TrimRight(name, " \t\r"), first: i, last: i, sole: true}
		if assigned {
			last, closed := d.quotedUntil(i, strings.TrimLeft(value, " \t"))
			if !closed {
				return &SyntaxError{
					Format: "dotenv file", Line: i + 1,
					Column:  len(d.content(i)) - len(value) + 1,
					Problem: "a value starts with a quote that is never closed",
				}
			}
			a.last, i = last, last
			a.value, a.readable = dotenvValue(value)
		}
		d.assignments = append(d.assignments, a)
	}
	return nil
}

// quotedUntil returns the line on which a value that starts with a quote ends.
func (d *envDocument) quotedUntil(i int, value string) (last int, closed bool) {
	if value == "" || value[0] != '"' && value[0] != '\'' {
		return i, true
	}
	quote, rest := value[0], value[1:]
	for {
		for j := 0; j < len(rest); j++ {
			if rest[j] == '\\' {
				j++
			} else if rest[j] == quote {
				return i, true
			}
		}
		if i++; i >= len(d.lines) {
			return i, false
		}
		rest = d.content(i)
	}
}

// dotenvValue returns a value that every reader takes literally.
func dotenvValue(value string) (string, bool) {
	structured := strings.HasPrefix(value, "{") || strings.HasPrefix(value, "[")
	if strings.ContainsFunc(value, func(r rune) bool {
		return dotenvUnsafe(r) || !structured && (r == '"' || r == '\\')
	}) {
		return "", false
	}
	return value, true
}
