package remote

import (
	"errors"
	"os"
	"slices"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/sshserver"
)

// TestTransact_unconfirmedThenAway cuts the connection after the host has written,
// before it can say so, and keeps the host off. The error must not sound as if
// nothing had been written.
func TestTransact_unconfirmedThenAway(t *testing.T) {
	t.Parallel()
	h := startHost(t, nil)
	h.SetFaults(sshserver.Fault{Point: sshserver.Stdout, After: 300, Do: sshserver.Cut, Times: 1})
	pool := newPool(t, func(o *Options) { o.Sleep = noPause })
	report, err := pool.Transact(testContext(t), h.target, Transaction{Paths: []string{"~/new/a"}, Edit: func([]files.State) ([]files.Change, error) {
		return []files.Change{{Path: "~/new/a", Content: []byte("new")}}, h.SetBoot(sshserver.BootReset) // for new connections
	}})
	var lost *files.LostError
	var away *ConnectError
	if !errors.As(err, &lost) || !lost.Sent || !errors.As(err, &away) || away.Kind != Dropped {
		t.Errorf("error = %T %v, want a *files.LostError after sending around a *ConnectError", err, err)
	}
	if len(report.States) != 1 || report.States[0].Path != "~/new/a" {
		t.Errorf("states = %+v, want those of the attempt that was sent", report.States)
	}
	if err := h.WaitIdle(testContext(t)); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(h.home + "/new/a"); err != nil || string(got) != "new" {
		t.Errorf("content = %q, %v: the cut came too early for this test", got, err)
	}
}

func TestAttempts_another(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err   error
		times int
	}{
		"conflict":        {&files.ConflictError{Path: "~/a"}, maxConflicts},
		"busy":            {&files.BusyError{}, maxConflicts},
		"lost":            {&files.LostError{Cause: errors.New("x")}, maxLost},
		"lost before":     {&ConnectError{Kind: Closed, Err: errLinkLost}, maxLost},
		"refused":         {&files.Error{Reason: files.NoSpace}, 0},
		"not reached":     {&ConnectError{Kind: Refused, Err: errors.New("x")}, 0},
		"the edit's word": {errors.New("line 3: not TOML"), 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var so attempts
			times := 0
			for so.another(Report{}, test.err) {
				times++
			}
			if times != test.times {
				t.Errorf("begun again %d times, want %d", times, test.times)
			}
		})
	}
}

// TestAttempts_credit gives a repeated transaction what an attempt did that could
// not say so, and nothing that it did not touch.
func TestAttempts_credit(t *testing.T) {
	t.Parallel()
	var so attempts
	so.another(Report{
		States:  []files.State{{Path: "~/x/a", MissingDirs: []string{"~/x"}}, {Path: "~/b"}},
		Results: []files.Result{{Path: "~/x/a", Outcome: files.Pending}, {Path: "~/b", Outcome: files.Unchanged}},
	}, &files.LostError{Sent: true, Cause: errors.New("x")})
	results := []files.Result{{Path: "~/x/a", Outcome: files.Unchanged}, {Path: "~/b", Outcome: files.Unchanged}}
	so.credit(results)
	if results[0].Outcome != files.Written || !slices.Equal(results[0].CreatedDirs, []string{"~/x"}) {
		t.Errorf("the file that was sent: %+v", results[0])
	}
	if results[1].Outcome != files.Unchanged || results[1].CreatedDirs != nil {
		t.Errorf("the file that was not: %+v", results[1])
	}
}
