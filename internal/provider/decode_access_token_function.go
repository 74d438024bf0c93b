package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
)

var _ function.Function = decodeAccessTokenFunction{}

// decodeAccessTokenFunction is provider::earthscope::decode_access_token.
type decodeAccessTokenFunction struct{}

func newDecodeAccessTokenFunction() function.Function { return decodeAccessTokenFunction{} }

// claimsModel is what the function returns, in the words of the access token
// objects.
type claimsModel struct {
	Subject   types.String `tfsdk:"subject"`
	ClientID  types.String `tfsdk:"client_id"`
	Issuer    types.String `tfsdk:"issuer"`
	Audience  []string     `tfsdk:"audience"`
	Scope     types.String `tfsdk:"scope"`
	GrantType types.String `tfsdk:"grant_type"`
	IssuedAt  types.String `tfsdk:"issued_at"`
	ExpiresAt types.String `tfsdk:"expires_at"`
}

// Metadata implements function.Function.
func (decodeAccessTokenFunction) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "decode_access_token"
}

// Definition implements function.Function.
func (decodeAccessTokenFunction) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "Claims of an access token",
		MarkdownDescription: "Returns what an access token says about itself: `subject`, `client_id`, `issuer`, `audience` (a list), `scope`, `grant_type`, `issued_at` and `expires_at` " +
			"(RFC 3339, UTC). What the token does not say is null.\n\n" +
			"The signature is **not verified**: use it to look at a token of your own, never to decide whether to trust one. " +
			"The claims are no secret, but Terraform treats them as it treats the token; `nonsensitive()` shows those of a sensitive one, and those of an ephemeral one stay ephemeral.",
		Parameters: []function.Parameter{
			function.StringParameter{Name: "token", MarkdownDescription: "The access token, a JSON Web Token."},
		},
		Return: function.ObjectReturn{AttributeTypes: map[string]attr.Type{
			"subject": types.StringType, "client_id": types.StringType, "issuer": types.StringType,
			"audience": types.ListType{ElemType: types.StringType}, "scope": types.StringType, "grant_type": types.StringType,
			"issued_at": types.StringType, "expires_at": types.StringType,
		}},
	}
}

// Run implements function.Function.
func (decodeAccessTokenFunction) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var token string
	if resp.Error = req.Arguments.Get(ctx, &token); resp.Error != nil {
		return
	}
	claims, err := session.DecodeClaims(token)
	if err != nil {
		resp.Error = function.NewArgumentFuncError(0, "The access token can't be read: it is "+err.Error()+
			". A refresh token is none; an opaque access token comes from a wrong audience")
		return
	}
	resp.Error = resp.Result.Set(ctx, claimsOf(claims))
}

func claimsOf(claims session.Claims) claimsModel {
	return claimsModel{
		Subject: stringOrNull(claims.Subject), ClientID: stringOrNull(claims.ClientID), Issuer: stringOrNull(claims.Issuer),
		Audience: append([]string{}, claims.Audience...), Scope: stringOrNull(claims.Scope), GrantType: stringOrNull(claims.GrantType),
		IssuedAt: timeOrNull(claims.IssuedAt), ExpiresAt: timeOrNull(claims.ExpiresAt),
	}
}
