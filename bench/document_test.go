package main

import (
	"errors"
	"io"
	"math"
	"strings"
	"testing"
)

func TestSummarize(t *testing.T) {
	for name, test := range map[string]struct {
		values []float64
		want   figure
		text   string
	}{
		"one":    {[]float64{2}, figure{2, 2, 2}, "2"},
		"odd":    {[]float64{3, 1, 2}, figure{2, 1, 3}, "2 (1..3)"},
		"even":   {[]float64{4, 1, 2, 3}, figure{2.5, 1, 4}, "2.50 (1..4)"},
		"digits": {[]float64{0.01234, 123.4, 12.34}, figure{12.34, 0.01234, 123.4}, "12.3 (0.0123..123)"},
	} {
		t.Run(name, func(t *testing.T) {
			got := summarize(test.values)
			if got != test.want || got.text() != test.text {
				t.Errorf("%v %q, want %v %q", got, got.text(), test.want, test.text)
			}
		})
	}
	if got := summarize(nil).text(); got != "-" {
		t.Errorf("no values: %q", got)
	}
}

func TestGoal_reached(t *testing.T) {
	for _, test := range []struct {
		goal goal
		want bool
	}{
		{goal{got: 1, limit: 1}, true},
		{goal{got: 1.01, limit: 1}, false},
		{goal{got: math.NaN(), limit: 1}, false},
		{goal{got: 7, limit: 7, atLeast: true}, true},
		{goal{got: 6.9, limit: 7, atLeast: true}, false},
	} {
		if got := test.goal.reached(); got != test.want {
			t.Errorf("%+v: reached %t", test.goal, got)
		}
	}
}

func TestDocument_markdown(t *testing.T) {
	d := document{machine: []string{"2 cores"}, missing: []string{"ansible: no Python"}}
	d.goal(goal{what: "requests", got: 1, limit: 1, short: true})
	d.goal(goal{what: "speed", got: 6, limit: 7, atLeast: true, unit: "x"})
	d.goal(goal{what: "not in this run", got: math.NaN(), limit: 1})
	d.table("Tokens", "One consumer.", "way", "wall").row("ours", "1.00")
	want := "Every figure is the median of its rounds, with the least and the most behind it. The contenders of a table ran in turn.\n\n" +
		"- 2 cores\n\n## In short\n\n- requests: 1\n\n## Goals\n\n| figure | goal | measured | reached |\n|---|---|---|---|\n" +
		"| requests | at most 1 | 1 | yes |\n| speed | at least 7x | 6x | **no** |\n" +
		"\n## Tokens\n\nOne consumer.\n\n| way | wall |\n|---|---|\n| ours | 1.00 |\n\n## Not measured\n\n- ansible: no Python\n"
	if got := d.markdown(); got != want {
		t.Errorf("document:\n%s\nwant:\n%s", got, want)
	}
}

// A section that fails costs neither the figures of the others nor goes unnoticed.
func TestMeasure_failedSection(t *testing.T) {
	b := bench{log: io.Discard}
	broken := errors.New("it broke")
	err := b.measure([]section{
		{"first", func(*bench) error { return broken }},
		{"second", func(b *bench) error { b.document.table("Second", "", "a").row("1"); return nil }},
	})
	if !errors.Is(err, broken) {
		t.Errorf("error = %v", err)
	}
	if text := b.document.markdown(); !strings.Contains(text, "- section first failed") || !strings.Contains(text, "## Second") {
		t.Errorf("document:\n%s", text)
	}
}

// What was not measured is no figure, not a zero.
func TestOutcome_figure(t *testing.T) {
	o := outcome{figures: map[string]figure{wallSeconds: {2, 2, 2}}}
	if got := o.figure(wallSeconds).text() + " " + o.figure(cpuSeconds).text(); got != "2 -" {
		t.Errorf("figures = %q", got)
	}
}
