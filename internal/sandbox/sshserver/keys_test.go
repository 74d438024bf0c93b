package sshserver

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
	"golang.org/x/crypto/ssh/knownhosts"
)

func TestKey_filesCanBeReadBack(t *testing.T) {
	t.Parallel()
	for _, kind := range []KeyKind{Ed25519, ECDSA, RSA} {
		key := newKey(t, kind)
		path, err := key.WriteFiles(t.TempDir(), "id", "")
		if err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		signer, err := ssh.ParsePrivateKey(content)
		if err != nil || ssh.FingerprintSHA256(signer.PublicKey()) != ssh.FingerprintSHA256(key.PublicKey()) {
			t.Errorf("%s: cannot read the key back: %v", kind, err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v (%v), want 0600", kind, info.Mode(), err)
		}
		public, err := os.ReadFile(path + ".pub")
		if err != nil || string(public) != key.AuthorizedKey() {
			t.Errorf("%s: public key %q (%v)", kind, public, err)
		}
	}
	if _, err := NewKey("dsa"); err == nil {
		t.Error("a dsa key was made")
	}
}

// checkHost connects as far as the host key with the lines as known_hosts.
func checkHost(t *testing.T, server *Server, lines string, algorithms ...string) error {
	t.Helper()
	path := filepath.Join(t.TempDir(), "known_hosts")
	if err := os.WriteFile(path, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	check, err := knownhosts.New(path)
	if err != nil {
		t.Fatal(err)
	}
	var verdict error
	asked := false
	config := &ssh.ClientConfig{HostKeyAlgorithms: algorithms, HostKeyCallback: func(host string, remote net.Addr, key ssh.PublicKey) error {
		asked, verdict = true, check(host, remote, key)
		return errors.New("seen enough")
	}}
	if _, err := ssh.Dial("tcp", server.Address(), config); !asked {
		t.Fatalf("no host key was shown: %v", err)
	}
	return verdict
}

func TestKnownHosts_linesMatchTheServer(t *testing.T) {
	t.Parallel()
	authority := newKey(t, Ed25519)
	server := start(t, Options{
		HostKeys: []*Key{newKey(t, Ed25519), newKey(t, ECDSA), newKey(t, RSA)}, HostAuthority: authority,
	})
	bracketed, err := BracketedAddress(server.Address())
	if err != nil {
		t.Fatal(err)
	}
	plain := map[string][]string{
		"ed25519": {ssh.KeyAlgoED25519}, "ecdsa": {ssh.KeyAlgoECDSA256}, "rsa": {ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256},
	}
	for name, algorithms := range plain {
		if err := checkHost(t, server, server.KnownHosts("node1"), algorithms...); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := checkHost(t, server, server.HashedKnownHosts(), algorithms...); err != nil {
			t.Errorf("%s, hashed: %v", name, err)
		}
	}
	certified := []string{ssh.CertAlgoED25519v01}
	if err := checkHost(t, server, AuthorityLine(authority, bracketed), certified...); err != nil {
		t.Errorf("authority: %v", err)
	}
	if err := checkHost(t, server, AuthorityLine(newKey(t, Ed25519), bracketed), certified...); err == nil {
		t.Error("another authority was accepted")
	}
	revoked := server.KnownHosts() + RevokedLine(server.HostKeys()[0].PublicKey(), bracketed)
	var refused *knownhosts.RevokedError
	if err := checkHost(t, server, revoked, ssh.KeyAlgoED25519); !errors.As(err, &refused) {
		t.Errorf("revoked key: %v", err)
	}
	before := server.KnownHosts()
	if err := server.RotateHostKeys(); err != nil {
		t.Fatal(err)
	}
	var changed *knownhosts.KeyError
	if err := checkHost(t, server, before, ssh.KeyAlgoED25519); !errors.As(err, &changed) || len(changed.Want) == 0 {
		t.Errorf("changed key: %v, want a mismatch", err)
	}
}

func TestAgent_signsAndCounts(t *testing.T) {
	t.Parallel()
	listed, other := newKey(t, RSA), newKey(t, Ed25519)
	server := start(t, Options{Users: map[string]User{"gnss": {Keys: []ssh.PublicKey{listed.PublicKey()}}}})
	running, err := StartAgent(other, listed)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("unix", running.Socket())
	if err != nil {
		t.Fatal(err)
	}
	if err := loginWith(t, server, ssh.PublicKeysCallback(agent.NewClient(conn).Signers)); err != nil {
		t.Errorf("login by agent: %v", err)
	}
	if got := running.Signatures(); got != 1 {
		t.Errorf("%d signatures, want 1", got)
	}
	if err := running.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	if _, err := os.Stat(running.Socket()); !os.IsNotExist(err) {
		t.Errorf("the socket is still there: %v", err)
	}
}

func TestParseKey_readsWhatPEMWrites(t *testing.T) {
	t.Parallel()
	made, err := NewKey(Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	pem, err := made.PEM("")
	if err != nil {
		t.Fatal(err)
	}
	read, err := ParseKey(pem)
	if err != nil || read.AuthorizedKey() != made.AuthorizedKey() {
		t.Errorf("another key was read: %v", err)
	}
	other, err := NewKey(ECDSA)
	if err != nil {
		t.Fatal(err)
	}
	if pem, err = other.PEM(""); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"no key": []byte("none"), "ECDSA": pem} {
		if _, err := ParseKey(text); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}
