package sshserver

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

// requireProgram gives the path of an OpenSSH program. Without it the test
// skips, unless every part is required.
func requireProgram(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	if os.Getenv("ES_TEST_REQUIRE_PARTS") == "1" {
		t.Fatalf("%s is missing; install the package openssh-client", name)
	}
	t.Skipf("SKIPPED, NOT TESTED: %s is missing; install the package openssh-client", name)
	return ""
}

// run runs a program with an input and returns its two outputs and its status.
func run(t *testing.T, input, program string, arguments ...string) (stdout, stderr string, status int) {
	t.Helper()
	command := exec.CommandContext(t.Context(), program, arguments...)
	command.Env = []string{"HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH"), "LC_ALL=C"}
	var out, problems bytes.Buffer
	command.Stdin, command.Stdout, command.Stderr = strings.NewReader(input), &out, &problems
	err := command.Run()
	var exited *exec.ExitError
	if err != nil && !errors.As(err, &exited) {
		t.Fatalf("%s: %v", program, err)
	}
	return out.String(), problems.String(), command.ProcessState.ExitCode()
}

func TestOpenSSH_commandThroughTwoBastions(t *testing.T) {
	t.Parallel()
	client := requireProgram(t, "ssh")
	fleet := startFleet(t, FleetOptions{Hosts: 1, Bastions: 2})
	stdout, stderr, status := run(t, "payload", client, "-F", fleet.ConfigFile, "node1", "cat; echo note >&2; exit 7")
	if stdout != "payload" || stderr != "note\n" || status != 7 {
		t.Errorf("stdout %q, stderr %q, status %d", stdout, stderr, status)
	}
	commands := fleet.Hosts[0].Commands()
	if len(commands) != 1 || commands[0].Text != "cat; echo note >&2; exit 7" || commands[0].Type != "exec" {
		t.Errorf("the host received %+v", commands)
	}
	for i, bastion := range fleet.Bastions {
		if got := bastion.Counters(); got.Logins != 1 || got.Channels["direct-tcpip"] != 1 || got.Sessions != 0 {
			t.Errorf("bastion %d: %d logins, %v channels", i+1, got.Logins, got.Channels)
		}
	}
}

func TestOpenSSH_readsAnEncryptedKey(t *testing.T) {
	t.Parallel()
	tool := requireProgram(t, "ssh-keygen")
	key := newKey(t, Ed25519)
	path, err := key.WriteFiles(t.TempDir(), "id", "open sesame")
	if err != nil {
		t.Fatal(err)
	}
	stdout, stderr, status := run(t, "", tool, "-y", "-P", "open sesame", "-f", path)
	if want := strings.TrimSpace(key.AuthorizedKey()); !strings.HasPrefix(stdout, want) || status != 0 {
		t.Errorf("public key %q, want %q; stderr %q", stdout, want, stderr)
	}
	if _, _, status := run(t, "", tool, "-y", "-P", "wrong", "-f", path); status == 0 {
		t.Error("a wrong passphrase opened the key")
	}
}

func TestOpenSSH_sftpTransfers(t *testing.T) {
	t.Parallel()
	client := requireProgram(t, "sftp")
	fleet := startFleet(t, FleetOptions{Hosts: 1})
	source := filepath.Join(t.TempDir(), "source")
	content := strings.Repeat("0123456789abcdef", 20000)
	if err := os.WriteFile(source, []byte(content), 0o640); err != nil {
		t.Fatal(err)
	}
	script := fmt.Sprintf("put -pf %s uploaded\nrename uploaded renamed\nls -l\nget renamed %s.back\n", source, source)
	_, stderr, status := run(t, script, client, "-F", fleet.ConfigFile, "-b", "-", "node1")
	if status != 0 {
		t.Fatalf("status %d, stderr %q", status, stderr)
	}
	home, err := fleet.Hosts[0].Home(fleet.User)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(home, "renamed"), source + ".back"} {
		if got, err := os.ReadFile(path); string(got) != content {
			t.Errorf("%s differs (%v, %d bytes)", path, err, len(got))
		}
	}
	if info, err := os.Stat(filepath.Join(home, "renamed")); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v (%v), want 0640", info.Mode(), err)
	}
	requests := fleet.Hosts[0].Counters().SFTPRequests
	if requests[extensionFsync] != 1 || requests[extensionPosixRename] != 1 {
		t.Errorf("requests %v, want one fsync and one posix-rename", requests)
	}
}

func TestOpenSSH_refusesAChangedHostKey(t *testing.T) {
	t.Parallel()
	client := requireProgram(t, "ssh")
	fleet := startFleet(t, FleetOptions{Hosts: 1})
	if err := fleet.Hosts[0].RotateHostKeys(); err != nil {
		t.Fatal(err)
	}
	_, stderr, status := run(t, "", client, "-F", fleet.ConfigFile, "node1", "true")
	if status != 255 || !strings.Contains(stderr, "REMOTE HOST IDENTIFICATION HAS CHANGED") {
		t.Errorf("status %d, stderr %q", status, stderr)
	}
	if got := fleet.Hosts[0].Counters(); got.Handshakes != 0 || got.Connections != 1 {
		t.Errorf("%d connections, %d handshakes; want 1, 0", got.Connections, got.Handshakes)
	}
}

func TestOpenSSH_certificatesOnBothSides(t *testing.T) {
	t.Parallel()
	client := requireProgram(t, "ssh")
	hosts, people, key := newKey(t, Ed25519), newKey(t, ECDSA), newKey(t, Ed25519)
	server := start(t, Options{
		Name: "node1.example.org", HostAuthority: hosts, HostKeys: []*Key{newKey(t, ECDSA)},
		Users: map[string]User{"gnss": {Authorities: []ssh.PublicKey{people.PublicKey()}}},
	})
	directory := t.TempDir()
	identity, err := key.WriteFiles(directory, "id", "")
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := people.SignUser(key, Certificate{Principals: []string{"gnss"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := WriteCertificate(identity, certificate); err != nil {
		t.Fatal(err)
	}
	known := filepath.Join(directory, "known_hosts")
	if err := os.WriteFile(known, []byte(AuthorityLine(hosts, "*.example.org")), 0o600); err != nil {
		t.Fatal(err)
	}
	stdout, stderr, status := run(t, "", client, "-F", "none", "-i", identity, "-o", "UserKnownHostsFile="+known,
		"-o", "HostKeyAlias=node1.example.org", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes",
		"-p", server.Port(), "gnss@"+server.Host(), "echo in")
	if stdout != "in\n" || status != 0 {
		t.Errorf("stdout %q, stderr %q, status %d", stdout, stderr, status)
	}
}

func TestOpenSSH_limitsAndRefusals(t *testing.T) {
	t.Parallel()
	client := requireProgram(t, "ssh")
	fleet := startFleet(t, FleetOptions{Hosts: 2, Bastions: -1, Configure: func(name string, options *Options) {
		if name == "node1" {
			user := options.Users["gnss"]
			user.Exec = ExecRefused
			options.Users["gnss"] = user
			return
		}
		options.Boot = BootRefuse
	}})
	_, stderr, status := run(t, "", client, "-F", fleet.ConfigFile, "node1", "true")
	if status != 255 || !strings.Contains(stderr, "exec request failed on channel 0") {
		t.Errorf("no shell: status %d, stderr %q", status, stderr)
	}
	_, stderr, status = run(t, "", client, "-F", fleet.ConfigFile, "node2", "true")
	if status != 255 || !strings.Contains(stderr, "Connection refused") {
		t.Errorf("booting host: status %d, stderr %q", status, stderr)
	}
}
