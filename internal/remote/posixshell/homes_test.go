package posixshell

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/process"
)

// TestTransact_symlinkedHome has a home directory that is a link, as automounters
// and clusters have it. A path below it means the same however it is spelled.
func TestTransact_symlinkedHome(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	home := root + "/home"
	must(t, os.MkdirAll(root+"/data/u 1", 0o700), os.Symlink("data/u 1", home))
	for _, path := range []string{"~/.earthscope/tokens.json", home + "/.earthscope/tokens.json"} {
		if _, err := Transact(context.Background(), localShell("sh", home), nil, files.Request{Paths: []string{path}, Edit: replaceWith(path)}); err != nil {
			t.Fatal(err)
		}
		report, err := Transact(context.Background(), localShell("sh", home), nil, files.Request{Paths: []string{path}})
		if err != nil {
			t.Fatal(err)
		}
		state := report.States[0]
		if string(state.Content) != path || state.ResolvedPath != root+"/data/u 1/.earthscope/tokens.json" || report.Home != root+"/data/u 1" {
			t.Errorf("%s: content %q at %s, home %s, %v", path, state.Content, state.ResolvedPath, report.Home, state.Err)
		}
	}
	if info, err := os.Lstat(home); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v, %v", info, err)
	}
}

// TestTransact_withoutHome has an account without a home directory, as services do.
func TestTransact_withoutHome(t *testing.T) {
	t.Parallel()
	outside := t.TempDir()
	for name, home := range map[string]string{"missing": "/nonexistent/home", "root": "/", "empty": ""} {
		start := func(_ context.Context, line string) (process.Process, error) {
			cmd := exec.Command("sh", "-c", line)
			cmd.Env = []string{"HOME=" + home, "PATH=" + os.Getenv("PATH")}
			return process.FromCommand(cmd)
		}
		report, err := Transact(context.Background(), start, nil, files.Request{Paths: []string{"~/f"}})
		if err != nil {
			t.Fatal(err)
		}
		var refused *files.Error
		if !errors.As(report.States[0].Err, &refused) || refused.Reason != files.NoHome || report.Home != "" {
			t.Errorf("%s: state error = %v, home %q", name, report.States[0].Err, report.Home)
		}
		if os.Getuid() == 0 {
			continue // root writes only where nobody else can
		}
		if _, err := Transact(context.Background(), start, nil, files.Request{Paths: []string{outside + "/f"}, Edit: replaceWith(name)}); err != nil {
			t.Errorf("%s: an absolute path: %v", name, err)
		}
	}
}

// TestTransact_startUpFilesThatMisbehave has a login shell whose files print without
// a line end, on both streams, much, and even what looks like ours.
func TestTransact_startUpFilesThatMisbehave(t *testing.T) {
	t.Parallel()
	needPart(t, "bash")
	for name, text := range map[string]string{
		"no line end": "printf 'welcome'; printf 'oops' >&2\n", "much": "yes noise | head -c 500000\n", "looks like ours": "echo '00000000000000000000000000000000 hello 1 0 cksum /'\n",
		"binary": "head -c 3000 /dev/urandom\n", "umask": "umask 000\n", "options": "set -eu; set -o noclobber; set -f\n", "PATH": "PATH=/usr/bin:/bin; IFS=:; CDPATH=/tmp; export IFS CDPATH\n",
		"function": "cat() { echo mine; }; export -f cat; alias ls=false; shopt -s expand_aliases\n", "locale": "export LC_ALL=de_DE.UTF-8 LANG=ja_JP.UTF-8\n", "cd": "cd /\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			home := t.TempDir()
			must(t, os.WriteFile(home+"/.bashrc", []byte(text), 0o600))
			start := func(_ context.Context, line string) (process.Process, error) {
				cmd := exec.Command("bash", "-c", line)
				cmd.Env = []string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "BASH_ENV=" + home + "/.bashrc"}
				return process.FromCommand(cmd)
			}
			for _, content := range []string{"one\n", "two"} {
				if _, err := Transact(context.Background(), start, nil, files.Request{Paths: []string{"~/d/f"}, Edit: replaceWith(content)}); err != nil {
					t.Fatal(err)
				}
			}
			report, err := Transact(context.Background(), start, nil, files.Request{Paths: []string{"~/d/f"}})
			if err != nil || string(report.States[0].Content) != "two" || report.States[0].Mode != 0o600 {
				t.Errorf("states %+v, %v", report.States, err)
			}
			if info, err := os.Stat(home + "/d"); err != nil || info.Mode().Perm() != 0o700 {
				t.Errorf("directory: %v, %v", info, err)
			}
		})
	}
}
