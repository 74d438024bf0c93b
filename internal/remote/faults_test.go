package remote

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/sshserver"
)

// checkWhole fails unless every file is the old one or the new one. It returns how
// many are new, and the temporary files beside them.
func checkWhole(t *testing.T, h *host, label, oldContent, newContent string) (replaced int, left []string) {
	t.Helper()
	if err := h.WaitIdle(testContext(t)); err != nil {
		t.Fatalf("%s: a command is still running: %v", label, err)
	}
	err := filepath.WalkDir(h.home, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name := strings.TrimPrefix(path, h.home+"/")
		if name != "a" && name != "dir/b" {
			left = append(left, entry.Name())
			return nil
		}
		content, err := os.ReadFile(path)
		switch string(content) {
		case newContent:
			replaced++
		case oldContent:
		default:
			t.Errorf("%s: %s holds %q", label, name, content)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return replaced, left
}

// TestTransact_cut breaks the SSH connection at many places of the exchange, each
// time that it is made again. The packages posixshell and sftp do it at every
// byte, without a new login each time.
func TestTransact_cut(t *testing.T) {
	t.Parallel()
	cutEverywhere(t, nil, 41, 0, func(_ error, left []string) bool { return len(left) == 0 })
}

// TestTransact_cutSFTP does the same without a shell. Nobody on the host can
// then remove a temporary file: what remains is what the error names.
func TestTransact_cutSFTP(t *testing.T) {
	t.Parallel()
	cutEverywhere(t, withExec(sshserver.ExecRefused), 17, 0, func(err error, left []string) bool {
		var remains *files.RemainsError
		if !errors.As(err, &remains) {
			return len(left) == 0
		}
		for _, name := range left {
			if !slices.ContainsFunc(remains.Paths, func(path string) bool { return strings.HasSuffix(path, "/"+name) }) {
				return false
			}
		}
		return true
	})
}

// TestTransact_cutSFTPOutageOver lets the connection break once, or until the
// transaction has given up: after the call no temporary file is there.
func TestTransact_cutSFTPOutageOver(t *testing.T) {
	t.Parallel()
	for _, times := range []int{1, maxLost + 1} {
		t.Run(fmt.Sprint(times), func(t *testing.T) {
			t.Parallel()
			cutEverywhere(t, withExec(sshserver.ExecRefused), 17, times, func(err error, left []string) bool {
				var remains *files.RemainsError
				return len(left) == 0 && !errors.As(err, &remains) && (times > 1 || err == nil)
			})
		})
	}
}

// cutEverywhere cuts the connection times times, 0 for always, after step more
// bytes each time until a cut does not show any more. mayRemain judges the temporary
// files that are there after the call.
func cutEverywhere(t *testing.T, change func(*sshserver.Options, *sshserver.User), step int64, times int, mayRemain func(err error, left []string) bool) {
	const oldContent, newContent = "old", "the new content"
	paths := []string{"~/a", "~/dir/b"}
	h := startHost(t, change)
	reset := func() {
		if err := errors.Join(os.MkdirAll(h.home+"/dir", 0o700), os.WriteFile(h.home+"/a", []byte(oldContent), 0o600), os.WriteFile(h.home+"/dir/b", []byte(oldContent), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	// A pause gives the server the time to end what it still does for a
	// connection that is gone, while the new one is open.
	settle := func(ctx context.Context, _ time.Duration) { _ = h.WaitAtMost(ctx, 1) }
	for _, point := range []sshserver.Point{sshserver.Stdin, sshserver.Stdout} {
		outcomes := map[int]int{}
		for after, met := int64(0), true; met; after += step {
			label := fmt.Sprintf("point %d after %d bytes", point, after)
			reset()
			h.SetFaults(sshserver.Fault{Point: point, After: after, Do: sshserver.Cut, Times: times})
			pool := NewPool(Options{Home: t.TempDir(), LocalUser: "tester", Sleep: settle})
			logins := h.Counters().Logins
			_, err := pool.Transact(testContext(t), h.target, Transaction{Paths: paths, Edit: write(newContent)})
			met = h.Counters().Logins-logins > 1
			h.ClearFaults()
			replaced, left := checkWhole(t, h, label, oldContent, newContent)
			if !mayRemain(err, left) {
				t.Errorf("%s: %q remains, error = %v", label, left, err)
			}
			outcomes[replaced]++
			var lost *files.LostError
			if err == nil && replaced != 2 {
				t.Errorf("%s: success with %d files replaced", label, replaced)
			}
			if err != nil && !errors.As(err, &lost) && !errors.Is(err, errLinkLost) {
				t.Errorf("%s: error = %T %v", label, err, err)
			}
			if _, err := pool.Transact(testContext(t), h.target, Transaction{Paths: paths, Edit: write("repaired")}); err != nil {
				t.Fatalf("%s: the next write: %v", label, err)
			}
			if replaced, left := checkWhole(t, h, label+", repaired", "repaired", "repaired"); replaced != 2 || len(left) > 0 {
				t.Errorf("%s: the next write replaced %d files and left %q", label, replaced, left)
			}
			_ = pool.Close()
		}
		t.Logf("point %d: files replaced -> cuts: %v", point, outcomes)
	}
}

// TestTransact_stall gives up at the deadline and leaves the old file; the host
// lets go of its lock by itself.
func TestTransact_stall(t *testing.T) {
	t.Parallel()
	for _, point := range []sshserver.Point{sshserver.Stdin, sshserver.Stdout, sshserver.Received, sshserver.Sent} {
		t.Run(fmt.Sprint(point), func(t *testing.T) {
			t.Parallel()
			h := startHost(t, nil)
			h.SetFaults(sshserver.Fault{Point: point, After: 60, Do: sshserver.Stall})
			pool := newPool(t, nil)
			target := h.target
			target.ConnectTimeout = 300 * time.Millisecond
			ctx, cancel := contextWithTimeout(t, 700*time.Millisecond)
			defer cancel()
			_, err := pool.Transact(ctx, target, Transaction{Paths: []string{"~/a"}, Edit: write("new")})
			var lost *files.LostError
			if !errors.As(err, &lost) && !isConnect(TimedOut)(err) && ctx.Err() == nil {
				t.Errorf("error = %T %v", err, err)
			}
			if err == nil {
				t.Error("success although the exchange stalled")
			}
			h.ClearFaults()
			h.DropConnections()
			if _, err := pool.Transact(testContext(t), h.target, Transaction{Paths: []string{"~/a"}, Edit: write("new")}); err != nil {
				t.Errorf("the next write: %v", err)
			}
		})
	}
}

func TestTransact_lostConnectionIsReplaced(t *testing.T) {
	t.Parallel()
	h := startHost(t, nil)
	pool := newPool(t, nil)
	for range 3 {
		report, err := pool.Transact(testContext(t), h.target, Transaction{Paths: []string{"~/new/a"}, Edit: write("new")})
		if err != nil {
			t.Fatal(err)
		}
		h.DropConnections()
		_ = report
	}
	// Cut after the payload has arrived: the second attempt finds the file in
	// place and still reports what the first one made.
	h.SetFaults(sshserver.Fault{Point: sshserver.Stdout, After: 400, Do: sshserver.Cut, Times: 1})
	if err := os.RemoveAll(h.home + "/new"); err != nil {
		t.Fatal(err)
	}
	report, err := pool.Transact(testContext(t), h.target, Transaction{Paths: []string{"~/new/a"}, Edit: write("new")})
	if err != nil || report.Results[0].Outcome != files.Written || len(report.Results[0].CreatedDirs) != 1 {
		t.Errorf("results = %+v, %v", report.Results, err)
	}
}

func TestTransact_diskFaults(t *testing.T) {
	t.Parallel()
	for _, mode := range []sshserver.ExecMode{sshserver.ExecShell, sshserver.ExecRefused} {
		for disk, want := range map[sshserver.Disk]files.Reason{sshserver.DiskFull: files.NoSpace, sshserver.DiskReadOnly: files.ReadOnly} {
			t.Run(fmt.Sprintf("mode %d disk %d", mode, disk), func(t *testing.T) {
				t.Parallel()
				if os.Getuid() != 0 {
					t.Skip("SKIPPED: mounting a small disk needs root")
				}
				h := startHost(t, func(o *sshserver.Options, u *sshserver.User) { o.DiskSize, u.Exec = 1<<20, mode })
				if _, err := newPool(t, nil).Transact(testContext(t), h.target, Transaction{Paths: []string{"~/a"}, Edit: write("old")}); err != nil {
					t.Fatal(err)
				}
				if err := h.SetDisk(disk); err != nil {
					t.Fatal(err)
				}
				_, err := newPool(t, nil).Transact(testContext(t), h.target, Transaction{Paths: []string{"~/a", "~/d/b"}, Edit: write(strings.Repeat("x", 100000))})
				if mode == sshserver.ExecRefused {
					want = files.OtherFailure // this SFTP server can't be asked for more
				}
				var refused *files.Error
				if !errors.As(err, &refused) || refused.Reason != want {
					t.Errorf("error = %v, want %s", err, want)
				}
				if err := h.SetDisk(sshserver.DiskFine); err != nil {
					t.Fatal(err)
				}
				entries, err := os.ReadDir(h.home)
				if err != nil || len(entries) != 1 {
					t.Errorf("left behind: %v, %v", entries, err)
				}
			})
		}
	}
}

func TestTransact_mountedFileIsBusy(t *testing.T) {
	t.Parallel()
	h := startHost(t, nil)
	path := filepath.Join(h.home, "a")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := h.PinFile(path); errors.Is(err, sshserver.ErrCannotMount) {
		t.Skip("SKIPPED: mounting a file needs root")
	} else if err != nil {
		t.Fatal(err)
	}
	_, err := newPool(t, nil).Transact(testContext(t), h.target, Transaction{Paths: []string{"~/a"}, Edit: write("new")})
	var refused *files.Error
	if !errors.As(err, &refused) || refused.Reason != files.Busy {
		t.Errorf("error = %v, want %s", err, files.Busy)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "old" {
		t.Errorf("content = %q, %v", got, err)
	}
}

func TestTransact_noisyShellAndMissingTools(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*sshserver.Options, *sshserver.User){
		"noise": func(_ *sshserver.Options, u *sshserver.User) {
			u.Noise = sshserver.Noise{BeforeStdout: strings.Repeat("Welcome to the cluster\n", 500) + "no line end", BeforeStderr: "oops", AfterStdout: "bye", AfterStderr: "bye"}
		},
		"no flock": func(o *sshserver.Options, _ *sshserver.User) { o.HideTools = []string{"flock"} },
		"no tools": func(o *sshserver.Options, _ *sshserver.User) { o.HideTools = []string{"flock", "sync", "restorecon"} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := startHost(t, change)
			pool := newPool(t, nil)
			for range 2 {
				if _, err := pool.Transact(testContext(t), h.target, Transaction{Paths: threeFiles, Edit: write("secret")}); err != nil {
					t.Fatal(err)
				}
			}
			if err := h.WaitIdle(testContext(t)); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Lstat(h.home + "/.es.lock"); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the lock remains: %v", err)
			}
		})
	}
}
