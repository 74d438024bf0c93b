package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// event is one line of `go test -json`, as `go doc test2json` describes it.
type event struct {
	Action      string
	Package     string
	ImportPath  string
	Test        string
	Output      string
	Elapsed     float64
	FailedBuild string
}

// summary counts tests, subtests included. A package that fails without a failed test (it did not build, it
// panicked, it timed out) counts as one failure.
type summary struct {
	out                     io.Writer
	passed, failed, skipped int
	output                  map[string][]string // by package and test, until its end is known
	build                   map[string][]string // what the compiler said, by import path
	failedIn                map[string]int      // failed tests by package
	skips                   []string
}

func newSummary(out io.Writer) *summary {
	return &summary{
		out:      out,
		output:   map[string][]string{},
		build:    map[string][]string{},
		failedIn: map[string]int{},
	}
}

// read takes events until the input ends. Lines that are not events, such as `go: downloading`, are passed through.
func (s *summary) read(in io.Reader) error {
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadString('\n')
		if line != "" {
			var e event
			if json.Unmarshal([]byte(line), &e) == nil && e.Action != "" {
				s.take(e)
			} else {
				fmt.Fprint(s.out, line)
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (s *summary) take(e event) {
	key := e.Package + " " + e.Test
	switch e.Action {
	case "output":
		s.output[key] = append(s.output[key], e.Output)
	case "build-output":
		s.build[e.ImportPath] = append(s.build[e.ImportPath], e.Output)
	case "pass", "fail", "skip":
		if e.Test != "" {
			s.endTest(e, s.output[key])
		} else {
			s.endPackage(e, s.output[key])
		}
		delete(s.output, key)
	}
}

func (s *summary) endTest(e event, output []string) {
	switch e.Action {
	case "pass":
		s.passed++
	case "skip":
		s.skipped++
		s.skips = append(s.skips, fmt.Sprintf("%s %s: %s", e.Package, e.Test, skipReason(output)))
	case "fail":
		s.failed++
		s.failedIn[e.Package]++
		fmt.Fprint(s.out, strings.Join(output, ""))
	}
}

func (s *summary) endPackage(e event, output []string) {
	if e.Action != "fail" {
		for _, line := range output {
			if strings.HasPrefix(line, "ok ") || strings.HasPrefix(line, "?") {
				fmt.Fprint(s.out, line)
			}
		}
		return
	}
	if s.failedIn[e.Package] == 0 {
		s.failed++
	}
	fmt.Fprint(s.out, strings.Join(s.build[e.FailedBuild], ""))
	s.printUnfinished(e.Package)
	fmt.Fprint(s.out, strings.Join(output, ""))
}

// printUnfinished prints the output of tests that never ended, which is where a panic or a timeout shows.
func (s *summary) printUnfinished(name string) {
	for key, lines := range s.output {
		if strings.HasPrefix(key, name+" ") && key != name+" " {
			fmt.Fprint(s.out, strings.Join(lines, ""))
			delete(s.output, key)
		}
	}
}

// finish prints the skips and the counts.
func (s *summary) finish() {
	for _, skip := range s.skips {
		fmt.Fprintln(s.out, "SKIPPED", skip)
	}
	fmt.Fprintf(s.out, "go test: %d passed, %d failed, %d skipped\n", s.passed, s.failed, s.skipped)
}

// skipReason joins what a skipped test printed, without the runner's own marks.
func skipReason(output []string) string {
	var reasons []string
	for _, line := range output {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "=== ") || strings.HasPrefix(line, "--- ") {
			continue
		}
		reasons = append(reasons, line)
	}
	if len(reasons) == 0 {
		return "no reason given"
	}
	return strings.Join(reasons, " ")
}
