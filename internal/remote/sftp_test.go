package remote

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/process"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/sshserver"
)

func withExec(mode sshserver.ExecMode) func(*sshserver.Options, *sshserver.User) {
	return func(_ *sshserver.Options, user *sshserver.User) { user.Exec = mode }
}

func TestTransact_accountsWithoutShell(t *testing.T) {
	t.Parallel()
	for name, mode := range map[string]sshserver.ExecMode{
		"refused": sshserver.ExecRefused, "nologin": sshserver.ExecNoLogin, "forced": sshserver.ExecForceSFTP,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := startHost(t, withExec(mode))
			pool := newPool(t, nil)
			big := string(bytes.Repeat([]byte("0123456789abcde\n"), 10000))
			for _, content := range []string{"one", big, ""} {
				report, err := pool.Transact(testContext(t), h.target, Transaction{Paths: threeFiles, Edit: write(content)})
				if err != nil {
					t.Fatal(err)
				}
				if !report.SFTP || report.Results[0].Outcome != files.Written {
					t.Fatalf("SFTP = %t, results = %+v", report.SFTP, report.Results)
				}
				report, err = pool.Read(testContext(t), h.target, nil, threeFiles...)
				if err != nil {
					t.Fatal(err)
				}
				for _, state := range report.States {
					if string(state.Content) != content || state.Mode != 0o600 || state.Err != nil {
						t.Errorf("%s: %d bytes, mode %o, %v", state.Path, len(state.Content), state.Mode, state.Err)
					}
				}
			}
			report, err := pool.Transact(testContext(t), h.target, Transaction{Paths: threeFiles, Edit: func([]files.State) ([]files.Change, error) {
				return []files.Change{
					{Path: threeFiles[0], Delete: true, RemoveDirs: []string{"~/.earthscope/default"}},
					{Path: threeFiles[1], Delete: true, RemoveDirs: []string{"~/.earthscope"}},
					{Path: threeFiles[2], Delete: true, RemoveDirs: []string{"~/app"}},
				}, nil
			}})
			if err != nil || len(report.Results[1].RemovedDirs) != 1 {
				t.Fatalf("results = %+v, %v", report.Results, err)
			}
			if entries, err := os.ReadDir(h.home); err != nil || len(entries) != 0 {
				t.Errorf("left behind: %v, %v", entries, err)
			}
			if c := h.Counters(); c.Connections != 1 || c.Channels["session"] > 9 {
				t.Errorf("%d connections, %d sessions", c.Connections, c.Channels["session"])
			}
		})
	}
}

func TestTransact_sftpRefusals(t *testing.T) {
	t.Parallel()
	h := startHost(t, withExec(sshserver.ExecRefused))
	outside := t.TempDir()
	if err := errors.Join(
		os.Mkdir(h.home+"/dir", 0o700), os.WriteFile(h.home+"/file", nil, 0o600),
		os.WriteFile(h.home+"/big", make([]byte, files.MaxSize+1), 0o600),
		os.Symlink(outside+"/target", h.home+"/away"), os.Symlink(outside, h.home+"/awaydir"),
		os.WriteFile(h.home+"/real", []byte("before"), 0o640), os.Symlink("real", h.home+"/link"),
	); err != nil {
		t.Fatal(err)
	}
	want := map[string]files.Reason{
		"~/dir": files.NotRegular, "~/file/x": files.NotDirectory, "~/big": files.TooLarge,
		// This server does not resolve links when asked where a path leads.
		"~/away": files.LinkRefused, "~/awaydir/f": files.LinkRefused, "~/link": files.LinkRefused,
	}
	pool := newPool(t, nil)
	for path, reason := range want {
		_, err := pool.Transact(testContext(t), h.target, Transaction{Paths: []string{path}, Edit: write("x")})
		var refused *files.Error
		if !errors.As(err, &refused) || refused.Reason != reason {
			t.Errorf("%s: error = %v, want %s", path, err, reason)
		}
	}
	if _, err := pool.Transact(testContext(t), h.target, Transaction{Paths: []string{"~/real"}, Edit: write("after")}); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(h.home + "/real")
	if err != nil || info.Mode() != 0o640 {
		t.Errorf("mode not kept: %v, %v", info, err)
	}
	_, err = pool.Read(testContext(t), h.target, &process.Become{User: "root"}, "/etc/x")
	var transport *TransportError
	if !errors.As(err, &transport) {
		t.Errorf("become without a shell: %v", err)
	}
}

func TestTransact_sftpConflict(t *testing.T) {
	t.Parallel()
	h := startHost(t, withExec(sshserver.ExecRefused))
	path := filepath.Join(h.home, "f")
	calls := 0
	_, err := newPool(t, nil).Transact(testContext(t), h.target, Transaction{Paths: []string{"~/f"}, Edit: func(states []files.State) ([]files.Change, error) {
		if calls++; calls == 1 {
			if err := os.WriteFile(path, []byte("theirs\n"), 0o600); err != nil {
				return nil, err
			}
		}
		return []files.Change{{Path: "~/f", Content: append(bytes.Clone(states[0].Content), "ours\n"...)}}, nil
	}})
	if got, _ := os.ReadFile(path); err != nil || calls != 2 || string(got) != "theirs\nours\n" {
		t.Errorf("content = %q after %d calls, %v", got, calls, err)
	}
	if entries, err := os.ReadDir(h.home); err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

// TestTransact_shellIsAskedForOnce remembers over connections that an account has
// none.
func TestTransact_shellIsAskedForOnce(t *testing.T) {
	t.Parallel()
	h := startHost(t, withExec(sshserver.ExecRefused))
	pool := newPool(t, nil)
	for range 3 {
		if _, err := pool.Read(testContext(t), h.target, nil, "~/f"); err != nil {
			t.Fatal(err)
		}
		h.DropConnections()
	}
	asked := 0
	for _, command := range h.Commands() {
		if command.Type == "exec" {
			asked++
		}
	}
	if asked != 1 {
		t.Errorf("the shell was asked for %d times", asked)
	}
}

// TestTransact_windows warns that modes mean nothing there.
func TestTransact_windows(t *testing.T) {
	t.Parallel()
	h := startHost(t, func(o *sshserver.Options, u *sshserver.User) {
		o.Version, u.Exec = "SSH-2.0-OpenSSH_for_Windows_9.5", sshserver.ExecNoLogin
	})
	report, err := newPool(t, nil).Transact(testContext(t), h.target, Transaction{Paths: []string{"~/f"}, Edit: write("x")})
	if err != nil || !slices.Contains(report.Notes, windowsNote) {
		t.Errorf("notes %q, %v", report.Notes, err)
	}
}
