package posixshell

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/process"
)

// userland makes a login shell whose PATH holds the named tools of this machine,
// each of which refuses what GNU alone has, and the given scripts, and nothing
// else.
func userland(t *testing.T, tools string, scripts map[string]string) (login string) {
	t.Helper()
	bin := t.TempDir()
	for _, tool := range strings.Fields(tools) {
		path, err := exec.LookPath(tool)
		if err != nil {
			t.Fatal(err)
		}
		if _, replaced := scripts[tool]; replaced {
			continue
		}
		text := "#!/bin/sh\nfor a do case $a in --) ;; --?*) echo \"" + tool + ": illegal option $a\" >&2; exit 64;; esac; done\nexec " + path + " \"$@\"\n"
		if tool == "sh" {
			text = "#!/bin/sh\nexec " + path + " \"$@\"\n"
		}
		must(t, os.WriteFile(filepath.Join(bin, tool), []byte(text), 0o700))
	}
	for tool, text := range scripts {
		must(t, os.WriteFile(filepath.Join(bin, tool), []byte("#!/bin/sh\n"+text), 0o700))
	}
	login = filepath.Join(t.TempDir(), "login")
	must(t, os.WriteFile(login, []byte("#!/bin/sh\nPATH="+bin+"; export PATH; exec /bin/sh \"$@\"\n"), 0o700))
	return login
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// posixTools are all that the script may need. The Bourne shells' own commands
// are not among them; mktemp, readlink and find -mmin are not POSIX, but every BSD,
// macOS and busybox has them.
const posixTools = "sh id cat wc ls cksum dd mv rm rmdir mkdir chmod chown mktemp readlink find sleep sync"

// bsd are tools that differ from GNU's where a script may notice.
var bsd = map[string]string{
	"wc": "printf '%8s\\n' \"$(/usr/bin/wc \"$@\")\"\n",
	"dd": "for a do case $a in conv=*fsync*) echo 'dd: unknown conversion fsync' >&2; exit 1;; esac; done\nexec /bin/dd \"$@\"\n",
	// macOS marks extended attributes with @ and takes -n for -l too.
	"ls":     "/bin/ls \"$@\" | sed 's/^\\([-dlrwxst]\\{10\\}\\) /\\1@ /'\n",
	"sync":   "[ $# = 0 ] || { echo 'usage: sync' >&2; exit 1; }\n",
	"mktemp": "case $1 in -*) echo 'usage: mktemp template' >&2; exit 1;; esac\nexec /usr/bin/mktemp \"$@\"\n",
	"sed":    "exec /bin/sed \"$@\"\n",
}

func TestTransact_otherUserlands(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		tools   string
		scripts map[string]string
	}{
		"POSIX":                            {posixTools, nil},
		"BSD":                              {posixTools, bsd},
		"GNU without flock":                {posixTools + " sha256sum", nil},
		"flock that the file system can't": {posixTools, map[string]string{"flock": "echo 'flock: 9: Function not implemented' >&2; exit 65\n"}},
		"flock without locks left":         {posixTools, map[string]string{"flock": "echo 'flock: 9: No locks available' >&2; exit 71\n"}},
		"flock with restorecon":            {posixTools + " flock", map[string]string{"restorecon": "echo relabeled; echo noise >&2\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			login, home := userland(t, test.tools, test.scripts), t.TempDir()
			roundTrip(t, login, home)
			report, err := Transact(context.Background(), localShell(login, home), nil, files.Request{Paths: []string{"~/a/b c"}, Edit: func(states []files.State) ([]files.Change, error) {
				return []files.Change{{Path: states[0].Path, Delete: true, RemoveDirs: []string{"~/a"}}}, nil
			}})
			if err != nil || len(report.Results[0].RemovedDirs) != 1 {
				t.Errorf("delete: %+v, %v", report.Results, err)
			}
			for _, left := range listing(t, home) {
				if strings.Contains(left, ".es.tmp.") || strings.Contains(left, ".es.lock") {
					t.Errorf("left behind: %s", left)
				}
			}
		})
	}
}

// TestTransact_writersWithoutFlock takes turns by a directory.
func TestTransact_writersWithoutFlock(t *testing.T) {
	t.Parallel()
	login, home := userland(t, posixTools, nil), t.TempDir()
	var group sync.WaitGroup
	for i := range 5 {
		group.Go(func() {
			_, err := Transact(context.Background(), localShell(login, home), nil, files.Request{Paths: []string{"~/f"}, Edit: func(states []files.State) ([]files.Change, error) {
				return []files.Change{{Path: states[0].Path, Content: fmt.Appendf(states[0].Content, "line %d\n", i)}}, nil
			}})
			if err != nil {
				t.Errorf("writer %d: %v", i, err)
			}
		})
	}
	group.Wait()
	if content, err := os.ReadFile(home + "/f"); err != nil || strings.Count(string(content), "line ") != 5 {
		t.Errorf("content = %q, %v", content, err)
	}
	if left := listing(t, home); len(left) != 1 {
		t.Errorf("left behind: %q", left)
	}
}

// TestTransact_staleLockDirectory steals the lock of a session that was killed,
// and respects one that is alive.
func TestTransact_staleLockDirectory(t *testing.T) {
	t.Parallel()
	login, home := userland(t, posixTools, nil), t.TempDir()
	lock := home + "/.es.lock"
	must(t, os.Mkdir(lock, 0o700))
	old := time.Now().Add(-5 * time.Minute)
	must(t, os.Chtimes(lock, old, old))
	if _, err := Transact(context.Background(), localShell(login, home), nil, files.Request{Paths: []string{"~/f"}, Edit: replaceWith("x")}); err != nil {
		t.Fatal(err)
	}
	must(t, os.Mkdir(lock, 0o700))
	start := func(ctx context.Context, line string) (process.Process, error) {
		return localShell(login, home)(ctx, strings.Replace(line, "-lt 30", "-lt 1", 1))
	}
	_, err := Transact(context.Background(), start, nil, files.Request{Paths: []string{"~/f"}, Edit: replaceWith("y")})
	var busy *files.BusyError
	if !errors.As(err, &busy) {
		t.Errorf("error = %T %v, want *files.BusyError", err, err)
	}
	if got, _ := os.ReadFile(home + "/f"); string(got) != "x" {
		t.Errorf("content = %q: the lock was not respected", got)
	}
}

// TestTransact_restorecon gives each new file the label that the policy has for
// its place, after it has got its name; a failure there is none of the write.
func TestTransact_restorecon(t *testing.T) {
	t.Parallel()
	log := filepath.Join(t.TempDir(), "log")
	login := userland(t, posixTools+" flock", map[string]string{"restorecon": "/bin/cat \"$1\" >>" + log + " 2>&1; printf '|%s\\n' \"$*\" >>" + log + "; exit 1\n"})
	home := t.TempDir()
	if _, err := Transact(context.Background(), localShell(login, home), nil, files.Request{Paths: []string{"~/d/a b", "~/c"}, Edit: replaceWith("new")}); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(log)
	if want := "new|" + home + "/d/a b\nnew|" + home + "/c\n"; err != nil || string(got) != want {
		t.Errorf("restorecon was called as %q, %v, want %q", got, err, want)
	}
}

// TestTransact_failingTools classifies what the tools of several systems say, and
// leaves the old file and nothing else.
func TestTransact_failingTools(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		tool, says, step string
		reason           files.Reason
	}{
		"NFS, in use":        {"mv", "mv: cannot move 'x' to 'y': Device or resource busy", "rename", files.Busy},
		"FreeBSD mount":      {"mv", "mv: rename x to y: Device busy", "rename", files.Busy},
		"macOS mount":        {"mv", "mv: rename x to y: Resource busy", "rename", files.Busy},
		"overlay":            {"mv", "mv: cannot move: Invalid cross-device link", "rename", files.Busy},
		"stale handle":       {"mv", "mv: cannot stat 'x': Stale NFS file handle", "rename", files.IOFailure},
		"root squash":        {"mktemp", "mktemp: failed to create file via template: Permission denied", "create", files.PermissionDenied},
		"BSD quota":          {"mktemp", "mktemp: mkstemp failed on x: Disc quota exceeded", "create", files.QuotaExceeded},
		"full while flushed": {"dd", "dd: fsync failed: No space left on device", "write", files.NoSpace},
		"read-only":          {"chmod", "chmod: x: Read-only file system", "mode", files.ReadOnly},
		"something else":     {"chmod", "chmod: SECRETS everywhere", "mode", files.OtherFailure},
		"no mktemp":          {"mktemp", "sh: mktemp: not found", "create", files.OtherFailure},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			login := userland(t, posixTools+" flock", map[string]string{test.tool: "echo '" + strings.ReplaceAll(test.says, "'", "") + "' >&2; exit 1\n"})
			home := t.TempDir()
			must(t, os.WriteFile(home+"/f", []byte("old"), 0o600))
			_, err := Transact(context.Background(), localShell(login, home), nil, files.Request{Paths: []string{"~/f"}, Edit: replaceWith("new")})
			var refused *files.Error
			if !errors.As(err, &refused) || refused.Reason != test.reason || refused.Step != test.step || refused.Path != "~/f" {
				t.Errorf("error = %T %v, want %s at %s", err, err, test.reason, test.step)
			}
			if err != nil && strings.Contains(err.Error(), "SECRETS") {
				t.Errorf("the error quotes the tool: %v", err)
			}
			if got, err := os.ReadFile(home + "/f"); err != nil || string(got) != "old" || len(listing(t, home)) != 1 {
				t.Errorf("content = %q, %v, home holds %q", got, err, listing(t, home))
			}
		})
	}
}
