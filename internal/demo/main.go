// Command demo shows the provider at work: it builds it, starts a sandbox in
// place of EarthScope and hosts behind a bastion, and lets the real Terraform
// apply examples/demo. It needs Go and Terraform and nothing to sign up for,
// works in a temporary folder, and leaves nothing behind.
//
//	go run ./internal/demo        (or: make demo)
//
// Every claim it prints is checked; the exit status is 1 when one does not
// hold, 130 when it was interrupted.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// Exit statuses.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130 // 128 + SIGINT, as shells have it
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(os.Args) > 1 && os.Args[1] == standIn {
		os.Exit(runStandIn(ctx, os.Args[2:], os.Environ(), os.Stdout, os.Stderr))
	}
	os.Exit(run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}

// runStandIn is what a host's "es" does.
func runStandIn(ctx context.Context, arguments, environ []string, stdout, stderr io.Writer) int {
	if err := getProfile(ctx, arguments, environ, stdout); err != nil {
		_, _ = fmt.Fprintln(stderr, err)
		return exitFailed
	}
	return exitDone
}

// run does the demo and returns the exit status.
func run(ctx context.Context, arguments, environ []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.SetOutput(stderr)
	verbose := flags.Bool("v", false, "show what Terraform prints, secrets removed")
	if err := flags.Parse(arguments); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return exitDone
		}
		return exitUsage
	}
	started := time.Now()
	out := newPrinter(stdout, isTerminal(stdout, environ))
	err := demonstrate(ctx, out, environ, *verbose)
	switch {
	case err == nil:
		out.done("All of this was checked, in %d s.", int(time.Since(started).Seconds()+0.5))
		return exitDone
	case ctx.Err() != nil:
		_, _ = fmt.Fprintln(stderr, "\nInterrupted. The sandbox is stopped and the temporary folder removed.")
		return exitInterrupted
	default:
		_, _ = fmt.Fprintf(stderr, "\nThe demo failed: %v\n", err)
		return exitFailed
	}
}
