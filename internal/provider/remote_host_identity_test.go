package provider

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
)

// An import block names a host by its identity, which cores know since 1.12,
// and the state holds that identity from then on.
func TestAccRemoteHost_importBlockWithIdentity(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{})
	set := p.login("default")
	p.writeHost(".earthscope/config.toml", configBefore, 0o644)
	before := p.hostFiles()
	block := fmt.Sprintf("import {\n  to = %s\n  identity = {\n    host = %q\n    port = %d\n    user = %q\n    profile = \"stage\"\n  }\n}\n",
		hostAddress, p.host.Host(), p.port(), hostUser)
	checks := []statecheck.StateCheck{}
	if !openTofu() { // whose state, as shown, holds no identity
		checks = append(checks, statecheck.ExpectIdentity(hostAddress, map[string]knownvalue.Check{
			"host": exactly(p.host.Host()), "port": knownvalue.Int64Exact(int64(p.port())), "user": exactly(hostUser), "profile": exactly("stage"),
		}))
	}
	resource.Test(t, resource.TestCase{
		TerraformVersionChecks:   []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_12_0)},
		ProtoV6ProviderFactories: p.factories(),
		Steps: []resource.TestStep{
			{
				Config:           p.block() + p.resource(`profile = "stage"`) + block,
				ConfigPlanChecks: changes(plancheck.ResourceActionUpdate), ConfigStateChecks: checks,
				Check: p.checkHost(func() {
					if got := p.readHost(".earthscope/stage/tokens.json"); got != refreshTokenFile(set.RefreshToken) {
						t.Errorf("tokens.json = %q", got)
					}
				}),
			},
			{Config: p.block() + p.resource(`profile = "stage"`), ConfigPlanChecks: changes(plancheck.ResourceActionNoop)},
			{Config: p.block(), Check: p.checkHost(func() { p.mustBeAsBefore(before) })},
		},
	})
}
