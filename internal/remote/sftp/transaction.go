package sftp

import (
	"context"
	"errors"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/process"
)

// transaction is one that is running.
type transaction struct {
	client  *client
	request files.Request
	report  files.Report
	home    string
	owned   string // four characters that mark temporary files of this process
	found   []found
	changes []*change
	sent    bool
}

// found is what is known of a file besides its files.State.
type found struct {
	wire     string // the path to use on the wire: links resolved
	dir      string // its directory
	attr     attributes
	missing  []string // directories to make, outermost first, as wire paths
	existing bool
}

// Transact runs one transaction over proc, which is an SFTP server. mark are
// four letters or digits by which this process knows its own temporary files.
// Errors: *files.ConflictError, *files.Error, *files.LostError, what Edit
// returned.
func Transact(ctx context.Context, proc process.Process, mark string, request files.Request) (files.Report, error) {
	defer proc.Kill()
	stop := context.AfterFunc(ctx, proc.Kill)
	defer stop()
	var nobody *process.Become
	nobody.Attend(proc, "", 0) // its standard error has to be read by somebody
	t := &transaction{request: request, owned: mark}
	t.report.UID = -1
	c, version, err := newClient(proc.Stdin(), proc.Stdout())
	if err == nil {
		t.client = c
		err = t.run(version)
	}
	t.report.Remains = t.remains()
	return t.report, t.explain(ctx, err)
}

// explain separates what the server refused from a connection that broke.
func (t *transaction) explain(ctx context.Context, err error) error {
	var refused *files.Error
	var conflict *files.ConflictError
	var edit *editError
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return &files.LostError{Sent: t.sent, Cause: context.Cause(ctx)}
	case errors.As(err, &edit):
		return edit.err
	case errors.As(err, &refused), errors.As(err, &conflict):
		return err
	}
	return &files.LostError{Sent: t.sent, Cause: err}
}

// editError marks an error that is the caller's own.
type editError struct{ err error }

func (e *editError) Error() string { return e.err.Error() }

func (t *transaction) run(version *request) error {
	if err := t.readAll(version); err != nil {
		return err
	}
	if t.request.Edit == nil {
		return nil
	}
	changes, err := t.request.Edit(t.report.States)
	if err != nil {
		return &editError{err}
	}
	steps, err := files.Plan(t.report.States, changes, -1)
	if err != nil {
		return &editError{err}
	}
	t.report.Begin(steps)
	if len(steps) == 0 {
		return nil
	}
	return t.apply(steps)
}
