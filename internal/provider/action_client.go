package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"

	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
)

// forAction returns how a session of a profile is made, for actions that work
// without credentials. It reports false with the reason in diagnostics.
func (c *client) forAction(ctx context.Context, r request, diagnostics *diag.Diagnostics) (context.Context, session.Options, bool) {
	ctx = withLogging(ctx, c.block.secrets()...)
	if names := c.unknown(ctx, r.profile); len(names) > 0 {
		diagnostics.Append(unknownActionError(names))
		return ctx, session.Options{}, false
	}
	p := c.profile(ctx, r.profile)
	if p.settings == nil {
		diagnostics.Append(errorDiagnostic(p.err, r))
		return ctx, session.Options{}, false
	}
	oauth := p.settings.OAuth2
	ctx = withMasks(ctx, oauth.AccessToken, oauth.IDToken, oauth.RefreshToken, oauth.ClientSecret)
	return ctx, c.sessionOptions(p.settings), true
}

// readConfig reads an action's config block. Terraform sends no object at all
// where there is none, which the framework refuses to read into a model.
func readConfig(ctx context.Context, config tfsdk.Config, model any) diag.Diagnostics {
	if config.Raw.IsNull() {
		return nil
	}
	return config.Get(ctx, model)
}

// forget makes every object that comes after an action read the settings and
// the store again.
func (c *client) forget() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	clear(c.profiles)
}
