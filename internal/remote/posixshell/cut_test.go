package posixshell

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/process"
)

// cutProcess loses its connection after a number of bytes in one direction, as
// the far side of a broken SSH connection sees it: the script reads an end of
// file, and nobody reads its output any more.
type cutProcess struct {
	process.Process
	sent, received int // bytes left; negative: no limit
}

func (p *cutProcess) Stdin() io.WriteCloser { return cutWriter{p} }
func (p *cutProcess) Stdout() io.Reader     { return cutReader{p} }

type cutWriter struct{ p *cutProcess }

func (w cutWriter) Write(data []byte) (int, error) {
	if w.p.sent < 0 || w.p.sent >= len(data) {
		if w.p.sent > 0 {
			w.p.sent -= len(data)
		}
		return w.p.Process.Stdin().Write(data)
	}
	count, _ := w.p.Process.Stdin().Write(data[:w.p.sent])
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

// cutRun runs one transaction that is cut, waits for the script's end, and
// returns how many of the two files were replaced.
func cutRun(t *testing.T, home string, sent, received int) (replaced int, err error) {
	t.Helper()
	if err := errors.Join(os.WriteFile(home+"/a", []byte("old"), 0o600), os.RemoveAll(home+"/dir")); err != nil {
		t.Fatal(err)
	}
	var proc process.Process
	start := func(ctx context.Context, line string) (process.Process, error) {
		plain, err := localShell("sh", home)(ctx, line)
		proc = plain
		return &cutProcess{plain, sent, received}, err
	}
	_, err = Transact(context.Background(), start, nil, files.Request{Paths: []string{"~/a", "~/dir/b"}, Edit: replaceWith("the new\ncontent")})
	if _, waitErr := proc.Wait(); waitErr != nil {
		t.Fatal(waitErr)
	}
	for _, name := range listing(t, home) {
		content, readErr := os.ReadFile(filepath.Join(home, name))
		switch {
		case name == "dir":
		case readErr == nil && string(content) == "the new\ncontent":
			replaced++
		case name == "a" && string(content) == "old":
		default:
			t.Errorf("cut after %d sent, %d received: %s holds %q, %v", sent, received, name, content, readErr)
		}
	}
	if _, statErr := os.Stat(home + "/dir"); replaced == 0 && statErr == nil {
		t.Errorf("cut after %d sent, %d received: the new directory remains", sent, received)
	}
	return replaced, err
}

// TestTransact_cutAtEveryByte breaks the exchange after every byte of the
// payload, and after every byte of the script's output.
func TestTransact_cutAtEveryByte(t *testing.T) {
	t.Parallel()
	for name, run := range map[string]func(home string, after int) (int, error){
		"sent":     func(home string, after int) (int, error) { return cutRun(t, home, after, -1) },
		"received": func(home string, after int) (int, error) { return cutRun(t, home, -1, after) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			home := t.TempDir()
			outcomes := map[int]int{}
			for after := 0; ; after++ {
				replaced, err := run(home, after)
				if err == nil {
					if replaced != 2 {
						t.Errorf("success with %d files replaced", replaced)
					}
					break
				}
				outcomes[replaced]++
				if name == "sent" && replaced != 0 {
					t.Errorf("%d files replaced although byte %d of the payload never came", replaced, after)
				}
			}
			t.Logf("files replaced -> places to cut: %v", outcomes)
			if outcomes[0] < 100 || strings.Contains(name, "received") && outcomes[2] == 0 {
				t.Errorf("outcomes = %v: the cuts did not cover the exchange", outcomes)
			}
		})
	}
}

// TestTransact_killedScriptIsSweptUp leaves a temporary file as a script does
// that was killed, and one that only looks like it.
func TestTransact_killedScriptIsSweptUp(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	for _, name := range []string{".es.tmp.abcdefghij", ".es.tmp.short", ".es.conf"} {
		if err := os.WriteFile(filepath.Join(home, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Transact(context.Background(), localShell("sh", home), nil, files.Request{Paths: []string{"~/a"}, Edit: replaceWith("x")}); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(listing(t, home), " "); got != ".es.conf .es.tmp.short a" {
		t.Errorf("home holds %s", got)
	}
}
