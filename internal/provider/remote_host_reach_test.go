package provider

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"golang.org/x/crypto/ssh"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/sshserver"
)

// hostKeyLine is the public key line that the host presents now.
func (p *hostPlace) hostKeyLine() string {
	return strings.TrimSpace(p.host.HostKeys()[0].AuthorizedKey())
}

func (p *hostPlace) rebuild() {
	p.t.Helper()
	if err := p.host.RotateHostKeys(); err != nil {
		p.t.Fatal(err)
	}
	p.host.DropConnections()
}

// A host that was built anew is refused with both fingerprints; the new key in
// the configuration works at once.
func TestAccRemoteHost_rebuiltHost(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{})
	p.login("default")
	former, next := p.host.HostKeys()[0], mustKey(t)
	pinned := func(key *sshserver.Key) string {
		return p.block() + p.resource(fmt.Sprintf("host_key = %q", strings.TrimSpace(key.AuthorizedKey())))
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: p.factories(),
		Steps: []resource.TestStep{
			{Config: pinned(former)},
			{
				PreConfig: func() {
					if err := p.host.SetHostKeys(next); err != nil {
						t.Fatal(err)
					}
					p.host.DropConnections()
					p.wipe()
				},
				Config:      pinned(former),
				ExpectError: regexp.MustCompile(`(?s)Host Key Not Trusted.*host_key = .*SHA256:.*SHA256:`),
			},
			{
				Config: pinned(next), ConfigPlanChecks: changes(plancheck.ResourceActionUpdate),
				Check: resource.TestCheckResourceAttr(hostAddress, "known_host_keys.0", strings.TrimSpace(next.AuthorizedKey())),
			},
		},
	})
	if got := p.hostFiles(); len(got) != 0 {
		t.Errorf("after the destroy: %q", got)
	}
}

func mustKey(t *testing.T) *sshserver.Key {
	t.Helper()
	key, err := sshserver.NewKey(sshserver.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (p *hostPlace) wipe() {
	p.t.Helper()
	if err := os.RemoveAll(filepath.Join(p.hostHome(), ".earthscope")); err != nil {
		p.t.Fatal(err)
	}
}

func TestRemoteHost_newHostKeyWorksAtOnce(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{})
	p.login("default")
	d := p.drive(nil)
	if diagnostics := d.apply(values{"host_key": p.hostKeyLine()}); failed(diagnostics) {
		t.Fatal(describe(diagnostics))
	}
	former := p.hostKeyLine()
	complete := p.hostFiles()
	p.rebuild()
	p.wipe()
	handshakes := p.host.Counters().Handshakes
	mustBeClean(t, "refresh", d.refresh())
	plan := d.plan(values{"host_key": former})
	if got := mustBeOne(t, plan.Diagnostics); got.Summary != "Host Key Not Trusted" || attributeOf(got) != "host_key" {
		t.Errorf("got %s", describe(plan.Diagnostics))
	}
	mustSay(t, plan.Diagnostics, ssh.FingerprintSHA256(p.host.HostKeys()[0].PublicKey()))
	if got := p.host.Counters().Handshakes; got != handshakes {
		t.Errorf("the client went on to log in %d times", got-handshakes)
	}
	d.configure(nil)
	mustBeClean(t, "refresh", d.refresh())
	renewed := values{"host_key": p.hostKeyLine()}
	if !d.hasChange(d.plan(renewed)) {
		t.Fatal("nothing is planned")
	}
	if diagnostics := d.apply(renewed); failed(diagnostics) {
		t.Fatal(describe(diagnostics))
	}
	p.mustBeAsBefore(complete)
	mustBeClean(t, "refresh", d.refresh())
	if plan := d.plan(renewed); d.hasChange(plan) || failed(plan.Diagnostics) {
		t.Errorf("a second plan has changes: %s", describe(plan.Diagnostics))
	}
}

// An unknown key is refused; trusted at first use it is expected from then on.
func TestRemoteHost_trustOnFirstUse(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{})
	p.login("default")
	if err := os.WriteFile(p.knownHosts, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	d := p.drive(nil)
	diagnostics := d.apply(nil)
	if got := mustBeOne(t, diagnostics); got.Summary != "Host Key Not Trusted" {
		t.Errorf("got %s", describe(diagnostics))
	}
	mustSay(t, diagnostics, ssh.FingerprintSHA256(p.host.HostKeys()[0].PublicKey()))
	if got := p.host.Counters().Handshakes; got != 0 {
		t.Errorf("the client went on to log in %d times", got)
	}
	trusting := values{"trust_on_first_use": true}
	if diagnostics := d.apply(trusting); failed(diagnostics) {
		t.Fatal(describe(diagnostics))
	}
	mustBeClean(t, "refresh", d.refresh())
	if plan := d.plan(trusting); d.hasChange(plan) {
		t.Errorf("a second plan has changes: %s", describe(plan.Diagnostics))
	}
	p.rebuild()
	d.configure(nil)
	mustBeClean(t, "refresh", d.refresh())
	plan := d.plan(trusting)
	if got := mustBeOne(t, plan.Diagnostics); got.Summary != "Host Key Not Trusted" {
		t.Errorf("another key after the first use: %s", describe(plan.Diagnostics))
	}
}

// A host that is off: Read keeps the state, the plan follows on_unreachable, a
// destroy ssh.on_unreachable.
func TestAccRemoteHost_hostIsOff(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{})
	p.login("default")
	off := func() {
		if err := p.host.SetBoot(sshserver.BootRefuse); err != nil {
			t.Fatal(err)
		}
		p.host.DropConnections()
	}
	forgiving := strings.Replace(p.block(), "ssh = {", "ssh = {\n    on_unreachable = \"warn\"", 1)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: p.factories(),
		Steps: []resource.TestStep{
			{Config: p.block() + p.resource()},
			{PreConfig: off, Config: p.block() + p.resource(), ExpectError: regexp.MustCompile(`(?s)Host Not Checked.*connection refused`)},
			{Config: p.block() + p.resource(`on_unreachable = "warn"`), ConfigPlanChecks: changes(plancheck.ResourceActionUpdate)},
			{Config: p.block() + p.resource(`on_unreachable = "warn"`), ConfigPlanChecks: changes(plancheck.ResourceActionNoop)},
			{Config: p.block(), ExpectError: regexp.MustCompile(`(?s)Host Not Cleaned Up.*connection refused`)},
			{Config: forgiving},
		},
	})
	if got := p.hostFiles(); len(got) == 0 {
		t.Error("the host was off, yet it is clean: the test shows nothing")
	}
}

// The warnings of a host that is off name it and what may be left on it.
func TestRemoteHost_warningsOfAHostThatIsOff(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{})
	p.login("default")
	d := p.drive(values{"ssh": values{"on_unreachable": "warn"}})
	if diagnostics := d.apply(nil); failed(diagnostics) {
		t.Fatal(describe(diagnostics))
	}
	if err := p.host.SetBoot(sshserver.BootRefuse); err != nil {
		t.Fatal(err)
	}
	p.host.DropConnections()
	d.configure(d.block)
	mustBeClean(t, "refresh", d.refresh())
	plan := d.plan(values{"on_unreachable": "warn"})
	if got := mustBeOne(t, plan.Diagnostics); got.Summary != "Host Not Checked" || attributeOf(got) != "host" {
		t.Errorf("got %s", describe(plan.Diagnostics))
	}
	diagnostics := d.destroy()
	if got := mustBeOne(t, diagnostics); got.Summary != "Host Forgotten" || !d.state.IsNull() {
		t.Errorf("got %s", describe(diagnostics))
	}
	mustSay(t, diagnostics, "~/.earthscope/config.toml", "~/"+tokensOnHost, p.host.Host())
}

// An SSH key that is known only after apply: Read keeps the state and warns,
// and nothing falls back to another key.
func TestRemoteHost_unknownKey(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{})
	p.login("default")
	d := p.drive(nil)
	if diagnostics := d.apply(nil); failed(diagnostics) {
		t.Fatal(describe(diagnostics))
	}
	connections, state := p.host.Counters().Connections, d.state
	d.configure(values{"ssh": values{"private_key": unknown}})
	diagnostics := d.refresh()
	if got := mustBeOne(t, diagnostics); got.Summary != "Host Not Checked" || !d.state.Equal(state) {
		t.Errorf("got %s", describe(diagnostics))
	}
	mustSay(t, diagnostics, "ssh.private_key")
	plan := d.plan(nil)
	mustBeClean(t, "plan", plan.Diagnostics)
	if diagnostics := d.applyPlan(plan, d.config(nil)); len(errorsOf(diagnostics)) != 1 {
		t.Errorf("got %s", describe(diagnostics))
	}
	if got := p.host.Counters().Connections; got != connections {
		t.Errorf("%d connections, want none", got-connections)
	}
}

// An account that is known only after apply turns out to be another one: the
// files of the former account are not left behind.
func TestRemoteHost_accountKnownAfterThePlan(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{})
	p.login("default")
	d := p.drive(nil)
	mustSucceed(t, d.apply(nil))
	written := p.hostFiles()
	arguments := values{"settings": values{"http.timeout_read": "7"}}
	d.configure(values{"ssh": values{"user": unknown}})
	plan := d.plan(arguments)
	mustBeClean(t, "plan", plan.Diagnostics)
	connections := p.host.Counters().Connections
	d.configure(values{"ssh": values{"user": "another"}})
	diagnostics := d.applyPlan(plan, d.config(arguments))
	if got := mustBeOne(t, diagnostics); got.Summary != "Another SSH Account" || attributeOf(got) != "user" {
		t.Errorf("got %s", describe(diagnostics))
	}
	mustSay(t, diagnostics, hostUser, "another", "terraform apply")
	if got := p.host.Counters().Connections; got != connections {
		t.Errorf("%d connections, want none", got-connections)
	}
	p.mustBeAsBefore(written)
	d.configure(values{"ssh": values{"user": unknown}})
	plan = d.plan(arguments)
	d.configure(nil) // the same account as before
	mustSucceed(t, d.applyPlan(plan, d.config(arguments)))
}

// A host that is still starting is waited for; one whose key is wrong is not.
func TestAccRemoteHost_waitsForABootingHost(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{})
	p.login("default")
	if err := p.host.SetBoot(sshserver.BootRefuse); err != nil {
		t.Fatal(err)
	}
	d := p.dependencies()
	pauses := 0
	d.Remote.Sleep = func(context.Context, time.Duration) {
		pauses++
		if pauses == 3 {
			if err := p.host.SetBoot(sshserver.Ready); err != nil {
				t.Error(err)
			}
		}
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: factoriesOf(d),
		Steps:                    []resource.TestStep{{Config: p.block() + p.resource(`timeouts = { create = "1m" }`)}},
	})
	if pauses < 3 {
		t.Errorf("%d pauses, want 3: the test shows nothing", pauses)
	}
}

// An operation ends with its time limit.
func TestRemoteHost_timeout(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{})
	p.login("default")
	p.host.SetFaults(sshserver.Fault{Point: sshserver.Stdin, After: 100, Do: sshserver.Stall})
	d := p.drive(nil)
	diagnostics := d.apply(values{"timeouts": values{"create": "1s"}})
	if got := mustBeOne(t, diagnostics); got.Summary != "Host Not Written" || attributeOf(got) != "timeouts" {
		t.Errorf("got %s", describe(diagnostics))
	}
	p.host.ClearFaults()
}
