package remote

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/process"
)

// allowSudo writes a sudoers rule for one test.
func allowSudo(t *testing.T, a *realAccount, rule string) {
	t.Helper()
	needPart(t, "sudo")
	path := "/etc/sudoers.d/" + a.name
	if err := os.WriteFile(path, []byte(a.name+" "+rule+"\n"), 0o440); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove(path) })
}

func TestReal_becomeAnotherUser(t *testing.T) {
	t.Parallel()
	d := startSSHD(t, "")
	for _, password := range []string{"", "sudo pass'word"} {
		t.Run(fmt.Sprintf("password %t", password != ""), func(t *testing.T) {
			t.Parallel()
			login, owner := makeAccount(t, "/bin/bash"), makeAccount(t, "/usr/sbin/nologin")
			become := &process.Become{User: owner.name}
			if password == "" {
				allowSudo(t, login, "ALL=("+owner.name+") NOPASSWD: ALL")
			} else {
				mustRun(t, login.name+":"+password+"\n", "chpasswd")
				allowSudo(t, login, "ALL=("+owner.name+") ALL")
				become.Password = []byte(password)
			}
			pool := newPool(t, nil)
			for _, content := range []string{"one", "two"} {
				report, err := pool.Transact(testContext(t), d.target(login), Transaction{Paths: realPaths, Become: become, Edit: write(content)})
				if err != nil {
					t.Fatal(err)
				}
				if report.Home != owner.home {
					t.Errorf("home = %s, want %s", report.Home, owner.home)
				}
			}
			for _, path := range realPaths {
				checkOwned(t, owner, strings.TrimPrefix(path, "~/"), "two")
			}
			output, err := pool.Run(testContext(t), d.target(login), Command{Text: "id -un; cat", Stdin: []byte("in"), Become: become})
			if err != nil || string(output.Stdout) != owner.name+"\nin" || len(output.Stderr) != 0 {
				t.Errorf("output = %q %q, %v", output.Stdout, output.Stderr, err)
			}
			if entries, err := os.ReadDir(login.home); err != nil || len(entries) != 1 {
				t.Errorf("the login user's home holds %v, %v", entries, err)
			}
		})
	}
}

func TestReal_becomeRefused(t *testing.T) {
	t.Parallel()
	d := startSSHD(t, "")
	for name, test := range map[string]struct {
		rule, password string
		become         process.Become
		reason         process.BecomeReason
	}{
		"wrong password":   {"ALL=(ALL) ALL", "right", process.Become{User: "root", Password: []byte("SECRET")}, process.SudoWrongPassword},
		"needs a password": {"ALL=(ALL) ALL", "right", process.Become{User: "root"}, process.SudoNeedsPassword},
		"another user":     {"ALL=(nobody) NOPASSWD: ALL", "", process.Become{User: "daemon"}, process.SudoNeedsPassword},
		"not allowed":      {"", "right", process.Become{User: "root", Password: []byte("right")}, process.SudoNotAllowed},
		"unknown user":     {"ALL=(ALL) NOPASSWD: ALL", "", process.Become{User: "no-such-user"}, process.SudoUnknownUser},
		"another method":   {"ALL=(ALL) NOPASSWD: ALL", "", process.Become{User: "root", Method: "doas"}, process.BecomeInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := makeAccount(t, "/bin/bash")
			if test.password != "" {
				mustRun(t, a.name+":"+test.password+"\n", "chpasswd")
			}
			if test.rule != "" {
				allowSudo(t, a, test.rule)
			}
			_, err := newPool(t, nil).Transact(testContext(t), d.target(a), Transaction{Paths: []string{"/etc/es-test/f"}, Become: &test.become, Edit: write("x")})
			var refused *process.BecomeError
			if !errors.As(err, &refused) || refused.Reason != test.reason {
				t.Errorf("error = %v, want %s", err, test.reason)
			}
			if err != nil && strings.Contains(err.Error(), "SECRET") {
				t.Errorf("the error quotes the password: %v", err)
			}
		})
	}
}

// TestReal_rootWritesOnlyWhereNobodyElseCan holds root to directories and files
// that no other user can swap under it.
func TestReal_rootWritesOnlyWhereNobodyElseCan(t *testing.T) {
	t.Parallel()
	d := startSSHD(t, "")
	a := makeAccount(t, "/bin/bash")
	allowSudo(t, a, "ALL=(ALL) NOPASSWD: ALL")
	safe, err := os.MkdirTemp("/var/lib", "estest")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(safe) })
	if err := errors.Join(os.Chmod(safe, 0o755), os.Mkdir(safe+"/open", 0o755), os.Chmod(safe+"/open", 0o777), os.Mkdir(safe+"/theirs", 0o755),
		os.Symlink(safe+"/target", safe+"/link"), os.Symlink(safe, safe+"/dirlink"),
		os.WriteFile(safe+"/env", []byte("old"), 0o640)); err != nil {
		t.Fatal(err)
	}
	mustRun(t, "", "chown", a.name+":", safe+"/theirs")
	mustRun(t, "", "chown", a.name+":", safe+"/env")
	root := &process.Become{User: "root"}
	pool := newPool(t, nil)
	for path, want := range map[string]files.Reason{
		safe + "/open/f": files.UnsafeDirectory, safe + "/theirs/f": files.UnsafeDirectory, safe + "/theirs/new/f": files.UnsafeDirectory,
		safe + "/link": files.LinkRefused, safe + "/dirlink/f": files.LinkRefused, filepath.Join(a.home, "f"): files.UnsafeDirectory,
		"/tmp/es-test": files.UnsafeDirectory,
	} {
		_, err := pool.Transact(testContext(t), d.target(a), Transaction{Paths: []string{path}, Become: root, Edit: write("x")})
		var refused *files.Error
		if !errors.As(err, &refused) || refused.Reason != want {
			t.Errorf("%s: error = %v, want %s", path, err, want)
		}
	}
	_, err = pool.Transact(testContext(t), d.target(a), Transaction{Paths: []string{safe + "/new/f", safe + "/env"}, Become: root, Edit: func([]files.State) ([]files.Change, error) {
		return []files.Change{
			{Path: safe + "/new/f", Content: []byte("x"), Owner: a.name, Group: a.name, Mode: 0o640},
			{Path: safe + "/env", Content: []byte("new")},
		}, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	report, err := pool.Read(testContext(t), d.target(a), root, safe+"/new/f", safe+"/env")
	if err != nil {
		t.Fatal(err)
	}
	for _, state := range report.States {
		if state.Owner != a.name || state.Group != a.name || state.Mode != 0o640 {
			t.Errorf("%s: owner %s, group %s, mode %o", state.Path, state.Owner, state.Group, state.Mode)
		}
	}
	_, err = pool.Transact(testContext(t), d.target(a), Transaction{Paths: []string{safe + "/env"}, Become: root, Edit: func([]files.State) ([]files.Change, error) {
		return []files.Change{{Path: safe + "/env", Content: []byte("x"), Owner: "no-such-user"}}, nil
	}})
	var refused *files.Error
	if !errors.As(err, &refused) || refused.Reason != files.UnknownOwner {
		t.Errorf("unknown owner: %v", err)
	}
}

// TestReal_permissionErrors looks at what an ordinary user may not do.
func TestReal_permissionErrors(t *testing.T) {
	t.Parallel()
	d := startSSHD(t, "")
	a := makeAccount(t, "/bin/sh")
	closed := publicTempDir(t)
	if err := errors.Join(os.Mkdir(closed+"/dir", 0o700), os.WriteFile(closed+"/secret", []byte("x"), 0o600), os.WriteFile(closed+"/public", []byte("x"), 0o644)); err != nil {
		t.Fatal(err)
	}
	pool := newPool(t, nil)
	for _, path := range []string{closed + "/dir/f", closed + "/dir/sub/f", closed + "/secret", closed + "/public", closed + "/new", closed + "/sub/new"} {
		_, err := pool.Transact(testContext(t), d.target(a), Transaction{Paths: []string{path}, Edit: write("new")})
		var refused *files.Error
		if !errors.As(err, &refused) || refused.Reason != files.PermissionDenied {
			t.Errorf("%s: error = %v, want %s", path, err, files.PermissionDenied)
		}
	}
	mine := filepath.Join(a.home, "f")
	_, err := pool.Transact(testContext(t), d.target(a), Transaction{Paths: []string{mine}, Edit: func([]files.State) ([]files.Change, error) {
		return []files.Change{{Path: mine, Content: []byte("x"), Owner: "root"}}, nil
	}})
	var refused *files.Error
	if !errors.As(err, &refused) || refused.Reason != files.PermissionDenied || refused.Step != "owner" {
		t.Errorf("giving a file away: %v", err)
	}
	if entries, err := os.ReadDir(a.home); err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}
