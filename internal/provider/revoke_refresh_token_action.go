package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
)

var _ action.ActionWithConfigure = (*revokeRefreshTokenAction)(nil)

// revokeRefreshTokenAction is action.earthscope_revoke_refresh_token.
type revokeRefreshTokenAction struct{ client *client }

func newRevokeRefreshTokenAction() action.Action { return &revokeRefreshTokenAction{} }

type revokeRefreshTokenActionModel struct {
	Profile types.String `tfsdk:"profile"`
}

// Metadata implements action.Action.
func (a *revokeRefreshTokenAction) Metadata(_ context.Context, req action.MetadataRequest, resp *action.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_revoke_refresh_token"
}

// Schema implements action.Action.
func (a *revokeRefreshTokenAction) Schema(_ context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Ends a session at the identity server and then removes its local copy, as `es user revoke-refresh-token` does. Sessions of the " +
			"profile that a login has replaced and could not revoke go first. If the server does not confirm, nothing is removed and the message names what is " +
			"still alive. Access tokens that were handed out stay valid until they expire, and if the identity server is set so, every other refresh token of " +
			"the same user and client ends too. Needs Terraform 1.14 or newer; elsewhere, run `terraform-provider-earthscope logout --revoke`.",
		Attributes: map[string]schema.Attribute{
			"profile": schema.StringAttribute{
				Optional: true, Validators: []validator.String{notEmpty{}},
				MarkdownDescription: "Profile whose session is revoked: the one that its settings lead to, by the usual order of sources. " +
					"Default: the provider's profile.",
			},
		},
	}
}

// Configure implements action.ActionWithConfigure.
func (a *revokeRefreshTokenAction) Configure(_ context.Context, req action.ConfigureRequest, resp *action.ConfigureResponse) {
	a.client = clientOf(req.ProviderData, &resp.Diagnostics)
}

// Invoke implements action.Action.
func (a *revokeRefreshTokenAction) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	var model revokeRefreshTokenActionModel
	resp.Diagnostics.Append(readConfig(ctx, req.Config, &model)...)
	if resp.Diagnostics.HasError() {
		return
	}
	r := request{profile: model.Profile.ValueString()}
	ctx, options, ok := a.client.forAction(ctx, r, &resp.Diagnostics)
	if !ok {
		return
	}
	result, err := session.Revoke(ctx, options, session.RevokeRequest{})
	a.client.forget()
	if len(result.Tokens) > 0 {
		progressTo(resp)(result.Text())
	}
	for _, notice := range result.Notices {
		resp.Diagnostics.Append(noticeDiagnostic(notice, r))
	}
	if err != nil {
		resp.Diagnostics.Append(errorDiagnostic(err, r))
	}
}
