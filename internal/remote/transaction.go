package remote

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/process"
)

// Transaction is what to do with some files of one host.
type Transaction struct {
	// Paths are the files: absolute, or starting with ~/.
	Paths []string
	// Become is the user whose files they are; nil for the login user.
	Become *process.Become
	// Edit decides the changes; nil only reads.
	Edit files.Edit
}

// Report is what a transaction saw and did. It is filled as far as the
// transaction went also when there is an error.
type Report struct {
	// States are the files as they were before the changes, in the order of the
	// paths.
	States []files.State
	// Results are what became of them, in the same order; nil for a read.
	Results []files.Result
	// User and Address are the account and the "host:port" really used.
	User, Address string
	// Port is the port really used; 0 for the local transport.
	Port int
	// HostKeys are the keys that each hop presented, first hop first; empty where
	// the transport does not tell.
	HostKeys []HostKey
	// UID is the numeric user on the host, -1 if unknown; Home the home directory.
	UID  int
	Home string
	// SFTP reports that the account has no shell and its files were changed over
	// SFTP, without a lock.
	SFTP bool
	// Notes are sentences worth telling a user, no errors.
	Notes []string

	remains files.Remains
}

// maxConflicts is how often a transaction is begun again because somebody else
// changed a file in between, maxLost how often because the connection broke.
const (
	maxConflicts = 5
	maxLost      = 2
)

// Transact runs a transaction. All of its files are read before Edit is called,
// and none is changed before the whole new content is on the host.
//
// Errors, besides the cause of ctx's end and what Edit returned: *ConnectError,
// *AuthError, *hostkey.Error, *hostkey.PinError, *credential.KeyError,
// *credential.AgentError, *sshconfig.ConfigError, *TransportError,
// *process.BecomeError, *files.Error, *files.ConflictError, *files.BusyError,
// *files.LostError, ErrClosed; any of them inside a *files.RemainsError when
// temporary files may lie on a host that could not be reached again.
func (p *Pool) Transact(ctx context.Context, target Target, tx Transaction) (Report, error) {
	paths := make([]string, len(tx.Paths))
	for i, given := range tx.Paths {
		cleaned, err := files.CleanPath(given)
		if err != nil {
			return Report{}, err
		}
		if slices.Contains(paths[:i], cleaned) {
			return Report{}, fmt.Errorf("%s is named twice", cleaned)
		}
		paths[i] = cleaned
	}
	tx.Paths = paths
	if err := tx.Become.Check(); err != nil {
		return Report{}, err
	}
	reach, err := p.reach(ctx, target)
	if err != nil {
		return Report{}, err
	}
	if tx.Edit != nil {
		unlock, err := p.writers.lock(ctx, reach.key())
		if err != nil {
			return Report{}, err
		}
		defer unlock()
	}
	// Writers of one host queue up before they take a place from another host.
	leave, err := p.enter(ctx)
	if err != nil {
		return Report{}, err
	}
	defer leave()
	return p.repeat(ctx, reach, tx)
}

// Read returns the files as they are, in the order of the paths.
func (p *Pool) Read(ctx context.Context, target Target, become *process.Become, paths ...string) (Report, error) {
	return p.Transact(ctx, target, Transaction{Paths: paths, Become: become})
}

// repeat begins a transaction again when somebody else was faster, or when the
// connection broke. That is safe after a write too: Edit sees what is there now.
// What an attempt left on the host goes before the next one, whose work a request
// still under way could otherwise undo.
func (p *Pool) repeat(ctx context.Context, reach reacher, tx Transaction) (Report, error) {
	var so attempts
	for {
		report, err := reach.transact(ctx, tx)
		so.left.Add(report.remains)
		if err == nil {
			so.credit(report.Results)
			so.left.Dirs = nil
		}
		if err == nil || ctx.Err() != nil || !so.another(report, err) {
			err = so.explain(&report, err)
			err = p.tidy(ctx, reach, so.left, &report, err)
			return report, err
		}
		if so.conflicted {
			p.options.Sleep(ctx, time.Duration(so.conflicts)*20*time.Millisecond)
		}
		so.left = p.remove(ctx, reach, so.left)
	}
}

// reacher is one way to work on a host.
type reacher interface {
	// key is the same for all targets that mean the same account.
	key() string
	// transact runs one attempt.
	transact(ctx context.Context, tx Transaction) (Report, error)
	// start runs a command line.
	start(ctx context.Context, report *Report) (process.Start, func(), error)
}

// reach settles how to get to the target.
func (p *Pool) reach(ctx context.Context, target Target) (reacher, error) {
	switch target.Transport {
	case Native, "":
		way, err := p.resolve(ctx, target)
		if err != nil {
			return nil, err
		}
		return &nativeReach{pool: p, way: way, wait: target.Wait}, nil
	case OpenSSH:
		return p.reachOpenSSH(ctx, target)
	case Local:
		return &localReach{pool: p}, nil
	}
	return nil, &TransportError{Transport: target.Transport, Detail: "there is no such transport; use native, openssh or local"}
}
