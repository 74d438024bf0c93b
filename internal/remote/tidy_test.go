package remote

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/sshserver"
)

// TestTransact_interruptedSFTP ends the caller's context in the middle of a write
// over SFTP. The temporary file goes all the same.
func TestTransact_interruptedSFTP(t *testing.T) {
	t.Parallel()
	h := startHost(t, withExec(sshserver.ExecRefused))
	cause := errors.New("interrupted by the user")
	met := 0
	for after := int64(100); after < 700; after += 100 {
		h.SetFaults(sshserver.Fault{Point: sshserver.Stdin, After: after, Do: sshserver.Stall, Times: 1})
		pool := newPool(t, func(o *Options) { o.Sleep = func(ctx context.Context, _ time.Duration) { _ = h.WaitAtMost(ctx, 1) } })
		ctx, cancel := context.WithCancelCause(testContext(t))
		ended := make(chan error, 1)
		go func() {
			_, err := pool.Transact(ctx, h.target, Transaction{Paths: []string{"~/a"}, Edit: write(strings.Repeat("x", 3000))})
			ended <- err
		}()
		if err := h.WaitStalled(ctx); err != nil {
			t.Fatal(err)
		}
		requests := -1
		for now := 0; now != requests; { // until the server gets no more of it
			requests = now
			pause(ctx, 20*time.Millisecond)
			now = 0
			for _, count := range h.Counters().SFTPRequests {
				now += count
			}
		}
		found, err := os.ReadDir(h.home)
		if err != nil {
			t.Fatal(err)
		}
		met += len(found)
		cancel(cause)
		err = <-ended
		var remains *files.RemainsError
		if !errors.Is(err, cause) || errors.As(err, &remains) {
			t.Errorf("stalled after %d bytes: error = %T %v", after, err, err)
		}
		h.ClearFaults()
		if err := h.WaitIdle(testContext(t)); err != nil {
			t.Fatal(err)
		}
		if found, err := os.ReadDir(h.home); err != nil || len(found) != 0 {
			t.Errorf("stalled after %d bytes: %v remains, %v", after, found, err)
		}
	}
	if met == 0 {
		t.Error("no interruption met a temporary file")
	}
}

// TestTransact_hostStaysAway cuts the connection in the middle of a write over
// SFTP and keeps the host off. The error says what may lie there.
func TestTransact_hostStaysAway(t *testing.T) {
	t.Parallel()
	h := startHost(t, withExec(sshserver.ExecRefused))
	h.SetFaults(sshserver.Fault{Point: sshserver.Stdin, After: 500, Do: sshserver.Cut, Times: 1})
	var once bool
	pool := newPool(t, func(o *Options) {
		o.Sleep = noPause
	})
	_, err := pool.Transact(testContext(t), h.target, Transaction{Paths: []string{"~/a"}, Edit: func(states []files.State) ([]files.Change, error) {
		if !once {
			once = true
			if err := h.SetBoot(sshserver.BootReset); err != nil { // for new connections
				return nil, err
			}
		}
		return []files.Change{{Path: states[0].Path, Content: []byte(strings.Repeat("x", 3000))}}, nil
	}})
	var remains *files.RemainsError
	var away *ConnectError
	if !errors.As(err, &remains) || !errors.As(err, &away) || len(remains.Paths) != 1 {
		t.Fatalf("error = %T %v, want *files.RemainsError around *ConnectError", err, err)
	}
	if err := h.WaitIdle(testContext(t)); err != nil {
		t.Fatal(err)
	}
	found, dirErr := os.ReadDir(h.home)
	if dirErr != nil || len(found) != 1 || remains.Paths[0] != h.home+"/"+found[0].Name() {
		t.Fatalf("home holds %v, the error names %v, %v", found, remains.Paths, dirErr)
	}
	if info, err := found[0].Info(); err != nil || info.Mode() != 0o600 {
		t.Errorf("temporary file: %v, %v", info, err)
	}
	want := fmt.Sprintf("; a temporary file with mode 0600 may remain on the host (%s): a write that comes a minute later or more removes it", remains.Paths[0])
	if !strings.HasSuffix(err.Error(), want) {
		t.Errorf("error = %v, want it to end %q", err, want)
	}
	if err := h.SetBoot(sshserver.Ready); err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Transact(testContext(t), h.target, Transaction{Paths: []string{"~/a"}, Edit: write("new")}); err != nil {
		t.Fatal(err)
	}
	if found, err := os.ReadDir(h.home); err != nil || len(found) != 1 || found[0].Name() != "a" {
		t.Errorf("after the next write: %v, %v", found, err)
	}
}
