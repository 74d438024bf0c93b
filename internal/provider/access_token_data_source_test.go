package provider

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
)

func TestAccDataSourceAccessToken_loginOfTheCLI(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	p.login("default")
	const address = "data.earthscope_access_token.this"
	value := func(name string, check knownvalue.Check) statecheck.StateCheck {
		return statecheck.ExpectKnownValue(address, tfjsonpath.New(name), check)
	}
	configuration := p.block() + `
data "earthscope_access_token" "this" {}

resource "terraform_data" "user" {
  input = sha256(data.earthscope_access_token.this.access_token)
}
`
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: p.factories(),
		Steps: []resource.TestStep{
			{
				Config: configuration,
				ConfigStateChecks: []statecheck.StateCheck{
					value("token_type", knownvalue.StringExact("Bearer")),
					value("subject", knownvalue.StringExact(identity.DefaultUser().Subject)),
					value("client_id", knownvalue.StringExact(identity.DefaultClientID)),
					value("scope", knownvalue.StringExact(identity.DefaultScope)),
					value("issuer", knownvalue.StringExact(p.server.URL())),
					value("audience", knownvalue.ListExact([]knownvalue.Check{knownvalue.StringExact(identity.DefaultAudience)})),
					value("expires_at", knownvalue.NotNull()),
					value("issued_at", knownvalue.NotNull()),
					value("min_ttl", knownvalue.Null()),
					statecheck.ExpectSensitiveValue(address, tfjsonpath.New("access_token")),
				},
			},
			{
				Config:           configuration,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
			},
		},
	})
	if got := p.server.Requests().TokenRequests(); got != 1 {
		t.Errorf("%d token requests for two applies and a destroy, want 1", got)
	}
}
