package provider

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/EarthScope/terraform-provider-earthscope/internal/placement"
)

// asksForMoreLife reports that the token on the host must have more left than
// the refresh, which knows state alone, has looked for.
func (p *hostPlan) asksForMoreLife() bool {
	return p.plan.kind() == placement.AccessToken && p.plan.minRemaining(p.client) > p.state.minRemaining(p.client)
}

// tryAgain looks at a host that the refresh could not look at, or looked at
// with a smaller min_ttl, now as it is configured, which state does not say.
func (p *hostPlan) tryAgain(ctx context.Context, diagnostics *diag.Diagnostics) {
	m := p.plan
	m.KnownHostKeys, m.CredentialFingerprint = p.state.KnownHostKeys, p.state.CredentialFingerprint
	if !p.plan.HostKey.Equal(p.state.HostKey) {
		m.KnownHostKeys = types.ListNull(types.StringType)
	}
	inspected, err := p.inspect(ctx, &m, &p.memory, diagnostics)
	if err != nil {
		if p.plan.OnUnreachable.ValueString() == unreachableWarn && isUnreachable(err) {
			diagnostics.AddAttributeWarning(path.Root("host"), "Host Not Checked", fmt.Sprintf(
				"%s can't be reached: %v. on_unreachable = \"warn\" plans without checking it.", p.plan.Host.ValueString(), err))
			return
		}
		diagnostics.Append(hostDiagnostic("Host Not Checked", err, &p.plan))
		return
	}
	var drifted []string
	for _, at := range slices.Sorted(maps.Keys(inspected)) {
		if state := inspected[at].State.ValueString(); state != placement.InSync && state != placement.Rotated {
			drifted = append(drifted, at+" ("+state+")")
		}
	}
	if len(drifted) > 0 {
		p.touches = true
		if p.memory.Unreachable == "" {
			return
		}
		diagnostics.AddAttributeWarning(path.Root("host"), "Host Differs", fmt.Sprintf("The refresh could not look at %s; the plan could, and will repair: %s.",
			p.plan.Host.ValueString(), strings.Join(drifted, ", ")))
	}
}
