package process

import (
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"testing"
	"testing/iotest"
)

func TestEscape_printfGivesItBack(t *testing.T) {
	t.Parallel()
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("SKIPPED: sh is not installed")
	}
	for _, text := range []string{"plain/path", "a b'c\"d$e`f!g\\n\\0123%s", "ünïcödé", "-x", "~/x", "\x01\x7f\xff"} {
		escaped := Escape(text)
		if strings.ContainsAny(escaped, "' \"$`!") {
			t.Errorf("Escape(%q) = %q", text, escaped)
		}
		output, err := exec.Command(shell, "-c", `printf %b "$1"`, "sh", escaped).Output()
		if err != nil || string(output) != text {
			t.Errorf("printf %%b %q = %q, %v, want %q", escaped, output, err, text)
		}
	}
}

func TestNonce_differs(t *testing.T) {
	t.Parallel()
	if a, b := Nonce(), Nonce(); a == b || len(a) != 32 {
		t.Errorf("nonces %q, %q", a, b)
	}
}

func TestBecome_check(t *testing.T) {
	t.Parallel()
	var nobody *Become
	for _, valid := range []*Become{nobody, {User: "svc"}, {User: "svc-app_1", Method: "sudo", Password: []byte("a b'c")}, {User: "host$"}} {
		if err := valid.Check(); err != nil {
			t.Errorf("%v: %v", valid, err)
		}
	}
	for _, invalid := range []*Become{{}, {User: "-u root"}, {User: "a b"}, {User: "a;b"}, {User: "svc", Method: "su"}, {User: "svc", Password: []byte("SECRET\nx")}} {
		var refused *BecomeError
		if err := invalid.Check(); !errors.As(err, &refused) || refused.Reason != BecomeInvalid || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%s: %v", invalid.User, err)
		}
	}
}

func TestBecome_commandHoldsNoPassword(t *testing.T) {
	t.Parallel()
	line := ShellCommand("true", "n")
	for want, become := range map[string]*Become{
		"exec sh -c 'true' es 'n'":                                                  nil,
		"exec env LC_ALL=C sudo -n -H -u svc -- sh -c 'true' es 'n'":                {User: "svc"},
		"exec env LC_ALL=C sudo -S -p N-password: -H -u svc -- sh -c 'true' es 'n'": {User: "svc", Password: []byte("SECRET")},
	} {
		if got := become.Command("N", line); got != want {
			t.Errorf("command = %q, want %q", got, want)
		}
	}
}

// scripted is a process whose standard error is given.
type scripted struct {
	Process
	stderr io.Reader
	stdin  chan string
	killed chan struct{}
}

func (s *scripted) Stderr() io.Reader     { return s.stderr }
func (s *scripted) Stdin() io.WriteCloser { return s }
func (s *scripted) Close() error          { return nil }
func (s *scripted) Kill()                 { close(s.killed) }
func (s *scripted) Write(data []byte) (int, error) {
	s.stdin <- string(data)
	return len(data), nil
}

// TestAttend_promptAnywhere finds sudo's question however much was printed before
// and however little is kept.
func TestAttend_promptAnywhere(t *testing.T) {
	t.Parallel()
	const nonce = "0123456789abcdef0123456789abcdef"
	b := &Become{User: "root", Password: []byte("SECRET")}
	for name, text := range map[string]string{
		"at once":         prompt(nonce),
		"after noise":     strings.Repeat("noise\n", 10000) + prompt(nonce),
		"right after it":  nonce + prompt(nonce),
		"byte for byte":   "\n" + prompt(nonce) + "\n",
		"with more after": prompt(nonce) + strings.Repeat("noise\n", 10000),
	} {
		for _, limit := range []int{0, 10, MaxStderr} {
			t.Run(fmt.Sprint(name, " ", limit), func(t *testing.T) {
				t.Parallel()
				reader := io.Reader(strings.NewReader(text))
				if name == "byte for byte" {
					reader = iotest.OneByteReader(reader)
				}
				s := &scripted{stderr: reader, stdin: make(chan string, 2), killed: make(chan struct{})}
				a := b.Attend(s, nonce, limit)
				kept, _ := a.Text()
				if got := len(s.stdin); got != 1 {
					t.Fatalf("the password was written %d times, want once", got)
				}
				if got := <-s.stdin; got != "SECRET\n" || a.Refused() != nil {
					t.Errorf("written %q, %v", got, a.Refused())
				}
				if strings.Contains(kept, nonce+"-pass") || len(kept) > limit {
					t.Errorf("kept %d bytes of at most %d: %.80q", len(kept), limit, kept)
				}
			})
		}
	}
}

func TestAttend_secondQuestionEndsIt(t *testing.T) {
	t.Parallel()
	const nonce = "0123456789abcdef0123456789abcdef"
	b := &Become{User: "root", Password: []byte("SECRET")}
	s := &scripted{stderr: io.MultiReader(strings.NewReader(prompt(nonce)), strings.NewReader("Sorry, try again.\n"+prompt(nonce))), stdin: make(chan string, 9), killed: make(chan struct{})}
	a := b.Attend(s, nonce, MaxStderr)
	<-s.killed
	a.Text()
	var refused *BecomeError
	if err := a.Refused(); !errors.As(err, &refused) || refused.Reason != SudoWrongPassword || len(s.stdin) != 1 {
		t.Errorf("error = %v, %d passwords written", err, len(s.stdin))
	}
}

// TestErr_reasons reads what sudo says for each reason, in its own words of the C
// locale, and never repeats them.
func TestErr_reasons(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]BecomeReason{
		"sudo: a password is required\n":                                                SudoNeedsPassword,
		"sudo: a terminal is required to read the password\n":                           SudoNeedsPassword,
		"sudo: 1 incorrect password attempt\n":                                          SudoWrongPassword,
		"Sorry, try again.\n":                                                           SudoWrongPassword,
		"gnss is not in the sudoers file.\nThis incident has been reported.\n":          SudoNotAllowed,
		"Sorry, user gnss is not allowed to execute '/bin/sh' as root on SECRETHOST.\n": SudoNotAllowed,
		"sudo: unknown user nosuch\n":                                                   SudoUnknownUser,
		"sudo: sorry, you must have a tty to run sudo\n":                                SudoNeedsTerminal,
		"env: 'sudo': No such file or directory\n":                                      SudoMissing,
		"env: sudo: not found\n":                                                        SudoMissing,
		"sudo: /etc/sudo.conf is world writable\n":                                      SudoFailedOtherwise,
	} {
		b := &Become{User: "root"}
		s := &scripted{stderr: strings.NewReader(text), stdin: make(chan string, 9), killed: make(chan struct{})}
		err := b.Attend(s, Nonce(), MaxStderr).Err(1)
		var refused *BecomeError
		if !errors.As(err, &refused) || refused.Reason != want || refused.User != "root" {
			t.Errorf("%q: error = %v, want %s", text, err, want)
		}
		if strings.Contains(err.Error(), "SECRETHOST") || strings.Contains(err.Error(), "incident") {
			t.Errorf("the error quotes sudo: %v", err)
		}
	}
	var nobody *Become
	if err := nobody.Attend(&scripted{stderr: strings.NewReader("x")}, Nonce(), 10).Err(1); err != nil {
		t.Errorf("nobody to become: %v", err)
	}
}
