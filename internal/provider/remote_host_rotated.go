package provider

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/EarthScope/terraform-provider-earthscope/internal/placement"
)

// refuseSpentToken refuses to repair a token store whose token the host had
// renewed itself: the successor is gone with the file, and pushing the former
// token again would end every session of its user at the host's next refresh.
func (p *hostPlan) refuseSpentToken(ctx context.Context, diagnostics *diag.Diagnostics) {
	found := map[string]fileModel{}
	if !p.state.Files.IsNull() {
		diagnostics.Append(p.state.Files.ElementsAs(ctx, &found, false)...)
	}
	for _, at := range slices.Sorted(maps.Keys(found)) {
		state := found[at].State.ValueString()
		if found[at].Kind.ValueString() != string(placement.Tokens) || !losesToken(state) {
			continue
		}
		diagnostics.AddAttributeError(path.Root("credential"), "Host Lost Its Renewed Token", fmt.Sprintf(
			"%s on %s is %q. The host had renewed its token itself, so the one that was pushed is spent, and only that file had the successor. "+
				"Log in again (\"es login\") and push the new token; with refresh_token_wo_version, change the version too.",
			at, p.plan.Host.ValueString(), state))
	}
}

// refuseSpentPush refuses to bring a token to a new place, or to push it anew,
// after the host has renewed it: it is spent, and the host's next refresh with
// it would end the session.
func (p *hostPlan) refuseSpentPush(host placement.Host, credential pushed, replaced bool, diagnostics *diag.Diagnostics) {
	same := credential.own && credential.Kind == placement.RefreshToken && credential.fingerprint.ValueString() == p.memory.Fingerprint
	if p.creating || !p.memory.Rotated || !same {
		return
	}
	gains := slices.ContainsFunc(host.Files, func(f placement.File) bool {
		entry, known := p.memory.Ledger.Files[f.Path]
		return !f.WithoutToken && (!known || entry.File.WithoutToken)
	})
	if replaced || gains {
		diagnostics.AddAttributeError(path.Root("refresh_token_wo"), "Token Spent by the Host", fmt.Sprintf(
			"%s has renewed the token that was pushed, so the one in refresh_token_wo is spent, and this plan would bring it there again. "+
				"Log in again (\"es login\") and push the new token together with this change.", p.plan.Host.ValueString()))
	}
}

// losesToken reports whether repairing a file in this state writes the token.
func losesToken(state string) bool {
	if state == placement.Rotated || state == placement.InSync {
		return false
	}
	return !slices.ContainsFunc([]string{"mode differs", "owner differs", "group differs", "unreadable"}, func(harmless string) bool {
		return strings.HasPrefix(state, harmless)
	})
}
