package provider

import (
	"context"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"
)

var (
	_ ephemeral.EphemeralResourceWithConfigure = (*accessTokenEphemeral)(nil)
	_ ephemeral.EphemeralResourceWithRenew     = (*accessTokenEphemeral)(nil)
	_ ephemeral.EphemeralResourceWithClose     = (*accessTokenEphemeral)(nil)
)

// accessTokenEphemeral is ephemeral.earthscope_access_token.
type accessTokenEphemeral struct{ client *client }

func newAccessTokenEphemeral() ephemeral.EphemeralResource { return &accessTokenEphemeral{} }

// accessTokenEphemeralModel is accessTokenModel with the arguments that only
// the ephemeral object has.
type accessTokenEphemeralModel struct {
	Profile   types.String `tfsdk:"profile"`
	TokenFile types.String `tfsdk:"token_file"`
	accessTokenModel
}

// handleKey names the one thing that private data holds: a random handle for
// the token file. Terraform keeps private data unencrypted.
const handleKey = "handle"

// Metadata implements ephemeral.EphemeralResource.
func (e *accessTokenEphemeral) Metadata(_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_access_token"
}

const accessTokenEphemeralDescription = "An EarthScope access token that is never stored: not in state, plan or log. " +
	"Its values can be used in provider blocks, write-only arguments, provisioners and other ephemeral places.\n\n" +
	"Opening it hands out the token that the provider has, refreshed where needed; it never logs in and never revokes. The value itself can't change " +
	"during a run: for an apply that takes longer than a token lives, set `min_ttl` so that it starts with enough, or `token_file`, which is rewritten " +
	"for programs that read it again.\n\n" +
	"If the provider block depends on something that is only known after apply, so do the values here, with a warning."

// Schema implements ephemeral.EphemeralResource.
func (e *accessTokenEphemeral) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	computed := func(name string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: accessTokenDescriptions[name]}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: accessTokenEphemeralDescription,
		Attributes: map[string]schema.Attribute{
			"profile": schema.StringAttribute{
				Optional: true, Validators: []validator.String{notEmpty{}}, MarkdownDescription: profileArgumentDescription,
			},
			"min_ttl": schema.StringAttribute{
				Optional: true, Validators: []validator.String{positiveDuration{}}, MarkdownDescription: accessTokenDescriptions["min_ttl"],
			},
			"token_file": schema.StringAttribute{
				Optional: true, Validators: []validator.String{localPath{}}, MarkdownDescription: tokenFileDescription,
			},
			"access_token": schema.StringAttribute{
				Computed: true, Sensitive: true, MarkdownDescription: accessTokenDescriptions["access_token"],
			},
			"token_type": computed("token_type"),
			"expires_at": computed("expires_at"),
			"issued_at":  computed("issued_at"),
			"scope":      computed("scope"),
			"subject":    computed("subject"),
			"audience": schema.ListAttribute{
				Computed: true, ElementType: types.StringType, MarkdownDescription: accessTokenDescriptions["audience"],
			},
			"issuer":    computed("issuer"),
			"client_id": computed("client_id"),
		},
	}
}

const profileArgumentDescription = "Another profile than the provider block's. The block's `refresh_token`, `access_token` and `client_secret` belong to its own " +
	"profile and are not used for another one; the rest of the block is. Default: the provider's profile."

const tokenFileDescription = "File to write the bare token to, for programs that read a path again during a long run; a relative path " +
	"starts where Terraform runs. The file is readable by you only and exists only while Terraform needs this object: " +
	"it is written when Terraform opens it, during plan too, replaced with a refreshed token in good time before the " +
	"old one expires, and removed at the end. A file that is already there is not touched but refused, unless a killed run of this provider left it behind. " +
	"Default: no file."

// Configure implements ephemeral.EphemeralResourceWithConfigure.
func (e *accessTokenEphemeral) Configure(_ context.Context, req ephemeral.ConfigureRequest, resp *ephemeral.ConfigureResponse) {
	e.client = clientOf(req.ProviderData, &resp.Diagnostics)
}

// Open implements ephemeral.EphemeralResource.
func (e *accessTokenEphemeral) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	var model accessTokenEphemeralModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	minTTL := durationOf(model.MinTTL, path.Root("min_ttl"), &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	r := request{profile: model.Profile.ValueString(), minTTL: model.MinTTL.ValueString()}
	if names := e.client.unknown(ctx, r.profile); len(names) > 0 {
		model.setUnknown()
		resp.Diagnostics.Append(unknownWarning(names))
		resp.Diagnostics.Append(resp.Result.Set(ctx, &model)...)
		return
	}
	ctx, token := e.client.token(ctx, r, minTTL, &resp.Diagnostics)
	if token == nil {
		return
	}
	model.set(*token)
	resp.Diagnostics.Append(resp.Result.Set(ctx, &model)...)
	if model.TokenFile.IsNull() || resp.Diagnostics.HasError() {
		return
	}
	opened := e.client.openTokenFile(ctx, r, minTTL, model.TokenFile.ValueString(), *token, &resp.Diagnostics)
	if opened == nil {
		return
	}
	handle, err := json.Marshal(opened.handle)
	if err != nil {
		resp.Diagnostics.AddError("EarthScope Provider Failed", err.Error())
	} else {
		resp.Diagnostics.Append(resp.Private.SetKey(ctx, handleKey, handle)...)
	}
	if resp.Diagnostics.HasError() { // then Terraform never calls Close
		e.client.closeTokenFile(ctx, opened.handle, &resp.Diagnostics)
		return
	}
	resp.RenewAt = opened.renewAt
}

// handle reads the handle from private data; "" where there is none. Terraform
// hands Close the private data of Open, OpenTofu that of the last Renew.
func handleIn(ctx context.Context, private interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
},
) string {
	data, diagnostics := private.GetKey(ctx, handleKey)
	var handle string
	if diagnostics.HasError() || data == nil || json.Unmarshal(data, &handle) != nil {
		return ""
	}
	return handle
}

// Renew implements ephemeral.EphemeralResourceWithRenew: it refreshes the
// token and rewrites token_file. The object's own values can't change.
func (e *accessTokenEphemeral) Renew(ctx context.Context, req ephemeral.RenewRequest, resp *ephemeral.RenewResponse) {
	handle := handleIn(ctx, req.Private)
	if handle == "" || e.client == nil {
		tflog.Debug(ctx, "nothing to renew: this object has no token file")
		return
	}
	resp.RenewAt = e.client.renewTokenFile(ctx, handle, &resp.Diagnostics)
}

// Close implements ephemeral.EphemeralResourceWithClose: it removes token_file
// if it is still ours. The token itself is left alone.
func (e *accessTokenEphemeral) Close(ctx context.Context, req ephemeral.CloseRequest, resp *ephemeral.CloseResponse) {
	handle := handleIn(ctx, req.Private)
	if handle == "" || e.client == nil {
		return
	}
	e.client.closeTokenFile(ctx, handle, &resp.Diagnostics)
}
