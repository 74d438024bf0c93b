package posixshell

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/process"
)

// localShell runs command lines with the given shell and home directory.
func localShell(shell, home string) process.Start {
	return func(_ context.Context, line string) (process.Process, error) {
		cmd := exec.Command(shell, "-c", line)
		cmd.Env = []string{"HOME=" + home, "PATH=" + os.Getenv("PATH")}
		return process.FromCommand(cmd)
	}
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

func listing(t *testing.T, root string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(root, func(path string, _ os.DirEntry, err error) error {
		if path != root {
			names = append(names, strings.TrimPrefix(path, root+"/"))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestScript_quotingRules(t *testing.T) {
	t.Parallel()
	for _, forbidden := range []string{"'", "\n", `\\`, `\'`} {
		if strings.Contains(script, forbidden) {
			t.Errorf("script contains %q", forbidden)
		}
	}
	for i, c := range script {
		if c == '!' && script[i+1] != ' ' {
			t.Errorf("script has an exclamation mark before %q, which csh expands", script[i:i+5])
		}
	}
	// Dropbear takes command lines of up to 9000 bytes.
	if len(script) > 6500 {
		t.Errorf("script has %d bytes, which leaves too little room for paths", len(script))
	}
}

func TestCksum_matchesPOSIX(t *testing.T) {
	t.Parallel()
	// Values printed by the cksum command.
	for text, want := range map[string]string{
		"": "4294967295:0", "a": "1220704766:1", "123456789": "930766865:9",
	} {
		if got := cksum([]byte(text)); got != want {
			t.Errorf("cksum(%q) = %s, want %s", text, got, want)
		}
	}
}

func TestChecksum_matchesTheTools(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"cksum", "sha256sum"} {
		for _, text := range []string{"", "a", strings.Repeat("long ", 10000)} {
			cmd := exec.Command(needPart(t, tool))
			cmd.Stdin = strings.NewReader(text)
			output, err := cmd.Output()
			if words := strings.Fields(string(output)); err != nil || strings.Join(words[:2], ":") != checksum(tool, []byte(text)) {
				t.Errorf("%s prints %q, computed %s, %v", tool, output, checksum(tool, []byte(text)), err)
			}
		}
	}
}

func TestTransact_createsReplacesDeletes(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	paths := []string{"~/.earthscope/default/tokens.json", "~/.earthscope/config.toml", home + "/odd dir/-x 'q\" ü$(id)!\\.env"}
	start := localShell("sh", home)
	report, err := Transact(context.Background(), start, nil, files.Request{Paths: paths, Edit: replaceWith("one\n")})
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"~/.earthscope", "~/.earthscope/default"}, nil, {home + "/odd dir"}}
	for i, result := range report.Results {
		if result.Outcome != files.Written || fmt.Sprint(result.CreatedDirs) != fmt.Sprint(want[i]) {
			t.Errorf("result %d = %+v, want dirs %v", i, result, want[i])
		}
	}
	info, err := os.Stat(filepath.Join(home, "odd dir", "-x 'q\" ü$(id)!\\.env"))
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("odd file: %v, %v", info, err)
	}
	info, err = os.Stat(filepath.Join(home, ".earthscope/default"))
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("directory: %v, %v", info, err)
	}

	report, err = Transact(context.Background(), start, nil, files.Request{Paths: paths})
	if err != nil {
		t.Fatal(err)
	}
	for _, state := range report.States {
		if string(state.Content) != "one\n" || !state.Exists || state.Mode != 0o600 || state.Err != nil {
			t.Errorf("state = %+v", state)
		}
	}
	report, err = Transact(context.Background(), start, nil, files.Request{Paths: paths, Edit: func(states []files.State) ([]files.Change, error) {
		return []files.Change{
			{Path: paths[0], Delete: true, RemoveDirs: []string{"~/.earthscope", "~/.earthscope/default"}},
			{Path: paths[1], Delete: true, RemoveDirs: []string{"~/.earthscope"}},
			{Path: paths[2], Delete: true, RemoveDirs: []string{home + "/odd dir"}},
		}, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(report.Results[0].RemovedDirs, report.Results[1].RemovedDirs); got != "[~/.earthscope/default] [~/.earthscope]" {
		t.Errorf("removed dirs = %s", got)
	}
	if left := listing(t, home); len(left) != 0 {
		t.Errorf("left behind: %q", left)
	}
}

func TestTransact_contentBytesSurvive(t *testing.T) {
	t.Parallel()
	var every bytes.Buffer
	for i := range 70000 {
		every.WriteByte(byte(i))
	}
	for name, content := range map[string]string{
		"empty": "", "no newline": "x", "newlines": "\n\n\n", "crlf": "a\r\nb\r\n", "bytes": every.String(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			home := t.TempDir()
			if _, err := Transact(context.Background(), localShell("sh", home), nil, files.Request{Paths: []string{"~/f"}, Edit: replaceWith(content)}); err != nil {
				t.Fatal(err)
			}
			report, err := Transact(context.Background(), localShell("sh", home), nil, files.Request{Paths: []string{"~/f"}})
			if err != nil {
				t.Fatal(err)
			}
			if got := string(report.States[0].Content); got != content {
				t.Errorf("read back %d bytes, want %d", len(got), len(content))
			}
		})
	}
}

func TestTransact_conflictIsRefused(t *testing.T) {
	t.Parallel()
	for name, interfere := range map[string]func(string) error{
		"content": func(p string) error { return os.WriteFile(p, []byte("theirs"), 0o600) },
		"mode":    func(p string) error { return os.Chmod(p, 0o640) },
		"removed": os.Remove,
		"link":    func(p string) error { return errors.Join(os.Remove(p), os.Symlink("/etc/passwd", p)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			home := t.TempDir()
			path := filepath.Join(home, "f")
			if err := os.WriteFile(path, []byte("before"), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := Transact(context.Background(), localShell("sh", home), nil, files.Request{Paths: []string{"~/f", "~/new/g"}, Edit: func(states []files.State) ([]files.Change, error) {
				return []files.Change{{Path: "~/new/g", Content: []byte("g")}, {Path: "~/f", Content: []byte("ours")}}, interfere(path)
			}})
			var conflict *files.ConflictError
			if !errors.As(err, &conflict) || conflict.Path != "~/f" {
				t.Fatalf("error = %v, want a conflict on ~/f", err)
			}
			for _, left := range listing(t, home) {
				if left != "f" {
					t.Errorf("left behind: %q", left)
				}
			}
		})
	}
}

func TestTransact_refusals(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	outside := t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.Mkdir(home+"/dir", 0o700))
	must(os.WriteFile(home+"/file", nil, 0o600))
	must(os.WriteFile(home+"/big", make([]byte, files.MaxSize+1), 0o600))
	must(os.Symlink(outside+"/target", home+"/away"))
	must(os.Symlink(outside, home+"/awaydir"))
	must(os.Symlink("loop", home+"/loop"))
	must(exec.Command("mkfifo", home+"/fifo").Run())
	want := []struct {
		path   string
		reason files.Reason
	}{
		{"~/dir", files.NotRegular},
		{"~/fifo", files.NotRegular},
		{"~/file/x", files.NotDirectory},
		{"~/big", files.TooLarge},
		{"~/away", files.OutsideHome},
		{"~/awaydir/f", files.OutsideHome},
		{"~/loop", files.LinkRefused},
	}
	var paths []string
	for _, w := range want {
		paths = append(paths, w.path)
	}
	report, err := Transact(context.Background(), localShell("sh", home), nil, files.Request{Paths: paths})
	must(err)
	for i, w := range want {
		var refused *files.Error
		if !errors.As(report.States[i].Err, &refused) || refused.Reason != w.reason {
			t.Errorf("%s: error = %v, want %s", w.path, report.States[i].Err, w.reason)
		}
	}
}

func TestTransact_linkInsideHomeIsKept(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	if err := errors.Join(os.MkdirAll(home+"/dotfiles/es", 0o700), os.Symlink("dotfiles/es", home+"/.es"), os.Symlink("../dotfiles/es/real", home+"/.es/link")); err != nil {
		t.Fatal(err)
	}
	if _, err := Transact(context.Background(), localShell("sh", home), nil, files.Request{Paths: []string{"~/.es/link"}, Edit: replaceWith("x")}); err == nil {
		t.Fatal("a dangling link into a missing directory was followed")
	}
	if err := errors.Join(os.Remove(home+"/.es/link"), os.Symlink("../es/real", home+"/.es/link")); err != nil {
		t.Fatal(err)
	}
	if _, err := Transact(context.Background(), localShell("sh", home), nil, files.Request{Paths: []string{"~/.es/link"}, Edit: replaceWith("x")}); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(home + "/dotfiles/es/real"); err != nil || string(got) != "x" {
		t.Errorf("target = %q, %v", got, err)
	}
	if info, err := os.Lstat(home + "/.es/link"); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("link is gone: %v, %v", info, err)
	}
}

func TestTransact_writersDoNotLoseEntries(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	var group sync.WaitGroup
	for i := range 20 {
		group.Go(func() {
			_, err := Transact(context.Background(), localShell("sh", home), nil, files.Request{Paths: []string{"~/.earthscope/config.toml"}, Edit: func(states []files.State) ([]files.Change, error) {
				return []files.Change{{Path: states[0].Path, Content: fmt.Appendf(states[0].Content, "[profile.p%d]\n", i)}}, nil
			}})
			if err != nil {
				t.Errorf("writer %d: %v", i, err)
			}
		})
	}
	group.Wait()
	content, err := os.ReadFile(home + "/.earthscope/config.toml")
	if err != nil || strings.Count(string(content), "[profile.p") != 20 {
		t.Errorf("content = %q, %v", content, err)
	}
	if left := listing(t, home); len(left) != 2 {
		t.Errorf("left behind: %q", left)
	}
}
