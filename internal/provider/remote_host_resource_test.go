package provider

import (
	"reflect"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
)

func (p *hostPlace) factories() map[string]func() (tfprotov6.ProviderServer, error) {
	return factoriesOf(p.dependencies())
}

func factoriesOf(d Dependencies) map[string]func() (tfprotov6.ProviderServer, error) {
	return map[string]func() (tfprotov6.ProviderServer, error){
		"earthscope": func() (tfprotov6.ProviderServer, error) {
			return providerserver.NewProtocol6WithError(New("1.2.3", d)())()
		},
	}
}

const hostAddress = "earthscope_remote_host.node"

// changes is a plan check: the resource has or has not something to do.
func changes(action plancheck.ResourceActionType) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(hostAddress, action)}}
}

func TestAccRemoteHost_tokensFileByDefault(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{})
	set := p.login("default")
	before := p.hostFiles()
	tokens := "{\n  \"refresh_token\": \"" + set.RefreshToken + "\"\n}"
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: p.factories(),
		Steps: []resource.TestStep{
			{
				Config: p.block() + p.resource(),
				Check: resource.ComposeAggregateTestCheckFunc(
					resource.TestCheckResourceAttr(hostAddress, "credential_fingerprint", session.Fingerprint(set.RefreshToken)),
					resource.TestCheckResourceAttr(hostAddress, "user", hostUser),
					resource.TestCheckResourceAttr(hostAddress, "files.~/.earthscope/default/tokens.json.kind", "tokens"),
					resource.TestCheckResourceAttr(hostAddress, "files.~/.earthscope/default/tokens.json.mode", "0600"),
					resource.TestCheckResourceAttr(hostAddress, "files.~/.earthscope/default/tokens.json.state", "in sync"),
					resource.TestCheckResourceAttr(hostAddress, "known_host_keys.#", "1"),
					p.checkHost(func() {
						if got := p.hostFiles()[".earthscope/default/tokens.json"]; got != "0600 "+tokens {
							t.Errorf("tokens.json = %q", got)
						}
						if got := p.readHost(".earthscope/config.toml"); !strings.Contains(got, p.server.URL()) || strings.Contains(got, set.RefreshToken) {
							t.Errorf("config.toml = %q", got)
						}
					}),
				),
			},
			{Config: p.block() + p.resource(), ConfigPlanChecks: changes(plancheck.ResourceActionNoop)},
			{ // drift: changed by hand, then removed, then open to others
				PreConfig: func() { p.writeHost(".earthscope/default/tokens.json", `{"refresh_token":"v1.foreign"}`, 0o600) },
				Config:    p.block() + p.resource(), ConfigPlanChecks: changes(plancheck.ResourceActionUpdate),
				Check: p.checkHost(func() {
					if got := p.readHost(".earthscope/default/tokens.json"); got != tokens {
						t.Errorf("tokens.json = %q", got)
					}
				}),
			},
			{
				PreConfig: func() { p.writeHost(".earthscope/default/tokens.json", tokens, 0o644) },
				Config:    p.block() + p.resource(), ConfigPlanChecks: changes(plancheck.ResourceActionUpdate),
				Check: p.checkHost(func() {
					if got := p.hostFiles()[".earthscope/default/tokens.json"]; got != "0600 "+tokens {
						t.Errorf("tokens.json = %q", got)
					}
				}),
			},
			{Config: p.block(), Check: p.checkHost(func() {
				if after := p.hostFiles(); !reflect.DeepEqual(after, before) {
					t.Errorf("the home is not what it was: %v", after)
				}
			})},
		},
	})
	if got := p.host.Counters().AuthRefused; len(got) != 0 && got["publickey"] != 0 {
		t.Errorf("refused logins: %v", got)
	}
}
