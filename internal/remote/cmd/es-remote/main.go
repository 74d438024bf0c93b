// Command es-remote puts, reads and removes a file on a host with the engines
// of this module, so that a person can try and time them.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM) //nolint:forbidigo // the first context of a program
	defer stop()
	os.Exit(run(ctx, os.Args[1:], remote.SystemOptions(), os.Stdin, os.Stdout, os.Stderr))
}

// Exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// run is main with everything injected; it returns the exit code.
func run(ctx context.Context, args []string, options remote.Options, stdin io.Reader, stdout, stderr io.Writer) int {
	call, err := parse(args, options, stderr)
	switch {
	case errors.Is(err, errHelp):
		_, _ = fmt.Fprint(stdout, usage)
		return exitDone
	case err != nil:
		_, _ = fmt.Fprintf(stderr, "es-remote: %v\nRun es-remote --help for the options.\n", err)
		return exitUsage
	}
	pool := remote.NewPool(options)
	defer func() { _ = pool.Close() }()
	if call.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, call.timeout)
		defer cancel()
	}
	done, err := call.execute(ctx, pool, options.Clock, stdin, stdout)
	if err != nil {
		_, _ = fmt.Fprintf(stderr, "es-remote: %v\n", err)
		return exitFailed
	}
	call.describe(done, stderr)
	return exitDone
}
