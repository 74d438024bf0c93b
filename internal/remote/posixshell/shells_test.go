package posixshell

import (
	"context"
	"os"
	"os/exec"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
)

// needPart skips a test whose part is not installed, which is a failure where
// ES_TEST_REQUIRE_PARTS=1 says that all parts are.
func needPart(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	switch {
	case err == nil:
		return path
	case os.Getenv("ES_TEST_REQUIRE_PARTS") == "1":
		t.Fatalf("%s is missing although ES_TEST_REQUIRE_PARTS=1", name)
	}
	t.Skipf("SKIPPED: %s is not installed", name)
	return ""
}

// loginShells run the command line; innerShells interpret the script.
var (
	loginShells = []string{"bash", "dash", "zsh", "fish", "tcsh", "busybox"}
	innerShells = []string{"bash", "dash", "busybox", "zsh"}
)

func TestTransact_loginShells(t *testing.T) {
	t.Parallel()
	for _, shell := range loginShells {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			needPart(t, shell)
			home := t.TempDir()
			roundTrip(t, shellNamed(t, shell), home)
		})
	}
}

// TestTransact_innerShells gives the script to other shells than the system's
// sh, through a directory at the head of PATH in which sh is that shell.
func TestTransact_innerShells(t *testing.T) {
	t.Parallel()
	for _, shell := range innerShells {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			path := needPart(t, shell)
			bin := t.TempDir()
			if err := os.Symlink(path, bin+"/sh"); err != nil {
				t.Fatal(err)
			}
			outer := bin + "/login"
			if err := os.WriteFile(outer, []byte("#!/bin/sh\nPATH="+bin+":$PATH; export PATH; exec /bin/sh \"$@\"\n"), 0o700); err != nil {
				t.Fatal(err)
			}
			roundTrip(t, outer, t.TempDir())
		})
	}
}

// shellNamed returns a program that behaves like the shell under its own name.
func shellNamed(t *testing.T, shell string) string {
	if shell != "busybox" {
		return shell
	}
	bin := t.TempDir() + "/ash"
	if err := os.Symlink(needPart(t, shell), bin); err != nil {
		t.Fatal(err)
	}
	return bin
}

func roundTrip(t *testing.T, shell, home string) {
	t.Helper()
	paths := []string{"~/.earthscope/default/tokens.json", "~/-x 'q\" ü$(id)!x\\n`.env", home + "/a/b c"}
	content := "secret \x00\xff 'q' $(id) `id` !x\r\n\\n"
	for range 2 {
		if _, err := Transact(context.Background(), localShell(shell, home), nil, files.Request{Paths: paths, Edit: replaceWith(content)}); err != nil {
			t.Fatal(err)
		}
		content += "more"
	}
	report, err := Transact(context.Background(), localShell(shell, home), nil, files.Request{Paths: paths})
	if err != nil {
		t.Fatal(err)
	}
	for _, state := range report.States {
		if got := string(state.Content) + "more"; got != content || state.Mode != files.DefaultMode {
			t.Errorf("%s: content %q, mode %o, error %v", state.Path, got, state.Mode, state.Err)
		}
	}
}

// TestTransact_busyboxAlone has nothing on the PATH but busybox, as on a router
// or in a small container.
func TestTransact_busyboxAlone(t *testing.T) {
	t.Parallel()
	program := needPart(t, "busybox")
	bin := t.TempDir()
	if output, err := exec.Command(program, "--install", "-s", bin).CombinedOutput(); err != nil {
		t.Fatalf("install: %v, %s", err, output)
	}
	outer := t.TempDir() + "/login"
	if err := os.WriteFile(outer, []byte("#!/bin/sh\nPATH="+bin+"; export PATH; exec "+bin+"/ash \"$@\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	roundTrip(t, outer, home)
	report, err := Transact(context.Background(), localShell(outer, home), nil, files.Request{Paths: []string{"~/a/b c"}, Edit: func(states []files.State) ([]files.Change, error) {
		return []files.Change{{Path: states[0].Path, Delete: true, RemoveDirs: []string{"~/a"}}}, nil
	}})
	if err != nil || len(report.Results[0].RemovedDirs) != 1 {
		t.Errorf("delete: %+v, %v", report.Results, err)
	}
}
