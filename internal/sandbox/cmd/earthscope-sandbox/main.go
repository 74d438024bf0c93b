// Command earthscope-sandbox runs the identity server and API of the tests on
// its own, so that a person or a script can point the provider, the EarthScope
// SDK or its CLI at it, and talks to one that runs.
//
//	go run ./internal/sandbox/cmd/earthscope-sandbox --help
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
)

// Exit statuses: the usual ones of command line programs.
const (
	exitOK = iota
	exitFailure
	exitUsage
)

const overview = `earthscope-sandbox runs a made-up EarthScope identity server and API on this
machine. Nothing in it is real: no account, no key, no data.

Usage:
  earthscope-sandbox [serve] [flags]   run a sandbox until SIGINT or SIGTERM
  earthscope-sandbox login [flags]     log in to a running sandbox, write tokens.json
  earthscope-sandbox call [flags]      call the API with an access token, print the answer
  earthscope-sandbox requests [flags]  print what a running sandbox was asked
  earthscope-sandbox control [flags]   steer a running sandbox: clock, faults, device logins
  earthscope-sandbox COMMAND --help    the flags of a command

Exit status: 0 done, 1 failed, 2 wrong usage.
`

// usageError is a mistake in the arguments.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func usagef(format string, arguments ...any) error {
	return &usageError{fmt.Sprintf(format, arguments...)}
}

// program is what a command may touch.
type program struct {
	env            func(string) string
	stdin          io.Reader
	stdout, stderr io.Writer
	// outputLost is the first failure to write to stdout, on a full disk for example.
	outputLost error
}

// printf writes to standard output; run reports when that fails.
func (p *program) printf(format string, arguments ...any) {
	if _, err := fmt.Fprintf(p.stdout, format, arguments...); err != nil && p.outputLost == nil {
		p.outputLost = fmt.Errorf("write to standard output: %w", err)
	}
}

// complain writes to standard error. Where that fails nobody can be told.
func (p *program) complain(format string, arguments ...any) {
	_, _ = fmt.Fprintf(p.stderr, format, arguments...)
}

// commands by name; the first argument of a run that names none is a flag of
// serve.
var commands = map[string]func(*program, context.Context, []string) error{
	"serve":    (*program).serve,
	"login":    (*program).login,
	"call":     (*program).call,
	"requests": (*program).requests,
	"control":  (*program).control,
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	p := &program{env: os.Getenv, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}
	os.Exit(p.run(ctx, os.Args[1:]))
}

// run returns the exit status of one invocation.
func (p *program) run(ctx context.Context, arguments []string) int {
	name := "serve"
	if len(arguments) > 0 {
		switch first := arguments[0]; {
		case first == "help" || first == "--help" || first == "-h" || first == "-help":
			p.printf("%s\nFlags of serve:\n", overview)
			flags, _ := serveFlags()
			p.printFlags(flags)
			return exitOK
		case first != "" && first[0] != '-':
			name, arguments = first, arguments[1:]
		}
	}
	command, ok := commands[name]
	if !ok {
		p.complain("earthscope-sandbox: unknown command %q; see earthscope-sandbox --help\n", name)
		return exitUsage
	}
	err := command(p, ctx, arguments)
	if err == nil {
		err = p.outputLost
	}
	var usage *usageError
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
		return exitOK
	case errors.As(err, &usage):
		p.complain("earthscope-sandbox %s: %v\nSee earthscope-sandbox %s --help\n", name, err, name)
		return exitUsage
	default:
		p.complain("earthscope-sandbox %s: %v\n", name, err)
		return exitFailure
	}
}

// parse reads flags. Help goes to standard output, a mistake becomes a usageError.
func (p *program) parse(flags *flag.FlagSet, introduction string, arguments []string) error {
	flags.SetOutput(io.Discard)
	flags.Usage = func() {}
	err := flags.Parse(arguments)
	if errors.Is(err, flag.ErrHelp) {
		p.printf("%s\nFlags:\n", introduction)
		p.printFlags(flags)
		return err
	}
	if err != nil {
		return usagef("%v", err)
	}
	return nil
}

// printFlags lists flags with two dashes, as the rest of the help spells them.
func (p *program) printFlags(flags *flag.FlagSet) {
	flags.VisitAll(func(f *flag.Flag) {
		value, usage := flag.UnquoteUsage(f)
		name := "--" + f.Name
		if value != "" {
			name += " " + value
		}
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0s" {
			usage += " (default " + f.DefValue + ")"
		}
		p.printf("  %-34s %s\n", name, usage)
	})
}
