package sftp

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/process"
)

// cutProcess stops after a number of bytes in one direction, as a broken
// connection does; a negative number is no limit.
type cutProcess struct {
	process.Process
	sent, received int
}

func (p *cutProcess) Stdin() io.WriteCloser { return cutWriter{p} }
func (p *cutProcess) Stdout() io.Reader     { return cutReader{p} }

type cutWriter struct{ p *cutProcess }

func (w cutWriter) Write(data []byte) (int, error) {
	stdin := w.p.Process.Stdin()
	if w.p.sent < 0 {
		return stdin.Write(data)
	}
	if w.p.sent >= len(data) {
		w.p.sent -= len(data)
		return stdin.Write(data)
	}
	count, _ := stdin.Write(data[:w.p.sent])
	w.p.sent = 0
	w.p.Kill()
	return count, io.ErrClosedPipe
}

func (w cutWriter) Close() error { return w.p.Process.Stdin().Close() }

type cutReader struct{ p *cutProcess }

func (r cutReader) Read(chunk []byte) (int, error) {
	if r.p.received < 0 {
		return r.p.Process.Stdout().Read(chunk)
	}
	if r.p.received == 0 {
		r.p.Kill()
		return 0, io.ErrUnexpectedEOF
	}
	count, err := r.p.Process.Stdout().Read(chunk[:min(len(chunk), r.p.received)])
	r.p.received -= count
	return count, err
}

func noPause(context.Context, time.Duration) {}

// temporaryFiles lists what lies in the home directory and in dir.
func temporaryFiles(t *testing.T, home string) []string {
	t.Helper()
	var found []string
	for _, pattern := range []string{"/", "/dir/"} {
		names, err := filepath.Glob(home + pattern + files.TempPrefix + "*")
		must(t, err)
		found = append(found, names...)
	}
	return found
}

// checkCut fails unless each file is the old one or the new one.
func checkCut(t *testing.T, home string, after int) (replaced int) {
	t.Helper()
	for _, name := range []string{"a", "dir/b"} {
		content, err := os.ReadFile(filepath.Join(home, name))
		switch {
		case string(content) == "the new content":
			replaced++
		case name == "dir/b" && errors.Is(err, os.ErrNotExist):
		case name == "a" && string(content) == "old":
		default:
			t.Errorf("cut after %d bytes: %s holds %q, %v", after, name, content, err)
		}
	}
	return replaced
}

// TestTransact_cutAtEveryByte breaks the exchange after every byte that is sent, and
// after every third that comes back. Nobody on the host can remove a temporary file then: the report
// says what to remove over the next connection, and that removes everything.
func TestTransact_cutAtEveryByte(t *testing.T) {
	t.Parallel()
	for name, cut := range map[string]func(process.Process, int) process.Process{
		"sent":     func(p process.Process, after int) process.Process { return &cutProcess{p, after, -1} },
		"received": func(p process.Process, after int) process.Process { return &cutProcess{p, -1, after} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			home := t.TempDir()
			var cuts, left, replaced int
			step := 1
			if name == "received" {
				step = 3 // the answers are small, and nothing is done byte for byte
			}
			for after := 0; ; after += step {
				must(t, os.WriteFile(home+"/a", []byte("old"), 0o600), os.RemoveAll(home+"/dir"))
				plain := serve(t, home)
				report, err := Transact(context.Background(), cut(plain, after), "test", files.Request{Paths: []string{"~/a", "~/dir/b"}, Edit: replaceWith("the new content")})
				_, _ = plain.Wait() // the server may die of writing to nobody
				done := checkCut(t, home, after)
				if err == nil {
					if done != 2 || !report.Remains.Empty() {
						t.Errorf("success with %d files replaced, %+v remains", done, report.Remains)
					}
					break
				}
				cuts++
				replaced += done
				var lost *files.LostError
				if !errors.As(err, &lost) {
					t.Errorf("cut after %d bytes: error = %T %v", after, err, err)
				}
				if len(temporaryFiles(t, home)) > 0 {
					left++
				}
				if still := Remove(context.Background(), serve(t, home), report.Remains, noPause); !still.Empty() {
					t.Errorf("cut after %d bytes: %+v could not be removed", after, still)
				}
				if found := temporaryFiles(t, home); len(found) > 0 {
					t.Errorf("cut after %d bytes: %v remains, known were %+v", after, found, report.Remains)
				}
				if _, err := os.Stat(home + "/dir"); done == 0 && err == nil {
					t.Errorf("cut after %d bytes: the new directory remains", after)
				}
			}
			t.Logf("%d cuts left a temporary file in %d cases until it was removed, %d files were new", cuts, left, replaced)
			if cuts < 500 || left == 0 {
				t.Errorf("the cuts did not cover the exchange")
			}
		})
	}
}

// TestTransact_sweepsUp removes what an earlier process of the same mark left, and
// what others left long ago, but nothing that may be in use and nothing else.
func TestTransact_sweepsUp(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	old := time.Now().Add(-time.Hour)
	for name, stale := range map[string]bool{
		".es.tmp.test123456": false, ".es.tmp.othr123456": false, ".es.tmp.othr654321": true, ".es.tmp.short": true, ".es.conf": true,
	} {
		must(t, os.WriteFile(filepath.Join(home, name), nil, 0o600))
		if stale {
			must(t, os.Chtimes(filepath.Join(home, name), old, old))
		}
	}
	if _, err := transact(t, home, replaceWith("x"), "~/a"); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(home)
	must(t, err)
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	if got := strings.Join(names, " "); got != ".es.conf .es.tmp.othr123456 .es.tmp.short a" {
		t.Errorf("home holds %s", got)
	}
}

// TestRemove_lateFile looks again for a file of which nobody knows whether it was
// made: the server may still be at it when the next connection is there.
func TestRemove_lateFile(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	late := home + "/.es.tmp.test123456"
	var pauses []time.Duration
	pause := func(_ context.Context, duration time.Duration) {
		if pauses = append(pauses, duration); len(pauses) == 2 {
			must(t, os.WriteFile(late, nil, 0o600))
		}
	}
	left := files.Remains{Temporary: []files.Temporary{{Path: ".es.tmp.test123456"}, {Path: "dir/.es.tmp.test654321", Created: true}}}
	if still := Remove(context.Background(), serve(t, home), left, pause); !still.Empty() {
		t.Errorf("%+v remains", still)
	}
	if _, err := os.Stat(late); !errors.Is(err, os.ErrNotExist) || len(pauses) != 2 || pauses[0] != patience[0] || pauses[1] != patience[1] {
		t.Errorf("after the pauses %v: %v", pauses, err)
	}
}

// TestRemove_refused keeps what the server does not let go of, and what it could
// not be asked about.
func TestRemove_refused(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	must(t, os.MkdirAll(home+"/.es.tmp.test123456/full", 0o700), os.MkdirAll(home+"/dir/full", 0o700))
	left := files.Remains{Temporary: []files.Temporary{{Path: ".es.tmp.test123456", Created: true}}, Dirs: []string{"dir"}}
	still := Remove(context.Background(), serve(t, home), left, noPause)
	if len(still.Temporary) != 1 || len(still.Dirs) != 0 {
		t.Errorf("%+v remains", still)
	}
	dead := serve(t, home)
	dead.Kill()
	if still = Remove(context.Background(), dead, left, noPause); len(still.Temporary) != 1 || len(still.Dirs) != 1 {
		t.Errorf("over a dead connection: %+v remains", still)
	}
}
