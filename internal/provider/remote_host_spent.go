package provider

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/EarthScope/terraform-provider-earthscope/internal/placement"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
)

// spentKept is for how long a spent token is remembered. By then any refresh
// token has ended of itself.
const spentKept = 400 * 24 * time.Hour

// markSpent remembers that a host has renewed the token of its own that was
// pushed: the memory of a resource ends with it, and what replaces it would push
// the same token again. Kept is a fingerprint, as the name of an empty file.
func (c *client) markSpent(ctx context.Context, fingerprint string) {
	if fingerprint == "" || c.isSpent(ctx, fingerprint) {
		return
	}
	c.mutex.Lock()
	c.spent[fingerprint] = true
	c.mutex.Unlock()
	folder := c.spentFolder(ctx)
	if folder == "" {
		return
	}
	err := os.MkdirAll(folder, 0o700)
	if err == nil {
		c.forgetSpent(folder)
		err = os.WriteFile(filepath.Join(folder, fingerprint), nil, 0o600)
	}
	if err != nil {
		tflog.SubsystemInfo(ctx, remoteLog, "that a host has renewed its token is not kept on this machine", map[string]any{"error": err.Error()})
	}
}

// isSpent reports whether a host was seen to have renewed a token.
func (c *client) isSpent(ctx context.Context, fingerprint string) bool {
	c.mutex.Lock()
	known := c.spent[fingerprint]
	c.mutex.Unlock()
	folder := c.spentFolder(ctx)
	if known || folder == "" || fingerprint == "" {
		return known
	}
	_, err := os.Stat(filepath.Join(folder, fingerprint))
	return err == nil
}

// spentFolder is "" where nothing is kept on this machine.
func (c *client) spentFolder(ctx context.Context) string {
	own := c.profile(ctx, "")
	if !c.block.persist || own.settings == nil {
		return ""
	}
	return filepath.Join(own.settings.Paths.ConfigDir, ".terraform-spent")
}

func (c *client) forgetSpent(folder string) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return
	}
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil && c.dependencies.Now().Sub(info.ModTime()) > spentKept {
			_ = os.Remove(filepath.Join(folder, entry.Name()))
		}
	}
}

// learnSpent remembers a host's own token as spent where the host holds a
// successor of it, unless the identity server is known to replace none.
func (r *remoteHostResource) learnSpent(ctx context.Context, memory hostMemory, from *credentialSource, renewed bool) {
	if !renewed || !memory.Own || memory.Kind != placement.RefreshToken {
		return
	}
	if from != nil {
		if facts, err := from.facts(ctx); err == nil && facts.Rotation == session.RotationNotSeen {
			return
		}
	}
	r.client.markSpent(ctx, memory.Fingerprint)
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
