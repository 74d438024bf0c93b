package provider

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/sshserver"
)

// An update that touches no file dials nothing, at apply.
func TestRemoteHost_updateWithoutFilesDialsNothing(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{})
	p.login("default")
	d := p.drive(nil)
	if diagnostics := d.apply(nil); failed(diagnostics) {
		t.Fatal(describe(diagnostics))
	}
	connections, commands := p.host.Counters().Connections, len(p.host.Commands())
	arguments := values{"verify_command": "exit 1", "timeouts": values{"read": "3m"}, "on_unreachable": "warn", "min_ttl": "5m", "adopt": true}
	plan := d.plan(arguments)
	if !d.hasChange(plan) {
		t.Fatal("nothing is planned")
	}
	if diagnostics := d.applyPlan(plan, d.config(arguments)); failed(diagnostics) {
		t.Fatal(describe(diagnostics))
	}
	if got := p.host.Counters().Connections; got != connections {
		t.Errorf("%d connections, want none", got-connections)
	}
	if got := len(p.host.Commands()); got != commands {
		t.Errorf("%d commands, want none", got-commands)
	}
}

// Create, refresh and destroy are one command each on one connection.
func TestRemoteHost_oneCommandEach(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{})
	p.login("default")
	d := p.drive(nil)
	phase := func(name string, run func()) {
		t.Helper()
		before, commands := p.host.Counters(), len(p.host.Commands())
		run()
		after := p.host.Counters()
		if got := after.Connections - before.Connections; got != 1 {
			t.Errorf("%s: %d connections, want 1", name, got)
		}
		if got := len(p.host.Commands()) - commands; got != 1 {
			t.Errorf("%s: %d commands, want 1", name, got)
		}
		if got := after.AuthRefused["publickey"] - before.AuthRefused["publickey"]; got != 0 {
			t.Errorf("%s: %d refused logins, want none", name, got)
		}
	}
	arguments := values{"environment_files": values{"~/a": values{}, "~/b": values{}}, "tokens_file": values{}, "config_file": values{}}
	phase("create", func() { mustSucceed(t, d.apply(arguments)) })
	d.configure(nil)
	phase("refresh and plan", func() {
		mustSucceed(t, d.refresh())
		mustSucceed(t, d.plan(arguments).Diagnostics)
	})
	d.configure(nil)
	phase("destroy", func() { mustSucceed(t, d.destroy()) })
}

// Ten hosts behind a bastion: one connection each, and one to the bastion.
func TestAccRemoteHost_fleetBehindABastion(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{})
	p.login("default")
	fleet, err := sshserver.StartFleet(sshserver.FleetOptions{Hosts: 10, User: hostUser, Domain: "sandbox.test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = fleet.Close() })
	block := p.place.block(fmt.Sprintf("ssh = {\n    user = %q\n    private_key_file = %q\n    known_hosts_file = %q\n    config_file = \"none\"\n    agent = false\n  }",
		hostUser, fleet.KeyFile, fleet.KnownHostsFile))
	hosts := fmt.Sprintf(`
resource "earthscope_remote_host" "node" {
  count      = 10
  host       = "node${count.index + 1}.sandbox.test"
  proxy_jump = [{ host = %q, port = %s, user = %q }]
}
`, fleet.Bastions[0].Host(), fleet.Bastions[0].Port(), hostUser)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: p.factories(),
		Steps: []resource.TestStep{
			{
				Config: block + hosts,
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply: []plancheck.PlanCheck{meanwhile(func() {
						if got := fleet.Bastions[0].Counters().Connections; got != 0 {
							t.Errorf("%d connections to plan what is new, want none", got)
						}
					})},
					PostApplyPreRefresh: []plancheck.PlanCheck{meanwhile(func() { mustBeOneConnectionEach(t, fleet) })},
				},
			},
		},
	})
	for _, host := range fleet.Hosts {
		home, err := host.Home(hostUser)
		if err != nil {
			t.Fatal(err)
		}
		if left, err := filepath.Glob(filepath.Join(home, "*")); err != nil || len(left) != 0 {
			t.Errorf("after the destroy: %v, %v", left, err)
		}
	}
}

func mustBeOneConnectionEach(t *testing.T, fleet *sshserver.Fleet) {
	t.Helper()
	if got := fleet.Bastions[0].Counters().Connections; got != 1 {
		t.Errorf("%d connections to the bastion, want 1", got)
	}
	for _, host := range fleet.Hosts {
		if got := host.Counters(); got.Connections != 1 || got.Channels["session"] != 1 {
			t.Errorf("%s: %d connections and %d sessions, want 1 and 1", host.Name(), got.Connections, got.Channels["session"])
		}
	}
}
