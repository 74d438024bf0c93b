package remote

import (
	"bytes"
	"context"
	"errors"
	"slices"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/posixshell"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/process"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/sftp"
)

// nativeReach works on a host over a connection of the pool.
type nativeReach struct {
	pool *Pool
	way  route
	wait Wait
}

func (n *nativeReach) target() endpoint { return n.way.hops[len(n.way.hops)-1] }

// key implements reacher. Accounts, not connections, are what writers take turns
// on: two sets of credentials may lead to the same files.
func (n *nativeReach) key() string { return n.target().user + "@" + n.target().address() }

func (n *nativeReach) report(l *link) Report {
	return Report{User: n.target().user, Address: n.target().address(), Port: n.target().port, HostKeys: l.seen, Notes: n.way.notes, UID: -1}
}

// start implements reacher.
func (n *nativeReach) start(ctx context.Context, report *Report) (process.Start, func(), error) {
	l, err := n.pool.acquireWaiting(ctx, n.way.hops, n.wait)
	if err != nil {
		return nil, nil, err
	}
	*report = n.report(l)
	if l.noShell.Load() {
		n.pool.release(l)
		return nil, nil, posixshell.ErrNoShell
	}
	return l.start, func() { n.pool.release(l) }, nil
}

// transact implements reacher.
func (n *nativeReach) transact(ctx context.Context, tx Transaction) (Report, error) {
	l, err := n.pool.acquireWaiting(ctx, n.way.hops, n.wait)
	if err != nil {
		return Report{}, err
	}
	defer n.pool.release(l)
	report := n.report(l)
	if !l.noShell.Load() {
		var done files.Report
		err := n.pool.becoming(ctx, n.key(), tx.Become, func() (err error) {
			done, err = posixshell.Transact(ctx, l.start, tx.Become, files.Request{Paths: tx.Paths, Edit: tx.Edit})
			return err
		})
		report.States, report.Results, report.UID, report.Home = done.States, done.Results, done.UID, done.Home
		n.retireIfLost(l, err)
		if !errors.Is(err, posixshell.ErrNoShell) {
			return report, err
		}
		l.noShell.Store(true)
	}
	if tx.Become != nil {
		return report, &TransportError{Transport: Native, Detail: "the account has no shell, so it can't become another user"}
	}
	if err = n.transactSFTP(ctx, l, tx, &report); err == nil {
		n.pool.rememberNoShell(l)
	}
	return report, err
}

// rememberNoShell spares later connections the question, to which some accounts
// answer with a second of silence.
func (p *Pool) rememberNoShell(l *link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.noShell[l.key] = true
}

// windowsNote warns of what modes mean there.
const windowsNote = "the host runs Windows, where access is governed by access control lists: the modes that are shown and set protect nothing; " +
	"check with icacls who can read the files"

// transactSFTP runs the attempt for an account without a shell.
func (n *nativeReach) transactSFTP(ctx context.Context, l *link, tx Transaction, report *Report) error {
	proc, err := l.startSubsystem(ctx, "sftp")
	if errors.Is(err, posixshell.ErrNoShell) {
		return &TransportError{Transport: Native, Detail: "the account has neither a POSIX shell nor SFTP"}
	}
	if err != nil {
		n.retireIfLost(l, err)
		return err
	}
	report.SFTP = true
	if bytes.Contains(l.client.ServerVersion(), []byte("Windows")) {
		report.Notes = append(slices.Clone(report.Notes), windowsNote)
	}
	done, err := sftp.Transact(ctx, proc, n.pool.mark, files.Request{Paths: tx.Paths, Edit: tx.Edit})
	report.States, report.Results, report.UID, report.Home = done.States, done.Results, done.UID, done.Home
	report.remains = done.Remains
	n.retireIfLost(l, err)
	return err
}

// retireIfLost makes sure that the next attempt gets a connection of its own,
// whatever broke.
func (n *nativeReach) retireIfLost(l *link, err error) {
	var broken *files.LostError
	if errors.As(err, &broken) || errors.Is(err, errLinkLost) {
		n.pool.retire(l)
	}
}
