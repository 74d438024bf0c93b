package delayproxy

import (
	"strings"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/sshserver"
	"golang.org/x/crypto/ssh"
)

// The figures are those of the protocol: connect, identification and key
// exchange offers, key exchange, service request, "none", key question, key
// signature; then channel, exec with the output, input to exit status.
func TestRoundTrips_sshLoginAndCommand(t *testing.T) {
	t.Parallel()
	key, err := sshserver.NewKey(sshserver.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	server, err := sshserver.Start(sshserver.Options{
		Users: map[string]sshserver.User{"gnss": {Keys: []ssh.PublicKey{key.PublicKey()}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	}()
	proxy := proxyTo(t, server.Address(), Options{RTT: 80 * time.Millisecond})
	client, err := ssh.Dial("tcp", proxy.Address(), &ssh.ClientConfig{
		User: "gnss", Auth: []ssh.AuthMethod{ssh.PublicKeys(key.Signer())},
		HostKeyCallback: ssh.FixedHostKey(server.HostKeys()[0].PublicKey()),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }() // nothing depends on its end
	connected := proxy.Counters()
	if connected.RoundTrips != 7 {
		t.Errorf("login took %d round trips, want 7", connected.RoundTrips)
	}
	session, err := client.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	session.Stdin = strings.NewReader("payload")
	output, err := session.Output("cat")
	if err != nil || string(output) != "payload" {
		t.Fatalf("output %q, %v", output, err)
	}
	if got := proxy.Counters().RoundTrips - connected.RoundTrips; got != 3 {
		t.Errorf("a command took %d round trips, want 3", got)
	}
}
