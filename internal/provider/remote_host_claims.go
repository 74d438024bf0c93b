package provider

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/EarthScope/terraform-provider-earthscope/internal/placement"
)

// claim notes that an instance of the resource plans to write keys, and
// returns the first of them that another instance plans too.
func (c *client) claim(instance string, keys []string) (taken string) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for _, key := range keys {
		if owner, claimed := c.claims[key]; claimed && owner != instance {
			return key
		}
	}
	for _, key := range keys {
		c.claims[key] = instance
	}
	return ""
}

// refuseDoubles refuses to plan what another resource of this provider plans:
// the same entries in the same file of the same host. Terraform plans one
// resource twice where it is replaced; its memory then tells that it is the
// same one.
func (p *hostPlan) refuseDoubles(ctx context.Context, host placement.Host, diagnostics *diag.Diagnostics) {
	instance := p.instance
	if instance == "" {
		instance = rand.Text()
	}
	whose := p.plan.User.ValueString()
	if become := p.plan.becomeUser(ctx, p.client.block.ssh, diagnostics); become != nil {
		whose = become.User
	}
	for _, f := range host.Files {
		where := fmt.Sprintf("%s:%d %s %s", p.plan.Host.ValueString(), p.plan.Port.ValueInt64(), whose, f.Path)
		keys := []string{where}
		switch f.Kind {
		case placement.Config:
			keys = []string{where + " profile " + host.Profile}
		case placement.Compose:
			keys = nil
			for _, service := range f.Services {
				keys = append(keys, where+" service "+service)
			}
		case placement.Tokens, placement.Environment:
		}
		if taken := p.client.claim(instance, slices.Compact(keys)); taken != "" {
			diagnostics.AddAttributeError(p.plan.pathOf(f.Path), "Written by Two Resources", fmt.Sprintf(
				"Another earthscope_remote_host of this configuration writes the same entries of %s for %s on %s (profile %q). "+
					"Give one of them another profile or path, or remove it.", f.Path, whose, p.plan.Host.ValueString(), host.Profile))
			return
		}
	}
}
