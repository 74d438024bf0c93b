// Command bench compares the provider with what people use instead: side by side, in turn, on this machine. It prints one
// Markdown document and needs nothing but Go, Terraform and what scripts/bench installs.
//
//	make bench                        everything, less than fifteen minutes, into bench/RESULTS.md
//	make bench BENCH="-only tokens"   one section: tokens, overhead, bootstrap, fleet, edits
//	make bench BENCH="-quick"         small counts and one round, to see that it works
//	make bench BENCH="-publish"       puts bench/RESULTS.md into the page on performance and the README; measures nothing
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// bench is one run of the benchmark.
type bench struct {
	quick    bool
	parts    string // folder with the programs that scripts/bench installed
	folder   string // holds everything that is made; removed at the end
	document document
	log      io.Writer
	started  time.Time
	states   *httptest.Server
	tools
}

// section measures one part of the document.
type section struct {
	name    string
	measure func(*bench) error
}

var sections = []section{
	{"tokens", (*bench).tokens},
	{"overhead", (*bench).overhead},
	{"bootstrap", (*bench).bootstrap},
	{"fleet", (*bench).fleet},
	{"edits", (*bench).edits},
}

// run does what the arguments ask for; the document goes to out and, with -results, into a file. A section that fails is
// named in the document and fails the run once the others are done.
func run(arguments []string, out, log io.Writer) (err error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	only := flags.String("only", "", "sections to measure, separated by commas")
	quick := flags.Bool("quick", false, "small counts and one round")
	parts := flags.String("parts", filepath.Join(".cache", "bench"), "folder with the other tools")
	results := flags.String("results", "", "also write the document to this file")
	page := flags.String("publish", "", "measure nothing; put the file of -results into this page, between its marks")
	readme := flags.String("readme", "", "measure nothing; put the results in short into this page, between its marks")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if *page != "" || *readme != "" {
		return publish(*results, *page, *readme)
	}
	chosen, err := choose(*only)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "earthscope-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	b := &bench{quick: *quick, parts: *parts, folder: folder, log: log, started: time.Now(), states: stateServer()}
	defer b.states.Close()
	if err := b.build(); err != nil {
		return err
	}
	failure := b.measure(chosen)
	text := b.document.markdown()
	if *results != "" {
		if err := os.WriteFile(*results, []byte("# Results\n\n"+text), 0o644); err != nil { //nolint:gosec // a page that is published
			return err
		}
	}
	if _, err := io.WriteString(out, text); err != nil {
		return err
	}
	return failure
}

// measure fills the document, section by section, and returns what failed.
func (b *bench) measure(chosen []section) error {
	var failures []error
	b.document.machine = b.describeMachine()
	for _, s := range chosen {
		b.progress("== %s", s.name)
		if err := s.measure(b); err != nil {
			b.skip("section %s failed, so that figures of it are missing", s.name) // the error itself names folders
			failures = append(failures, fmt.Errorf("section %s: %w", s.name, err))
			b.progress("%v", failures[len(failures)-1])
		}
	}
	b.document.machine = append(b.document.machine, fmt.Sprintf("measured in %s", time.Since(b.started).Round(time.Second)))
	return errors.Join(failures...)
}

// choose picks sections by name; none means all.
func choose(only string) ([]section, error) {
	if only == "" {
		return sections, nil
	}
	var chosen []section
	for name := range strings.SplitSeq(only, ",") {
		at := slices.IndexFunc(sections, func(s section) bool { return s.name == name })
		if at < 0 {
			return nil, fmt.Errorf("there is no section %q", name)
		}
		chosen = append(chosen, sections[at])
	}
	return chosen, nil
}

// progress tells what is being done, with the time since the start.
func (b *bench) progress(format string, arguments ...any) {
	_, _ = fmt.Fprintf(b.log, "%5.0f s  %s\n", time.Since(b.started).Seconds(), fmt.Sprintf(format, arguments...))
}

// skip notes what can't be measured here.
func (b *bench) skip(format string, arguments ...any) {
	line := fmt.Sprintf(format, arguments...)
	b.progress("SKIPPED: %s", line)
	b.document.missing = append(b.document.missing, line)
}

// rounds is how often something is measured.
func (b *bench) rounds(usual int) int {
	if b.quick {
		return 1
	}
	return usual
}
