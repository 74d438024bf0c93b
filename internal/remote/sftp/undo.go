package sftp

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/process"
)

// isRefusal tells an answer of the server from a connection that broke.
func isRefusal(err error) bool {
	var status *statusError
	return errors.As(err, &status)
}

// undo takes back what a failed transaction left on the host, as far as the
// connection still stands; remains tells what it did not get to.
func (t *transaction) undo(changes []*change) {
	removals := make([]*request, len(changes))
	for i, c := range changes {
		if c.temp != "" {
			removals[i] = t.client.onPath(typeRemove, c.temp)
		}
	}
	for i, c := range changes {
		if removals[i] != nil && gone(removals[i].ok()) {
			c.temp = ""
		}
	}
	for _, c := range slices.Backward(changes) {
		for _, dir := range slices.Backward(c.made) {
			if err := t.client.onPath(typeRmdir, dir).ok(); err != nil && !isRefusal(err) {
				return
			}
			c.made = c.made[:len(c.made)-1]
		}
	}
}

// gone reports that a removal leaves nothing behind.
func gone(err error) bool { return err == nil || hasStatus(err, statusNoSuchFile) }

// remains lists what is not known to be gone.
func (t *transaction) remains() files.Remains {
	var left files.Remains
	for _, c := range t.changes {
		if c.temp != "" {
			left.Temporary = append(left.Temporary, files.Temporary{Path: c.temp, Created: c.handle != ""})
		}
		for _, dir := range c.made {
			if !slices.Contains(left.Dirs, dir) {
				left.Dirs = append(left.Dirs, dir)
			}
		}
	}
	return left
}

// patience are the pauses before a file is looked for again that was not there:
// the server may still be working on what it got before the connection broke.
var patience = []time.Duration{100 * time.Millisecond, 400 * time.Millisecond}

// Remove removes, over proc, what an earlier exchange left: its temporary files,
// then its directories where they are empty. It returns what it could not
// remove. pause waits.
func Remove(ctx context.Context, proc process.Process, left files.Remains, pause func(context.Context, time.Duration)) files.Remains {
	defer proc.Kill()
	stop := context.AfterFunc(ctx, proc.Kill)
	defer stop()
	var nobody *process.Become
	nobody.Attend(proc, "", 0) // its standard error has to be read by somebody
	c, version, err := newClient(proc.Stdin(), proc.Stdout())
	if err != nil {
		return left
	}
	if <-version.done; version.err != nil {
		return left
	}
	kept := files.Remains{Temporary: left.Temporary}
	for round := 0; len(kept.Temporary) > 0; round++ {
		last := round == len(patience) || ctx.Err() != nil
		if kept.Temporary = c.removeAll(kept.Temporary, last); last {
			break
		}
		if len(kept.Temporary) > 0 {
			pause(ctx, patience[round])
		}
	}
	for _, dir := range slices.Backward(left.Dirs) {
		if err := c.onPath(typeRmdir, dir).ok(); err != nil && !isRefusal(err) {
			kept.Dirs = append([]string{dir}, kept.Dirs...)
		}
	}
	return kept
}

// removeAll returns the files that may still be there: what could not be removed
// and, but for the last round, what was not there without having been seen before.
func (c *client) removeAll(temporary []files.Temporary, last bool) (kept []files.Temporary) {
	answers := make([]*request, len(temporary))
	for i, file := range temporary {
		answers[i] = c.onPath(typeRemove, file.Path)
	}
	for i, file := range temporary {
		err := answers[i].ok()
		if err == nil || hasStatus(err, statusNoSuchFile) && (file.Created || last) {
			continue
		}
		kept = append(kept, file)
	}
	return kept
}
