package provider

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// providerModel is the provider block as Terraform gives it.
type providerModel struct {
	Profile          types.String `tfsdk:"profile"`
	RefreshToken     types.String `tfsdk:"refresh_token"`
	AccessToken      types.String `tfsdk:"access_token"`
	ClientSecret     types.String `tfsdk:"client_secret"`
	ClientID         types.String `tfsdk:"client_id"`
	Audience         types.String `tfsdk:"audience"`
	Scope            types.String `tfsdk:"scope"`
	Domain           types.String `tfsdk:"domain"`
	APIURL           types.String `tfsdk:"api_url"`
	ConfigDir        types.String `tfsdk:"config_dir"`
	PersistTokens    types.Bool   `tfsdk:"persist_tokens"`
	RefreshThreshold types.String `tfsdk:"refresh_threshold"`
	RequestTimeout   types.String `tfsdk:"request_timeout"`
	MaxRetries       types.Int64  `tfsdk:"max_retries"`
	CACertFile       types.String `tfsdk:"ca_cert_file"`
	SSH              types.Object `tfsdk:"ssh"`
}

// setting ties an attribute of the block to the setting that it gives.
type setting struct {
	attribute, path string
	// credential marks what belongs to the block's own profile and is not
	// applied to another one.
	credential bool
	// unneeded marks what no token request depends on.
	unneeded bool
	value    types.String
}

func (m *providerModel) settings() []setting {
	return []setting{
		{attribute: "refresh_token", path: "oauth2.refresh_token", credential: true, value: m.RefreshToken},
		{attribute: "access_token", path: "oauth2.access_token", credential: true, value: m.AccessToken},
		{attribute: "client_secret", path: "oauth2.client_secret", credential: true, value: m.ClientSecret},
		{attribute: "client_id", path: "oauth2.client_id", value: m.ClientID},
		{attribute: "audience", path: "oauth2.audience", value: m.Audience},
		{attribute: "scope", path: "oauth2.scope", unneeded: true, value: m.Scope},
		{attribute: "domain", path: "oauth2.domain", value: m.Domain},
		{attribute: "api_url", path: "resources.api_url", unneeded: true, value: m.APIURL},
	}
}

// block is the provider block once it is known: what Configure hands to the
// client.
type block struct {
	profile        string
	settings       []setting // those that are known and set
	configDir      string
	persist        bool
	threshold      time.Duration // 0: not set
	requestTimeout time.Duration // 0: not set
	maxRetries     *int          // nil: not set
	caFile         string
	ssh            sshBlock
	// unknown are the attributes that Terraform could not tell yet, in the
	// order of the schema. They are never replaced by another source.
	unknown []unknownAttribute
	// apiURLUnknown says the same of api_url, which only the API's objects need.
	apiURLUnknown bool
}

type unknownAttribute struct {
	name       string
	credential bool
}

// block turns the model into plain values. Its diagnostics repeat what
// validation says, for a core that validated before the values were known.
func (m *providerModel) block(ctx context.Context) (block, diag.Diagnostics) {
	var diagnostics diag.Diagnostics
	b := block{
		apiURLUnknown: m.APIURL.IsUnknown(),
		profile:       m.Profile.ValueString(), configDir: m.ConfigDir.ValueString(), caFile: m.CACertFile.ValueString(),
		persist: m.PersistTokens.IsNull() || m.PersistTokens.ValueBool(),
	}
	b.threshold = durationOf(m.RefreshThreshold, path.Root("refresh_threshold"), &diagnostics)
	b.requestTimeout = durationOf(m.RequestTimeout, path.Root("request_timeout"), &diagnostics)
	if known(m.MaxRetries) {
		retries := int(m.MaxRetries.ValueInt64())
		b.maxRetries = &retries
	}
	if m.Profile.IsUnknown() {
		b.unknown = append(b.unknown, unknownAttribute{name: "profile"})
	}
	for _, s := range m.settings() {
		switch {
		case s.value.IsUnknown() && !s.unneeded:
			b.unknown = append(b.unknown, unknownAttribute{name: s.attribute, credential: s.credential})
		case known(s.value):
			b.settings = append(b.settings, s)
		}
	}
	for _, rest := range []struct {
		name  string
		value attr.Value
	}{
		{"config_dir", m.ConfigDir},
		{"persist_tokens", m.PersistTokens},
		{"refresh_threshold", m.RefreshThreshold},
		{"request_timeout", m.RequestTimeout},
		{"max_retries", m.MaxRetries},
		{"ca_cert_file", m.CACertFile},
	} {
		if rest.value.IsUnknown() {
			b.unknown = append(b.unknown, unknownAttribute{name: rest.name})
		}
	}
	b.ssh = m.sshBlock(ctx, &diagnostics)
	return b, diagnostics
}

func known(value attr.Value) bool { return !value.IsNull() && !value.IsUnknown() }

// secrets are the credentials that stand in the block.
func (b block) secrets() []settings.Secret {
	var secrets []settings.Secret
	for _, s := range b.settings {
		if s.credential {
			secrets = append(secrets, settings.NewSecret(s.value.ValueString()))
		}
	}
	return append(secrets, b.ssh.secrets()...)
}

// hasCredential reports whether the block gives a credential, or may give one
// once everything is known.
func (b block) hasCredential() bool {
	for _, s := range b.settings {
		if s.credential {
			return true
		}
	}
	for _, u := range b.unknown {
		if u.credential {
			return true
		}
	}
	return false
}

// ValidateConfig implements provider.ProviderWithValidateConfig: two ways of
// getting a token in one block are a contradiction. Elsewhere the SDK's rule
// holds, by which a client secret outranks any refresh token.
func (p *earthscopeProvider) ValidateConfig(ctx context.Context, req provider.ValidateConfigRequest, resp *provider.ValidateConfigResponse) {
	var model providerModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() || !known(model.ClientSecret) {
		return
	}
	for _, other := range []setting{
		{attribute: "refresh_token", value: model.RefreshToken}, {attribute: "access_token", value: model.AccessToken},
	} {
		if !known(other.value) {
			continue
		}
		resp.Diagnostics.AddAttributeError(path.Root("client_secret"), "Two Credentials in the Provider Block",
			"client_secret gets tokens for a machine, "+other.attribute+" is a person's; one provider block works with one of them. "+
				"Remove one, or put it into a second provider block with an alias.")
		return
	}
}
