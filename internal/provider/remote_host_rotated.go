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

// losesToken reports whether repairing a file in this state writes the token.
func losesToken(state string) bool {
	if state == placement.Rotated || state == placement.InSync {
		return false
	}
	return !slices.ContainsFunc([]string{"mode differs", "owner differs", "group differs", "unreadable"}, func(harmless string) bool {
		return strings.HasPrefix(state, harmless)
	})
}
