package sftp

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/process"
)

// sftpServer finds OpenSSH's own server, which may lie in several places.
func sftpServer(t *testing.T) string {
	t.Helper()
	for _, path := range []string{"/usr/lib/openssh/sftp-server", "/usr/lib/ssh/sftp-server", "/usr/libexec/openssh/sftp-server", "/usr/libexec/sftp-server"} {
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	if os.Getenv("ES_TEST_REQUIRE_PARTS") == "1" {
		t.Fatal("OpenSSH's sftp-server is missing although ES_TEST_REQUIRE_PARTS=1")
	}
	t.Skip("SKIPPED: OpenSSH's sftp-server is not installed")
	return ""
}

// serve runs the server in a home directory, without SSH around it.
func serve(t *testing.T, home string) process.Process {
	t.Helper()
	cmd := exec.Command(sftpServer(t))
	cmd.Dir = home
	proc, err := process.FromCommand(cmd)
	if err != nil {
		t.Fatal(err)
	}
	return proc
}

func transact(t *testing.T, home string, edit files.Edit, paths ...string) (files.Report, error) {
	t.Helper()
	return Transact(context.Background(), serve(t, home), "test", files.Request{Paths: paths, Edit: edit})
}

func replaceWith(content string) files.Edit {
	return func(states []files.State) ([]files.Change, error) {
		var changes []files.Change
		for _, state := range states {
			changes = append(changes, files.Change{Path: state.Path, Content: []byte(content)})
		}
		return changes, nil
	}
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func TestTransact_linksAndModes(t *testing.T) {
	t.Parallel()
	home, outside := t.TempDir(), t.TempDir()
	must(t, os.MkdirAll(home+"/dotfiles/es", 0o700), os.Symlink("dotfiles/es", home+"/.earthscope"),
		os.WriteFile(home+"/dotfiles/real", []byte("before"), 0o640), os.Symlink("../real", home+"/dotfiles/es/link"),
		os.Symlink(outside, home+"/awaydir"), os.Symlink(outside+"/f", home+"/away"), os.Symlink("loop", home+"/loop"))
	if _, err := transact(t, home, replaceWith("after"), "~/.earthscope/link", "~/.earthscope/new"); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(home + "/dotfiles/real")
	if got, _ := os.ReadFile(home + "/dotfiles/real"); err != nil || string(got) != "after" || info.Mode() != 0o640 {
		t.Errorf("target of the link: %q, %v, %v", got, info, err)
	}
	if info, err := os.Stat(home + "/dotfiles/es/new"); err != nil || info.Mode() != 0o600 {
		t.Errorf("new file: %v, %v", info, err)
	}
	for _, path := range []string{"~/awaydir/f", "~/away", "~/loop", "~/awaydir/new/f"} {
		report, err := transact(t, home, nil, path)
		var refused *files.Error
		if err != nil || !errors.As(report.States[0].Err, &refused) {
			t.Errorf("%s: state error = %v, error = %v", path, report.States[0].Err, err)
		}
	}
}

func TestTransact_ownersAreNumbers(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	_, err := transact(t, home, func(states []files.State) ([]files.Change, error) {
		return []files.Change{{Path: "~/a", Content: []byte("x"), Owner: "nobody"}}, nil
	}, "~/a")
	var refused *files.Error
	if !errors.As(err, &refused) || refused.Reason != files.UnknownOwner {
		t.Errorf("error = %v, want %s", err, files.UnknownOwner)
	}
	if os.Getuid() != 0 {
		return
	}
	if _, err := transact(t, home, func(states []files.State) ([]files.Change, error) {
		return []files.Change{{Path: "~/a", Content: []byte("x"), Owner: "1234", Group: "2345", Mode: 0o640}}, nil
	}, "~/a"); err != nil {
		t.Fatal(err)
	}
	report, err := transact(t, home, replaceWith("y"), "~/a")
	if state := report.States[0]; err != nil || state.UID != 1234 || state.GID != 2345 || state.Mode != 0o640 {
		t.Errorf("state = %+v, %v", state, err)
	}
	report, err = transact(t, home, nil, "~/a")
	if state := report.States[0]; err != nil || state.UID != 1234 || string(state.Content) != "y" {
		t.Errorf("owner not kept: %+v, %v", state, err)
	}
}

// TestTransact_fullDisk asks the file system why a write failed.
func TestTransact_fullDisk(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("SKIPPED: mounting a small disk needs root")
	}
	home := t.TempDir()
	if output, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", home).CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: cannot mount: %s", output)
	}
	t.Cleanup(func() { must(t, exec.Command("umount", home).Run()) })
	_, err := transact(t, home, replaceWith(strings.Repeat("x", 100000)), "~/dir/a")
	var refused *files.Error
	if !errors.As(err, &refused) || refused.Reason != files.NoSpace {
		t.Errorf("error = %v, want %s", err, files.NoSpace)
	}
	if entries, err := os.ReadDir(home); err != nil || len(entries) != 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
	must(t, exec.Command("mount", "-o", "remount,ro", home).Run())
	_, err = transact(t, home, replaceWith("x"), "~/a")
	if !errors.As(err, &refused) || refused.Reason != files.ReadOnly {
		t.Errorf("error = %v, want %s", err, files.ReadOnly)
	}
}

func TestTransact_oddPaths(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	for i, path := range []string{"~/-x 'q\" ü$(id)", home + "/a b/c", "~/.dot/deep/er/f"} {
		content := fmt.Sprint("content ", i)
		if _, err := transact(t, home, replaceWith(content), path); err != nil {
			t.Fatal(err)
		}
		report, err := transact(t, home, nil, path)
		if err != nil || string(report.States[0].Content) != content {
			t.Errorf("%s: %+v, %v", path, report.States, err)
		}
	}
}
