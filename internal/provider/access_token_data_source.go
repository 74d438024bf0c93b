package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var _ datasource.DataSourceWithConfigure = (*accessTokenDataSource)(nil)

// accessTokenDataSource is data.earthscope_access_token.
type accessTokenDataSource struct{ client *client }

func newAccessTokenDataSource() datasource.DataSource { return &accessTokenDataSource{} }

// Metadata implements datasource.DataSource.
func (d *accessTokenDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_access_token"
}

const accessTokenDataSourceDescription = "An EarthScope access token that **will be in the state**, where `ephemeral.earthscope_access_token` leaves no trace. " +
	"It comes with what it says about itself and is refreshed where needed. " +
	"As long as the token is fresh the same one is returned, so that a second plan shows no change. A saved plan keeps the token that it was made with: " +
	"applied later than `expires_at`, it applies a dead token; set `min_ttl` to cover the time in between."

// Schema implements datasource.DataSource.
func (d *accessTokenDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	computed := func(name string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: accessTokenDescriptions[name]}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: accessTokenDataSourceDescription,
		Attributes: map[string]schema.Attribute{
			"min_ttl": schema.StringAttribute{
				Optional: true, Validators: []validator.String{positiveDuration{}}, MarkdownDescription: accessTokenDescriptions["min_ttl"],
			},
			"access_token": schema.StringAttribute{
				Computed: true, Sensitive: true,
				MarkdownDescription: accessTokenDescriptions["access_token"] + " **Stored in the state.**",
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

// Configure implements datasource.DataSourceWithConfigure.
func (d *accessTokenDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.client = clientOf(req.ProviderData, &resp.Diagnostics)
}

// Read implements datasource.DataSource.
func (d *accessTokenDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model accessTokenModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	minTTL := durationOf(model.MinTTL, path.Root("min_ttl"), &resp.Diagnostics)
	if names := d.client.unknown(ctx, ""); len(names) > 0 {
		resp.Diagnostics.Append(unknownError(names))
	}
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, token := d.client.token(ctx, request{minTTL: model.MinTTL.ValueString()}, minTTL, &resp.Diagnostics)
	if token == nil {
		return
	}
	model.set(*token)
	resp.Diagnostics.Append(resp.State.Set(ctx, &model)...)
}
