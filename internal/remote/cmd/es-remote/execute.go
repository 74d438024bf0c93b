package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
)

// done is what came of a call.
type done struct {
	reports []remote.Report
	took    []time.Duration
}

// execute does what was asked for, as often as was asked for.
func (c *call) execute(ctx context.Context, pool *remote.Pool, clock func() time.Time, stdin io.Reader, stdout io.Writer) (done, error) {
	var d done
	edit, err := c.edit(stdin)
	if err != nil {
		return d, err
	}
	for range max(c.repeat, 1) {
		began := clock()
		report, err := pool.Transact(ctx, c.target, remote.Transaction{Paths: []string{c.path}, Become: c.become, Edit: edit})
		if err != nil {
			return d, err
		}
		d.reports, d.took = append(d.reports, report), append(d.took, clock().Sub(began))
	}
	state := d.reports[0].States[0]
	switch {
	case c.verb != "get":
		return d, nil
	case state.Err != nil:
		return d, state.Err
	case !state.Exists:
		return d, fmt.Errorf("%s does not exist on the host", state.Path)
	}
	_, err = stdout.Write(state.Content)
	return d, err
}

// edit words the verb as an edit; nil only reads.
func (c *call) edit(stdin io.Reader) (files.Edit, error) {
	switch c.verb {
	case "get":
		return nil, nil
	case "rm":
		return func(states []files.State) ([]files.Change, error) {
			return []files.Change{{Path: states[0].Path, Delete: true}}, nil
		}, nil
	}
	content, err := io.ReadAll(io.LimitReader(stdin, files.MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("read standard input: %w", err)
	}
	if len(content) > files.MaxSize {
		return nil, errors.New("standard input is larger than 1 MiB")
	}
	return func(states []files.State) ([]files.Change, error) {
		return []files.Change{{Path: states[0].Path, Content: content, Mode: c.mode, Owner: c.owner, Group: c.group}}, nil
	}, nil
}

// describe says what was done: nothing secret, on standard error.
func (c *call) describe(d done, stderr io.Writer) {
	report := d.reports[0]
	if c.target.HostKey.TrustOnFirstUse {
		for _, key := range report.HostKeys {
			_, _ = fmt.Fprintf(stderr, "%s presents %s (%s)\n", key.Address, key.Line, key.Fingerprint)
		}
	}
	if c.quiet {
		return
	}
	how := "in one shell session"
	if report.SFTP {
		how = "over SFTP"
	}
	what := "read"
	if len(report.Results) == 1 {
		what = report.Results[0].Outcome.String()
	}
	_, _ = fmt.Fprintf(stderr, "%s on %s as %s: %s %s, %s\n", report.States[0].Path, report.Address, report.User, what, how, timing(d.took))
	for _, note := range report.Notes {
		_, _ = fmt.Fprintln(stderr, note)
	}
}

// timing words how long each time took, in milliseconds.
func timing(took []time.Duration) string {
	text := fmt.Sprintf("%d ms with connecting", took[0].Milliseconds())
	for i, more := range took[1:] {
		separator := ", "
		if i == 0 {
			separator = ", then "
		}
		text += fmt.Sprintf("%s%d ms", separator, more.Milliseconds())
	}
	return text
}
