package remote

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/posixshell"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/process"
)

// Command is a command to run on a host.
type Command struct {
	// Text is a POSIX shell command. It is visible in the host's process list, so
	// it must hold no secret.
	Text string
	// Stdin is its standard input.
	Stdin []byte
	// Become is the user to run it as; nil for the login user.
	Become *process.Become
	// MaxOutput bounds what is kept of each stream, in bytes; 0 means 16 KiB.
	MaxOutput int
}

// Output is what a command printed. It may hold secrets of the host: whoever
// shows it removes them first.
type Output struct {
	// ExitCode is the command's exit status.
	ExitCode int
	// Stdout and Stderr are the beginnings of the streams, without what start-up
	// files printed.
	Stdout, Stderr []byte
	// Truncated reports that there was more.
	Truncated bool
}

// CommandLostError reports a connection that broke while a command ran: whether it
// has done its work is not known.
type CommandLostError struct {
	// Cause is what the transport said.
	Cause error
}

// Error implements error.
func (e *CommandLostError) Error() string {
	return fmt.Sprintf("the connection broke while the command ran, so its result is not known: %v", e.Cause)
}

// Unwrap returns the cause.
func (e *CommandLostError) Unwrap() error { return e.Cause }

// runScript prints the nonce to both streams, so that what start-up files
// printed can be told apart, and runs the command.
const runScript = `printf "\n%s\n" "$1"; printf "\n%s\n" "$1" >&2; eval "$(printf %b "$2")"`

// Run runs a command with POSIX sh, whatever the login shell, and waits for its
// end. A command that fails is no error: look at the exit code. Errors are those
// of Transact, without those about files; *CommandLostError; posixshell.ErrNoShell if the account
// has no shell. The command is never run twice.
func (p *Pool) Run(ctx context.Context, target Target, command Command) (Output, error) {
	if err := command.Become.Check(); err != nil {
		return Output{}, err
	}
	leave, err := p.enter(ctx)
	if err != nil {
		return Output{}, err
	}
	defer leave()
	reach, err := p.reach(ctx, target)
	if err != nil {
		return Output{}, err
	}
	for losses := 0; ; losses++ {
		var report Report
		start, done, err := reach.start(ctx, &report)
		if err != nil {
			return Output{}, err
		}
		var output Output
		err = p.becoming(ctx, reach.key(), command.Become, func() (err error) {
			output, err = run(ctx, start, command)
			return err
		})
		done()
		// A connection that was lost before the command began is no harm.
		if !errors.Is(err, errLinkLost) || losses == maxLost || ctx.Err() != nil {
			return output, err
		}
	}
}

func run(ctx context.Context, start process.Start, command Command) (Output, error) {
	if command.MaxOutput <= 0 {
		command.MaxOutput = 16 << 10
	}
	nonce := process.Nonce()
	proc, err := start(ctx, command.Become.Command(nonce, process.ShellCommand(runScript, nonce, command.Text)))
	if err != nil {
		return Output{}, err
	}
	defer proc.Kill()
	stop := context.AfterFunc(ctx, proc.Kill)
	defer stop()
	stderr := command.Become.Attend(proc, nonce, command.MaxOutput)
	output, began, err := collect(proc, nonce, command)
	switch {
	case ctx.Err() != nil:
		return output, fmt.Errorf("the command did not end in time: %w", context.Cause(ctx))
	case stderr.Refused() != nil:
		return output, stderr.Refused()
	case err != nil && began:
		return output, &CommandLostError{Cause: err}
	case err != nil:
		code, waitErr := proc.Wait()
		if waitErr != nil {
			return output, &files.LostError{Cause: waitErr}
		}
		if refused := stderr.Err(code); refused != nil {
			return output, refused
		}
		return output, posixshell.ErrNoShell
	}
	if output.ExitCode, err = proc.Wait(); err != nil {
		return output, &CommandLostError{Cause: err}
	}
	text, more := stderr.Text()
	if _, after, found := bytes.Cut([]byte(text), []byte("\n"+nonce+"\n")); found {
		output.Stderr = after
	}
	output.Truncated = output.Truncated || more
	return output, nil
}

// collect waits until the command begins, hands it its input and keeps the
// beginning of its output. The error means that it did not begin, or that the
// output broke off.
func collect(proc process.Process, nonce string, command Command) (output Output, began bool, err error) {
	reader := bufio.NewReader(proc.Stdout())
	for {
		line, err := reader.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return Output{}, false, err
		}
		if string(line) == nonce+"\n" {
			break
		}
	}
	go func() {
		_, _ = proc.Stdin().Write(command.Stdin) // a command may leave its input unread
		_ = proc.Stdin().Close()
	}()
	kept, err := io.ReadAll(io.LimitReader(reader, int64(command.MaxOutput)))
	if err == nil {
		var rest int64
		rest, err = io.Copy(io.Discard, reader)
		output.Truncated = rest > 0
	}
	output.Stdout = kept
	return output, true, err
}
