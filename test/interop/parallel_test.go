package interop_test

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
)

// each is how many processes of either side run at once.
const each = 4

// The CLI takes no lock, so that a rotating server has to grant leeway for
// CLI processes to survive each other; with ours among them nothing changes.
func TestParallel_cliAndOursOnOneHome(t *testing.T) {
	t.Parallel()
	for title, options := range map[string]identity.Options{
		"not rotating":         {},
		"rotating with leeway": {Rotating: true, Leeway: time.Minute},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			es := cli(t)
			w := newWorld(t, options)
			w.expiring()
			set := w.login("default", identity.User{})
			w.lasting()
			executable, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			var processes []*process
			for range each {
				processes = append(processes, w.start(es, "user", "get-access-token"), w.start(executable, "get-token"))
			}
			issued := map[string]bool{}
			for _, p := range processes {
				issued[p.wait(t)] = true
			}
			if issued[set.AccessToken] || issued[""] {
				t.Error("a process worked with the expiring token, or with none")
			}
			after := w.stored("default")
			if !issued[after.Access] {
				t.Error("the access token saved is none of those that were handed out")
			}
			if !w.server.RefreshTokenValid(after.Refresh) {
				t.Error("the refresh token saved is dead")
			}
			w.neverTwice()
			// Ours make one request at most; each of the CLI's one at most.
			if got := w.server.Requests().TokenRequests(); got < 1 || got > each+1 {
				t.Errorf("token requests = %d, want 1 to %d", got, each+1)
			}
			same(t, "the next CLI's token", w.es(nil, "user", "get-access-token"), after.Access)
			same(t, "our next token", w.ours(), after.Access)
		})
	}
}

// process is a running program that prints a token.
type process struct {
	command        *exec.Cmd
	stdout, stderr *bytes.Buffer
}

func (w *world) start(program string, arguments ...string) *process {
	w.t.Helper()
	command, stdout, stderr := w.program(program, nil, arguments...)
	if err := command.Start(); err != nil {
		w.t.Fatal(err)
	}
	return &process{command, stdout, stderr}
}

// wait returns the token that the process printed.
func (p *process) wait(t *testing.T) string {
	t.Helper()
	if err := p.command.Wait(); err != nil {
		t.Errorf("%s: %v: %s", p.command.Path, err, p.stderr)
	}
	return strings.TrimSpace(p.stdout.String())
}

// The SDK, which takes no lock, rotates the login between our reading and the
// server's answer to us: within the leeway both go on, and neither's token is
// lost or overwritten by a dead one.
func TestParallel_theSDKWinsTheRace(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{Rotating: true, Leeway: time.Minute})
	python := startSDK(t)
	w.expiring()
	w.login("default", identity.User{})
	w.lasting()
	// Our request is held while the SDK's goes through and is saved.
	reached, release := make(chan struct{}), make(chan struct{})
	if err := w.server.Fault(identity.Fault{
		Kind: identity.FaultSlow, Endpoint: identity.EndpointToken, Release: release, Reached: func() { close(reached) },
	}); err != nil {
		t.Fatal(err)
	}
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	held := w.start(executable, "get-token")
	<-reached
	theirs := python.tokens(w, always)
	close(release)
	access := held.wait(t)
	if access == "" {
		t.Fatal("we got no token")
	}
	after := w.stored("default")
	if !w.server.RefreshTokenValid(after.Refresh) {
		t.Error("the refresh token saved is dead")
	}
	if after.Access != access && after.Access != theirs.Access {
		t.Error("the access token saved is neither ours nor theirs")
	}
	w.neverTwice()
}
