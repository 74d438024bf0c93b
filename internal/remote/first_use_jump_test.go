package remote

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/hostkey"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/sshserver"
)

// A jump host of the SSH configuration that was trusted at the first use is
// held to its key from then on: another one gets no password.
func TestHostKey_jumpOfTheConfigurationIsKept(t *testing.T) {
	t.Parallel()
	forward := func(o *sshserver.Options, _ *sshserver.User) { o.Forward = true }
	node, gate, other := startHost(t, nil), startHost(t, forward), startHost(t, forward)
	for _, jump := range []*host{gate, other} {
		jump.SetUser("gnss", sshserver.User{Password: "pw"})
	}
	read := func(jump *host, keys []string) (Report, error) {
		config := filepath.Join(t.TempDir(), "config")
		text := fmt.Sprintf("Host node\n HostName %s\n Port %d\n User gnss\n ProxyJump gate\nHost gate\n HostName %s\n Port %d\n User gnss\n",
			node.target.Host, node.target.Port, jump.target.Host, jump.target.Port)
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		target := Target{
			Host: "node", ConfigFile: config, Auth: node.target.Auth,
			HostKey: hostkey.Policy{TrustOnFirstUse: true, Files: []string{filepath.Join(t.TempDir(), "none")}},
		}
		if len(keys) > 0 {
			target.JumpKeys, target.HostKey.Pinned = keys[:1], keys[1:]
		}
		target.Auth.Password = []byte("pw")
		return newPool(t, withProgram(t)).Read(testContext(t), target, nil, "~/f")
	}
	first, err := read(gate, nil)
	if err != nil || len(first.HostKeys) != 2 {
		t.Fatalf("first use: %v, %d keys", err, len(first.HostKeys))
	}
	keys := []string{first.HostKeys[0].Line, first.HostKeys[1].Line}
	if _, err := read(gate, keys); err != nil {
		t.Errorf("the same jump host again: %v", err)
	}
	if _, err := read(other, keys); err == nil {
		t.Error("another key of the jump host was accepted")
	}
	if got := other.Counters().AuthRefused["password"] + other.Counters().AuthAccepted["password"]; got != 0 {
		t.Errorf("the password was offered %d times to a host with another key", got)
	}
}
