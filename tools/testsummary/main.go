// Command testsummary reads the output of `go test -json` on standard input and prints what a person wants of it:
// one line a package, the whole output of what failed, every skip with its reason, and the counts.
//
// The exit status is 1 when a test or a package failed and 2 when the input cannot be read. Given -counts FILE, the
// numbers are also written there as "passed failed skipped", for a script that adds checks of its own.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "testsummary:", err)
		if errors.Is(err, errFailures) {
			os.Exit(1)
		}
		os.Exit(2)
	}
}

// errFailures is returned when the input was read and tells of a failure.
var errFailures = errors.New("there were failures")

// run reads the events of in and reports on out.
func run(arguments []string, in io.Reader, out io.Writer) error {
	flags := flag.NewFlagSet("testsummary", flag.ContinueOnError)
	countsFile := flags.String("counts", "", "also write \"passed failed skipped\" to this file")
	if err := flags.Parse(arguments); err != nil {
		return fmt.Errorf("reading arguments: %w", err)
	}
	summary := newSummary(out)
	if err := summary.read(in); err != nil {
		return fmt.Errorf("reading the output of go test: %w", err)
	}
	summary.finish()
	if *countsFile != "" {
		line := fmt.Sprintf("%d %d %d\n", summary.passed, summary.failed, summary.skipped)
		if err := os.WriteFile(*countsFile, []byte(line), 0o644); err != nil {
			return fmt.Errorf("writing the counts: %w", err)
		}
	}
	if summary.failed > 0 {
		return errFailures
	}
	return nil
}
