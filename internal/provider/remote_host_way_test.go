package provider

import (
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"golang.org/x/crypto/ssh"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/delayproxy"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/sshserver"
)

// life takes a resource from its creation to its end: written, no second
// change, and gone without a trace.
func (d *driver) life(arguments values) {
	d.t.Helper()
	before := d.place.hostFiles()
	mustSucceed(d.t, d.apply(arguments))
	mustSucceed(d.t, d.refresh())
	if plan := d.plan(arguments); d.hasChange(plan) {
		d.t.Errorf("a second plan has changes: %s", describe(plan.Diagnostics))
	}
	d.configure(d.block)
	mustBeClean(d.t, "destroy", d.destroy())
	d.place.mustBeAsBefore(before)
}

// Every way of proving who we are that the ssh block knows.
func TestRemoteHost_logins(t *testing.T) {
	t.Parallel()
	for name, login := range map[string]func(t *testing.T, p *hostPlace, key *sshserver.Key) values{
		"password": func(_ *testing.T, p *hostPlace, _ *sshserver.Key) values {
			p.host.SetUser(hostUser, sshserver.User{Password: "the-password"})
			return values{"password": "the-password"}
		},
		"private key with a passphrase": func(t *testing.T, p *hostPlace, key *sshserver.Key) values {
			p.host.SetUser(hostUser, sshserver.User{Keys: []ssh.PublicKey{key.PublicKey()}})
			return values{"private_key": mustPEM(t, key, "the-passphrase"), "private_key_passphrase": "the-passphrase"}
		},
		"certificate": func(t *testing.T, p *hostPlace, key *sshserver.Key) values {
			authority := mustKey(t)
			p.host.SetUser(hostUser, sshserver.User{Authorities: []ssh.PublicKey{authority.PublicKey()}})
			certificate, err := authority.SignUser(key, sshserver.Certificate{Principals: []string{hostUser}})
			if err != nil {
				t.Fatal(err)
			}
			return values{"private_key": mustPEM(t, key, ""), "certificate": string(ssh.MarshalAuthorizedKey(certificate))}
		},
		"agent": func(t *testing.T, p *hostPlace, key *sshserver.Key) values {
			agent, err := sshserver.StartAgent(key)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = agent.Close() })
			p.host.SetUser(hostUser, sshserver.User{Keys: []ssh.PublicKey{key.PublicKey()}})
			p.environ = append(p.environ, "SSH_AUTH_SOCK="+agent.Socket())
			return values{"agent": true}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newHostPlace(t, identity.Options{})
			p.login("default")
			block := login(t, p, mustKey(t))
			block["private_key_file"] = nil
			d := p.drive(values{"ssh": block})
			d.life(nil)
			p.mustNotBeInCommands("the-password", "the-passphrase")
		})
	}
}

func mustPEM(t *testing.T, key *sshserver.Key, passphrase string) string {
	t.Helper()
	text, err := key.PEM(passphrase)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// An alias of the SSH configuration gives address, port, user and key.
func TestRemoteHost_alias(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("ssh")
	if err != nil {
		skipMissing(t, "ssh")
	}
	p := newHostPlace(t, identity.Options{})
	p.sshProgram = program
	p.login("default")
	p.write(".ssh/config", fmt.Sprintf("Host lab\n  HostName %s\n  Port %s\n  User %s\n  IdentityFile %s\n", p.host.Host(), p.host.Port(), hostUser, p.keyFile))
	d := p.drive(values{"ssh": values{"user": nil, "private_key_file": nil, "config_file": filepath.Join(p.home, ".ssh/config")}})
	arguments := values{"host": "lab", "port": nil}
	plan := d.plan(arguments)
	fields := fieldsOf(t, d.value(plan.PlannedState))
	if got, want := text(t, fields, "id"), fmt.Sprintf("%s@lab:%s", hostUser, p.host.Port()); got != want {
		t.Errorf("the plan shows id %q, want %q", got, want)
	}
	d.life(arguments)
}

// What is not configured any more is planned from the provider, not from the
// state; another account is another host.
func TestRemoteHost_noStickyArguments(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{})
	p.login("default")
	d := p.drive(values{"ssh": values{"port": 2022}})
	mustSucceed(t, d.apply(values{"tokens_file": values{"mode": "0640"}}))
	plan := d.plan(values{"port": nil})
	mustSucceed(t, plan.Diagnostics)
	fields := fieldsOf(t, d.value(plan.PlannedState))
	if want := tftypes.NewValue(tftypes.Number, 2022); !fields["port"].Equal(want) {
		t.Errorf("port = %s, want the provider's", fields["port"])
	}
	file := fieldsOf(t, fieldsOf(t, fields["files"])["~/"+tokensOnHost])
	if got := text(t, file, "mode"); got != "0600" {
		t.Errorf("mode = %q, want the usual one", got)
	}
	d.configure(values{"ssh": values{"user": "another"}})
	if plan := d.plan(nil); len(plan.RequiresReplace) != 1 || pathText(plan.RequiresReplace[0]) != "user" {
		t.Errorf("replaces because of %v, want user", plan.RequiresReplace)
	}
	d.configure(values{"ssh": values{"user": "another"}})
	mustBeClean(t, "destroy", d.destroy()) // which goes by the state's account, whatever the block says now
}

// A new port is an update in place, with the identity that goes with it.
func TestRemoteHost_identityFollowsThePort(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{})
	p.login("default")
	other, err := delayproxy.Start(p.host.Address(), delayproxy.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Close() })
	_, port, _ := net.SplitHostPort(other.Address())
	number, _ := strconv.Atoi(port)
	d := p.drive(nil)
	arguments := values{"host_key": p.hostKeyLine()}
	mustSucceed(t, d.apply(arguments))
	arguments["port"] = number
	plan := d.plan(arguments)
	if len(plan.RequiresReplace) != 0 || !d.hasChange(plan) {
		t.Fatalf("replaces: %v, want an update", plan.RequiresReplace)
	}
	response, err := d.server.ApplyResourceChange(t.Context(), &tfprotov6.ApplyResourceChangeRequest{
		TypeName: hostType, Config: d.message(d.config(arguments)), PriorState: d.message(d.state), PlannedState: plan.PlannedState, PlannedPrivate: plan.PlannedPrivate,
	})
	if err != nil {
		t.Fatal(err)
	}
	mustSucceed(t, response.Diagnostics)
	d.state, d.private = d.value(response.NewState), response.Private
	schemas, err := d.server.GetResourceIdentitySchemas(t.Context(), &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := response.NewIdentity.IdentityData.Unmarshal(schemas.IdentitySchemas[hostType].ValueType())
	want := built(t, got.Type(), values{"host": p.host.Host(), "port": number, "user": hostUser, "profile": "default"})
	if err != nil || !got.Equal(want) {
		t.Errorf("identity = %s (%v), want %s", got, err, want)
	}
	mustBeClean(t, "destroy", d.destroy())
	if got := p.hostFiles(); len(got) != 0 {
		t.Errorf("after the destroy: %q", got)
	}
}

// Every hop's full key line is kept, in order.
func TestRemoteHost_keysOfEveryHop(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{})
	p.login("default")
	fleet, err := sshserver.StartFleet(sshserver.FleetOptions{Hosts: 1, User: hostUser})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = fleet.Close() })
	bastion := fleet.Bastions[0]
	port, err := strconv.Atoi(bastion.Port())
	if err != nil {
		t.Fatal(err)
	}
	d := p.drive(values{"ssh": values{"private_key_file": fleet.KeyFile, "known_hosts_file": fleet.KnownHostsFile}})
	mustSucceed(t, d.apply(values{
		"host": "node1.sandbox.test", "port": nil, "proxy_jump": []any{values{"host": bastion.Host(), "port": port}},
	}))
	var found []tftypes.Value
	if err := fieldsOf(t, d.state)["known_host_keys"].As(&found); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, value := range found {
		var line string
		if err := value.As(&line); err != nil {
			t.Fatal(err)
		}
		got = append(got, line)
	}
	want := []string{strings.TrimSpace(bastion.HostKeys()[0].AuthorizedKey()), strings.TrimSpace(fleet.Hosts[0].HostKeys()[0].AuthorizedKey())}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("known_host_keys = %q, want %q", got, want)
	}
	mustBeClean(t, "destroy", d.destroy())
}

// The time limits of a refresh, an update and a destroy are their own.
func TestRemoteHost_timeoutsOfEachOperation(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{})
	p.login("default")
	d := p.drive(nil)
	short := values{"timeouts": values{"read": "1s", "update": "1s", "delete": "1s"}}
	mustSucceed(t, d.apply(short))
	p.host.SetFaults(sshserver.Fault{Point: sshserver.Stdout, Do: sshserver.Stall})
	mustBeClean(t, "refresh", d.refresh()) // it keeps the state; the plan says why
	if got := mustBeOne(t, errorsOf(d.plan(short).Diagnostics)); attributeOf(got) != "timeouts" {
		t.Errorf("plan: %s: %s", got.Summary, got.Detail)
	}
	if got := mustBeOne(t, errorsOf(d.destroy())); attributeOf(got) != "timeouts" {
		t.Errorf("destroy: %s: %s", got.Summary, got.Detail)
	}
	p.host.ClearFaults()
	p.host.DropConnections()
	d.configure(nil)
	mustSucceed(t, d.destroy())
}

// The questions and answers on the wire from the first packet to the last, as
// the engine's own test counts them: as many for many files as for one.
func TestRemoteHost_roundTrips(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{})
	p.login("default")
	proxy, err := delayproxy.Start(p.host.Address(), delayproxy.Options{RTT: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = proxy.Close() })
	_, port, _ := net.SplitHostPort(proxy.Address())
	number, _ := strconv.Atoi(port)
	for name, files := range map[string]values{
		"one file":    {"environment_files": values{"~/a": values{}}},
		"eight files": {"environment_files": values{"~/a": values{}, "~/b": values{}, "~/c": values{}, "~/d": values{}, "~/e/f": values{}, "~/g": values{}}, "tokens_file": values{}, "config_file": values{}},
	} {
		files["port"], files["host_key"] = number, p.hostKeyLine()
		d := p.drive(nil)
		count := func(run func()) int {
			before := proxy.Counters().RoundTrips
			run()
			return proxy.Counters().RoundTrips - before
		}
		create := count(func() { mustSucceed(t, d.apply(files)) })
		d.configure(nil)
		check := count(func() { mustSucceed(t, d.refresh()); mustSucceed(t, d.plan(files).Diagnostics) })
		files["settings"] = values{"http.timeout_read": "7"}
		update := count(func() { mustSucceed(t, d.applyPlan(d.plan(files), d.config(files))) })
		d.configure(nil)
		destroy := count(func() { mustSucceed(t, d.destroy()) })
		t.Logf("%s: create %d, refresh and plan %d, update on the same connection %d, destroy %d round trips", name, create, check, update, destroy)
		if create > 11 || check > 11 || update > 3 || destroy > 11 {
			t.Errorf("%s: create %d, refresh and plan %d, update %d, destroy %d round trips, want at most 11, 11, 3 and 11", name, create, check, update, destroy)
		}
	}
}
