package main

import (
	"fmt"
	"math"
	"strings"
)

// table is one table of the document.
type table struct {
	title string
	note  string // what is compared, and what was left out
	head  []string
	rows  [][]string
}

func (t *table) row(cells ...string) { t.rows = append(t.rows, cells) }

// goal is a figure that is to be reached.
type goal struct {
	what  string
	got   float64
	limit float64
	// atLeast turns the comparison round: the figure must not be lower.
	atLeast bool
	unit    string
	// short puts the figure among the few that the README quotes.
	short bool
}

// reached reports whether the goal is met. What was not measured is not.
func (g goal) reached() bool {
	if g.atLeast {
		return g.got >= g.limit
	}
	return g.got <= g.limit
}

// document collects what is printed at the end.
type document struct {
	machine []string
	goals   []goal
	tables  []*table
	missing []string // what could not be measured, and why
}

// table begins a new table.
func (d *document) table(title, note string, head ...string) *table {
	t := &table{title: title, note: note, head: head}
	d.tables = append(d.tables, t)
	return t
}

// goal adds a goal unless its figure was not measured in this run.
func (d *document) goal(g goal) {
	if !math.IsNaN(g.got) {
		d.goals = append(d.goals, g)
	}
}

// markdown is the whole document.
func (d *document) markdown() string {
	var text strings.Builder
	text.WriteString("Every figure is the median of its rounds, with the least and the most behind it. The contenders of a table ran in turn.\n\n")
	for _, line := range d.machine {
		text.WriteString("- " + line + "\n")
	}
	if short := d.short(); short != "" {
		text.WriteString(shortHeading + short)
	}
	if len(d.goals) > 0 {
		goals := table{title: "Goals", head: []string{"figure", "goal", "measured", "reached"}}
		for _, g := range d.goals {
			goals.row(g.what, g.limitText(), number(g.got)+g.unit, yesNo(g.reached()))
		}
		goals.markdown(&text)
	}
	for _, t := range d.tables {
		t.markdown(&text)
	}
	if len(d.missing) > 0 {
		text.WriteString("\n## Not measured\n\n")
		for _, line := range d.missing {
			text.WriteString("- " + line + "\n")
		}
	}
	return text.String()
}

func (g goal) limitText() string {
	if g.atLeast {
		return "at least " + number(g.limit) + g.unit
	}
	return "at most " + number(g.limit) + g.unit
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "**no**"
}

func (t *table) markdown(text *strings.Builder) {
	fmt.Fprintf(text, "\n## %s\n\n", t.title)
	if t.note != "" {
		text.WriteString(t.note + "\n\n")
	}
	line := func(cells []string) { text.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	line(t.head)
	text.WriteString(strings.Repeat("|---", len(t.head)) + "|\n")
	for _, row := range t.rows {
		line(row)
	}
}

// shortHeading begins what the README quotes.
const shortHeading = "\n## In short\n\n"

// short lists the few figures that say most.
func (d *document) short() string {
	var text strings.Builder
	for _, g := range d.goals {
		if g.short {
			fmt.Fprintf(&text, "- %s: %s\n", g.what, number(g.got)+g.unit)
		}
	}
	return text.String()
}
