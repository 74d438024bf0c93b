package provider

import (
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
)

// accessTokenModel is what the data source and the ephemeral object say about
// a token.
type accessTokenModel struct {
	MinTTL      types.String `tfsdk:"min_ttl"`
	AccessToken types.String `tfsdk:"access_token"`
	TokenType   types.String `tfsdk:"token_type"`
	ExpiresAt   types.String `tfsdk:"expires_at"`
	IssuedAt    types.String `tfsdk:"issued_at"`
	Scope       types.String `tfsdk:"scope"`
	Subject     types.String `tfsdk:"subject"`
	Audience    types.List   `tfsdk:"audience"`
	Issuer      types.String `tfsdk:"issuer"`
	ClientID    types.String `tfsdk:"client_id"`
}

// set fills in what a token says about itself. The arguments stay.
func (m *accessTokenModel) set(token session.Token) {
	claims := token.Claims
	m.AccessToken = types.StringValue(token.AccessToken.Reveal())
	m.TokenType = types.StringValue(session.TokenType)
	m.ExpiresAt = timeOrNull(claims.ExpiresAt)
	m.IssuedAt = timeOrNull(claims.IssuedAt)
	m.Scope = stringOrNull(claims.Scope)
	m.Subject = stringOrNull(claims.Subject)
	m.Issuer = stringOrNull(claims.Issuer)
	m.ClientID = stringOrNull(claims.ClientID)
	audience := make([]attr.Value, 0, len(claims.Audience))
	for _, name := range claims.Audience {
		audience = append(audience, types.StringValue(name))
	}
	m.Audience = types.ListValueMust(types.StringType, audience)
}

// setUnknown marks every result as not known yet.
func (m *accessTokenModel) setUnknown() {
	for _, result := range []*types.String{
		&m.AccessToken, &m.TokenType, &m.ExpiresAt, &m.IssuedAt, &m.Scope, &m.Subject, &m.Issuer, &m.ClientID,
	} {
		*result = types.StringUnknown()
	}
	m.Audience = types.ListUnknown(types.StringType)
}

// rfc3339 renders a time for Terraform's timestamp functions.
func rfc3339(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func timeOrNull(t time.Time) types.String {
	if t.IsZero() {
		return types.StringNull()
	}
	return types.StringValue(rfc3339(t))
}

func stringOrNull(s string) types.String {
	if s == "" {
		return types.StringNull()
	}
	return types.StringValue(s)
}
