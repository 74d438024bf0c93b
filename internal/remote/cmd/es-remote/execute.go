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

// execute does what was asked for and returns the report of the last time.
func (c *call) execute(ctx context.Context, pool *remote.Pool, stdin io.Reader, stdout io.Writer) (remote.Report, error) {
	edit, err := c.edit(stdin)
	if err != nil {
		return remote.Report{}, err
	}
	var report remote.Report
	for range max(c.repeat, 1) {
		report, err = pool.Transact(ctx, c.target, remote.Transaction{Paths: []string{c.path}, Become: c.become, Edit: edit})
		if err != nil {
			return report, err
		}
	}
	if c.verb != "get" {
		return report, nil
	}
	state := report.States[0]
	switch {
	case state.Err != nil:
		return report, state.Err
	case !state.Exists:
		return report, fmt.Errorf("%s does not exist on the host", state.Path)
	}
	_, err = stdout.Write(state.Content)
	return report, err
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
func (c *call) describe(report remote.Report, took time.Duration, stderr io.Writer) {
	if c.target.HostKey.TrustOnFirstUse {
		for _, key := range report.HostKeys {
			_, _ = fmt.Fprintf(stderr, "%s presents %s (%s)\n", key.Address, key.Line, key.Fingerprint)
		}
	}
	if !c.verbose {
		return
	}
	how := "in one shell session"
	if report.SFTP {
		how = "over SFTP"
	}
	done := "read"
	if len(report.Results) == 1 {
		done = report.Results[0].Outcome.String()
	}
	_, _ = fmt.Fprintf(stderr, "%s on %s as %s: %s %s, %d ms\n", report.States[0].Path, report.Address, report.User, done, how, took.Milliseconds())
	for _, note := range report.Notes {
		_, _ = fmt.Fprintln(stderr, note)
	}
}
