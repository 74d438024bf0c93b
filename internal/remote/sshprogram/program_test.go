package sshprogram

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/credential"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/hostkey"
)

// TestClassify reads what OpenSSH 7 to 10 print with LogLevel ERROR.
func TestClassify(t *testing.T) {
	t.Parallel()
	changed := `@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
The fingerprint for the ED25519 key sent by the remote host is
SHA256:0123456789abcdefghijABCDEFGHIJ+/0123456789a.
Host key verification failed.`
	for words, want := range map[string]Error{
		changed: {Failure: KeyChanged, KeyType: "ed25519", Fingerprint: "SHA256:0123456789abcdefghijABCDEFGHIJ+/0123456789a"},
		"No ED25519 host key is known for h and you have requested strict checking.\nHost key verification failed.": {Failure: KeyUnknown},
		"Host key verification failed.":                                                                                                  {Failure: KeyUnknown},
		"@ WARNING: REVOKED HOST KEY DETECTED! @\nHost key verification failed.":                                                         {Failure: KeyRevoked},
		"ssh: Could not resolve hostname nowhere: Name or service not known":                                                             {Failure: Unresolvable},
		"ssh: connect to host h port 22: Connection refused":                                                                             {Failure: Refused},
		"ssh: connect to host h port 22: No route to host":                                                                               {Failure: Unreachable},
		"ssh: connect to host h port 22: Network is unreachable":                                                                         {Failure: Unreachable},
		"ssh: connect to host h port 22: Connection timed out":                                                                           {Failure: TimedOut},
		"Connection timed out during banner exchange\nConnection to 10.0.0.1 port 22 timed out":                                          {Failure: TimedOut},
		"gnss@h: Permission denied (publickey,keyboard-interactive).":                                                                    {Failure: NotLoggedIn, Methods: []string{"publickey", "keyboard-interactive"}},
		"Received disconnect from 10.0.0.1 port 22:2: Too many authentication failures":                                                  {Failure: NotLoggedIn},
		"Unable to negotiate with 10.0.0.1 port 22: no matching host key type found. Their offer: ssh-rsa":                               {Failure: Incompatible},
		"kex_exchange_identification: Connection closed by remote host":                                                                  {Failure: Dropped},
		"kex_exchange_identification: read: Connection reset by peer":                                                                    {Failure: Dropped},
		"/home/u/.ssh/config: line 3: Bad configuration option: nonsense\n/home/u/.ssh/config: terminating, 1 bad configuration options": {Failure: BadConfig},
		// Behind a jump host the words about it come first, and a closed connection last.
		"gnss@bastion: Permission denied (publickey).\nConnection closed by UNKNOWN port 65535":                                        {Failure: NotLoggedIn, Methods: []string{"publickey"}},
		"channel 0: open failed: connect failed: Connection refused\nstdio forwarding failed\nConnection closed by UNKNOWN port 65535": {Failure: Refused},
		"SECRETS in another language": {Failure: Other},
		"":                            {Failure: Other},
	} {
		got := classify("h", words)
		if got.Failure != want.Failure || got.KeyType != want.KeyType || got.Fingerprint != want.Fingerprint || !slices.Equal(got.Methods, want.Methods) {
			t.Errorf("%q is taken for %+v, want %+v", words, *got, want)
		}
		if text := got.Error(); strings.Contains(text, "SECRETS") || !strings.HasSuffix(text, "; run `ssh -v h true` to see why") {
			t.Errorf("the error is %q", text)
		}
	}
}

// FuzzClassify reads anything: the error repeats nothing but what it knows the form of.
func FuzzClassify(f *testing.F) {
	f.Add("Permission denied (publickey).")
	f.Add("fingerprint for the RSA key sent by the remote host is\nSHA256:abc")
	f.Fuzz(func(t *testing.T, words string) {
		failure := classify("h", words)
		if failure.Failure == "" || strings.ContainsAny(failure.Error(), "\n\r\x00") {
			t.Errorf("%q gives %q", words, failure.Error())
		}
	})
}

// newSigner makes an RSA or an Ed25519 key.
func newSigner(t *testing.T, ofRSA bool) (ssh.Signer, []byte) {
	t.Helper()
	var private any
	var err error
	if ofRSA {
		private, err = rsa.GenerateKey(rand.Reader, 2048)
	} else {
		_, private, err = ed25519.GenerateKey(rand.Reader)
	}
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	return signer, pem.EncodeToMemory(block)
}

// TestKeyAgent_onlySigns is asked over a connection, as ssh does.
func TestKeyAgent_onlySigns(t *testing.T) {
	t.Parallel()
	first, _ := newSigner(t, false)
	second, _ := newSigner(t, true)
	stranger, _ := newSigner(t, false)
	listener, err := net.Listen("unix", filepath.Join(shortDir(t), "s"))
	if err != nil {
		t.Fatal(err)
	}
	go keyAgent{[]ssh.Signer{first, second}}.serve(listener)
	conn, err := net.Dial("unix", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = errors.Join(conn.Close(), listener.Close()) })
	client := agent.NewClient(conn)
	keys, err := client.List()
	if err != nil || len(keys) != 2 || !bytes.Equal(keys[0].Blob, first.PublicKey().Marshal()) {
		t.Fatalf("keys %v, %v", keys, err)
	}
	data := []byte("challenge")
	for _, test := range []struct {
		key    ssh.PublicKey
		flags  agent.SignatureFlags
		format string
	}{
		{first.PublicKey(), 0, ssh.KeyAlgoED25519},
		{second.PublicKey(), agent.SignatureFlagRsaSha256, ssh.KeyAlgoRSASHA256},
		{second.PublicKey(), agent.SignatureFlagRsaSha512, ssh.KeyAlgoRSASHA512},
	} {
		signature, err := client.SignWithFlags(test.key, data, test.flags)
		if err != nil || signature.Format != test.format {
			t.Errorf("signature %v, %v, want %s", signature, err, test.format)
			continue
		}
		if err := test.key.Verify(data, signature); err != nil {
			t.Error(err)
		}
	}
	if _, err := client.Sign(stranger.PublicKey(), data); err == nil {
		t.Error("it signs with a key that it does not hold")
	}
	_, private, _ := ed25519.GenerateKey(rand.Reader)
	for name, err := range map[string]error{
		"add": client.Add(agent.AddedKey{PrivateKey: private}), "remove": client.Remove(first.PublicKey()), "remove all": client.RemoveAll(),
		"lock": client.Lock([]byte("x")), "unlock": client.Unlock([]byte("x")),
	} {
		if err == nil {
			t.Errorf("%s is allowed", name)
		}
	}
	if keys, err := client.List(); err != nil || len(keys) != 2 {
		t.Errorf("after all that: keys %v, %v", keys, err)
	}
}

// shortDir is a temporary directory whose path leaves room for a socket's name.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "es")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// standIn is a program in place of ssh that records how it was called.
func standIn(t *testing.T, script string) (program, log string) {
	t.Helper()
	dir := t.TempDir()
	program, log = filepath.Join(dir, "ssh"), filepath.Join(dir, "log")
	text := "#!/bin/sh\nprintf '%s\\n' \"$*\" >>" + log + "\ncase $* in *-G*) printf 'hostname h\\nuser u\\nport 22\\n'; exit;; esac\n" + script
	if err := os.WriteFile(program, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	return program, log
}

func machine(program string) Machine {
	return Machine{Program: program, Home: "/nonexistent", Environ: []string{"PATH=" + os.Getenv("PATH")}, Sessions: 2, Idle: time.Minute, Keys: credential.Reader{ReadFile: os.ReadFile}}
}

// TestNew_keepsKeysOffTheDisk looks at what is made for ssh: private, and without a
// secret.
func TestNew_keepsKeysOffTheDisk(t *testing.T) {
	t.Parallel()
	program, log := standIn(t, "exit 0\n")
	_, text := newSigner(t, false)
	_, hostKey, _ := ed25519.GenerateKey(rand.Reader)
	public, err := ssh.NewPublicKey(hostKey.Public())
	if err != nil {
		t.Fatal(err)
	}
	pinned := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(public)))
	c, err := New(context.Background(), machine(program), Route{Hops: []Hop{{Host: "h", Auth: credential.Source{PrivateKeys: [][]byte{text}}, HostKey: hostkey.Policy{Pinned: []string{pinned}}}}, Timeout: 1500 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	body := strings.Split(string(text), "\n")[3]
	for name, mode := range map[string]os.FileMode{"": os.ModeDir | 0o700, "config": 0o600, "k0": 0o600} {
		info, err := os.Stat(filepath.Join(c.dir, name))
		if err != nil || info.Mode() != mode {
			t.Errorf("%q: %v, %v, want mode %v", name, info, err, mode)
		}
	}
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if content, err := os.ReadFile(filepath.Join(c.dir, entry.Name())); err == nil && bytes.Contains(content, []byte(body)) {
			t.Errorf("%s holds the key", entry.Name())
		}
	}
	if got := c.Accepted(); !slices.Equal(got, []string{pinned}) {
		t.Errorf("accepted %q, want %q", got, pinned)
	}
	if err := c.Connect(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(c.dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the directory remains: %v", err)
	}
	calls, err := os.ReadFile(log)
	if err != nil || bytes.Contains(calls, []byte(body)) {
		t.Errorf("the key is on a command line, or %v", err)
	}
	for _, want := range []string{"-o ForwardAgent=no", "-o ConnectTimeout=1 ", "-o ControlMaster=yes", "-o ControlPersist=60", "-O exit"} {
		if !strings.Contains(string(calls), want) {
			t.Errorf("no call has %q:\n%s", want, calls)
		}
	}
}

func TestConnect_failures(t *testing.T) {
	t.Parallel()
	program, _ := standIn(t, "echo 'ssh: connect to host h port 22: Connection refused' >&2; exit 255\n")
	c, err := New(context.Background(), machine(program), Route{Hops: []Hop{{Host: "h"}}, Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	var failed *Error
	if err := c.Connect(context.Background()); !errors.As(err, &failed) || failed.Failure != Refused {
		t.Errorf("error = %T %v, want %s", err, err, Refused)
	}
	cause := errors.New("interrupted by the user")
	hanging, _ := standIn(t, "exec sleep 600\n")
	h, err := New(context.Background(), machine(hanging), Route{Hops: []Hop{{Host: "h"}}, Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = h.Close() }()
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(cause)
	if err := h.Connect(ctx); !errors.Is(err, cause) {
		t.Errorf("error = %T %v, want %v", err, err, cause)
	}
	if _, err := New(context.Background(), machine(""), Route{Hops: []Hop{{Host: "h"}}}); !errors.Is(err, ErrNoProgram) {
		t.Errorf("without a program: %v", err)
	}
}

// TestWait_tellsSSHFromTheCommand: status 255 may be the command's own.
func TestWait_tellsSSHFromTheCommand(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		script string
		code   int
		lost   Failure
	}{
		"done":                 {"exit 0\n", 0, ""},
		"the command's own":    {"echo 'my own trouble' >&2; exit 255\n", 255, ""},
		"the connection":       {"echo 'Connection reset by 10.0.0.1 port 22' >&2; exit 255\n", 255, Dropped},
		"not the connection's": {"echo 'Connection refused by something else' >&2; exit 3\n", 3, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			program, _ := standIn(t, test.script)
			c, err := New(context.Background(), machine(program), Route{Hops: []Hop{{Host: "h"}}, Timeout: time.Second})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = c.Close() }()
			proc, err := c.Start(context.Background(), "true")
			if err != nil {
				t.Fatal(err)
			}
			for chunk := make([]byte, 100); ; {
				if _, err := proc.Stderr().Read(chunk); err != nil {
					break
				}
			}
			code, err := proc.Wait()
			var failed *Error
			if code != test.code || errors.As(err, &failed) != (test.lost != "") || test.lost != "" && failed.Failure != test.lost {
				t.Errorf("code %d, error %v, want %d and %q", code, err, test.code, test.lost)
			}
		})
	}
}

// TestNew_longTemporaryDirectory needs paths that sockets have room for.
func TestNew_longTemporaryDirectory(t *testing.T) {
	t.Parallel()
	program, _ := standIn(t, "exit 0\n")
	_, text := newSigner(t, false)
	m := machine(program)
	m.Temp = filepath.Join(t.TempDir(), strings.Repeat("scratch", 12))
	if err := os.Mkdir(m.Temp, 0o700); err != nil {
		t.Fatal(err)
	}
	c, err := New(context.Background(), m, Route{Hops: []Hop{{Host: "h", Auth: credential.Source{PrivateKeys: [][]byte{text}}}}, Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if longest := len(c.dir + "/m.0123456789abcdef"); longest > 103 {
		t.Errorf("a socket's path would have %d bytes", longest)
	}
	if got := shortTemp("/scratch/u"); got != "/scratch/u" {
		t.Errorf("a short one is not used: %s", got)
	}
}
