package examples_test

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/sshserver"
)

// machines are the hosts of a deployment, with real files and a real shell.
type machines struct {
	*deployment

	fleet *sshserver.Fleet
}

// withMachines starts hosts, as an ssh_config names them ("node1" and so on),
// and makes the provider blocks of the example read that file.
func (d *deployment) withMachines(options sshserver.FleetOptions, aliases ...string) *machines {
	d.t.Helper()
	fleet, err := sshserver.StartFleet(options)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() {
		if err := fleet.Close(); err != nil {
			d.t.Error(err)
		}
	})
	key, err := os.ReadFile(fleet.KeyFile)
	if err != nil {
		d.t.Fatal(err)
	}
	d.secret = append(d.secret, string(key))
	if len(aliases) == 0 {
		aliases = []string{""}
	}
	override := ""
	for _, alias := range aliases {
		if alias != "" {
			alias = fmt.Sprintf("  alias = %q\n", alias)
		}
		override += fmt.Sprintf("provider \"earthscope\" {\n%s  ssh = { config_file = %q, agent = false }\n}\n", alias, fleet.ConfigFile)
	}
	d.write("sandbox_override.tf", override)
	return &machines{deployment: d, fleet: fleet}
}

// homeOf is the account's home on a host; the first is number 0.
func (m *machines) homeOf(number int) string {
	m.t.Helper()
	home, err := m.fleet.Hosts[number].Home(m.fleet.User)
	if err != nil {
		m.t.Fatal(err)
	}
	return home
}

// bastion is how the bastion's address is given to an example.
func (m *machines) bastion() string {
	m.t.Helper()
	host, port, err := net.SplitHostPort(m.fleet.Address(m.fleet.Bastions[0]))
	if err != nil {
		m.t.Fatal(err)
	}
	return fmt.Sprintf("-var=bastion={host=%q,port=%s}", host, port)
}

// hostKey is the key that Terraform made for the instance, as cloud-init would
// install it.
func (d *deployment) hostKey() *sshserver.Key {
	d.t.Helper()
	var made struct {
		Key  string `json:"key"`
		Line string `json:"line"`
	}
	if err := json.Unmarshal([]byte(d.must("output", "-json", "cloud_init")), &made); err != nil {
		d.t.Fatal(err)
	}
	key, err := sshserver.ParseKey([]byte(made.Key))
	if err != nil {
		d.t.Fatal(err)
	}
	return key
}

func (m *machines) applyWith(arguments ...string) {
	m.t.Helper()
	m.must(append([]string{"apply", "-auto-approve", "-input=false"}, arguments...)...)
}

func (m *machines) unchangedWith(arguments ...string) {
	m.t.Helper()
	output, status := m.run(append([]string{"plan", "-input=false", "-detailed-exitcode"}, arguments...)...)
	if status != 0 {
		m.t.Errorf("a second plan has changes (exit status %d):\n%s", status, output)
	}
}

// private wants a file that only its owner can read, and returns its content.
func private(t *testing.T, file string) string {
	t.Helper()
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o600 {
		t.Errorf("%s has mode %04o, want 0600", file, got)
	}
	return readFile(t, file)
}

// gone wants no file and no folder of that name.
func gone(t *testing.T, name string) {
	t.Helper()
	if _, err := os.Lstat(name); err == nil {
		t.Errorf("%s is still there", name)
	}
}

// destroyed destroys everything and wants the hosts' homes without a trace.
func (m *machines) destroyed(arguments ...string) {
	m.t.Helper()
	m.must(append([]string{"destroy", "-auto-approve", "-input=false"}, arguments...)...)
	for number := range m.fleet.Hosts {
		gone(m.t, filepath.Join(m.homeOf(number), ".earthscope"))
	}
}
