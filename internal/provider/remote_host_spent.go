package provider

import (
	"context"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/EarthScope/terraform-provider-earthscope/internal/placement"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
)

// markSpent remembers that a host has renewed the token of its own that was
// pushed: the memory of a resource ends with it, and what replaces it would push
// the same token again. certain says that the identity server replaces tokens.
func (c *client) markSpent(ctx context.Context, fingerprint string, certain bool) {
	if fingerprint == "" || c.isSpent(ctx, fingerprint) {
		return
	}
	c.mutex.Lock()
	c.spent[fingerprint] = true
	c.mutex.Unlock()
	if kept, ok := c.spentTokens(ctx); ok {
		if err := kept.Mark(fingerprint, certain, c.dependencies.Now()); err != nil {
			tflog.SubsystemInfo(ctx, remoteLog, "that a host has renewed its token is not kept on this machine", map[string]any{"error": err.Error()})
		}
	}
}

// isSpent reports whether a host was seen to have renewed a token.
func (c *client) isSpent(ctx context.Context, fingerprint string) bool {
	c.mutex.Lock()
	known := c.spent[fingerprint]
	c.mutex.Unlock()
	if known {
		return true
	}
	kept, ok := c.spentTokens(ctx)
	return ok && kept.Contains(fingerprint)
}

// spentTokens is false where nothing is kept on this machine.
func (c *client) spentTokens(ctx context.Context) (session.SpentTokens, bool) {
	own := c.profile(ctx, "")
	if !c.block.persist || own.settings == nil {
		return session.SpentTokens{}, false
	}
	return session.NewSpentTokens(own.settings.Paths.ConfigDir), true
}

// learnSpent remembers a host's own token as spent where the host holds a
// successor of it, unless the identity server is known to replace none.
func (r *remoteHostResource) learnSpent(ctx context.Context, memory hostMemory, from *credentialSource, renewed bool) {
	if !renewed || !memory.Own || memory.Kind != placement.RefreshToken {
		return
	}
	rotation := session.RotationUnknown
	if from != nil {
		if facts, err := from.facts(ctx); err == nil {
			rotation = facts.Rotation
		}
	}
	if rotation != session.RotationNotSeen {
		r.client.markSpent(ctx, memory.Fingerprint, rotation == session.RotationSeen)
	}
}

// spentPushError refuses to bring a token to a new place, or to push it anew,
// after a host has renewed it: it is spent, and the host's next refresh with it
// would end the session. replaced says that it is to be pushed anew.
func (c *client) spentPushError(ctx context.Context, m *remoteHostModel, host placement.Host, credential pushed, memory hostMemory, replaced bool) diag.Diagnostic {
	if !credential.own || credential.Kind != placement.RefreshToken || credential.fingerprint.IsUnknown() {
		return nil
	}
	fingerprint := credential.fingerprint.ValueString()
	if !c.isSpent(ctx, fingerprint) && (!memory.Rotated || fingerprint != memory.Fingerprint) {
		return nil
	}
	gains := slices.ContainsFunc(host.Files, func(f placement.File) bool {
		entry, known := memory.Ledger.Files[f.Path]
		return !f.WithoutToken && (!known || entry.File.WithoutToken)
	})
	if !replaced && !gains {
		return nil
	}
	return diag.NewAttributeErrorDiagnostic(path.Root("refresh_token_wo"), "Token Spent by the Host", fmt.Sprintf(
		"%s has renewed the token that was pushed, so the one in refresh_token_wo is spent, and this would bring it there again. "+
			"Log in again (\"es login\") and push the new token together with this change. If the resource is to be replaced only because its "+
			"verify_command failed, \"terraform untaint\" with its address keeps the host as it is.", m.Host.ValueString()))
}

// warnOfUnconfirmed tells of a token that the host holds and that may be of the
// former login: the connection was lost while the new one was pushed, and the
// host has renewed its token since.
func (p *hostPlan) warnOfUnconfirmed(host placement.Host, diagnostics *diag.Diagnostics) {
	for _, f := range host.Files {
		if p.memory.Ledger.Files[f.Path].Unconfirmed() {
			diagnostics.AddAttributeWarning(p.plan.pathOf(f.Path), "Push Not Confirmed", fmt.Sprintf(
				"The connection to %s was lost while a new token was being written to %s, and the host has renewed its token since. Whether that is the "+
					"new login or the one before can't be told, so it stays. To be sure, log in again (\"es login\") and push that token; "+
					"with refresh_token_wo_version, change the version too.", p.plan.Host.ValueString(), f.Path))
		}
	}
}
