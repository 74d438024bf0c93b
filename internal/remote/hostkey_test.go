package remote

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/hostkey"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/sshserver"
)

func newKey(t *testing.T, kind sshserver.KeyKind) *sshserver.Key {
	t.Helper()
	key, err := sshserver.NewKey(kind)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// refusal connects and returns the refused host key; it fails if any credential
// was offered.
func refusal(t *testing.T, h *host, target Target) *hostkey.Error {
	t.Helper()
	_, err := newPool(t, nil).Read(testContext(t), target, nil, "~/f")
	var refused *hostkey.Error
	if !errors.As(err, &refused) {
		t.Fatalf("error = %T %v, want *hostkey.Error", err, err)
	}
	if offered := h.OfferedKeys(); len(offered) != 0 || len(h.Counters().AuthRefused) != 0 {
		t.Errorf("offered %v, %v before the host key was trusted", offered, h.Counters().AuthRefused)
	}
	return refused
}

func TestHostKey_accepted(t *testing.T) {
	t.Parallel()
	keys := []*sshserver.Key{newKey(t, sshserver.ECDSA), newKey(t, sshserver.Ed25519)}
	authority := newKey(t, sshserver.Ed25519)
	h := startHost(t, func(o *sshserver.Options, _ *sshserver.User) { o.HostKeys = keys })
	certified := startHost(t, func(o *sshserver.Options, _ *sshserver.User) {
		o.HostKeys, o.HostAuthority = []*sshserver.Key{newKey(t, sshserver.Ed25519)}, authority
	})
	authorityKey := strings.TrimSpace(authority.AuthorizedKey())
	lineOf := func(k *sshserver.Key) string { return strings.TrimSpace(k.AuthorizedKey()) }
	onlyLast := func(text string) string {
		lines := strings.Split(strings.TrimSpace(text), "\n")
		return lines[len(lines)-1] + "\n"
	}
	for name, test := range map[string]struct {
		h      *host
		policy hostkey.Policy
	}{
		"known_hosts":                   {h, hostkey.Policy{Files: []string{"/nonexistent", writeFile(t, "kh", "# comment\nbroken line\n"+h.KnownHosts())}}},
		"hashed":                        {h, hostkey.Policy{Files: []string{writeFile(t, "kh", h.HashedKnownHosts())}}},
		"only the second key type":      {h, hostkey.Policy{Files: []string{writeFile(t, "kh", onlyLast(h.KnownHosts()))}}},
		"name without port":             {h, hostkey.Policy{Files: []string{writeFile(t, "kh", "127.0.0.1 "+lineOf(keys[1])+"\n")}}},
		"pattern":                       {h, hostkey.Policy{Files: []string{writeFile(t, "kh", "[127.0.0.*]:* "+lineOf(keys[0])+"\n")}}},
		"pinned":                        {h, hostkey.Policy{Pinned: []string{lineOf(keys[1]) + " root@host"}}},
		"pinned known_hosts line":       {h, hostkey.Policy{Pinned: []string{strings.TrimSpace(onlyLast(h.KnownHosts()))}}},
		"first use":                     {h, hostkey.Policy{TrustOnFirstUse: true, Files: []string{"/nonexistent"}}},
		"first use beside another port": {h, hostkey.Policy{TrustOnFirstUse: true, Files: []string{writeFile(t, "kh", "127.0.0.1 "+authorityKey+"\n")}}},
		"authority":                     {certified, hostkey.Policy{Files: []string{writeFile(t, "kh", sshserver.AuthorityLine(authority, "127.0.0.1", "[127.0.0.1]:*")+"\n")}}},
		"pinned authority":              {certified, hostkey.Policy{Pinned: []string{"@cert-authority " + authorityKey}}},
		"plain key of a certified host": {certified, hostkey.Policy{Files: []string{writeFile(t, "kh",
			sshserver.AuthorityLine(keys[0], "[127.0.0.1]:*")+"\n"+certified.KnownHosts())}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := test.h.target
			target.HostKey = test.policy
			report, err := newPool(t, nil).Read(testContext(t), target, nil, "~/f")
			if err != nil {
				t.Fatal(err)
			}
			seen := report.HostKeys
			if len(seen) != 1 || !strings.HasPrefix(seen[0].Line, "ssh-") && !strings.HasPrefix(seen[0].Line, "ecdsa-") || seen[0].Address != test.h.Address() {
				t.Errorf("seen = %v", seen)
			}
			// What was seen can be pinned.
			target.HostKey = hostkey.Policy{Pinned: []string{seen[0].Line}}
			if _, err := newPool(t, nil).Read(testContext(t), target, nil, "~/f"); err != nil {
				t.Errorf("pinned what was seen: %v", err)
			}
		})
	}
}

func TestHostKey_refused(t *testing.T) {
	t.Parallel()
	other, authority := newKey(t, sshserver.Ed25519), newKey(t, sshserver.Ed25519)
	rsa := newKey(t, sshserver.ECDSA)
	for name, test := range map[string]struct {
		policy   func(h *host) hostkey.Policy
		reason   hostkey.Reason
		expected string
		typed    string
	}{
		"unknown": {func(*host) hostkey.Policy { return hostkey.Policy{Files: []string{"/nonexistent"}} }, hostkey.Unknown, "", "ssh -p "},
		"unknown among others": {func(h *host) hostkey.Policy {
			return hostkey.Policy{Files: []string{writeFile(t, "kh", "![127.0.0.1]:*,!127.0.0.1,* "+other.AuthorizedKey()+"127.0.0.1 "+other.AuthorizedKey())}}
		}, hostkey.Unknown, "", "pin the key"},
		"changed": {func(h *host) hostkey.Policy {
			return hostkey.Policy{TrustOnFirstUse: true, Files: []string{writeFile(t, "kh", "["+h.Host()+"]:"+h.Port()+" "+other.AuthorizedKey())}}
		}, hostkey.Changed, ssh.FingerprintSHA256(other.PublicKey()), "ssh-keygen -f '"},
		"changed type": {func(h *host) hostkey.Policy {
			return hostkey.Policy{Files: []string{writeFile(t, "kh", "["+h.Host()+"]:"+h.Port()+" "+rsa.AuthorizedKey())}}
		}, hostkey.Changed, ssh.FingerprintSHA256(rsa.PublicKey()), "-R '[127.0.0.1]:"},
		"pinned": {func(*host) hostkey.Policy {
			return hostkey.Policy{TrustOnFirstUse: true, Pinned: []string{strings.TrimSpace(other.AuthorizedKey())}}
		}, hostkey.Changed, ssh.FingerprintSHA256(other.PublicKey()), "pin the new key: ssh-ed25519 "},
		"pinned beside known_hosts": {func(h *host) hostkey.Policy {
			return hostkey.Policy{Pinned: []string{strings.TrimSpace(other.AuthorizedKey())}, Files: []string{writeFile(t, "kh", h.KnownHosts())}}
		}, hostkey.Changed, ssh.FingerprintSHA256(other.PublicKey()), "pin the new key"},
		"authority": {func(h *host) hostkey.Policy {
			return hostkey.Policy{Pinned: []string{"@cert-authority " + strings.TrimSpace(authority.AuthorizedKey())}}
		}, hostkey.Changed, "authority", "pin the new key"},
		"revoked": {func(h *host) hostkey.Policy {
			return hostkey.Policy{Files: []string{writeFile(t, "kh", h.KnownHosts()+sshserver.RevokedLine(h.HostKeys()[0].PublicKey(), "*")+"\n")}}
		}, hostkey.Revoked, "", "revoked"},
		"revoked and pinned": {func(h *host) hostkey.Policy {
			return hostkey.Policy{Pinned: h.target.HostKey.Pinned, Files: []string{writeFile(t, "kh", sshserver.RevokedLine(h.HostKeys()[0].PublicKey(), "*")+"\n")}}
		}, hostkey.Revoked, "", "revoked"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := startHost(t, nil)
			target := h.target
			target.HostKey = test.policy(h)
			refused := refusal(t, h, target)
			text := refused.Error()
			if refused.Reason != test.reason || refused.SeenFingerprint != ssh.FingerprintSHA256(h.HostKeys()[0].PublicKey()) {
				t.Errorf("reason %s, seen %s", refused.Reason, refused.SeenFingerprint)
			}
			for _, want := range []string{test.expected, test.typed, refused.SeenFingerprint} {
				if !strings.Contains(text, want) {
					t.Errorf("%q does not contain %q", text, want)
				}
			}
		})
	}
}

func TestHostKey_unparsablePinIsNotQuoted(t *testing.T) {
	t.Parallel()
	h := startHost(t, nil)
	target := h.target
	target.HostKey = hostkey.Policy{Pinned: []string{"SECRET that was put here by mistake"}}
	_, err := newPool(t, nil).Read(testContext(t), target, nil, "~/f")
	var pin *hostkey.PinError
	if !errors.As(err, &pin) || strings.Contains(err.Error(), "SECRET") {
		t.Errorf("error = %v", err)
	}
}

func TestHostKey_rotatedWhilePooled(t *testing.T) {
	t.Parallel()
	h := startHost(t, nil)
	pool := newPool(t, nil)
	if _, err := pool.Read(testContext(t), h.target, nil, "~/f"); err != nil {
		t.Fatal(err)
	}
	if err := h.RotateHostKeys(); err != nil {
		t.Fatal(err)
	}
	h.DropConnections()
	_, err := pool.Transact(testContext(t), h.target, Transaction{Paths: []string{"~/f"}, Edit: write("x")})
	var refused *hostkey.Error
	if !errors.As(err, &refused) || refused.Reason != hostkey.Changed {
		t.Errorf("error = %v, want a changed host key", err)
	}
}
