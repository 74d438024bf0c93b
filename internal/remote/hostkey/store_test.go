package hostkey

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// newKeyLine makes a key and returns it with its line.
func newKeyLine(t testing.TB) (ssh.PublicKey, string) {
	t.Helper()
	public, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return key, keyLine(key)
}

// disk is a file system in memory that counts.
type disk struct {
	files map[string]string
	reads map[string]int
}

func (d *disk) read(name string) ([]byte, error) {
	d.reads[name]++
	text, found := d.files[name]
	if !found {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	if text == "denied" {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return []byte(text), nil
}

func newDisk(files map[string]string) *disk { return &disk{files: files, reads: map[string]int{}} }

// check asks a verifier about a key and returns why it refuses it, if it does.
func check(t *testing.T, v *Verifier, key ssh.PublicKey) Reason {
	t.Helper()
	err := v.Check("ignored", &net.TCPAddr{}, key)
	if err == nil {
		return ""
	}
	var refused *Error
	if !errors.As(err, &refused) {
		t.Fatalf("error = %T %v, want *Error", err, err)
	}
	return refused.Reason
}

func TestStore_readsAgainWhenOld(t *testing.T) {
	t.Parallel()
	first, firstLine := newKeyLine(t)
	second, secondLine := newKeyLine(t)
	d := newDisk(map[string]string{"kh": "h " + firstLine + "\n"})
	now := time.Unix(1000, 0)
	s := NewStore(func() time.Time { return now }, d.read)
	for _, step := range []struct {
		pass   time.Duration
		text   string
		reads  int
		key    ssh.PublicKey
		reason Reason
	}{
		{0, "h " + firstLine + "\n", 1, first, ""},
		{time.Second, "h " + secondLine + "\n", 1, first, ""},
		{time.Second, "h " + secondLine + "\n", 2, first, Changed},
		{0, "h " + secondLine + "\n", 2, second, ""},
		{-time.Hour, "", 3, second, Unknown}, // the clock was put back
		{reuse, "@revoked * " + secondLine + "\n", 4, second, Revoked},
	} {
		now, d.files["kh"] = now.Add(step.pass), step.text
		v, err := s.Load(Policy{Files: []string{"kh"}}, "h", 22)
		if err != nil {
			t.Fatal(err)
		}
		if got := check(t, v, step.key); got != step.reason || d.reads["kh"] != step.reads {
			t.Errorf("after %v more: refused as %q after %d reads, want %q after %d", step.pass, got, d.reads["kh"], step.reason, step.reads)
		}
	}
}

func TestStore_fileErrors(t *testing.T) {
	t.Parallel()
	d := newDisk(map[string]string{"denied": "denied", "krl": "SSHKRL\n\x00\x01", "fine": ""})
	for name, test := range map[string]struct {
		policy Policy
		want   string
	}{
		"known hosts denied":   {Policy{Files: []string{"missing", "denied"}}, "known hosts: open denied: permission denied; make denied readable, or name another file"},
		"revocations denied":   {Policy{RevokedFiles: []string{"denied"}}, "known hosts: open denied: permission denied; make denied readable, or name another file"},
		"revocations missing":  {Policy{RevokedFiles: []string{"missing"}}, "known hosts: open missing: file does not exist; make missing readable, or name another file"},
		"binary revocations":   {Policy{RevokedFiles: []string{"krl"}}, "known hosts: it is a binary revocation list, which only the openssh transport reads; make krl readable, or name another file"},
		"everything as it was": {Policy{Files: []string{"missing", "fine"}, RevokedFiles: []string{"fine"}}, ""},
	} {
		_, err := NewStore(time.Now, d.read).Load(test.policy, "h", 22)
		var failed *FileError
		if got := fmt.Sprint(err); test.want != "" && (got != test.want || !errors.As(err, &failed)) || test.want == "" && err != nil {
			t.Errorf("%s: error = %T %v, want %q", name, err, err, test.want)
		}
	}
}

// TestVerifier_decides is the truth table of what is stored and what is presented.
func TestVerifier_decides(t *testing.T) {
	t.Parallel()
	key, line := newKeyLine(t)
	_, other := newKeyLine(t)
	for name, test := range map[string]struct {
		file, revoked string
		policy        Policy
		port          int
		want          Reason
	}{
		"known":                                {"h " + line, "", Policy{}, 22, ""},
		"several keys":                         {"h " + other + "\nh " + line, "", Policy{}, 22, ""},
		"changed":                              {"h " + other, "", Policy{}, 22, Changed},
		"changed, though first use is allowed": {"h " + other, "", Policy{TrustOnFirstUse: true}, 22, Changed},
		"unknown":                              {"i " + line, "", Policy{}, 22, Unknown},
		"first use":                            {"i " + other, "", Policy{TrustOnFirstUse: true}, 22, ""},
		"nothing":                              {"", "", Policy{}, 22, Unknown},
		"revoked":                              {"h " + line + "\n@revoked h " + line, "", Policy{}, 22, Revoked},
		"revoked for everybody":                {"h " + line + "\n@revoked * " + line, "", Policy{}, 22, Revoked},
		"revoked for another":                  {"h " + line + "\n@revoked i " + line, "", Policy{}, 22, ""},
		"revoked by a list":                    {"h " + line, line, Policy{}, 22, Revoked},
		"another revoked by a list":            {"h " + line, "# comment\n" + other, Policy{}, 22, ""},
		"revoked, first use":                   {"@revoked * " + line, "", Policy{TrustOnFirstUse: true}, 22, Revoked},
		"revoked though pinned":                {"@revoked h " + line, "", Policy{Pinned: []string{line}}, 22, Revoked},
		"pinned":                               {"h " + other, "", Policy{Pinned: []string{line}}, 22, ""},
		"another is pinned":                    {"h " + line, "", Policy{Pinned: []string{other}}, 22, Changed},
		"pinned for another name":              {"", "", Policy{Pinned: []string{"i " + line}, TrustOnFirstUse: true}, 22, Changed},
		"port":                                 {"[h]:2200 " + line, "", Policy{}, 2200, ""},
		"port of another":                      {"[h]:2201 " + line, "", Policy{}, 2200, Unknown},
		"without port":                         {"h " + line, "", Policy{}, 2200, ""},
		"without port, another key":            {"h " + other, "", Policy{}, 2200, Unknown},
		"exact port before the name":           {"h " + line + "\n[h]:2200 " + other, "", Policy{}, 2200, Changed},
		"alias":                                {"cluster " + line, "", Policy{Alias: "CLUSTER"}, 2200, ""},
		"alias hides the name":                 {"h " + line, "", Policy{Alias: "cluster"}, 22, Unknown},
		"wildcard":                             {"*,!i " + line, "", Policy{}, 22, ""},
		"excepted":                             {"*,!h " + line, "", Policy{}, 22, Unknown},
		"hashed":                               {knownhosts.HashHostname("h") + " " + line, "", Policy{}, 22, ""},
		"hashed with port":                     {knownhosts.HashHostname("[h]:2200") + " " + line, "", Policy{}, 2200, ""},
		"hashed, another":                      {knownhosts.HashHostname("i") + " " + line, "", Policy{}, 22, Unknown},
		"upper case":                           {"H " + line, "", Policy{}, 22, ""},
		"an authority is no key":               {"@cert-authority h " + line, "", Policy{}, 22, Changed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDisk(map[string]string{"kh": test.file + "\n", "revoked": test.revoked + "\n"})
			test.policy.Files, test.policy.RevokedFiles = []string{"kh"}, []string{"revoked"}
			v, err := NewStore(time.Now, d.read).Load(test.policy, "h", test.port)
			if err != nil {
				t.Fatal(err)
			}
			if got := check(t, v, key); got != test.want {
				t.Errorf("refused as %q, want %q", got, test.want)
			}
			if seen, _ := v.Seen(); seen != line {
				t.Errorf("seen %q, want %q", seen, line)
			}
		})
	}
}

// TestVerifier_certificates is the same for certificates of hosts.
func TestVerifier_certificates(t *testing.T) {
	t.Parallel()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	authority, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	authorityKey, _ := ssh.NewPublicKey(public)
	plain, plainLine := newKeyLine(t)
	now := time.Unix(1_000_000, 0)
	for name, test := range map[string]struct {
		kind       uint32
		principals []string
		from, to   int64
		file       string
		alias      string
		want       Reason
	}{
		"valid":               {ssh.HostCert, []string{"h"}, 0, 0, "@cert-authority h ", "", ""},
		"by wildcard":         {ssh.HostCert, []string{"h"}, 0, 0, "@cert-authority * ", "", ""},
		"for another":         {ssh.HostCert, []string{"i"}, 0, 0, "@cert-authority h ", "", Changed},
		"for the alias":       {ssh.HostCert, []string{"cluster"}, 0, 0, "@cert-authority cluster ", "cluster", ""},
		"expired":             {ssh.HostCert, []string{"h"}, -20, -10, "@cert-authority h ", "", Changed},
		"not yet":             {ssh.HostCert, []string{"h"}, 10, 20, "@cert-authority h ", "", Changed},
		"of a user":           {ssh.UserCert, []string{"h"}, 0, 0, "@cert-authority h ", "", Changed},
		"by nobody known":     {ssh.HostCert, []string{"h"}, 0, 0, "i ", "", Unknown},
		"by a revoked one":    {ssh.HostCert, []string{"h"}, 0, 0, "@revoked * ", "", Revoked},
		"authority elsewhere": {ssh.HostCert, []string{"h"}, 0, 0, "@cert-authority i ", "", Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			certificate := &ssh.Certificate{Key: plain, CertType: test.kind, ValidPrincipals: test.principals, ValidBefore: ssh.CertTimeInfinity}
			if test.to != 0 {
				certificate.ValidAfter, certificate.ValidBefore = uint64(now.Unix()+test.from), uint64(now.Unix()+test.to)
			}
			if err := certificate.SignCert(rand.Reader, authority); err != nil {
				t.Fatal(err)
			}
			d := newDisk(map[string]string{"kh": test.file + keyLine(authorityKey) + "\n"})
			v, err := NewStore(func() time.Time { return now }, d.read).Load(Policy{Files: []string{"kh"}, Alias: test.alias}, "h", 22)
			if err != nil {
				t.Fatal(err)
			}
			if got := check(t, v, certificate); got != test.want {
				t.Errorf("refused as %q, want %q", got, test.want)
			}
			if seen, _ := v.Seen(); seen != plainLine {
				t.Errorf("seen %q, want the plain key %q", seen, plainLine)
			}
		})
	}
}

// TestError_saysWhatToType compares whole sentences.
func TestError_saysWhatToType(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err  Error
		want string
	}{
		"changed": {
			Error{Reason: Changed, Host: "h", Port: 22, SeenType: "ssh-ed25519", SeenFingerprint: "SHA256:s", Expected: []string{"ssh-rsa SHA256:e (/kh line 3)"}, Files: []string{"/kh"}},
			"host key of h is changed: it presents ssh-ed25519 SHA256:s, expected ssh-rsa SHA256:e (/kh line 3); somebody may be listening in; if the host was rebuilt, " +
				"compare the fingerprint with the host's console, run ssh-keygen -f '/kh' -R 'h', then connect once with ssh",
		},
		"changed at a port, under an alias": {
			Error{Reason: Changed, Host: "h", Port: 2200, Alias: "c", Files: []string{"/a", "/b"}},
			"host key of [h]:2200 is changed; somebody may be listening in; if the host was rebuilt, compare the fingerprint with the host's console, " +
				"run ssh-keygen -f '/a' -R 'c' and ssh-keygen -f '/b' -R 'c', then connect once with ssh",
		},
		"pinned": {
			Error{Reason: Changed, Host: "h", Port: 22, SeenLine: "ssh-ed25519 AAAA"},
			"host key of h is changed; if the host was rebuilt, compare the fingerprint with the host's console and pin the new key: ssh-ed25519 AAAA",
		},
		"unknown": {
			Error{Reason: Unknown, Host: "h", Port: 2200},
			"host key of [h]:2200 is unknown; compare the fingerprint with the host's console (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub), " +
				"then run `ssh -p 2200 h` once, or pin the key",
		},
		"revoked": {Error{Reason: Revoked, Host: "h", Port: 22}, "host key of h is revoked; the key was revoked: give the host a new one, and do not connect before"},
	} {
		if got := test.err.Error(); got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, test.want)
		}
	}
}

func TestReveal_namesTheKey(t *testing.T) {
	t.Parallel()
	key, line := newKeyLine(t)
	_, other := newKeyLine(t)
	for file, want := range map[string]Reason{"h " + other: Changed, "h " + other + "\n@revoked h " + line: Revoked} {
		v, err := NewStore(time.Now, newDisk(map[string]string{"kh": file}).read).Load(Policy{Files: []string{"kh"}}, "h", 22)
		if err != nil {
			t.Fatal(err)
		}
		var refused *Error
		if err := v.Reveal("", nil, key); !errors.As(err, &refused) || refused.Reason != want || refused.SeenLine != line || len(refused.Expected) != 1 || v.Address() != "h:22" {
			t.Errorf("%v, want %s of %s", err, want, line)
		}
	}
}

// FuzzMatchWildcards compares with path.Match, which knows more but agrees on *
// and ?.
func FuzzMatchWildcards(f *testing.F) {
	for _, seed := range [][2]string{{"*.example.org", "a.example.org"}, {"a*b*c", "aXbbXc"}, {"?*?", "ab"}, {"**", ""}, {"[h]:22", "[h]:22"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, pattern, name string) {
		if strings.ContainsAny(pattern+name, "/\\[") || strings.ToValidUTF8(pattern+name, "") != pattern+name || len([]rune(name)) != len(name) || len(pattern) > 20 {
			t.Skip("path.Match differs there")
		}
		want, err := path.Match(pattern, name)
		if got := matchWildcards(pattern, name); err == nil && got != want {
			t.Errorf("%q matches %q = %t, want %t", pattern, name, got, want)
		}
	})
}

// FuzzStore_lookup finds by index what a walk through all lines finds.
func FuzzStore_lookup(f *testing.F) {
	f.Add("h,i KEY\n*.x,!a.x KEY\n@revoked * KEY\n|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg= KEY", "a.x")
	f.Add("H KEY\nh KEY", "h")
	f.Fuzz(func(t *testing.T, text, name string) {
		name = strings.ToLower(name)
		entries := parseFile("f", strings.ReplaceAll(text, "KEY", someKey))
		var stored storedFile
		stored.index(entries)
		var want []string
		for _, e := range entries {
			if e.matches(name) {
				want = append(want, e.source)
			}
		}
		var got []string
		for _, e := range stored.lookup(name) {
			got = append(got, e.source)
		}
		if !slices.Equal(got, want) {
			t.Errorf("lookup finds %q, want %q", got, want)
		}
	})
}
