package remote

import (
	"context"
	"os"
	"os/exec"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/posixshell"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/process"
)

// localReach works on this machine's own files, with the same script.
type localReach struct{ pool *Pool }

// key implements reacher.
func (r *localReach) key() string { return "local" }

// start implements reacher.
func (r *localReach) start(_ context.Context, report *Report) (process.Start, func(), error) {
	shell, err := exec.LookPath("sh")
	if err != nil {
		return nil, nil, &TransportError{Transport: Local, Detail: "this machine has no POSIX shell (sh); run in WSL, or name the machine and use SSH"}
	}
	*report = Report{User: r.pool.options.LocalUser, Address: "localhost", UID: os.Getuid()}
	return func(_ context.Context, command string) (process.Process, error) {
		cmd := exec.Command(shell, "-c", command) //nolint:gosec,noctx // a constant script; ended through its streams, so that it can clean up
		cmd.Env = r.pool.options.Environ
		if r.pool.options.Home != "" {
			cmd.Env = append(cmd.Environ(), "HOME="+r.pool.options.Home)
		}
		cmd.Dir = "/"
		return process.FromCommand(cmd)
	}, func() {}, nil
}

// transact implements reacher.
func (r *localReach) transact(ctx context.Context, tx Transaction) (Report, error) {
	return r.pool.transactByShell(ctx, r, tx)
}

// transactByShell runs an attempt with a way that always has a shell.
func (p *Pool) transactByShell(ctx context.Context, r reacher, tx Transaction) (Report, error) {
	var report Report
	start, done, err := r.start(ctx, &report)
	if err != nil {
		return report, err
	}
	defer done()
	var result files.Report
	err = p.becoming(ctx, r.key(), tx.Become, func() (err error) {
		result, err = posixshell.Transact(ctx, start, tx.Become, files.Request{Paths: tx.Paths, Edit: tx.Edit})
		return err
	})
	report.States, report.Results, report.UID, report.Home = result.States, result.Results, result.UID, result.Home
	return report, err
}
