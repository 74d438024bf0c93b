package sshserver

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/ssh"
)

// login dials with the methods and says whether it worked.
func loginWith(t *testing.T, server *Server, methods ...ssh.AuthMethod) error {
	t.Helper()
	client, err := ssh.Dial("tcp", server.Address(), clientConfig(server, "gnss", methods...))
	if err == nil {
		err = client.Close()
	}
	return err
}

func certificateSigner(t *testing.T, authority, key *Key, content Certificate) ssh.Signer {
	t.Helper()
	certificate, err := authority.SignUser(key, content)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewCertSigner(certificate, key.Signer())
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

func answers(given ...string) ssh.AuthMethod {
	return ssh.KeyboardInteractive(func(_, _ string, questions []string, _ []bool) ([]string, error) {
		return given[:min(len(given), len(questions))], nil
	})
}

func TestAuth_methods(t *testing.T) {
	t.Parallel()
	key, other, authority, stranger := newKey(t, Ed25519), newKey(t, ECDSA), newKey(t, Ed25519), newKey(t, Ed25519)
	rsa := newKey(t, RSA)
	past := time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)
	user := User{
		Keys: []ssh.PublicKey{key.PublicKey(), rsa.PublicKey()}, Authorities: []ssh.PublicKey{authority.PublicKey()},
		Password: "correct horse", Prompts: []Prompt{{Text: "Password: ", Answer: "p"}, {Text: "Code: ", Answer: "123456", Echo: true}},
	}
	certificate := func(by *Key, content Certificate) ssh.AuthMethod {
		return ssh.PublicKeys(certificateSigner(t, by, other, content))
	}
	tests := []struct {
		name   string
		method ssh.AuthMethod
		works  bool
	}{
		{"listed key", ssh.PublicKeys(key.Signer()), true},
		{"listed RSA key", ssh.PublicKeys(rsa.Signer()), true},
		{"unlisted key", ssh.PublicKeys(other.Signer()), false},
		{"unlisted key first", ssh.PublicKeys(other.Signer(), key.Signer()), true},
		{"certificate", certificate(authority, Certificate{Principals: []string{"gnss"}}), true},
		{"certificate for somebody else", certificate(authority, Certificate{Principals: []string{"root"}}), false},
		{"expired certificate", certificate(authority, Certificate{Principals: []string{"gnss"}, ValidBefore: past}), false},
		{"certificate by a stranger", certificate(stranger, Certificate{Principals: []string{"gnss"}}), false},
		{"password", ssh.Password("correct horse"), true},
		{"wrong password", ssh.Password("battery staple"), false},
		{"answers", answers("p", "123456"), true},
		{"wrong answer", answers("p", "000000"), false},
	}
	server := start(t, Options{Users: map[string]User{"gnss": user}})
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			err := loginWith(t, server, test.method)
			if worked := err == nil; worked != test.works {
				t.Errorf("login: %v, want success %v", err, test.works)
			}
		})
	}
}

func TestAuth_countsAttemptsAndOfferedKeys(t *testing.T) {
	t.Parallel()
	key, users := account(t)
	other := newKey(t, Ed25519)
	server := start(t, Options{Users: users})
	if err := loginWith(t, server, ssh.Password("x"), ssh.PublicKeys(other.Signer(), key.Signer())); err != nil {
		t.Fatal(err)
	}
	counters := server.Counters()
	got := []map[string]int{counters.AuthAccepted, counters.AuthRefused, counters.AuthPartial}
	want := []map[string]int{{"publickey": 1}, {"none": 1, "password": 1, "publickey": 1}, {}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("accepted, refused, partial differ (-want +got):\n%s", diff)
	}
	wantKeys := []string{ssh.FingerprintSHA256(other.PublicKey()), ssh.FingerprintSHA256(key.PublicKey())}
	if diff := cmp.Diff(wantKeys, server.OfferedKeys()); diff != "" {
		t.Errorf("offered keys differ (-want +got):\n%s", diff)
	}
	if counters.Handshakes != 1 || counters.Logins != 1 || counters.Connections != 1 {
		t.Errorf("%d connections, %d handshakes, %d logins, want one each",
			counters.Connections, counters.Handshakes, counters.Logins)
	}
}

func TestAuth_unknownHostKeyLeavesNoAttempt(t *testing.T) {
	t.Parallel()
	key, users := account(t)
	server := start(t, Options{Users: users})
	config := clientConfig(server, "gnss", ssh.PublicKeys(key.Signer()))
	if err := server.RotateHostKeys(); err != nil {
		t.Fatal(err)
	}
	if _, err := ssh.Dial("tcp", server.Address(), config); err == nil {
		t.Fatal("the client accepted a changed host key")
	}
	if err := server.Close(); err != nil { // nothing is under way any more
		t.Fatal(err)
	}
	counters := server.Counters()
	if counters.Connections != 1 || counters.Handshakes != 0 || len(counters.AuthRefused) != 0 {
		t.Errorf("counters %+v, want one connection and no attempt", counters)
	}
}

func TestAuth_severalMethodsInOrder(t *testing.T) {
	t.Parallel()
	key, users := account(t)
	user := users["gnss"]
	user.Prompts = []Prompt{{Text: "Code: ", Answer: "123456"}}
	user.Require = []string{"publickey", "keyboard-interactive"}
	users["gnss"] = user
	server := start(t, Options{Users: users})
	if err := loginWith(t, server, ssh.PublicKeys(key.Signer()), answers("123456")); err != nil {
		t.Errorf("both methods: %v", err)
	}
	if err := loginWith(t, server, ssh.PublicKeys(key.Signer())); err == nil {
		t.Error("the key alone was enough")
	}
	if err := loginWith(t, server, answers("123456")); err == nil {
		t.Error("the code alone was enough")
	}
	if got := server.Counters().AuthPartial["publickey"]; got != 2 {
		t.Errorf("%d partial successes, want 2", got)
	}
}

func TestAuth_methodsThatAreNotOffered(t *testing.T) {
	t.Parallel()
	_, users := account(t)
	server := start(t, Options{Users: users, Methods: []string{"publickey"}})
	err := loginWith(t, server, ssh.Password("x"))
	if err == nil || !strings.Contains(err.Error(), "attempted methods [none], no supported methods remain") {
		t.Errorf("error %v, want the password never tried", err)
	}
}

func TestAuth_triesAreLimited(t *testing.T) {
	t.Parallel()
	key, users := account(t)
	server := start(t, Options{Users: users})
	var signers []ssh.Signer
	for range 6 {
		signers = append(signers, newKey(t, Ed25519).Signer())
	}
	if err := loginWith(t, server, ssh.PublicKeys(append(signers, key.Signer())...)); err == nil {
		t.Error("the seventh key was looked at")
	}
}

func TestBoot_noLoginUntilReady(t *testing.T) {
	t.Parallel()
	key, users := account(t)
	server := start(t, Options{Users: users, Boot: BootNoLogin})
	if err := loginWith(t, server, ssh.PublicKeys(key.Signer())); err == nil {
		t.Fatal("the login worked while the host boots")
	}
	if err := server.SetBoot(Ready); err != nil {
		t.Fatal(err)
	}
	if err := loginWith(t, server, ssh.PublicKeys(key.Signer())); err != nil {
		t.Errorf("login after boot: %v", err)
	}
}

func TestSetAuthDelay_endsWithTheServer(t *testing.T) {
	t.Parallel()
	key, users := account(t)
	server := start(t, Options{Users: users, AuthDelay: time.Hour})
	result := make(chan error, 1)
	go func() {
		_, err := ssh.Dial("tcp", server.Address(), clientConfig(server, "gnss", ssh.PublicKeys(key.Signer())))
		result <- err
	}()
	select {
	case err := <-result:
		t.Fatalf("the login ended with %v, want it to wait", err)
	case <-time.After(50 * time.Millisecond):
	}
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-result; err == nil || errors.Is(err, ssh.ErrNoAuth) {
		t.Errorf("the login ended with %v, want a broken connection", err)
	}
}
