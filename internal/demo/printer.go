package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"
)

// width is the longest line printed; factWidth the column of the values.
const (
	width     = 78
	factWidth = 20
	indent    = "   "
)

// printer writes the demo's report: headings, timed actions, facts.
type printer struct {
	out    io.Writer
	colour bool
}

func newPrinter(out io.Writer, colour bool) *printer { return &printer{out: out, colour: colour} }

// isTerminal reports whether out shows colours: it is a terminal that is not
// "dumb", and NO_COLOR is not set (no-color.org).
func isTerminal(out io.Writer, environ []string) bool {
	file, ok := out.(*os.File)
	if !ok {
		return false
	}
	for _, assignment := range environ {
		name, value, _ := strings.Cut(assignment, "=")
		if name == "NO_COLOR" && value != "" || name == "TERM" && value == "dumb" {
			return false
		}
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// The few colours used, as ECMA-48 parameters.
const (
	bold   = "1"
	green  = "32"
	yellow = "33"
	red    = "31"
)

// printf writes to the report. A report that can't be written has nowhere to
// say so.
func (p *printer) printf(format string, values ...any) { _, _ = fmt.Fprintf(p.out, format, values...) }

func (p *printer) paint(parameter, text string) string {
	if !p.colour {
		return text
	}
	return "\x1b[" + parameter + "m" + text + "\x1b[0m"
}

// heading starts a step.
func (p *printer) heading(number int, title string) {
	p.printf("\n%s\n", p.paint(bold, fmt.Sprintf("%d. %s", number, title)))
}

// begin names an action whose end follows on the same line.
func (p *printer) begin(what string) {
	p.printf("%s%s %s ", indent, what, strings.Repeat(".", max(3, width-20-len(what))))
}

func (p *printer) end(took time.Duration, err error) {
	verdict := p.paint(green, "ok")
	if err != nil {
		verdict = p.paint(red, "failed")
	}
	p.printf("%s  %.1f s\n", verdict, took.Seconds())
}

// fact prints a value beside its name, wrapped below itself.
func (p *printer) fact(name, format string, values ...any) {
	lines := wrap(fmt.Sprintf(format, values...), width-len(indent)-factWidth)
	for i, line := range lines {
		if i > 0 {
			name = ""
		}
		p.printf("%s%-*s%s\n", indent, factWidth, name, line)
	}
}

// warning prints a paragraph that should be noticed.
func (p *printer) warning(format string, values ...any) {
	for _, line := range wrap(fmt.Sprintf(format, values...), width-len(indent)) {
		p.printf("%s%s\n", indent, p.paint(yellow, line))
	}
}

// raw prints another program's output, indented.
func (p *printer) raw(text string) {
	for line := range strings.Lines(strings.TrimRight(text, "\n") + "\n") {
		p.printf("%s| %s", indent, line)
	}
}

// done prints the last line.
func (p *printer) done(format string, values ...any) {
	p.printf("\n%s\n", p.paint(green, fmt.Sprintf(format, values...)))
}

// wrap breaks text at spaces so that no line is longer than limit, except for
// words that are.
func wrap(text string, limit int) []string {
	lines := []string{""}
	for _, word := range strings.Fields(text) {
		last := &lines[len(lines)-1]
		switch {
		case *last == "":
			*last = word
		case utf8.RuneCountInString(*last)+1+utf8.RuneCountInString(word) <= limit:
			*last += " " + word
		default:
			lines = append(lines, word)
		}
	}
	return lines
}
