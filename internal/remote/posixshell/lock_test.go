package posixshell

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/process"
)

// impatient is a local shell whose script lets go of its lock after one second
// instead of thirty.
func impatient(home string) process.Start {
	return func(ctx context.Context, line string) (process.Process, error) {
		return localShell("sh", home)(ctx, strings.Replace(line, "-lt 30", "-lt 1", 1))
	}
}

// TestTransact_silentClientHoldsUpNobody lets a client take the lock and then
// say nothing. The next one gets it, and the first one writes nothing.
func TestTransact_silentClientHoldsUpNobody(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	locked, release, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		_, err := Transact(context.Background(), impatient(home), nil, files.Request{Paths: []string{"~/a"}, Edit: func(states []files.State) ([]files.Change, error) {
			close(locked)
			<-release
			return []files.Change{{Path: "~/a", Content: []byte("from the silent one")}}, nil
		}})
		ended <- err
	}()
	<-locked
	if _, err := Transact(context.Background(), localShell("sh", home), nil, files.Request{Paths: []string{"~/a"}, Edit: replaceWith("from the next one")}); err != nil {
		t.Fatal(err)
	}
	close(release)
	var lost *files.LostError
	var conflict *files.ConflictError
	if err := <-ended; !errors.As(err, &lost) && !errors.As(err, &conflict) {
		t.Errorf("error = %T %v, want a lost connection or a conflict", err, err)
	}
	if got, err := os.ReadFile(home + "/a"); err != nil || string(got) != "from the next one" {
		t.Errorf("content = %q, %v", got, err)
	}
	if left := listing(t, home); len(left) != 1 {
		t.Errorf("left behind: %q", left)
	}
}

// FuzzStream feeds arbitrary output to the reader of the script's protocol: it
// must end, and must never take noise for a file.
func FuzzStream(f *testing.F) {
	const nonce = "0123456789abcdef0123456789abcdef"
	line := func(text string) string { return nonce + " " + text + "\n" }
	f.Add([]byte(line("file file") + line("path /a") + line("miss ") + line("num -rw------- 1 0 0 3 Jan 1 00:00 /a") + line("nam -rw------- 1 root root 3 Jan 1 00:00 /a") + line("data") + "abc\n" + line("end 0")))
	f.Add([]byte("noise\n" + line("file none") + line("path /a") + line("miss b/c")))
	f.Add([]byte(line("file big") + line("path /a") + line("miss ") + line("num x") + line("nam y")))
	f.Fuzz(func(t *testing.T, output []byte) {
		s := newStream(bytes.NewReader(output), nonce)
		state, err := s.readState("~/a/b")
		if err == nil && state.Exists && !bytes.Contains(output, state.Content) {
			t.Errorf("content %q is not in the output", state.Content)
		}
		if err == nil && !bytes.Contains(output, []byte(nonce)) {
			t.Error("a state was read from noise alone")
		}
	})
}

func TestParseMetadata(t *testing.T) {
	t.Parallel()
	var state files.State
	err := parseMetadata(&state, strings.Fields("-rwxr-s--T+ 1 1000 2000 12 Jan 1 00:00 /a b"), strings.Fields("-rwxr-s--T+ 1 ann domain users 12 Jan 1 00:00 /a b"))
	if err != nil || state.Mode != 0o750 || state.UID != 1000 || state.GID != 2000 || state.Owner != "ann" || state.Group != "domain users" {
		t.Errorf("state = %+v, %v", state, err)
	}
	for _, line := range []string{"", "-rw-------", "-rw------- 1 ann users 12 Jan 1", "short 1 0 0 1 x"} {
		if err := parseMetadata(&state, strings.Fields(line), nil); err == nil {
			t.Errorf("%q was taken for a line of ls -n", line)
		}
	}
}
