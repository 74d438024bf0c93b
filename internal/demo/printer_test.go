package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestPrinter_layout(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := newPrinter(&out, false)
	p.heading(1, "A step")
	p.begin("terraform plan")
	p.end(1240*time.Millisecond, nil)
	p.begin("terraform apply")
	p.end(0, errors.New("refused"))
	p.fact("who", "%s", strings.Repeat("word ", 14))
	p.raw("one\ntwo\n")
	want := "\n1. A step\n" +
		"   terraform plan " + strings.Repeat(".", 44) + " ok  1.2 s\n" +
		"   terraform apply " + strings.Repeat(".", 43) + " failed  0.0 s\n" +
		"   who                 " + strings.TrimSpace(strings.Repeat("word ", 11)) + "\n" +
		"                       word word word\n" +
		"   | one\n   | two\n"
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", &out, want)
	}
}

func TestPrinter_colours(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	newPrinter(&out, true).warning("careful")
	if want := "   \x1b[33mcareful\x1b[0m\n"; out.String() != want {
		t.Errorf("got %q, want %q", &out, want)
	}
	if isTerminal(&out, nil) {
		t.Error("a buffer is taken for a terminal")
	}
}

func TestWrap_longWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                   "",
		"one two":            "one two",
		"one two three":      "one two|three",
		"a/very/long/path x": "a/very/long/path|x",
	} {
		if got := strings.Join(wrap(text, 7), "|"); got != want {
			t.Errorf("wrap(%q) = %q, want %q", text, got, want)
		}
	}
}
