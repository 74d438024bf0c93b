package remote

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/credential"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/hostkey"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/sshserver"
)

func TestClassifyForward(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reason  ssh.RejectionReason
		message string
		want    ConnectKind
	}{
		{ssh.ConnectionFailed, "Connection refused", Refused},
		{ssh.ConnectionFailed, "Connection timed out", TimedOut},
		{ssh.ConnectionFailed, "No route to host", Unreachable},
		{ssh.ConnectionFailed, "Name or service not known", Unresolvable},
		{ssh.ConnectionFailed, "Temporary failure in name resolution", Unresolvable},
		{ssh.ConnectionFailed, "", NotForwarded},
		{ssh.Prohibited, "open failed", NoForwarding},
		{ssh.Prohibited, "", NoForwarding},
	} {
		if got := classifyForward(&ssh.OpenChannelError{Reason: test.reason, Message: test.message}); got != test.want {
			t.Errorf("%v %q is taken for %q, want %q", test.reason, test.message, got, test.want)
		}
	}
}

// answering listens and lets answer speak to each connection.
func answering(t *testing.T, answer func(net.Conn)) (target Target, connections *atomic.Int32) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	connections = &atomic.Int32{}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			go func() {
				answer(conn)
				_ = conn.Close()
			}()
		}
	}()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	target = Target{Host: "127.0.0.1", User: "gnss", ConfigFile: "none", Auth: credential.Source{NoAgent: true}, HostKey: hostkey.Policy{TrustOnFirstUse: true, Files: []string{"/nonexistent"}}}
	target.Port, _ = strconv.Atoi(port)
	return target, connections
}

// TestConnect_whatIsNoLogin meets what answers at a port instead of a login.
func TestConnect_whatIsNoLogin(t *testing.T) {
	t.Parallel()
	banner := func(text string) func(net.Conn) {
		return func(conn net.Conn) {
			_, _ = io.WriteString(conn, text)
			_, _ = conn.Read(make([]byte, 1000))
		}
	}
	for name, test := range map[string]struct {
		answer   func(net.Conn)
		kind     ConnectKind
		attempts int32
	}{
		"a ban (PerSourcePenalties)": {banner("Not allowed at this time\r\n"), Dropped, droppedAttempts},
		"too many (MaxStartups)":     {banner("Exceeded MaxStartups\r\n"), Dropped, droppedAttempts},
		"closed at once":             {func(net.Conn) {}, Dropped, droppedAttempts},
		"a web server":               {banner("HTTP/1.1 400 Bad Request\r\n\r\n" + strings.Repeat("x", 1000)), NotSSH, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target, connections := answering(t, test.answer)
			target.ConnectTimeout = 5 * time.Second
			_, err := newPool(t, func(o *Options) { o.Sleep = noPause }).Read(testContext(t), target, nil, "~/f")
			if !isConnect(test.kind)(err) {
				t.Errorf("error = %v, want %s", err, test.kind)
			}
			if got := connections.Load(); got != test.attempts {
				t.Errorf("%d connections, want %d", got, test.attempts)
			}
		})
	}
}

// TestResolve_proxyCommand refuses to go around a ProxyCommand, also that of a jump
// host, which only ssh itself can run.
func TestResolve_proxyCommand(t *testing.T) {
	t.Parallel()
	options := withProgram(t)
	config := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(config, []byte("Host behind\n  ProxyCommand nc %h %p\nHost gate\n  ProxyCommand nc %h %p\nHost node\n  ProxyJump gate\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]Target{
		"of the host":                {Host: "behind"},
		"of the configured jump":     {Host: "node"},
		"of the jump that was given": {Host: "plain", Jumps: []Hop{{Host: "gate"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target.ConfigFile = config
			_, err := newPool(t, options).Read(testContext(t), target, nil, "~/f")
			var refused *TransportError
			if !errors.As(err, &refused) || !strings.Contains(err.Error(), "ProxyCommand") || !strings.Contains(err.Error(), "openssh") {
				t.Errorf("error = %T %v, want a *TransportError on ProxyCommand", err, err)
			}
		})
	}
}

// TestPool_keyCoversEverything changes one input of a login after another: none of
// them may share a connection.
func TestPool_keyCoversEverything(t *testing.T) {
	t.Parallel()
	base := func() endpoint {
		return endpoint{
			host: "h", user: "u", port: 22,
			auth: credential.Source{
				PrivateKeys: [][]byte{[]byte("a"), []byte("b")}, KeyFiles: []string{"k"}, DefaultKeyFiles: []string{"d"}, Passphrase: []byte("p"),
				Certificate: []byte("c"), CertificateFiles: []string{"cf"}, AgentSocket: "s", Password: []byte("w"),
			},
			policy: hostkey.Policy{Pinned: []string{"x"}, Files: []string{"f"}, Alias: "al"},
		}
	}
	changes := map[string]func(*endpoint){
		"host": func(e *endpoint) { e.host = "i" }, "user": func(e *endpoint) { e.user = "v" }, "port": func(e *endpoint) { e.port = 23 },
		"key": func(e *endpoint) { e.auth.PrivateKeys[1] = []byte("c") }, "key order": func(e *endpoint) { e.auth.PrivateKeys = [][]byte{[]byte("b"), []byte("a")} },
		"one key is the passphrase": func(e *endpoint) { e.auth.PrivateKeys, e.auth.Passphrase = [][]byte{[]byte("a")}, []byte("b") },
		"key file":                  func(e *endpoint) { e.auth.KeyFiles = []string{"l"} }, "no key file": func(e *endpoint) { e.auth.KeyFiles = nil },
		"default key file": func(e *endpoint) { e.auth.DefaultKeyFiles = nil }, "passphrase": func(e *endpoint) { e.auth.Passphrase = nil },
		"certificate": func(e *endpoint) { e.auth.Certificate = nil }, "certificate file": func(e *endpoint) { e.auth.CertificateFiles = nil },
		"agent": func(e *endpoint) { e.auth.AgentSocket = "t" }, "no agent": func(e *endpoint) { e.auth.NoAgent = true },
		"agent required": func(e *endpoint) { e.auth.AgentRequired = true }, "identities only": func(e *endpoint) { e.auth.IdentitiesOnly = true },
		"password": func(e *endpoint) { e.auth.Password = []byte("x") }, "pinned": func(e *endpoint) { e.policy.Pinned = []string{"y"} },
		"not pinned": func(e *endpoint) { e.policy.Pinned = nil }, "known hosts": func(e *endpoint) { e.policy.Files = []string{"g"} },
		"first use": func(e *endpoint) { e.policy.TrustOnFirstUse = true }, "alias": func(e *endpoint) { e.policy.Alias = "" },
	}
	pool := newPool(t, nil)
	seen := map[string]string{pool.key([]endpoint{base()}): "unchanged", pool.key([]endpoint{base(), base()}): "behind itself"}
	for name, change := range changes {
		e := base()
		change(&e)
		key := pool.key([]endpoint{e})
		if other, found := seen[key]; found {
			t.Errorf("%s: the same connection as %s", name, other)
		}
		seen[key] = name
		if through := pool.key([]endpoint{e, base()}); seen[through] != "" {
			t.Errorf("%s at the jump host: the same connection as %s", name, seen[through])
		}
	}
	if first, again := pool.key([]endpoint{base()}), pool.key([]endpoint{base()}); first != again {
		t.Error("the same inputs do not share a connection")
	}
	if key := pool.key([]endpoint{base()}); len(key) != 32 || key == newPool(t, nil).key([]endpoint{base()}) {
		t.Error("the key of the map is no keyed hash")
	}
}

// TestRun_largeOutputOfBothStreams reads them at the same time.
func TestRun_largeOutputOfBothStreams(t *testing.T) {
	t.Parallel()
	h := startHost(t, func(*sshserver.Options, *sshserver.User) {})
	output, err := newPool(t, nil).Run(testContext(t), h.target, Command{Text: "yes out | head -c 300000 & yes err | head -c 300000 >&2; wait", MaxOutput: 1000})
	if err != nil || len(output.Stdout) != 1000 || len(output.Stderr) > 1000 || !output.Truncated || output.ExitCode != 0 {
		t.Errorf("%d and %d bytes, truncated %t, exit code %d, %v", len(output.Stdout), len(output.Stderr), output.Truncated, output.ExitCode, err)
	}
}
