package provider

import (
	"context"
	"encoding/base64"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
)

var _ datasource.DataSourceWithConfigure = (*identityDataSource)(nil)

// identityDataSource is data.earthscope_identity.
type identityDataSource struct{ client *client }

func newIdentityDataSource() datasource.DataSource { return &identityDataSource{} }

type identityModel struct {
	Subject   types.String `tfsdk:"subject"`
	UserIDB64 types.String `tfsdk:"user_id_b64"`
	ClientID  types.String `tfsdk:"client_id"`
	Scope     types.String `tfsdk:"scope"`
	ExpiresAt types.String `tfsdk:"expires_at"`
	Profile   types.String `tfsdk:"profile"`
	Source    types.String `tfsdk:"source"`
	Flow      types.String `tfsdk:"flow"`
	Rotating  types.Bool   `tfsdk:"rotating"`
}

// Metadata implements datasource.DataSource.
func (d *identityDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_identity"
}

// Schema implements datasource.DataSource.
func (d *identityDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	computed := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Who the provider acts for, and which of its sources said so. Holds no secret. " +
			"It needs an access token and so refreshes one where there is none that is fresh.",
		Attributes: map[string]schema.Attribute{
			"subject": computed(accessTokenDescriptions["subject"]),
			"user_id_b64": computed("The subject in base64url without padding, as the SDK's `encode_euid_b64` gives it, for names that " +
				"allow no `|`; null if the subject is not an EarthScope user id."),
			"client_id": computed(accessTokenDescriptions["client_id"]),
			"scope":     computed(accessTokenDescriptions["scope"]),
			"expires_at": computed("When the present access token expires, in RFC 3339 form and UTC. " +
				"Changes with each refresh: don't put it where a change matters, but as the version of a write-only argument that is to be sent after each refresh."),
			"profile": computed("The profile in use."),
			"source": computed("Where the credential came from: the provider's argument, the environment variable or the file, as in messages. " +
				"Names places on this machine; it never holds a value."),
			"flow": computed("How tokens are got: `refresh_token` (a login), `client_credentials` (a machine) or `access_token` (a token that is used while it lasts)."),
			"rotating": schema.BoolAttribute{
				Computed: true,
				MarkdownDescription: "Whether the identity server was seen to replace the refresh token at a refresh. Null while nothing is known, " +
					"and for flows without a refresh token. Changes at most once, with the first refresh.",
			},
		},
	}
}

// Configure implements datasource.DataSourceWithConfigure.
func (d *identityDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.client = clientOf(req.ProviderData, &resp.Diagnostics)
}

// Read implements datasource.DataSource.
func (d *identityDataSource) Read(ctx context.Context, _ datasource.ReadRequest, resp *datasource.ReadResponse) {
	if names := d.client.unknown(ctx, ""); len(names) > 0 {
		resp.Diagnostics.Append(unknownError(names))
		return
	}
	ctx, token := d.client.token(ctx, request{}, 0, &resp.Diagnostics)
	if token == nil {
		return
	}
	facts, err := d.client.profile(ctx, "").session.Facts(ctx)
	if err != nil {
		resp.Diagnostics.Append(errorDiagnostic(err, request{}))
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, identityOf(*token, facts))...)
}

func identityOf(token session.Token, facts session.Facts) *identityModel {
	model := &identityModel{
		Subject: stringOrNull(token.Claims.Subject), UserIDB64: encodeUserID(token.Claims.Subject),
		ClientID: stringOrNull(token.Claims.ClientID), Scope: stringOrNull(token.Claims.Scope),
		ExpiresAt: timeOrNull(token.Claims.ExpiresAt), Profile: types.StringValue(facts.Profile),
		Source: types.StringValue(facts.Source.String()), Flow: types.StringValue(string(facts.Flow)),
	}
	if token.Source.Link > facts.Source.Link {
		// The configuration gives the token itself, ahead of a login that lies
		// further down the chain.
		model.Source, model.Flow = types.StringValue(token.Source.String()), types.StringValue(string(session.FlowAccessToken))
		return model
	}
	if facts.Rotation != session.RotationUnknown {
		model.Rotating = types.BoolValue(facts.Rotation == session.RotationSeen)
	}
	return model
}

// encodeUserID is the SDK's encode_euid_b64, which takes user ids
// (CONNECTION|ID) and clients (ID@clients) only.
func encodeUserID(subject string) types.String {
	if !strings.Contains(subject, "|") && !strings.HasSuffix(subject, "@clients") {
		return types.StringNull()
	}
	return types.StringValue(base64.RawURLEncoding.EncodeToString([]byte(subject)))
}
