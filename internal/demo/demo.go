package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/sshserver"
)

// step is one part of the demo. Steps run in order and may build on what
// earlier ones left in the demo's fields.
type step struct {
	title string
	run   func(*demo, context.Context) error
	// hosts says that the step needs hosts, which have a POSIX shell.
	hosts bool
}

// steps are what the demo shows.
var steps = []step{
	{"Build the provider and start a sandbox in place of EarthScope", (*demo).prepare, false},
	{"Log in, as \"es login\" does, with a token that is about to expire", (*demo).login, false},
	{"Plan and apply an example that hands the token on", (*demo).applyEphemeral, false},
	{"Plan and apply again: nothing changes", (*demo).applyAgain, false},
	{"Look for secrets in all that Terraform wrote", (*demo).findNoSecret, false},
	{"The same token through a plain data source", (*demo).applyDataSource, false},
	{"Give two hosts behind a bastion a session each", (*demo).bootstrapHosts, true},
	{"Change files on the hosts by hand: the plan names them, the apply repairs", (*demo).repairHosts, true},
	{"Look for secrets again, the SSH key included", (*demo).searchHostRuns, true},
	{"Destroy: nothing of ours is left on the hosts", (*demo).removeFromHosts, true},
	{"The engine alone: put, read and remove a file with es-remote", (*demo).useRemoteCommand, true},
}

// demo is what the steps share.
type demo struct {
	out       *printer
	verbose   bool
	environ   []string // of the caller
	work      *workspace
	terraform *terraform
	server    *identity.Server
	secrets   secrets
	ephemeral *configuration

	fleet   *sshserver.Fleet
	hosts   *configuration
	before  []snapshot // of the hosts' homes, as they were
	arrived []snapshot // and after the first apply
}

// demonstrate runs every step and cleans up, also when ctx ends.
func demonstrate(ctx context.Context, out *printer, environ []string, verbose bool) (err error) {
	d := &demo{out: out, verbose: verbose, environ: environ}
	if d.terraform, err = findTerraform(ctx, environ); err != nil {
		return err
	}
	if d.work, err = newWorkspace(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.work.remove()) }()
	defer func() {
		if d.fleet != nil {
			err = errors.Join(err, d.fleet.Close())
		}
		if d.server != nil {
			d.server.Close()
		}
	}()
	for number, s := range steps {
		out.heading(number+1, s.title)
		if s.hosts && runtime.GOOS == "windows" {
			out.warning("Left out: the hosts of this demo need a POSIX shell, which Windows lacks.")
			continue
		}
		if err := s.run(d, ctx); err != nil {
			return fmt.Errorf("step %d (%s): %w", number+1, s.title, err)
		}
	}
	return nil
}

// timed runs part of a step and says how long it took.
func (d *demo) timed(what string, work func() error) error {
	d.out.begin(what)
	started := time.Now()
	err := work()
	d.out.end(time.Since(started), err)
	return err
}
