package examples_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/lab"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/sshserver"
)

const onHost = ".earthscope/default/tokens.json"

func TestMinimal_fetchesTheProfile(t *testing.T) {
	t.Parallel()
	lab.NeedPart(t, "curl")
	d := deploy(t, "minimal", identity.Options{})
	d.login("default")
	d.init()
	d.must("apply", "-auto-approve", "-input=false", "-var=api_url="+d.server.URL())
	if profile := readFile(t, filepath.Join(d.folder, "profile.json")); !strings.Contains(profile, identity.DefaultUser().PrimaryEmail) {
		t.Errorf("profile.json = %s", profile)
	}
	d.stateIsClean()
	d.tokenRequests(1)
}

func TestBastion_ownSessionBehindAJumpHost(t *testing.T) {
	t.Parallel()
	m := deploy(t, "bastion", identity.Options{Rotating: true}).withMachines(sshserver.FleetOptions{Hosts: 1})
	if err := os.Remove(filepath.Join(m.folder, "sandbox_override.tf")); err != nil { // this example says all itself
		t.Fatal(err)
	}
	m.profiles("node1")
	session := m.login("node1")
	m.env = append(m.env, "TF_VAR_ssh_private_key="+readFile(t, m.fleet.KeyFile))
	m.init()
	arguments := []string{m.bastion(), "-var=host=node1.sandbox.test", "-var=known_hosts_file=" + m.fleet.KnownHostsFile}
	m.applyWith(arguments...)
	if got := private(t, filepath.Join(m.homeOf(0), onHost)); !strings.Contains(got, session.RefreshToken) {
		t.Error("the host does not hold its session")
	}
	if got := m.fleet.Bastions[0].Counters().Connections; got != 1 {
		t.Errorf("%d connections to the bastion, want 1", got)
	}
	m.unchangedWith(arguments...)
	m.stateIsClean()
	m.tokenRequests(0)
	m.destroyed(arguments...)
}

func TestFleet_hostsOfAnInventoryFile(t *testing.T) {
	t.Parallel()
	m := deploy(t, "fleet", identity.Options{Rotating: true}).withMachines(sshserver.FleetOptions{Hosts: 4})
	m.write("sandbox_override.tf", `provider "earthscope" {
  ssh = { private_key_file = "`+m.fleet.KeyFile+`", known_hosts_file = "`+m.fleet.KnownHostsFile+`", config_file = "none", agent = false, user = "gnss" }
}
`)
	inventory := "name,host,user\n"
	var names []string
	for _, host := range m.fleet.Hosts {
		name := strings.TrimSuffix(host.Name(), ".sandbox.test")
		names = append(names, name)
		inventory += name + "," + host.Name() + ",gnss\n"
	}
	m.profiles(names...)
	m.write("inventory.csv", inventory)
	sessions := map[string]identity.TokenSet{}
	for _, name := range names {
		sessions[name] = m.login(name)
	}
	m.init()
	m.applyWith(m.bastion())
	for number, name := range names {
		if got := private(t, filepath.Join(m.homeOf(number), onHost)); !strings.Contains(got, sessions[name].RefreshToken) {
			t.Errorf("%s does not hold its own session", name)
		}
	}
	if got := m.fleet.Bastions[0].Counters().Connections; got != 1 {
		t.Errorf("%d connections to the bastion, want 1", got)
	}
	m.unchangedWith(m.bastion())

	// A line less: the files of that host go, and no other's.
	m.write("inventory.csv", strings.Replace(inventory, "node4,node4.sandbox.test,gnss\n", "", 1))
	m.applyWith(m.bastion())
	gone(t, filepath.Join(m.homeOf(3), ".earthscope"))
	private(t, filepath.Join(m.homeOf(0), onHost))
	m.stateIsClean()
	m.tokenRequests(0)
	m.destroyed(m.bastion())
}

func TestCompose_mergesIntoTheOverride(t *testing.T) {
	t.Parallel()
	m := deploy(t, "compose", identity.Options{}).withMachines(sshserver.FleetOptions{Hosts: 1, Bastions: -1})
	m.aged("default", time.Hour)
	override := filepath.Join(m.homeOf(0), "campaign", "compose.override.yaml")
	const before = "services:\n  picker:\n    # by hand\n    environment:\n      STATIONS: \"IU.ANMO\"\n  uploader:\n    image: uploader:1\n"
	writeFile(t, override, before, 0o644)
	m.init()
	m.applyWith("-var=host=node1")
	after := private(t, override)
	if got := strings.Count(after, "ES_OAUTH2__ACCESS_TOKEN"); got != 2 {
		t.Errorf("%d services have the token, want 2", got)
	}
	for _, line := range []string{"    # by hand\n", "      STATIONS: \"IU.ANMO\"\n", "    image: uploader:1\n"} {
		if !strings.Contains(after, line) {
			t.Errorf("the override lost %q", line)
		}
	}
	if strings.Contains(after, "REFRESH_TOKEN") {
		t.Error("the containers got a refresh token")
	}
	m.unchangedWith("-var=host=node1")
	m.stateIsClean()
	m.destroyed("-var=host=node1")
	if got := readFile(t, override); got != before {
		t.Errorf("after destroy the override is\n%s", got)
	}
}

// The host key that Terraform made is what the machine has; another one is
// refused before anything is written.
func TestEC2DockerDownload_pinnedHostKey(t *testing.T) {
	t.Parallel()
	d := deploy(t, "ec2-docker-download", identity.Options{})
	needProvider(t, "tls")
	d.aged("default", time.Hour)
	client, err := sshserver.NewKey(sshserver.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	pem, err := client.PEM("")
	if err != nil {
		t.Fatal(err)
	}
	d.secret = append(d.secret, string(pem))
	d.env = append(d.env, "TF_VAR_ssh_private_key="+string(pem), "TF_VAR_ssh_user=ubuntu", "TF_VAR_address=127.0.0.1", "TF_VAR_port=1")
	d.init()
	d.must("apply", "-auto-approve", "-input=false", "-target=tls_private_key.host")

	// Another machine answers first.
	user := map[string]sshserver.User{"ubuntu": {Keys: []ssh.PublicKey{client.PublicKey()}}}
	other, err := sshserver.Start(sshserver.Options{Users: user})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Close() })
	port := func(s *sshserver.Server) string { return "-var=port=" + s.Port() }
	d.fails([]string{"Host Key Not Trusted", "127.0.0.1"}, "apply", "-auto-approve", "-input=false", port(other))
	home, err := other.Home("ubuntu")
	if err != nil {
		t.Fatal(err)
	}
	gone(t, filepath.Join(home, "earthscope.env"))

	instance, err := sshserver.Start(sshserver.Options{Users: user, HostKeys: []*sshserver.Key{d.hostKey()}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = instance.Close() })
	d.must("apply", "-auto-approve", "-input=false", port(instance))
	if home, err = instance.Home("ubuntu"); err != nil {
		t.Fatal(err)
	}
	file := private(t, filepath.Join(home, "earthscope.env"))
	if !strings.Contains(file, "ES_OAUTH2__ACCESS_TOKEN=") || strings.Contains(file, "REFRESH_TOKEN") {
		t.Error("earthscope.env does not hold the access token alone")
	}
	// The line that the page appends to known_hosts is the instance's, so that ssh has nothing to ask.
	known := fmt.Sprintf("[127.0.0.1]:%s %s", instance.Port(), strings.TrimSpace(string(ssh.MarshalAuthorizedKey(d.hostKey().PublicKey()))))
	if got := d.outputText("known_hosts"); got != known {
		t.Errorf("output known_hosts is %q, want %q", got, known)
	}
	// What docker run --env-file would give the container, whoever runs in it.
	environment := append(strings.Split(strings.TrimSpace(file), "\n"), "HOME="+t.TempDir())
	if answers, status := d.sdk("1", environment...); status != 0 || strings.TrimSpace(answers) != "1" {
		t.Errorf("the SDK with this environment: exit status %d, %s", status, answers)
	}
	d.stateIsClean()
	d.must("destroy", "-auto-approve", "-input=false", port(instance))
	gone(t, filepath.Join(home, "earthscope.env"))
	d.tokenRequests(0)
}

// The host renews its session by itself, which a plan takes for no change and
// an apply does not undo.
func TestLabVMDropoff_survivesRenewalOnTheHost(t *testing.T) {
	t.Parallel()
	m := deploy(t, "lab-vm-dropoff", identity.Options{Rotating: true}).withMachines(sshserver.FleetOptions{Hosts: 1, Bastions: -1})
	m.profiles("vel3d")
	session := m.login("vel3d")
	m.init()
	arguments := []string{"-var=host=node1", "-var=verify_command=test -s ~/" + onHost}
	m.applyWith(arguments...)
	tokens := filepath.Join(m.homeOf(0), onHost)
	if got := private(t, tokens); !strings.Contains(got, session.RefreshToken) {
		t.Error("the host does not hold its session")
	}
	m.tokenRequests(0)
	if answers, status := m.sdk("1", "HOME="+m.homeOf(0)); status != 0 {
		t.Fatalf("the SDK on the host: exit status %d, %s", status, answers)
	}
	m.tokenRequests(1)
	renewed := readTokens(t, tokens)
	if renewed.RefreshToken == session.RefreshToken || renewed.RefreshToken == "" {
		t.Fatal("the host's token was not replaced")
	}
	m.secret = append(m.secret, renewed.AccessToken, renewed.RefreshToken)
	m.unchangedWith(arguments...)
	m.applyWith(arguments...)
	if readTokens(t, tokens) != renewed {
		t.Error("an apply undid the renewal")
	}
	private(t, tokens)
	m.stateIsClean()
	m.tokenRequests(0)
	m.destroyed(arguments...)
}

// systemd itself reads the units.
func TestLabVMDropoff_units(t *testing.T) {
	t.Parallel()
	analyze := lab.NeedPart(t, "systemd-analyze")
	folder := filepath.Join(root, "examples", "deployments", "lab-vm-dropoff")
	for _, unit := range []string{"earthscope-dropoff.service", "earthscope-dropoff.timer"} {
		output, status := lab.Run(t, folder, append(os.Environ(), "XDG_RUNTIME_DIR="+t.TempDir()), analyze, "--user", "--man=no", "verify", "./"+unit)
		if status != 0 || strings.Contains(output, "earthscope") {
			t.Errorf("%s: exit status %d\n%s", unit, status, output)
		}
	}
}
