package provider

import (
	"context"
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
)

// writeOnlyCore skips where the core knows no write-only arguments.
var writeOnlyCore = []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_11_0)}

const tokensOnHost = ".earthscope/default/tokens.json"

// refreshTokenFile is a tokens.json as it is pushed.
func refreshTokenFile(token string) string { return "{\n  \"refresh_token\": \"" + token + "\"\n}" }

// usedTokenFile is a tokens.json as the SDK leaves it after a refresh.
func usedTokenFile(set identity.TokenSet, refreshToken string) string {
	return fmt.Sprintf("{\n  \"access_token\": %q,\n  \"refresh_token\": %q,\n  \"scope\": %q\n}", set.AccessToken, refreshToken, set.Scope)
}

type terraformState = terraform.State

// meanwhile runs a function after the plan and before the apply.
type meanwhile func()

// CheckPlan implements plancheck.PlanCheck.
func (m meanwhile) CheckPlan(context.Context, plancheck.CheckPlanRequest, *plancheck.CheckPlanResponse) {
	m()
}

func pushes() resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
		plancheck.ExpectResourceAction(hostAddress, plancheck.ResourceActionUpdate),
		plancheck.ExpectUnknownValue(hostAddress, tfjsonpath.New("credential_fingerprint")),
	}}
}

func (p *hostPlace) hostHolds(token string) resource.TestCheckFunc {
	return resource.ComposeAggregateTestCheckFunc(
		resource.TestCheckResourceAttr(hostAddress, "credential_fingerprint", session.Fingerprint(token)),
		p.checkHost(func() {
			if got := p.readHost(tokensOnHost); got != refreshTokenFile(token) {
				p.t.Errorf("tokens.json = %q", got)
			}
		}),
	)
}

// A new login of the provider is pushed; a successor of what was pushed is not.
func TestAccRemoteHost_followsTheProvidersSession(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{})
	first := p.login("default")
	var second identity.TokenSet
	who := "data \"earthscope_identity\" \"who\" {}\n"
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: p.factories(),
		Steps: []resource.TestStep{
			{Config: p.block() + p.resource(), Check: p.hostHolds(first.RefreshToken)},
			{
				PreConfig: func() { second = p.login("default") },
				Config:    p.block() + p.resource(), ConfigPlanChecks: pushes(),
				Check: func(s *terraformState) error { return p.hostHolds(second.RefreshToken)(s) },
			},
			{ // the data source refreshes, and the session is replaced by its successor
				PreConfig: func() { p.server.SetRotating(true) },
				Config:    p.block() + p.resource() + who, ConfigPlanChecks: changes(plancheck.ResourceActionNoop),
			},
			{Config: p.block() + p.resource() + who, ConfigPlanChecks: changes(plancheck.ResourceActionNoop), Check: p.checkHost(func() {
				if got := p.readHost(tokensOnHost); got != refreshTokenFile(second.RefreshToken) {
					t.Errorf("the host's token was touched: %q", got)
				}
				if p.server.RefreshTokenValid(second.RefreshToken) {
					t.Error("the provider's session was not replaced: the test shows nothing")
				}
			})},
		},
	})
}

// A token of the host's own, of a profile here, needs no session of the
// provider, and a value that changes between plan and apply is no error.
func TestAccRemoteHost_ownSessionChangesBetweenPlanAndApply(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{})
	p.write(".earthscope/config.toml", fmt.Sprintf("[profile.node.oauth2]\ndomain = %q\n", p.server.URL()))
	own := p.login("node")
	configuration := p.block() + `
ephemeral "earthscope_refresh_token" "node" {
  profile = "node"
}
` + p.resource("refresh_token_wo = ephemeral.earthscope_refresh_token.node.refresh_token")
	resource.Test(t, resource.TestCase{
		TerraformVersionChecks: writeOnlyCore, ProtoV6ProviderFactories: p.factories(),
		Steps: []resource.TestStep{
			{
				Config: configuration,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					meanwhile(func() { own = p.login("node") }),
				}},
				Check: func(s *terraformState) error { return p.hostHolds(own.RefreshToken)(s) },
			},
			{
				PreConfig: func() { own = p.login("node") },
				Config:    configuration,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectUnknownValue(hostAddress, tfjsonpath.New("credential_fingerprint")),
					meanwhile(func() { own = p.login("node") }),
				}},
				Check: func(s *terraformState) error { return p.hostHolds(own.RefreshToken)(s) },
			},
		},
	})
	if got := p.server.Requests().Total; got != 0 {
		t.Errorf("%d requests to the identity server, want none", got)
	}
}

// With a version only the version pushes; without one, another token does.
func TestAccRemoteHost_writeOnlyVersion(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{})
	a, b := p.server.Login(identity.DefaultUser()).RefreshToken, p.server.Login(identity.DefaultUser()).RefreshToken
	own := func(token string, more ...string) string {
		return p.block() + p.resource(append(more, fmt.Sprintf("refresh_token_wo = %q", token))...)
	}
	resource.Test(t, resource.TestCase{
		TerraformVersionChecks: writeOnlyCore, ProtoV6ProviderFactories: p.factories(),
		Steps: []resource.TestStep{
			{Config: own(a), Check: p.hostHolds(a)},
			{Config: own(b), ConfigPlanChecks: pushes(), Check: p.hostHolds(b)},
			{Config: own(a, "refresh_token_wo_version = 1"), ConfigPlanChecks: pushes(), Check: p.hostHolds(a)},
			{Config: own(b, "refresh_token_wo_version = 1"), ConfigPlanChecks: changes(plancheck.ResourceActionNoop), Check: p.hostHolds(a)},
			{Config: own(b, "refresh_token_wo_version = 2"), ConfigPlanChecks: pushes(), Check: p.hostHolds(b)},
		},
	})
}

// A host whose SDK has replaced its own token: nothing to do, nothing to
// overwrite, until another login is pushed.
func TestAccRemoteHost_rotatedByTheHost(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{})
	p.login("default")
	stateOf := "files.~/" + tokensOnHost + ".state"
	rotated := usedTokenFile(p.server.Login(identity.DefaultUser()), "v1.successor-that-only-the-host-knows")
	var second identity.TokenSet
	unchanged := p.checkHost(func() {
		if got := p.readHost(tokensOnHost); got != rotated {
			t.Errorf("the host's token was touched: %q", got)
		}
	})
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: p.factories(),
		Steps: []resource.TestStep{
			{Config: p.block() + p.resource()},
			{
				PreConfig: func() { p.writeHost(tokensOnHost, rotated, 0o600) },
				Config:    p.block() + p.resource(), ConfigPlanChecks: changes(plancheck.ResourceActionNoop),
				Check: resource.ComposeAggregateTestCheckFunc(unchanged, resource.TestCheckResourceAttr(hostAddress, stateOf, "rotated by the host")),
			},
			{ // an apply for another reason
				Config:           p.block() + p.resource(`settings = { "http.timeout_read" = "7" }`),
				ConfigPlanChecks: changes(plancheck.ResourceActionUpdate),
				Check:            resource.ComposeAggregateTestCheckFunc(unchanged, resource.TestCheckResourceAttr(hostAddress, stateOf, "rotated by the host")),
			},
			{
				PreConfig: func() { second = p.login("default") },
				Config:    p.block() + p.resource(`settings = { "http.timeout_read" = "7" }`), ConfigPlanChecks: pushes(),
				Check: resource.ComposeAggregateTestCheckFunc(
					func(s *terraformState) error { return p.hostHolds(second.RefreshToken)(s) },
					resource.TestCheckResourceAttr(hostAddress, stateOf, "in sync"),
				),
			},
		},
	})
}

// A session that was seen to be replaced is not shared, unless asked for.
func TestRemoteHost_sharedSession(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{Rotating: true})
	p.login("default")
	d := p.drive(nil)
	if _, diagnostics := d.read("earthscope_identity", nil); failed(diagnostics) { // refreshes
		t.Fatal(describe(diagnostics))
	}
	before := p.hostFiles()
	plan := d.plan(nil)
	if got := mustBeOne(t, plan.Diagnostics); got.Summary != "Session Cannot Be Shared" || attributeOf(got) != "credential" {
		t.Errorf("got %s", describe(plan.Diagnostics))
	}
	mustSay(t, plan.Diagnostics, "refresh_token_wo", "allow_shared_session", "access_token")
	p.mustBeAsBefore(before)
	if diagnostics := d.apply(values{"allow_shared_session": true}); failed(diagnostics) {
		t.Fatal(describe(diagnostics))
	}
	// A host's own session is not the provider's.
	other := p.server.Login(identity.DefaultUser()).RefreshToken
	if plan := d.plan(values{"refresh_token_wo": other}); failed(plan.Diagnostics) {
		t.Error(describe(plan.Diagnostics))
	}
}
