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

// Request is one transaction.
type Request struct {
	// Paths are the files, as files.CleanPath returns them.
	Paths []string
	// Become is the user whose files they are; nil for the login user.
	Become *process.Become
	// Edit decides the changes; nil only reads.
	Edit files.Edit
}

// Report is what a transaction saw and did. It is valid as far as it goes also
// when Transact returns an error: Results then tell which files were replaced.
type Report struct {
	// States are the files as they were before.
	States []files.State
	// Results are in the order of the paths; nil for a read.
	Results []files.Result
	// UID is the numeric user on the host; 0 is root. Home is the home directory,
	// empty if there is none.
	UID  int
	Home string
}

// LostError reports that the exchange broke off. Each file is the old one or
// the new one; Sent tells whether the new content was on its way, so that only
// reading the files again can tell which.
type LostError struct {
	// Sent is true once the complete payload was handed to the connection.
	Sent bool
	// Cause is what the transport said.
	Cause error
}

// Error implements error.
func (e *LostError) Error() string {
	if e.Sent {
		return fmt.Sprintf("connection lost before the host confirmed the write: %v", e.Cause)
	}
	return fmt.Sprintf("connection lost, nothing was written: %v", e.Cause)
}

// Unwrap returns the cause.
func (e *LostError) Unwrap() error { return e.Cause }

// exchange is the state of one running transaction.
type exchange struct {
	request Request
	nonce   string
	proc    process.Process
	stream  *stream
	stderr  *process.Attendant
	report  Report
	greeted bool
	sent    bool
}

// Transact runs one transaction. Errors: ErrNoShell, *process.BecomeError,
// *files.ConflictError, *files.BusyError, *files.Error, *LostError, what Edit
// returned, or what start returned.
func Transact(ctx context.Context, start process.Start, request Request) (Report, error) {
	if err := request.Become.Check(); err != nil {
		return Report{}, err
	}
	mode, become := "r", "0"
	if request.Edit != nil {
		mode = "w"
	}
	if request.Become != nil {
		become = "1"
	}
	nonce := process.Nonce()
	arguments := append([]string{nonce, mode, become}, request.Paths...)
	proc, err := start(ctx, request.Become.Command(nonce, process.ShellCommand(script, arguments...)))
	if err != nil {
		return Report{}, err
	}
	defer proc.Kill()
	stop := context.AfterFunc(ctx, proc.Kill)
	defer stop()

	output := &probe{reader: proc.Stdout()}
	if request.Become == nil {
		defer output.ask(silence, proc.Stdin())()
	}
	x := &exchange{request: request, nonce: nonce, proc: proc, stream: newStream(output, nonce), stderr: request.Become.Attend(proc, nonce)}
	err = x.run()
	if ctx.Err() != nil && err != nil {
		err = &LostError{Sent: x.sent, Cause: context.Cause(ctx)}
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
	x.report.Results = make([]files.Result, len(x.report.States))
	for i, state := range x.report.States {
		x.report.Results[i] = files.Result{Path: state.Path, Outcome: files.Unchanged}
	}
	if len(steps) == 0 {
		return nil
	}
	for _, step := range steps {
		x.report.Results[step.Index].Outcome = files.Pending
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
	fields := strings.SplitN(rest, " ", 3)
	if verb != "hello" || len(fields) != 3 || fields[0] != "1" {
		return errors.New("remote script: unexpected greeting")
	}
	x.greeted = true
	if x.report.UID, err = strconv.Atoi(fields[1]); err != nil {
		return errors.New("remote script: id -u prints no number")
	}
	x.report.Home = fields[2]
	for _, path := range x.request.Paths {
		state, err := x.stream.readState(path)
		if err != nil {
			return err
		}
		if state.Exists {
			state.Stamp = cksum(state.Content) + " " + state.Stamp
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
	result := &x.report.Results[step.Index]
	switch {
	case verb == "stale":
		return &files.ConflictError{Path: step.State.Path}
	case verb == "fail" && len(fields) == 2:
		text, _, err := x.stream.content(maxNoise)
		if err != nil {
			return err
		}
		return files.Classify(step.State.Path, fields[1], string(text))
	case verb == "done" && len(fields) == 2 && step.Change.Delete:
		levels, _ := strconv.Atoi(fields[1])
		result.Outcome = files.Deleted
		dirs := files.ParentDirs(step.State.Path, levels)
		for i := len(dirs) - 1; i >= 0; i-- {
			result.RemovedDirs = append(result.RemovedDirs, dirs[i])
		}
	case verb == "done":
		result.Outcome = files.Written
		result.CreatedDirs = x.newDirs(step.State.MissingDirs)
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

// newDirs drops the directories that an earlier file of the transaction made.
func (x *exchange) newDirs(missing []string) []string {
	var dirs []string
	for _, dir := range missing {
		taken := false
		for _, result := range x.report.Results {
			for _, created := range result.CreatedDirs {
				taken = taken || created == dir
			}
		}
		if !taken {
			dirs = append(dirs, dir)
		}
	}
	return dirs
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
	if !errors.Is(cause, io.EOF) {
		return cause
	}
	code, err := x.proc.Wait()
	switch {
	case err != nil:
		return &LostError{Sent: x.sent, Cause: err}
	case x.greeted && !x.sent && x.request.Edit != nil:
		return &files.BusyError{}
	case x.greeted:
		return &LostError{Sent: x.sent, Cause: fmt.Errorf("the remote script ended with status %d", code)}
	case x.request.Become != nil:
		return x.stderr.Err(code)
	default:
		return ErrNoShell
	}
}
