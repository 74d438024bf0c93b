// Command uncached is a provider as one writes it with golang.org/x/oauth2 alone: it refreshes in memory, so that every
// process that Terraform starts asks the identity server anew.
package main

import (
	"context"
	"log"
	"os"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"golang.org/x/oauth2"
)

func main() {
	options := providerserver.ServeOpts{Address: "registry.terraform.io/benchmark/uncached"}
	if err := providerserver.Serve(context.Background(), func() provider.Provider { return &uncached{} }, options); err != nil {
		log.Fatal(err)
	}
}

type uncached struct{}

func (*uncached) Metadata(_ context.Context, _ provider.MetadataRequest, response *provider.MetadataResponse) {
	response.TypeName = "uncached"
}
func (*uncached) Schema(context.Context, provider.SchemaRequest, *provider.SchemaResponse) {}
func (*uncached) Resources(context.Context) []func() resource.Resource                     { return nil }

// Configure makes one token source for all consumers of the process.
func (*uncached) Configure(_ context.Context, _ provider.ConfigureRequest, response *provider.ConfigureResponse) {
	config := oauth2.Config{ClientID: os.Getenv("ES_OAUTH2__CLIENT_ID"), Endpoint: oauth2.Endpoint{
		TokenURL: os.Getenv("ES_OAUTH2__DOMAIN") + "oauth/token", AuthStyle: oauth2.AuthStyleInParams,
	}}
	response.DataSourceData = config.TokenSource(context.Background(), &oauth2.Token{RefreshToken: os.Getenv("ES_OAUTH2__REFRESH_TOKEN")})
}

func (*uncached) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{func() datasource.DataSource { return &accessToken{} }}
}

type accessToken struct{ source oauth2.TokenSource }

type accessTokenModel struct {
	AccessToken types.String `tfsdk:"access_token"`
}

func (*accessToken) Metadata(_ context.Context, _ datasource.MetadataRequest, response *datasource.MetadataResponse) {
	response.TypeName = "uncached_access_token"
}

func (*accessToken) Schema(_ context.Context, _ datasource.SchemaRequest, response *datasource.SchemaResponse) {
	response.Schema = schema.Schema{Attributes: map[string]schema.Attribute{
		"access_token": schema.StringAttribute{Computed: true, Sensitive: true},
	}}
}

func (a *accessToken) Configure(_ context.Context, request datasource.ConfigureRequest, _ *datasource.ConfigureResponse) {
	a.source, _ = request.ProviderData.(oauth2.TokenSource)
}

func (a *accessToken) Read(ctx context.Context, _ datasource.ReadRequest, response *datasource.ReadResponse) {
	token, err := a.source.Token()
	if err != nil {
		response.Diagnostics.AddError("No Token", err.Error())
		return
	}
	response.Diagnostics.Append(response.State.Set(ctx, accessTokenModel{AccessToken: types.StringValue(token.AccessToken)})...)
}
