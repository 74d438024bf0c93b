package process

import (
	"errors"
	"io"
	"io/fs"
	"os/exec"
	"strings"
	"testing"
)

func start(t *testing.T, script string) Process {
	t.Helper()
	proc, err := FromCommand(exec.Command("sh", "-c", script))
	if err != nil {
		t.Fatal(err)
	}
	return proc
}

func TestFromCommand_streamsAndStatus(t *testing.T) {
	t.Parallel()
	proc := start(t, "cat; echo err >&2; exit 3")
	if _, err := io.WriteString(proc.Stdin(), "in"); err != nil {
		t.Fatal(err)
	}
	if err := proc.Stdin().Close(); err != nil {
		t.Fatal(err)
	}
	stdout, errOut := io.ReadAll(proc.Stdout())
	stderr, errErr := io.ReadAll(proc.Stderr())
	code, err := proc.Wait()
	if string(stdout) != "in" || string(stderr) != "err\n" || code != 3 || errors.Join(errOut, errErr, err) != nil {
		t.Errorf("%q, %q, %d, %v", stdout, stderr, code, errors.Join(errOut, errErr, err))
	}
	if again, err := proc.Wait(); again != 3 || err != nil {
		t.Errorf("waited again: %d, %v", again, err)
	}
}

func TestFromCommand_killedBySignal(t *testing.T) {
	t.Parallel()
	proc := start(t, "kill -9 $$")
	code, err := proc.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		t.Errorf("code %d, error %T %v, want the signal", code, err, err)
	}
}

func TestFromCommand_notThere(t *testing.T) {
	t.Parallel()
	if _, err := FromCommand(exec.Command("/nonexistent/program")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error = %v", err)
	}
}

// TestKill_letsTheCommandEndItself closes the streams, which a script takes for the
// end of the exchange, and unblocks whoever reads.
func TestKill_letsTheCommandEndItself(t *testing.T) {
	t.Parallel()
	done := t.TempDir() + "/done"
	proc := start(t, "echo ready; cat >/dev/null; echo cleaned >"+done)
	ready := make([]byte, len("ready\n"))
	if _, err := io.ReadFull(proc.Stdout(), ready); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := proc.Stdout().Read(make([]byte, 1))
		ended <- err
	}()
	proc.Kill()
	proc.Kill()
	if err := <-ended; err == nil {
		t.Error("a reader got data after Kill")
	}
	if code, err := proc.Wait(); code != 0 || err != nil {
		t.Errorf("the script could not end by itself: %d, %v", code, err)
	}
	if output, err := exec.Command("cat", done).Output(); err != nil || string(output) != "cleaned\n" {
		t.Errorf("it left %q, %v", output, err)
	}
}

// TestShellCommand_meansTheSame gives a script arguments that shells could take
// apart.
func TestShellCommand_meansTheSame(t *testing.T) {
	t.Parallel()
	arguments := []string{"plain", "a b", "it's", "$(id)", "`id`", "\\n", "!x", "ü", "-x", "", "*", "~", "a\"b"}
	line := ShellCommand(`for a do printf "%b|" "$a"; done`, arguments...)
	for _, shell := range []string{"sh", "bash", "dash", "zsh", "fish", "tcsh"} {
		path, err := exec.LookPath(shell)
		if err != nil {
			continue // the tests of the exchange say so loudly
		}
		output, err := exec.Command(path, "-c", line).Output()
		if want := strings.Join(arguments, "|") + "|"; err != nil || string(output) != want {
			t.Errorf("%s prints %q, %v, want %q", shell, output, err, want)
		}
	}
}

// FuzzEscape uses no character that a shell treats specially.
func FuzzEscape(f *testing.F) {
	f.Add("a b'c\x00\xff")
	f.Fuzz(func(t *testing.T, text string) {
		escaped := Escape(text)
		if strings.ContainsAny(escaped, " '\"$`!*?[]{}()<>|&;#\n\r\t") {
			t.Errorf("Escape(%q) = %q", text, escaped)
		}
		var back []byte
		for i := 0; i < len(escaped); i++ {
			if escaped[i] != '\\' {
				back = append(back, escaped[i])
				continue
			}
			back = append(back, (escaped[i+2]-'0')<<6|(escaped[i+3]-'0')<<3|(escaped[i+4]-'0'))
			i += 4
		}
		if string(back) != text {
			t.Errorf("Escape(%q) = %q, which means %q", text, escaped, back)
		}
	})
}
