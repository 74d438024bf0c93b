package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var _ ephemeral.EphemeralResourceWithConfigure = (*refreshTokenEphemeral)(nil)

// refreshTokenEphemeral is ephemeral.earthscope_refresh_token.
type refreshTokenEphemeral struct{ client *client }

func newRefreshTokenEphemeral() ephemeral.EphemeralResource { return &refreshTokenEphemeral{} }

type refreshTokenEphemeralModel struct {
	Profile      types.String `tfsdk:"profile"`
	RefreshToken types.String `tfsdk:"refresh_token"`
	Fingerprint  types.String `tfsdk:"fingerprint"`
}

// Metadata implements ephemeral.EphemeralResource.
func (e *refreshTokenEphemeral) Metadata(_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_refresh_token"
}

// Schema implements ephemeral.EphemeralResource.
func (e *refreshTokenEphemeral) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The refresh token of a profile, as `es user get-refresh-token` prints it, never stored: to feed write-only arguments " +
			"such as `secret_string_wo` of a secret store. Opening it asks nobody and spends nothing. With `for_each` over profiles " +
			"it gives every host a login of its own.",
		Attributes: map[string]schema.Attribute{
			"profile": schema.StringAttribute{
				Optional: true, Validators: []validator.String{notEmpty{}}, MarkdownDescription: profileArgumentDescription,
			},
			"refresh_token": schema.StringAttribute{
				Computed: true, Sensitive: true,
				MarkdownDescription: "The newest refresh token of the profile's session.",
			},
			"fingerprint": schema.StringAttribute{
				Computed: true,
				MarkdownDescription: "Names the token without revealing it: the first 16 hex digits of SHA-256 over `earthscope-v1:` and the token. " +
					"Changes when the token does.",
			},
		},
	}
}

// Configure implements ephemeral.EphemeralResourceWithConfigure.
func (e *refreshTokenEphemeral) Configure(_ context.Context, req ephemeral.ConfigureRequest, resp *ephemeral.ConfigureResponse) {
	e.client = clientOf(req.ProviderData, &resp.Diagnostics)
}

// Open implements ephemeral.EphemeralResource.
func (e *refreshTokenEphemeral) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	var model refreshTokenEphemeralModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() {
		return
	}
	r := request{profile: model.Profile.ValueString()}
	if names := e.client.unknown(ctx, r.profile); len(names) > 0 {
		model.RefreshToken, model.Fingerprint = types.StringUnknown(), types.StringUnknown()
		resp.Diagnostics.Append(unknownWarning(names))
		resp.Diagnostics.Append(resp.Result.Set(ctx, &model)...)
		return
	}
	ctx, p := e.client.use(ctx, r, &resp.Diagnostics)
	if p == nil {
		return
	}
	token, fingerprint, err := p.session.RefreshToken(ctx)
	if err != nil {
		resp.Diagnostics.Append(errorDiagnostic(err, r))
		return
	}
	model.RefreshToken = types.StringValue(token.Reveal())
	model.Fingerprint = types.StringValue(fingerprint)
	resp.Diagnostics.Append(resp.Result.Set(withMasks(ctx, token), &model)...)
}
