package sshserver

import (
	"bufio"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// account is a key and the server's record of the user it belongs to.
func account(t *testing.T) (*Key, map[string]User) {
	t.Helper()
	key := newKey(t, Ed25519)
	return key, map[string]User{"gnss": {Keys: []ssh.PublicKey{key.PublicKey()}}}
}

func newKey(t *testing.T, kind KeyKind) *Key {
	t.Helper()
	key, err := NewKey(kind)
	if err != nil {
		t.Fatalf("NewKey(%s): %v", kind, err)
	}
	return key
}

func start(t *testing.T, options Options) *Server {
	t.Helper()
	server, err := Start(options)
	if err != nil {
		t.Fatalf("Start: %v", err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return server
}

// clientConfig trusts exactly the server's first host key.
func clientConfig(server *Server, user string, methods ...ssh.AuthMethod) *ssh.ClientConfig {
	return &ssh.ClientConfig{
		User: user, Auth: methods, Timeout: 20 * time.Second,
		HostKeyCallback: ssh.FixedHostKey(server.HostKeys()[0].PublicKey()),
	}
}

func dial(t *testing.T, server *Server, key *Key) *ssh.Client {
	t.Helper()
	client, err := ssh.Dial("tcp", server.Address(), clientConfig(server, "gnss", ssh.PublicKeys(key.Signer())))
	if err != nil {
		t.Fatalf("cannot log in: %v", err)
	}
	t.Cleanup(func() { _ = client.Close() }) // often closed by the test
	return client
}

func openSession(t *testing.T, client *ssh.Client) *ssh.Session {
	t.Helper()
	session, err := client.NewSession()
	if err != nil {
		t.Fatalf("cannot open a session: %v", err)
	}
	t.Cleanup(func() { _ = session.Close() }) // closed already when its command ended
	return session
}

func readLine(t *testing.T, source io.Reader) string {
	t.Helper()
	line, err := bufio.NewReader(source).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line)
}

// running tells whether a process lives. One that has ended and that nobody has
// waited for does not count.
func running(pid string) bool {
	for range 1000 {
		status, err := os.ReadFile(filepath.Join("/proc", pid, "stat"))
		if err != nil || strings.Contains(string(status), ") Z ") {
			return false
		}
		runtime.Gosched() // a killed process takes a moment to go
	}
	return true
}
