package provider

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	dataschema "github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// awsStub stands for provider "aws" in examples: it takes the credentials and
// says in data.aws_caller_identity which of them it has.
type awsStub struct{}

func (awsStub) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "aws"
}

func (awsStub) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema.Attributes = map[string]schema.Attribute{}
	for _, name := range []string{"region", "access_key", "secret_key", "token"} {
		resp.Schema.Attributes[name] = schema.StringAttribute{Optional: true}
	}
}

func (awsStub) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	var key, secret, token types.String
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("access_key"), &key)...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("secret_key"), &secret)...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("token"), &token)...)
	resp.DataSourceData = "no credentials"
	if strings.HasPrefix(key.ValueString(), "ASIA") && len(secret.ValueString()) == 40 && len(token.ValueString()) > 100 {
		resp.DataSourceData = "temporary credentials"
	}
}

func (awsStub) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{func() datasource.DataSource { return &awsCallerIdentity{} }}
}

func (awsStub) Resources(context.Context) []func() resource.Resource { return nil }

type awsCallerIdentity struct{ arn string }

func (*awsCallerIdentity) Metadata(_ context.Context, _ datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = "aws_caller_identity"
}

func (*awsCallerIdentity) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema.Attributes = map[string]dataschema.Attribute{"arn": dataschema.StringAttribute{Computed: true}}
}

func (a *awsCallerIdentity) Configure(_ context.Context, req datasource.ConfigureRequest, _ *datasource.ConfigureResponse) {
	a.arn, _ = req.ProviderData.(string)
}

func (a *awsCallerIdentity) Read(ctx context.Context, _ datasource.ReadRequest, resp *datasource.ReadResponse) {
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("arn"), a.arn)...)
}
