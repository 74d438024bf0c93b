package remote

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/credential"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/sshserver"
)

// TestAuth_questions meets servers that want more than what can be prepared. The
// error names what they want and the way out, and no password is spent on it.
func TestAuth_questions(t *testing.T) {
	t.Parallel()
	keyThenQuestion := []string{"publickey", "keyboard-interactive"}
	for name, test := range map[string]struct {
		account  sshserver.User
		password string
		asked    Question
		accepted []string
		gave     bool // the password was given out
		remedy   string
	}{
		"key, then a code": {
			sshserver.User{Prompts: []sshserver.Prompt{{Text: "(gnss@h) Verification code: ", Answer: "1"}}, Require: keyThenQuestion},
			"", OneTimeCode,
			[]string{"publickey"},
			false, "use the openssh transport",
		},
		"a code, though there is a password": {
			sshserver.User{Prompts: []sshserver.Prompt{{Text: "Enter PASSCODE: ", Answer: "1"}}}, "SECRETpw", OneTimeCode, nil, false, "ControlMaster auto",
		},
		"password, then a code": {
			sshserver.User{Prompts: []sshserver.Prompt{{Text: "Password: ", Answer: "SECRETpw"}, {Text: "One-time password (OATH) for `gnss': ", Answer: "1"}}, OneByOne: true},
			"SECRETpw", OneTimeCode, nil, true, "run `ssh gnss@127.0.0.1` before",
		},
		"Duo": {
			sshserver.User{Prompts: []sshserver.Prompt{{Text: "Passcode or option (1-3): ", Answer: "1", Echo: true}}, Require: keyThenQuestion},
			"", OneTimeCode,
			[]string{"publickey"},
			false, "exempted",
		},
		"key, then a password": {
			sshserver.User{Prompts: []sshserver.Prompt{{Text: "Password: ", Answer: "x"}}, Require: keyThenQuestion},
			"", SecondPassword,
			[]string{"publickey"},
			false, "set the password",
		},
		"key, then the password method": {
			sshserver.User{Password: "x", Require: []string{"publickey", "password"}}, "", SecondPassword, []string{"publickey"}, false, "set the password",
		},
		"expired": {
			sshserver.User{Prompts: []sshserver.Prompt{{Text: "Password: ", Answer: "SECRETpw"}, {Text: "Current password: ", Answer: "SECRETpw"}}, OneByOne: true},
			"SECRETpw", NewPassword, nil, true, "log in by hand and change it",
		},
		"something else": {
			sshserver.User{Prompts: []sshserver.Prompt{{Text: "Your name: ", Answer: "a", Echo: true}}}, "SECRETpw", OtherQuestion, nil, false, "openssh transport",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := startHost(t, func(o *sshserver.Options, u *sshserver.User) {
				test.account.Keys = u.Keys
				*u = test.account
				if len(u.Require) == 0 {
					u.Keys = nil
				}
				promptsOnly(o, u)
			})
			target := h.target
			if len(test.account.Require) == 0 {
				target.Auth.PrivateKeys = nil
			}
			target.Auth.Password = []byte(test.password)
			target.Wait = Wait{For: time.Hour, AuthGrace: time.Hour}
			_, err := newPool(t, func(o *Options) { o.Sleep = noPause }).Read(testContext(t), target, nil, "~/f")
			var refused *AuthError
			if !errors.As(err, &refused) {
				t.Fatalf("error = %T %v, want *AuthError", err, err)
			}
			if refused.Asked != test.asked || !slices.Equal(refused.Accepted, test.accepted) || refused.Password != test.gave {
				t.Errorf("asked %q after %v, password given %t", refused.Asked, refused.Accepted, refused.Password)
			}
			for _, want := range []string{string(test.asked), test.remedy} {
				if !strings.Contains(strings.ToLower(err.Error()), strings.ToLower(want)) {
					t.Errorf("the error does not say %q: %v", want, err)
				}
			}
			if strings.Contains(err.Error(), "SECRET") || strings.Contains(err.Error(), "authorized_keys") {
				t.Errorf("the error quotes a secret or misleads: %v", err)
			}
			if c := h.Counters(); c.Connections != 1 {
				t.Errorf("%d connections: what only a person can answer is not tried again", c.Connections)
			}
		})
	}
}

func TestClassifyQuestion(t *testing.T) {
	t.Parallel()
	for question, want := range map[string]Question{
		"Password: ": "", "Passwort: ": "", "gnss@host's password: ": "", "パスワード: ": "",
		"Verification code: ": OneTimeCode, "Password & OTP: ": OneTimeCode, "Enter the PIN: ": OneTimeCode,
		"New password: ": NewPassword, "Retype new UNIX password: ": NewPassword, "(current) UNIX password: ": NewPassword,
	} {
		if got := classifyQuestion("", []string{question}, []bool{false}); got != want {
			t.Errorf("%q is taken for %q, want %q", question, got, want)
		}
	}
	if got := classifyQuestion("Your password has expired.", []string{"Password: "}, []bool{false}); got != NewPassword {
		t.Errorf("the instruction is not read: %q", got)
	}
	if got := classifyQuestion("", []string{"A: ", "B: "}, []bool{false, false}); got != OtherQuestion {
		t.Errorf("two questions are taken for %q", got)
	}
}

// TestAuth_wrongPasswordLocksNothing gives many hosts of one directory a wrong
// password. Two refusals are enough to know.
func TestAuth_wrongPasswordLocksNothing(t *testing.T) {
	t.Parallel()
	var hosts []*host
	for range 6 {
		hosts = append(hosts, startHost(t, func(_ *sshserver.Options, u *sshserver.User) { u.Keys, u.Password = nil, "right" }))
	}
	pool := newPool(t, nil)
	attempt := func(password string) (errs []error) {
		results := make(chan error, len(hosts))
		var group sync.WaitGroup
		for _, h := range hosts {
			target := h.target
			target.Auth = credential.Source{Password: []byte(password), NoAgent: true}
			group.Go(func() {
				_, err := pool.Read(testContext(t), target, nil, "~/f")
				results <- err
			})
		}
		group.Wait()
		for range hosts {
			errs = append(errs, <-results)
		}
		return errs
	}
	for range 2 {
		for _, err := range attempt("SECRETwrong") {
			var refused *AuthError
			if !errors.As(err, &refused) || !refused.Password || strings.Contains(err.Error(), "SECRET") {
				t.Errorf("error = %T %v", err, err)
			}
		}
	}
	refusals := 0
	for _, h := range hosts {
		refusals += h.Counters().AuthRefused["password"]
	}
	if refusals != maxRefusals {
		t.Errorf("the password was refused %d times, want %d", refusals, maxRefusals)
	}
	for _, err := range attempt("right") {
		if err != nil {
			t.Errorf("another password: %v", err)
		}
	}
}

// TestAuth_oneHostWithAnotherPassword refuses a password that others accept: they
// go on, and that one is not asked twice.
func TestAuth_oneHostWithAnotherPassword(t *testing.T) {
	t.Parallel()
	accepts := startHost(t, func(_ *sshserver.Options, u *sshserver.User) { u.Keys, u.Password = nil, "pw" })
	refuses := startHost(t, func(_ *sshserver.Options, u *sshserver.User) { u.Keys, u.Password = nil, "other" })
	pool := newPool(t, nil)
	for range 4 {
		for _, h := range []*host{refuses, accepts} {
			target := h.target
			target.Auth = credential.Source{Password: []byte("pw"), NoAgent: true}
			_, err := pool.Read(testContext(t), target, nil, "~/f")
			if (err == nil) != (h == accepts) {
				t.Errorf("error = %v", err)
			}
		}
	}
	if got := refuses.Counters().AuthRefused["password"]; got != 1 {
		t.Errorf("the password was sent %d times to the host that refused it, want once", got)
	}
}

// TestAuth_silentAgent has an agent that takes requests and never answers.
func TestAuth_silentAgent(t *testing.T) {
	t.Parallel()
	h := startHost(t, nil)
	dir := publicTempDir(t)
	listener, err := net.Listen("unix", filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	target := h.target
	target.Auth = credential.Source{AgentSocket: listener.Addr().String(), AgentRequired: true}
	target.ConnectTimeout = 50 * time.Millisecond
	_, err = newPool(t, nil).Read(testContext(t), target, nil, "~/f")
	var silent *credential.AgentError
	if !errors.As(err, &silent) {
		t.Errorf("error = %T %v, want *credential.AgentError", err, err)
	}
	cause := errors.New("interrupted by the user")
	target.ConnectTimeout = time.Hour
	ctx, cancel := context.WithCancelCause(testContext(t))
	go func() {
		conn, err := listener.Accept()
		if err == nil {
			defer func() { _ = conn.Close() }()
			_, _ = conn.Read(make([]byte, 5))
		}
		cancel(cause)
		<-t.Context().Done()
	}()
	// The first connection waits in the queue of the socket.
	for range 2 {
		if _, err = newPool(t, nil).Read(ctx, target, nil, "~/f"); !errors.Is(err, cause) {
			t.Errorf("error = %T %v, want %v", err, err, cause)
		}
	}
}

// stuckAgent lists a key and never signs, as one that waits for a touch.
type stuckAgent struct {
	agent.Agent
	asked chan struct{}
}

func (a *stuckAgent) Sign(ssh.PublicKey, []byte) (*ssh.Signature, error) {
	close(a.asked)
	select {}
}

// TestAuth_agentThatNeverSigns ends with the hop's time, and with the caller's.
func TestAuth_agentThatNeverSigns(t *testing.T) {
	t.Parallel()
	for name, limit := range map[string]time.Duration{"hop": 500 * time.Millisecond, "caller": time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := startHost(t, nil)
			ring := agent.NewKeyring()
			if err := ring.Add(agent.AddedKey{PrivateKey: h.key.Private()}); err != nil {
				t.Fatal(err)
			}
			listener, err := net.Listen("unix", filepath.Join(publicTempDir(t), "s"))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = listener.Close() })
			stuck := &stuckAgent{ring, make(chan struct{})}
			go func() {
				conn, err := listener.Accept()
				if err == nil {
					_ = agent.ServeAgent(stuck, conn)
				}
			}()
			target := h.target
			target.Auth = credential.Source{AgentSocket: listener.Addr().String()}
			target.ConnectTimeout = limit
			cause := errors.New("interrupted by the user")
			ctx, cancel := context.WithCancelCause(testContext(t))
			if name == "caller" {
				go func() { <-stuck.asked; cancel(cause) }()
			}
			_, err = newPool(t, nil).Read(ctx, target, nil, "~/f")
			if name == "caller" && !errors.Is(err, cause) || name == "hop" && !isConnect(TimedOut)(err) {
				t.Errorf("error = %T %v", err, err)
			}
			cancel(cause)
		})
	}
}
