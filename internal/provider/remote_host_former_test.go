package provider

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
)

// A tainted resource is destroyed with what is remembered of it, though Terraform
// plans its replacement as if it had never been: nothing of its former placements
// stays.
func TestAccRemoteHost_taintedLeavesNothing(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{})
	p.login("default")
	p.writeHost("site.env", "A=1\n", 0o640)
	before := p.hostFiles()
	first := p.resource(`environment_files = { "~/site.env" = {}, "~/own.env" = {} }`, "tokens_file = {}")
	second := p.resource(`compose_files = { "~/compose.yaml" = { services = ["web"] } }`)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: p.factories(),
		Steps: []resource.TestStep{
			{Config: p.block() + first},
			{
				Taint: []string{hostAddress}, Config: p.block() + second, ConfigPlanChecks: changes(plancheck.ResourceActionReplace),
				Check: p.checkHost(func() {
					after := p.hostFiles()
					if len(after) != len(before)+1 || after["compose.yaml"] == "" || after["site.env"] != before["site.env"] {
						t.Errorf("after the replacement: %q", after)
					}
				}),
			},
			{Config: p.block()},
		},
	})
	p.mustBeAsBefore(before)
}

// Of two resources of one host and profile, a tainted one takes its own files out
// and not the other's.
func TestAccRemoteHost_taintedBesideAnother(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{})
	p.login("default")
	other := p.named("other", `environment_files = { "~/other.env" = {} }`)
	own := p.resource(`environment_files = { "~/own.env" = {} }`)
	moved := p.resource(`environment_files = { "~/moved.env" = {} }`)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: p.factories(),
		Steps: []resource.TestStep{
			{Config: p.block() + other + own},
			{
				Taint: []string{hostAddress}, Config: p.block() + other + moved,
				Check: p.checkHost(func() {
					after := p.hostFiles()
					if len(after) != 2 || after["other.env"] == "" || after["moved.env"] == "" {
						t.Errorf("after the replacement: %q", after)
					}
				}),
			},
			{Config: p.block()},
		},
	})
	if got := p.hostFiles(); len(got) != 0 {
		t.Errorf("after the destroy: %q", got)
	}
}

// A successor that is created first keeps what it has written.
func TestAccRemoteHost_createBeforeDestroy(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{})
	set := p.login("default")
	const first = "lifecycle {\n    create_before_destroy = true\n  }"
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: p.factories(),
		Steps: []resource.TestStep{
			{Config: p.block() + p.resource("tokens_file = {}", `environment_files = { "~/own.env" = {} }`, first)},
			{
				Taint: []string{hostAddress}, Config: p.block() + p.resource("tokens_file = {}", first),
				Check: resource.ComposeAggregateTestCheckFunc(p.hostHolds(set.RefreshToken), p.checkHost(func() {
					if got := p.hostFiles(); got["own.env"] != "" {
						t.Errorf("what the former one had alone is still there: %q", got)
					}
				})),
			},
			{Config: p.block()},
		},
	})
	if got := p.hostFiles(); len(got) != 0 {
		t.Errorf("after the destroy: %q", got)
	}
}

// A destroy that is told nothing of what was done goes by this machine's note, or
// by the state: what it says was put there goes, the rest stays.
func TestRemoteHost_destroyWithoutMemory(t *testing.T) {
	t.Parallel()
	for name, noted := range map[string]bool{"with a note": true, "with the state alone": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newHostPlace(t, identity.Options{})
			p.login("default")
			p.writeHost(".earthscope/config.toml", configBefore, 0o600)
			p.writeHost("site.env", "A=1\n", 0o600)
			before := p.hostFiles()
			d := p.drive(nil)
			mustSucceed(t, d.apply(values{
				"tokens_file": values{}, "config_file": values{}, "environment_files": values{"~/site.env": values{}, "~/own/node.env": values{}},
				"settings": values{"http.timeout_read": "7"},
			}))
			if !noted {
				p.dropNotes()
			}
			d.private = nil
			d.configure(nil)
			mustSucceed(t, d.destroy())
			if !noted { // who made this folder is not in the state
				before["own"] = "directory"
			}
			p.mustBeAsBefore(before)
		})
	}
}

// Nobody knows whose a token store is that names another user: it stays.
func TestRemoteHost_destroyWithoutMemoryLeavesOthersLogins(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{})
	p.login("default")
	d := p.drive(nil)
	mustSucceed(t, d.apply(values{"refresh_token_wo": aToken}))
	theirs := p.server.Login(identity.User{Subject: "auth0|somebody-else"})
	p.writeHost(tokensOnHost, refreshTokenFile(theirs.RefreshToken), 0o600)
	p.dropNotes()
	d.private = nil
	d.configure(nil)
	mustSucceed(t, d.destroy())
	if got := p.readHost(tokensOnHost); got != refreshTokenFile(theirs.RefreshToken) {
		t.Error("somebody else's login is gone")
	}
}

// What a plan carries for the destroy is not kept beside the new resource.
func TestRemoteHost_createForgetsTheFormer(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{})
	p.login("default")
	d := p.drive(nil)
	mustSucceed(t, d.apply(nil))
	d.configure(nil)
	mustSucceed(t, d.refresh())
	null := tftypes.NewValue(d.schema.ValueType(), nil)
	config := d.config(nil)
	response, err := d.server.PlanResourceChange(t.Context(), &tfprotov6.PlanResourceChangeRequest{
		TypeName: hostType, Config: d.message(config), PriorState: d.message(null), ProposedNewState: d.message(d.proposed(config)),
	})
	if err != nil || failed(response.Diagnostics) {
		t.Fatal(err, describe(response.Diagnostics))
	}
	if !strings.Contains(string(response.PlannedPrivate), `"former"`) {
		t.Fatal("the plan carries nothing: the test shows nothing")
	}
	d.private = response.PlannedPrivate
	mustSucceed(t, d.destroy())
	if got := p.hostFiles(); len(got) != 0 {
		t.Errorf("after the destroy: %q", got)
	}
	d.state = null
	mustSucceed(t, d.applyPlan(response, config))
	if strings.Contains(string(d.private), `"former"`) {
		t.Error("the new resource keeps what was remembered of the former one")
	}
}
