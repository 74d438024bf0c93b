// Package provider is Terraform's view of EarthScope: schemas, what is planned
// and read, and the wording of diagnostics. What a token is and how it stays
// fresh is decided in the packages below it.
//
// Each Terraform object has a file of its own, named after it. What objects
// share is in files named for what they hold: the provider block as Terraform
// gives it (provider_block.go), the sessions behind it (client.go), the way
// from an error to a diagnostic (diagnostics.go).
package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"
)

// TypeName is the first part of every object's name.
const TypeName = "earthscope"

// Address is where Terraform finds the provider.
const Address = "registry.terraform.io/earthscope/earthscope"

var (
	_ provider.Provider                       = (*earthscopeProvider)(nil)
	_ provider.ProviderWithEphemeralResources = (*earthscopeProvider)(nil)
	_ provider.ProviderWithFunctions          = (*earthscopeProvider)(nil)
	_ provider.ProviderWithActions            = (*earthscopeProvider)(nil)
	_ provider.ProviderWithValidateConfig     = (*earthscopeProvider)(nil)
)

type earthscopeProvider struct {
	version      string
	dependencies Dependencies
	// tokenFiles outlive a configuration: under a debugger one process serves
	// all aliases, and each configuration replaces the one before.
	tokenFiles *tokenFiles
}

// New returns what makes a provider of the given version. What it touches
// beyond its arguments (environment, clock, files, network) comes from
// dependencies.
func New(version string, dependencies Dependencies) func() provider.Provider {
	return func() provider.Provider {
		return &earthscopeProvider{version: version, dependencies: dependencies.withDefaults(), tokenFiles: newTokenFiles()}
	}
}

// Metadata implements provider.Provider.
func (p *earthscopeProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = TypeName
	resp.Version = p.version
}

// Configure makes the client that every object uses. It reads nothing beyond
// the block, asks nobody, and keeps no context: what is wrong with a file or a
// credential is reported where it is used, and an action may log in first.
func (p *earthscopeProvider) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	var model providerModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() {
		return
	}
	block, diagnostics := model.block(ctx)
	resp.Diagnostics.Append(diagnostics...)
	client := newClient(p.version, req.TerraformVersion, p.dependencies, block)
	client.tokenFiles = p.tokenFiles
	resp.DataSourceData = client
	resp.ResourceData = client
	resp.EphemeralResourceData = client
	resp.ActionData = client
}

// DataSources implements provider.Provider.
func (p *earthscopeProvider) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{newAccessTokenDataSource, newIdentityDataSource, newUserProfileDataSource, newAWSCredentialsDataSource}
}

// EphemeralResources implements provider.ProviderWithEphemeralResources.
func (p *earthscopeProvider) EphemeralResources(context.Context) []func() ephemeral.EphemeralResource {
	return []func() ephemeral.EphemeralResource{newAccessTokenEphemeral, newRefreshTokenEphemeral, newAWSCredentialsEphemeral}
}

// Resources implements provider.Provider.
func (p *earthscopeProvider) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{newRemoteHostResource}
}

// Actions implements provider.ProviderWithActions.
func (p *earthscopeProvider) Actions(context.Context) []func() action.Action {
	return []func() action.Action{newLoginAction, newRevokeRefreshTokenAction}
}

// Functions implements provider.ProviderWithFunctions.
func (p *earthscopeProvider) Functions(context.Context) []func() function.Function {
	return []func() function.Function{
		newBootstrapSettingsFunction, newConfigTOMLFunction, newContainerSecretsFunction, newDecodeAccessTokenFunction, newEnvironmentFunction,
	}
}
