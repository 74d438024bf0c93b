package credential

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// testKey is a key in the forms in which it may be given.
type testKey struct {
	private crypto.Signer
	signer  ssh.Signer
}

func newKey(t testing.TB) *testKey {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return wrap(t, private)
}

func wrap(t testing.TB, private crypto.Signer) *testKey {
	t.Helper()
	signer, err := ssh.NewSignerFromSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	return &testKey{private, signer}
}

func (k *testKey) public() ssh.PublicKey { return k.signer.PublicKey() }
func (k *testKey) line() string          { return string(ssh.MarshalAuthorizedKey(k.public())) }

// text is the private key in OpenSSH's format, encrypted if there is a passphrase.
func (k *testKey) text(t testing.TB, passphrase string) []byte {
	t.Helper()
	block, err := ssh.MarshalPrivateKey(k.private, "")
	if passphrase != "" {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(k.private, "", []byte(passphrase))
	}
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(block)
}

// certificate makes a certificate for the key.
func (k *testKey) certificate(t testing.TB, kind uint32) *ssh.Certificate {
	t.Helper()
	certificate := &ssh.Certificate{Key: k.public(), CertType: kind, ValidPrincipals: []string{"gnss"}, ValidBefore: ssh.CertTimeInfinity}
	if err := certificate.SignCert(rand.Reader, newKey(t).signer); err != nil {
		t.Fatal(err)
	}
	return certificate
}

// machine is a Reader over files in memory and an agent with some keys.
type machine struct {
	files map[string][]byte
	agent []*testKey
}

func (m *machine) reader(t testing.TB) Reader {
	return Reader{
		ReadFile: func(name string) ([]byte, error) {
			text, found := m.files[name]
			if !found {
				return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
			}
			if string(text) == "denied" {
				return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
			}
			return bytes.Clone(text), nil
		},
		DialAgent: func(path string) (net.Conn, error) {
			if m.agent == nil {
				return nil, &fs.PathError{Op: "dial", Path: path, Err: fs.ErrNotExist}
			}
			ring := agent.NewKeyring()
			for _, key := range m.agent {
				if err := ring.Add(agent.AddedKey{PrivateKey: key.private}); err != nil {
					t.Error(err)
				}
			}
			ours, theirs := net.Pipe()
			go func() { _ = agent.ServeAgent(ring, theirs) }()
			return ours, nil
		},
	}
}

// names words the signers by the names of the keys.
func names(set *Set, keys map[string]*testKey) string {
	var list []string
	for _, signer := range set.Signers {
		public, suffix := signer.PublicKey(), ""
		if certificate, ok := public.(*ssh.Certificate); ok {
			public, suffix = certificate.Key, "+cert"
		}
		name := "?"
		for candidate, key := range keys {
			if bytes.Equal(key.public().Marshal(), public.Marshal()) {
				name = candidate
			}
		}
		list = append(list, name+suffix)
	}
	return strings.Join(list, " ")
}

// TestLoad_order is about which keys are offered, and in which order.
func TestLoad_order(t *testing.T) {
	t.Parallel()
	keys := map[string]*testKey{}
	for _, name := range strings.Fields("a b c d e f g h enc") {
		keys[name] = newKey(t)
	}
	held := func(list string) (found []*testKey) {
		for _, name := range strings.Fields(list) {
			found = append(found, keys[name])
		}
		return found
	}
	text := func(name string) []byte { return keys[name].text(t, "") }
	certificate := ssh.MarshalAuthorizedKey(keys["a"].certificate(t, ssh.UserCert))
	files := map[string][]byte{
		"a": text("a"), "b": text("b"), "c": text("c"), "d": text("d"), "denied": []byte("denied"), "garbage": []byte("garbage"),
		"a2": text("a"), "a2-cert.pub": certificate, "cert": certificate,
		"hostcert": ssh.MarshalAuthorizedKey(keys["a"].certificate(t, ssh.HostCert)),
		"enc":      keys["enc"].text(t, "right"), "enc.pub": []byte(keys["enc"].line()), "hw.pub": []byte(keys["h"].line()),
	}
	for name, test := range map[string]struct {
		source Source
		agent  string
		want   string
		notes  []string
	}{
		"nothing":                       {Source{}, "", "", nil},
		"one":                           {Source{PrivateKeys: [][]byte{text("a")}}, "", "a", nil},
		"memory, file, agent, default":  {Source{PrivateKeys: [][]byte{text("a")}, KeyFiles: []string{"b"}, DefaultKeyFiles: []string{"c"}, AgentSocket: "s"}, "d", "a b d c", nil},
		"each once":                     {Source{PrivateKeys: [][]byte{text("a"), text("a")}, KeyFiles: []string{"a"}, DefaultKeyFiles: []string{"a", "b"}, AgentSocket: "s"}, "a b", "a b", nil},
		"certificate first":             {Source{PrivateKeys: [][]byte{text("b"), text("a")}, Certificate: certificate}, "", "b a+cert a", nil},
		"certificate beside the file":   {Source{KeyFiles: []string{"a2"}}, "", "a+cert a", nil},
		"certificate of a file":         {Source{KeyFiles: []string{"a"}, CertificateFiles: []string{"missing", "garbage", "cert"}}, "", "a+cert a", nil},
		"certificate for the agent":     {Source{CertificateFiles: []string{"cert"}, AgentSocket: "s"}, "b a", "b a+cert a", nil},
		"a host's certificate":          {Source{KeyFiles: []string{"a"}, CertificateFiles: []string{"hostcert"}}, "", "a", nil},
		"default files that are bad":    {Source{DefaultKeyFiles: []string{"missing", "denied", "garbage", "c"}}, "", "c", []string{"denied was not tried", "garbage was not tried"}},
		"limit":                         {Source{AgentSocket: "s"}, "a b c d e f g h", "a b c d e", []string{"3 more keys were not offered"}},
		"limit, the named first":        {Source{KeyFiles: []string{"d"}, AgentSocket: "s"}, "a b c e f g h", "d a b c e", []string{"3 more keys"}},
		"limit beside a password":       {Source{AgentSocket: "s", Password: []byte("pw")}, "a b c", "a b", []string{"1 more keys"}},
		"named ones beside a password":  {Source{KeyFiles: []string{"a", "b", "c"}, DefaultKeyFiles: []string{"d"}, Password: []byte("pw")}, "", "a b c d", nil},
		"identities only":               {Source{KeyFiles: []string{"b"}, AgentSocket: "s", IdentitiesOnly: true}, "a b c", "b", nil},
		"identities only, defaults":     {Source{DefaultKeyFiles: []string{"b"}, AgentSocket: "s", IdentitiesOnly: true}, "a b c", "b", nil},
		"encrypted, in the agent":       {Source{KeyFiles: []string{"enc"}, AgentSocket: "s"}, "a enc", "enc a", nil},
		"encrypted, with passphrase":    {Source{KeyFiles: []string{"enc"}, Passphrase: []byte("right")}, "", "enc", nil},
		"public half of a hardware key": {Source{KeyFiles: []string{"hw"}, AgentSocket: "s"}, "a h", "h a", nil},
		"no agent":                      {Source{KeyFiles: []string{"a"}, AgentSocket: "gone"}, "", "a", []string{"SSH agent at gone"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := &machine{files: files, agent: held(test.agent)}
			set, err := Load(test.source, m.reader(t))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = set.Close() }()
			if got := names(set, keys); got != test.want {
				t.Errorf("offered %s, want %s", got, test.want)
			}
			if len(set.Notes) != len(test.notes) {
				t.Fatalf("notes %q, want %q", set.Notes, test.notes)
			}
			for i, want := range test.notes {
				if !strings.HasPrefix(set.Notes[i], want) {
					t.Errorf("note %q, want it to begin %q", set.Notes[i], want)
				}
			}
		})
	}
}

// TestLoad_errors compares whole sentences: none holds a key.
func TestLoad_errors(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	plain, encrypted := key.text(t, ""), key.text(t, "SECRETright")
	body := strings.Split(string(plain), "\n")[1]
	for name, test := range map[string]struct {
		source Source
		want   string
		reason KeyReason
	}{
		"empty":        {Source{PrivateKeys: [][]byte{{}}}, "private key can't be parsed: it is empty", KeyUnparsable},
		"which of two": {Source{PrivateKeys: [][]byte{plain, []byte("x")}}, "private key 2 can't be parsed: it has no BEGIN line; pass the content of the key file, not its path", KeyUnparsable},
		"a path":       {Source{PrivateKeys: [][]byte{[]byte("~/.ssh/id")}}, "private key can't be parsed: it has no BEGIN line; pass the content of the key file, not its path", KeyUnparsable},
		"public":       {Source{PrivateKeys: [][]byte{[]byte(key.line())}}, "private key can't be parsed: it is a public key; the private key is the file without .pub", KeyUnparsable},
		"PuTTY":        {Source{PrivateKeys: [][]byte{[]byte("PuTTY-User-Key-File-3: x")}}, "private key can't be parsed: it is a PuTTY key; convert it with puttygen KEY -O private-openssh", KeyUnparsable},
		"cut":          {Source{PrivateKeys: [][]byte{plain[:len(plain)/2]}}, "private key can't be parsed: its END line is missing, so it was cut", KeyUnparsable},
		"damaged": {
			Source{PrivateKeys: [][]byte{bytes.Replace(plain, []byte(body), []byte(strings.Repeat("A", len(body))), 1)}},
			"private key can't be parsed: check that it was copied completely, line breaks included", KeyUnparsable,
		},
		"no passphrase":    {Source{PrivateKeys: [][]byte{encrypted}}, "private key is encrypted and no passphrase is set", PassphraseMissing},
		"wrong passphrase": {Source{PrivateKeys: [][]byte{encrypted}, Passphrase: []byte("SECRETwrong")}, "private key is encrypted with another passphrase", WrongPassphrase},
		"file":             {Source{KeyFiles: []string{"enc"}}, "enc is encrypted and no passphrase is set", PassphraseMissing},
		"certificate":      {Source{PrivateKeys: [][]byte{plain}, Certificate: []byte("SECRET")}, "certificate is no OpenSSH user certificate", CertificateUnparsable},
		"host certificate": {
			Source{PrivateKeys: [][]byte{plain}, Certificate: ssh.MarshalAuthorizedKey(key.certificate(t, ssh.HostCert))},
			"certificate is no OpenSSH user certificate", CertificateUnparsable,
		},
		"missing file":   {Source{KeyFiles: []string{"nowhere"}}, "key file: open nowhere: file does not exist", ""},
		"denied file":    {Source{KeyFiles: []string{"denied"}}, "key file: open denied: permission denied", ""},
		"agent required": {Source{AgentSocket: "gone", AgentRequired: true}, "SSH agent at gone: dial gone: file does not exist; start one (eval $(ssh-agent); ssh-add) or name a key", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := &machine{files: map[string][]byte{"enc": encrypted, "denied": []byte("denied")}}
			_, err := Load(test.source, m.reader(t))
			if got := fmt.Sprint(err); got != test.want {
				t.Errorf("error = %s\nwant    %s", got, test.want)
			}
			var unusable *KeyError
			if errors.As(err, &unusable) != (test.reason != "") || test.reason != "" && unusable.Reason != test.reason {
				t.Errorf("error = %T %v, want the reason %q", err, err, test.reason)
			}
		})
	}
}

func TestLoad_oldFormats(t *testing.T) {
	t.Parallel()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	key := wrap(t, private)
	text := key.text(t, "")
	for name, given := range map[string][]byte{
		"RSA": text, "Windows line ends": bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n")),
		"indented": bytes.ReplaceAll(text, []byte("\n"), []byte("\n\t  ")), "no last line end": bytes.TrimSpace(text),
		"text before": append([]byte("comment\n"), text...),
	} {
		set, err := Load(Source{PrivateKeys: [][]byte{given}}, (&machine{}).reader(t))
		if err != nil || len(set.Signers) != 1 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestKeys_parsesOnce decrypts a key once for many users, and remembers neither
// under another passphrase nor for another text.
func TestKeys_parsesOnce(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	encrypted := key.text(t, "right")
	keys := NewKeys([]byte("seed"))
	reader := (&machine{}).reader(t)
	reader.Keys = keys
	var group sync.WaitGroup
	signers := make([]ssh.Signer, 8)
	for i := range signers {
		group.Go(func() {
			set, err := Load(Source{PrivateKeys: [][]byte{encrypted}, Passphrase: []byte("right")}, reader)
			if err != nil {
				t.Error(err)
				return
			}
			signers[i] = set.Signers[0]
		})
	}
	group.Wait()
	for _, signer := range signers {
		if signer != signers[0] {
			t.Error("the key was parsed again")
		}
	}
	var wrong *KeyError
	if _, err := Load(Source{PrivateKeys: [][]byte{encrypted}, Passphrase: []byte("wrong")}, reader); !errors.As(err, &wrong) || wrong.Reason != WrongPassphrase {
		t.Errorf("another passphrase: %v", err)
	}
	if _, err := Load(Source{PrivateKeys: [][]byte{encrypted}}, reader); !errors.As(err, &wrong) || wrong.Reason != PassphraseMissing {
		t.Errorf("no passphrase: %v", err)
	}
	for hash := range keys.held {
		if strings.Contains(hash, "right") || len(hash) != 32 {
			t.Error("the memory's key is no hash")
		}
	}
}

// FuzzParse feeds anything to the parser of private keys: its errors never quote
// what it was given.
func FuzzParse(f *testing.F) {
	f.Add([]byte("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n"))
	f.Add([]byte("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n"))
	f.Add([]byte("ssh-ed25519 AAAA"))
	f.Fuzz(func(t *testing.T, text []byte) {
		_, err := Load(Source{PrivateKeys: [][]byte{text}}, Reader{})
		if err == nil {
			return
		}
		var unusable *KeyError
		if !errors.As(err, &unusable) {
			t.Fatalf("error = %T %v, want *KeyError", err, err)
		}
		for _, word := range strings.Fields(string(text)) {
			if len(word) > 12 && strings.Contains(err.Error(), word) && !slices.Contains(strings.Fields(err.Error()), word) {
				t.Errorf("the error quotes %q: %v", word, err)
			}
		}
	})
}
