package remote

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/credential"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/hostkey"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/sshserver"
)

// needRoot skips a test that makes accounts, which is a failure where all parts
// are said to be there.
func needRoot(t *testing.T) {
	t.Helper()
	if os.Getuid() == 0 {
		return
	}
	if os.Getenv("ES_TEST_REQUIRE_PARTS") == "1" {
		t.Fatal("accounts can only be made by root, but ES_TEST_REQUIRE_PARTS=1")
	}
	t.Skip("SKIPPED: making accounts needs root")
}

func mustRun(t *testing.T, input string, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Stdin = strings.NewReader(input)
	if output, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, output)
	}
}

// realAccount is an account of this machine, made for one test.
type realAccount struct {
	name, home string
	key        *sshserver.Key
	keyFile    string
}

// makeAccount adds an account whose authorized_keys hold one key.
func makeAccount(t *testing.T, shell string) *realAccount {
	t.Helper()
	needRoot(t)
	root := publicTempDir(t)
	a := &realAccount{name: "est" + strconv.FormatInt(time.Now().UnixNano()%1e9, 36) + strconv.Itoa(os.Getpid()%1000), home: filepath.Join(root, "home"), key: newKey(t, sshserver.Ed25519)}
	mustRun(t, "", "useradd", "--no-log-init", "-M", "-d", a.home, "-s", shell, "-p", "*", a.name)
	t.Cleanup(func() { mustRun(t, "", "userdel", "-f", a.name) })
	for _, dir := range []string{a.home, filepath.Join(a.home, ".ssh")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(a.home, ".ssh/authorized_keys"), []byte(a.key.AuthorizedKey()), 0o600); err != nil {
		t.Fatal(err)
	}
	var err error
	if a.keyFile, err = a.key.WriteFiles(t.TempDir(), "id", ""); err != nil {
		t.Fatal(err)
	}
	mustRun(t, "", "chown", "-R", a.name+":", a.home)
	return a
}

// publicTempDir is a temporary directory that other accounts may pass through.
func publicTempDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "estest")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// daemon is a real SSH server on loopback.
type daemon struct {
	port    int
	hostKey string
	log     string
}

func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().(*net.TCPAddr).Port
}

// startDaemon starts a server program and waits until it listens.
func startDaemon(t *testing.T, d *daemon, program string, args ...string) {
	t.Helper()
	cmd := exec.Command(program, args...)
	var words bytes.Buffer
	cmd.Stderr = &words
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(d.port)))
		if err == nil {
			_ = conn.Close()
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("%s does not listen: %s", program, words.String())
		}
		pause(ctx, 10*time.Millisecond)
	}
}

// startSSHD starts Debian's sshd with stock limits.
func startSSHD(t *testing.T, more string) *daemon {
	t.Helper()
	program := needPart(t, "sshd")
	needRoot(t)
	dir := t.TempDir()
	key := newKey(t, sshserver.Ed25519)
	keyFile, err := key.WriteFiles(dir, "host", "")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
		t.Fatal(err)
	}
	d := &daemon{port: freePort(t), hostKey: strings.TrimSpace(key.AuthorizedKey()), log: filepath.Join(dir, "log")}
	config := fmt.Sprintf(`ListenAddress 127.0.0.1:%d
HostKey %s
PidFile none
UsePAM no
UseDNS no
StrictModes no
LogLevel VERBOSE
AuthorizedKeysFile .ssh/authorized_keys
Subsystem sftp internal-sftp
%s`, d.port, keyFile, more)
	file := filepath.Join(dir, "config")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	startDaemon(t, d, program, "-D", "-f", file, "-E", d.log)
	return d
}

// count counts the lines of the server's log that match.
func (d *daemon) count(t *testing.T, pattern string) int {
	t.Helper()
	text, err := os.ReadFile(d.log)
	if err != nil {
		t.Fatal(err)
	}
	return len(regexp.MustCompile(`(?m)`+pattern).FindAll(text, -1))
}

func (d *daemon) target(a *realAccount) Target {
	return Target{
		Host: "127.0.0.1", Port: d.port, User: a.name, ConfigFile: "none",
		Auth:    credential.Source{KeyFiles: []string{a.keyFile}, NoAgent: true},
		HostKey: hostkey.Policy{Pinned: []string{d.hostKey}},
	}
}

// checkOwned fails unless the file belongs to the account and has the content.
func checkOwned(t *testing.T, a *realAccount, name, content string) {
	t.Helper()
	cmd := exec.Command("stat", "-c", "%U %a", filepath.Join(a.home, name))
	output, err := cmd.Output()
	if got := strings.TrimSpace(string(output)); err != nil || got != a.name+" 600" {
		t.Errorf("%s: owner and mode %q, %v", name, got, err)
	}
	if got, err := os.ReadFile(filepath.Join(a.home, name)); err != nil || string(got) != content {
		t.Errorf("%s: content %q, %v", name, got, err)
	}
}
