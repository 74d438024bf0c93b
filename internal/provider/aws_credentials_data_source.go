package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var (
	_ datasource.DataSourceWithConfigure      = (*awsCredentialsDataSource)(nil)
	_ datasource.DataSourceWithValidateConfig = (*awsCredentialsDataSource)(nil)
)

// awsCredentialsDataSource is data.earthscope_aws_credentials.
type awsCredentialsDataSource struct{ client *client }

func newAWSCredentialsDataSource() datasource.DataSource { return &awsCredentialsDataSource{} }

// Metadata implements datasource.DataSource.
func (d *awsCredentialsDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_aws_credentials"
}

const awsCredentialsDataSourceDescription = "Temporary AWS credentials for EarthScope's archive that **will be in the state**, where " +
	"`ephemeral.earthscope_aws_credentials` leaves no trace. They are those of `es user get-aws-credentials`. " +
	"Every run gets new ones, so that whatever uses them shows a change in every plan, and a saved plan that is applied after `expiration` applies dead ones."

// Schema implements datasource.DataSource.
func (d *awsCredentialsDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	secret := func(name string) schema.StringAttribute {
		return schema.StringAttribute{
			Computed: true, Sensitive: true, MarkdownDescription: awsCredentialsDescriptions[name] + " **Stored in the state.**",
		}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: awsCredentialsDataSourceDescription,
		Attributes: map[string]schema.Attribute{
			"role": schema.StringAttribute{
				Required: true, Validators: []validator.String{notEmpty{}}, MarkdownDescription: awsCredentialsDescriptions["role"],
			},
			"network": schema.StringAttribute{Optional: true, MarkdownDescription: awsCredentialsDescriptions["network"]},
			"year": schema.Int64Attribute{
				Optional: true, Validators: []validator.Int64{between{firstYear, lastYear}}, MarkdownDescription: awsCredentialsDescriptions["year"],
			},
			"parameters": schema.MapAttribute{
				Optional: true, ElementType: types.StringType, MarkdownDescription: awsCredentialsDescriptions["parameters"],
			},
			"access_key_id":     secret("access_key_id"),
			"secret_access_key": secret("secret_access_key"),
			"session_token":     secret("session_token"),
			"expiration":        schema.StringAttribute{Computed: true, MarkdownDescription: awsCredentialsDescriptions["expiration"]},
		},
	}
}

// Configure implements datasource.DataSourceWithConfigure.
func (d *awsCredentialsDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.client = clientOf(req.ProviderData, &resp.Diagnostics)
}

// ValidateConfig implements datasource.DataSourceWithValidateConfig.
func (d *awsCredentialsDataSource) ValidateConfig(
	ctx context.Context, req datasource.ValidateConfigRequest, resp *datasource.ValidateConfigResponse,
) {
	var model awsCredentialsModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if !resp.Diagnostics.HasError() {
		model.check(&resp.Diagnostics)
	}
}

// Read implements datasource.DataSource.
func (d *awsCredentialsDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model awsCredentialsModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() {
		return
	}
	wanted := model.request(ctx, &resp.Diagnostics)
	if names := d.client.unknownForAPI(ctx, ""); len(names) > 0 {
		resp.Diagnostics.Append(unknownError(names))
	}
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, credentials, ok := d.client.awsCredentials(ctx, request{}, wanted, &resp.Diagnostics)
	if !ok {
		return
	}
	model.set(credentials)
	resp.Diagnostics.Append(resp.State.Set(ctx, &model)...)
}
