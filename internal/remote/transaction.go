package remote

import (
	"context"
	"errors"
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
// *files.LostError, ErrClosed.
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
func (p *Pool) repeat(ctx context.Context, reach reacher, tx Transaction) (Report, error) {
	begun := make(map[string][]string) // directories that a lost attempt may have made
	conflicts, losses := 0, 0
	for {
		report, err := reach.transact(ctx, tx)
		var conflict *files.ConflictError
		var busy *files.BusyError
		var broken *files.LostError
		switch {
		case err == nil:
			credit(report.Results, begun)
			return report, nil
		case ctx.Err() != nil:
			return report, err
		case errors.As(err, &conflict) || errors.As(err, &busy):
			if conflicts++; conflicts > maxConflicts {
				return report, err
			}
			p.options.Sleep(ctx, time.Duration(conflicts)*20*time.Millisecond)
		case errors.As(err, &broken) || errors.Is(err, errLinkLost):
			if losses++; losses > maxLost {
				return report, err
			}
			if broken != nil && broken.Sent {
				for _, state := range report.States {
					begun[state.Path] = append(begun[state.Path], state.MissingDirs...)
				}
			}
		default:
			return report, err
		}
	}
}

// credit completes the results with what an attempt did whose confirmation was
// lost.
func credit(results []files.Result, begun map[string][]string) {
	for i := range results {
		dirs, ok := begun[results[i].Path]
		if !ok {
			continue
		}
		if results[i].Outcome == files.Unchanged {
			results[i].Outcome = files.Written
		}
		for _, dir := range dirs {
			if results[i].Outcome == files.Written && !slices.Contains(results[i].CreatedDirs, dir) {
				results[i].CreatedDirs = append(results[i].CreatedDirs, dir)
			}
		}
		slices.SortFunc(results[i].CreatedDirs, func(a, b string) int { return len(a) - len(b) })
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
