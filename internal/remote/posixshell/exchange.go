package posixshell

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/process"
)

// exchange is the state of one running transaction.
type exchange struct {
	request files.Request
	become  *process.Become
	nonce   string
	proc    process.Process
	stream  *stream
	stderr  *process.Attendant
	report  files.Report
	greeted bool
	sent    bool
}

// Transact runs one transaction. Errors: ErrNoShell, *process.BecomeError,
// *files.ConflictError, *files.BusyError, *files.Error, *files.LostError, what Edit
// returned, or what start returned.
func Transact(ctx context.Context, start process.Start, become *process.Become, request files.Request) (files.Report, error) {
	if err := become.Check(); err != nil {
		return files.Report{}, err
	}
	mode, other := "r", "0"
	if request.Edit != nil {
		mode = "w"
	}
	if become != nil {
		other = "1"
	}
	nonce := process.Nonce()
	arguments := append([]string{nonce, mode, other}, request.Paths...)
	proc, err := start(ctx, become.Command(nonce, process.ShellCommand(script, arguments...)))
	if err != nil {
		return files.Report{}, err
	}
	defer proc.Kill()
	stop := context.AfterFunc(ctx, proc.Kill)
	defer stop()

	output := &probe{reader: proc.Stdout()}
	if become == nil {
		defer output.ask(silence, proc.Stdin())()
	}
	x := &exchange{request: request, become: become, nonce: nonce, proc: proc, stream: newStream(output, nonce), stderr: become.Attend(proc, nonce, process.MaxStderr)}
	err = x.run()
	if ctx.Err() != nil && err != nil {
		err = &files.LostError{Sent: x.sent, Cause: context.Cause(ctx)}
	}
	return x.report, err
}

func (x *exchange) run() error {
	if err := x.readStates(); err != nil {
		return x.explain(err)
	}
	if x.request.Edit == nil {
		return x.finish()
	}
	changes, err := x.request.Edit(x.report.States)
	if err != nil {
		return err
	}
	steps, err := files.Plan(x.report.States, changes, x.report.UID)
	if err != nil {
		return err
	}
	x.report.Begin(steps)
	if len(steps) == 0 {
		return nil
	}
	x.send(steps)
	if err := x.readResults(steps); err != nil {
		return x.explain(err)
	}
	return x.finish()
}

func (x *exchange) readStates() error {
	verb, rest, err := x.stream.next()
	if err != nil {
		return err
	}
	fields := strings.SplitN(rest, " ", 4)
	if verb != "hello" || len(fields) != 4 || fields[0] != "1" {
		return errors.New("remote script: unexpected greeting")
	}
	x.greeted = true
	if x.report.UID, err = strconv.Atoi(fields[1]); err != nil {
		return errors.New("remote script: id -u prints no number")
	}
	x.report.Home = fields[3]
	if fields[2] == "none" && x.request.Edit != nil {
		return &files.Error{Path: x.request.Paths[0], Reason: files.OtherFailure, Step: "compare", Detail: "the host has neither sha256sum nor cksum, so a change in between could not be noticed"}
	}
	for _, path := range x.request.Paths {
		state, err := x.stream.readState(path)
		if err != nil {
			return err
		}
		if state.Exists {
			state.Stamp = checksum(fields[2], state.Content) + " " + state.Stamp
		} else {
			state.Stamp = "none -"
		}
		x.report.States = append(x.report.States, state)
	}
	verb, _, err = x.stream.next()
	if err == nil && verb != "ready" {
		err = fmt.Errorf("remote script: %q where %q was expected", verb, "ready")
	}
	return err
}

// send writes the payload in one piece. The host changes nothing before it has
// read the last line. A failed write is not looked at: the script may have
// refused early and gone, and says why in its output.
func (x *exchange) send(steps []files.Step) {
	var payload bytes.Buffer
	fmt.Fprintf(&payload, "\n%s go\n", x.nonce)
	for _, step := range steps {
		if step.Change.Delete {
			fmt.Fprintf(&payload, "%d d %d - %s 0\n", step.Index+1, step.Levels, step.State.Stamp)
			continue
		}
		fmt.Fprintf(&payload, "%d w %o %s %s %d\n", step.Index+1, step.Change.Mode, step.Owner, step.State.Stamp, len(step.Change.Content))
		payload.Write(step.Change.Content)
		payload.WriteByte('\n')
	}
	fmt.Fprintf(&payload, "%s end\n", x.nonce)
	defer clear(payload.Bytes())
	x.sent = true
	_, _ = x.proc.Stdin().Write(payload.Bytes())
}

func (x *exchange) readResults(steps []files.Step) error {
	byIndex := make(map[int]files.Step, len(steps))
	for _, step := range steps {
		byIndex[step.Index] = step
	}
	for {
		verb, rest, err := x.stream.next()
		if err != nil {
			return err
		}
		if verb == "bye" {
			return nil
		}
		fields := strings.Fields(rest)
		if len(fields) == 0 {
			return fmt.Errorf("remote script: unexpected %q", verb)
		}
		number, err := strconv.Atoi(fields[0])
		step, ok := byIndex[number-1]
		if err != nil || !ok {
			return fmt.Errorf("remote script: unexpected %q", verb)
		}
		if err := x.take(verb, fields, step); err != nil {
			x.settle()
			return err
		}
	}
}

// take records what the script says about one file.
func (x *exchange) take(verb string, fields []string, step files.Step) error {
	switch {
	case verb == "stale":
		return &files.ConflictError{Path: step.State.Path}
	case verb == "fail" && len(fields) == 2:
		text, _, err := x.stream.content(maxNoise)
		if err != nil {
			return err
		}
		return files.Classify(step.State.Path, fields[1], string(text))
	case verb == "done" && len(fields) == 2:
		levels, err := strconv.Atoi(fields[1])
		if err != nil {
			return fmt.Errorf("remote script: unexpected %q", verb)
		}
		x.report.Finish(step, levels)
	default:
		return fmt.Errorf("remote script: unexpected %q", verb)
	}
	return nil
}

// settle waits until a script that refused has cleaned up and ended.
func (x *exchange) settle() {
	for err := error(nil); err == nil; {
		_, _, err = x.stream.next()
	}
	_, _ = x.proc.Wait()
}

// finish waits for the exit status: success is our last line and status 0.
func (x *exchange) finish() error {
	_, _, err := x.stream.next()
	if !errors.Is(err, io.EOF) {
		return x.explain(errors.Join(err, errors.New("remote script: more output than expected")))
	}
	code, err := x.proc.Wait()
	if err != nil || code != 0 {
		return x.explain(io.EOF)
	}
	return nil
}

// explain turns the end of the output into what it means.
func (x *exchange) explain(cause error) error {
	if refused := x.stderr.Refused(); refused != nil {
		return refused
	}
	if !errors.Is(cause, io.EOF) {
		return cause
	}
	code, err := x.proc.Wait()
	switch {
	case err != nil:
		return &files.LostError{Sent: x.sent, Cause: err}
	case x.greeted && !x.sent && x.request.Edit != nil:
		return &files.BusyError{}
	case x.greeted:
		return &files.LostError{Sent: x.sent, Cause: fmt.Errorf("the remote script ended with status %d", code)}
	case x.become != nil:
		return x.stderr.Err(code)
	default:
		return ErrNoShell
	}
}
