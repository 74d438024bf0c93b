package remote

import (
	"bytes"
	"crypto/rand"
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
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/sshserver"
)

func privateKey(t *testing.T, key *sshserver.Key, passphrase string) []byte {
	t.Helper()
	text, err := key.PEM(passphrase)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// serveAgent runs an SSH agent that holds the keys.
func serveAgent(t *testing.T, keys ...*sshserver.Key) string {
	t.Helper()
	ring := agent.NewKeyring()
	for _, key := range keys {
		if err := ring.Add(agent.AddedKey{PrivateKey: key.Private()}); err != nil {
			t.Fatal(err)
		}
	}
	dir, err := os.MkdirTemp("", "ag")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	listener, err := net.Listen("unix", filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() { _ = agent.ServeAgent(ring, conn) }()
		}
	}()
	return listener.Addr().String()
}

// promptsOnly turns the password method off for an account that is asked
// questions instead, as PasswordAuthentication no does.
func promptsOnly(o *sshserver.Options, u *sshserver.User) {
	if len(u.Prompts) > 0 {
		o.Methods = []string{"publickey", "keyboard-interactive"}
	}
}

func TestAuth_accepted(t *testing.T) {
	t.Parallel()
	right, wrong, authority := newKey(t, sshserver.Ed25519), newKey(t, sshserver.Ed25519), newKey(t, sshserver.Ed25519)
	rsa := newKey(t, sshserver.RSA)
	certificate, err := authority.SignUser(wrong, sshserver.Certificate{Principals: []string{"gnss"}, ValidBefore: time.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	certificateLine := ssh.MarshalAuthorizedKey(certificate)
	keyDir := t.TempDir()
	withCertificate, err := wrong.WriteFiles(keyDir, "id_cert", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sshserver.WriteCertificate(withCertificate, certificate); err != nil {
		t.Fatal(err)
	}
	encrypted, err := right.WriteFiles(keyDir, "id_encrypted", "passphrase")
	if err != nil {
		t.Fatal(err)
	}
	indented := bytes.ReplaceAll(privateKey(t, right, ""), []byte("\n"), []byte("\r\n    "))
	many := make([]*sshserver.Key, 8)
	for i := range many {
		many[i] = newKey(t, sshserver.Ed25519)
	}
	accepts := func(u *sshserver.User) { u.Keys = []ssh.PublicKey{right.PublicKey()} }
	for name, test := range map[string]struct {
		source  credential.Source
		account func(*sshserver.User)
		method  string
	}{
		"key":                       {credential.Source{PrivateKeys: [][]byte{privateKey(t, right, "")}}, accepts, "publickey"},
		"RSA key":                   {credential.Source{PrivateKeys: [][]byte{privateKey(t, rsa, "")}}, func(u *sshserver.User) { u.Keys = []ssh.PublicKey{rsa.PublicKey()} }, "publickey"},
		"indented key":              {credential.Source{PrivateKeys: [][]byte{indented}}, accepts, "publickey"},
		"encrypted key":             {credential.Source{PrivateKeys: [][]byte{privateKey(t, right, "passphrase")}, Passphrase: []byte("passphrase")}, accepts, "publickey"},
		"second key":                {credential.Source{PrivateKeys: [][]byte{privateKey(t, wrong, ""), privateKey(t, right, "")}}, accepts, "publickey"},
		"agent after a wrong key":   {credential.Source{PrivateKeys: [][]byte{privateKey(t, wrong, "")}, AgentSocket: serveAgent(t, right)}, accepts, "publickey"},
		"explicit before the agent": {credential.Source{PrivateKeys: [][]byte{privateKey(t, right, "")}, AgentSocket: serveAgent(t, many...)}, accepts, "publickey"},
		"encrypted file in the agent": {
			credential.Source{KeyFiles: []string{encrypted}, AgentSocket: serveAgent(t, append(slices.Clone(many), right)...)},
			accepts, "publickey",
		},
		"identities only":          {credential.Source{KeyFiles: []string{encrypted}, Passphrase: []byte("passphrase"), AgentSocket: serveAgent(t, many...), IdentitiesOnly: true}, accepts, "publickey"},
		"certificate":              {credential.Source{PrivateKeys: [][]byte{privateKey(t, wrong, "")}, Certificate: certificateLine}, func(u *sshserver.User) { u.Authorities = []ssh.PublicKey{authority.PublicKey()} }, "publickey"},
		"certificate beside a key": {credential.Source{KeyFiles: []string{withCertificate}}, func(u *sshserver.User) { u.Authorities = []ssh.PublicKey{authority.PublicKey()} }, "publickey"},
		"password":                 {credential.Source{Password: []byte("pass word")}, func(u *sshserver.User) { u.Password = "pass word" }, "password"},
		"password prompt": {credential.Source{Password: []byte("pw")}, func(u *sshserver.User) {
			u.Prompts = []sshserver.Prompt{{Text: "Password: ", Answer: "pw"}}
		}, "keyboard-interactive"},
		"key and password": {credential.Source{PrivateKeys: [][]byte{privateKey(t, right, "")}, Password: []byte("pw")}, func(u *sshserver.User) {
			accepts(u)
			u.Password, u.Require = "pw", []string{"publickey", "password"}
		}, "password"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := startHost(t, func(o *sshserver.Options, u *sshserver.User) {
				u.Keys = nil
				test.account(u)
				promptsOnly(o, u)
			})
			target := h.target
			target.Auth = test.source
			target.Auth.NoAgent = true
			if _, err := newPool(t, nil).Read(testContext(t), target, nil, "~/f"); err != nil {
				t.Fatal(err)
			}
			if c := h.Counters(); c.Connections != 1 || c.AuthAccepted[test.method] != 1 {
				t.Errorf("%d connections, accepted %v", c.Connections, c.AuthAccepted)
			}
		})
	}
}

func TestAuth_refused(t *testing.T) {
	t.Parallel()
	wrong := newKey(t, sshserver.Ed25519)
	var six [][]byte
	for range 6 {
		six = append(six, privateKey(t, newKey(t, sshserver.Ed25519), ""))
	}
	for name, test := range map[string]struct {
		source   credential.Source
		account  func(*sshserver.User)
		tried    []string
		keys     int
		password bool
	}{
		"wrong key":    {credential.Source{PrivateKeys: [][]byte{privateKey(t, wrong, "")}}, func(*sshserver.User) {}, []string{"publickey"}, 1, false},
		"too many":     {credential.Source{PrivateKeys: six}, func(*sshserver.User) {}, []string{"publickey"}, credential.MaxOffered, false},
		"nothing":      {credential.Source{}, func(*sshserver.User) {}, nil, 0, false},
		"bad password": {credential.Source{Password: []byte("SECRETwrong")}, func(u *sshserver.User) { u.Password = "right" }, []string{"password"}, 0, true},
		"bad answer": {credential.Source{Password: []byte("SECRETwrong")}, func(u *sshserver.User) {
			u.Prompts = []sshserver.Prompt{{Text: "Password: ", Answer: "right"}}
		}, []string{"keyboard-interactive"}, 0, true},
		"unknown question": {credential.Source{Password: []byte("SECRETpw")}, func(u *sshserver.User) {
			u.Prompts = []sshserver.Prompt{{Text: "Code: ", Answer: "1"}, {Text: "PIN: ", Answer: "2"}}
		}, nil, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := startHost(t, func(o *sshserver.Options, u *sshserver.User) {
				test.account(u)
				promptsOnly(o, u)
			})
			target := h.target
			target.Auth = test.source
			target.Auth.NoAgent = true
			target.Wait = Wait{For: time.Hour}
			_, err := newPool(t, func(o *Options) { o.Sleep = noPause }).Read(testContext(t), target, nil, "~/f")
			var refused *AuthError
			if !errors.As(err, &refused) {
				t.Fatalf("error = %T %v, want *AuthError", err, err)
			}
			if !slices.Equal(refused.Tried, test.tried) || len(refused.Keys) != test.keys || refused.Password != test.password {
				t.Errorf("tried %v with %d keys, password %t", refused.Tried, len(refused.Keys), refused.Password)
			}
			c := h.Counters()
			if c.Connections != 1 || c.AuthRefused["password"]+c.AuthRefused["keyboard-interactive"] > 1 {
				t.Errorf("%d connections, refused %v: a password must be tried once", c.Connections, c.AuthRefused)
			}
			if text := err.Error(); strings.Contains(text, "SECRET") || strings.Contains(text, "PRIVATE") {
				t.Errorf("the error quotes a secret: %v", err)
			}
		})
	}
}

func TestAuth_unusableKeys(t *testing.T) {
	t.Parallel()
	key := newKey(t, sshserver.Ed25519)
	good := privateKey(t, key, "")
	cut := good[:len(good)/2]
	body := string(keyBody(good))
	for name, test := range map[string]struct {
		source credential.Source
		reason credential.KeyReason
		hint   string
	}{
		"cut":              {credential.Source{PrivateKeys: [][]byte{cut}}, credential.KeyUnparsable, "END line is missing"},
		"garbage":          {credential.Source{PrivateKeys: [][]byte{[]byte("SECRET-GARBAGE")}}, credential.KeyUnparsable, "no BEGIN line"},
		"public":           {credential.Source{PrivateKeys: [][]byte{[]byte(key.AuthorizedKey())}}, credential.KeyUnparsable, "public key"},
		"PuTTY":            {credential.Source{PrivateKeys: [][]byte{[]byte("PuTTY-User-Key-File-3: ssh-ed25519\nSECRET")}}, credential.KeyUnparsable, "puttygen"},
		"PKCS#8":           {credential.Source{PrivateKeys: [][]byte{pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: randomBytes(60)})}}, credential.KeyUnparsable, "PKCS#8"},
		"empty":            {credential.Source{PrivateKeys: [][]byte{{}}}, credential.KeyUnparsable, "empty"},
		"no passphrase":    {credential.Source{PrivateKeys: [][]byte{privateKey(t, key, "right")}}, credential.PassphraseMissing, ""},
		"wrong passphrase": {credential.Source{PrivateKeys: [][]byte{privateKey(t, key, "right")}, Passphrase: []byte("SECRET")}, credential.WrongPassphrase, ""},
		"certificate":      {credential.Source{PrivateKeys: [][]byte{good}, Certificate: []byte("SECRET")}, credential.CertificateUnparsable, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := startHost(t, nil)
			target := h.target
			target.Auth = test.source
			target.Auth.NoAgent = true
			_, err := newPool(t, nil).Read(testContext(t), target, nil, "~/f")
			var unusable *credential.KeyError
			if !errors.As(err, &unusable) || unusable.Reason != test.reason || !strings.Contains(unusable.Hint, test.hint) {
				t.Fatalf("error = %v, want %s (%s)", err, test.reason, test.hint)
			}
			if strings.Contains(err.Error(), "SECRET") || strings.Contains(err.Error(), body) {
				t.Errorf("the error quotes the key: %v", err)
			}
			if c := h.Counters(); c.Connections != 0 {
				t.Errorf("%d connections although there is nothing to log in with", c.Connections)
			}
		})
	}
}

func randomBytes(count int) []byte {
	data := make([]byte, count)
	_, _ = rand.Read(data)
	return data
}

func TestAuth_agentRequired(t *testing.T) {
	t.Parallel()
	h := startHost(t, nil)
	target := h.target
	target.Auth = credential.Source{AgentSocket: "/nonexistent", AgentRequired: true}
	_, err := newPool(t, nil).Read(testContext(t), target, nil, "~/f")
	var missing *credential.AgentError
	if !errors.As(err, &missing) {
		t.Errorf("error = %v, want *credential.AgentError", err)
	}
	target.Auth.AgentRequired = false
	_, err = newPool(t, nil).Read(testContext(t), target, nil, "~/f")
	var refused *AuthError
	if !errors.As(err, &refused) || len(refused.Notes) != 1 {
		t.Errorf("error = %v, want *AuthError with a note on the agent", err)
	}
}
