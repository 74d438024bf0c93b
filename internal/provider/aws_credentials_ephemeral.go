package provider

import (
	"context"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"
)

var (
	_ ephemeral.EphemeralResourceWithConfigure      = (*awsCredentialsEphemeral)(nil)
	_ ephemeral.EphemeralResourceWithValidateConfig = (*awsCredentialsEphemeral)(nil)
	_ ephemeral.EphemeralResourceWithRenew          = (*awsCredentialsEphemeral)(nil)
)

// awsCredentialsEphemeral is ephemeral.earthscope_aws_credentials.
type awsCredentialsEphemeral struct{ client *client }

func newAWSCredentialsEphemeral() ephemeral.EphemeralResource { return &awsCredentialsEphemeral{} }

type awsCredentialsEphemeralModel struct {
	Profile types.String `tfsdk:"profile"`
	awsCredentialsModel
}

// Metadata implements ephemeral.EphemeralResource.
func (e *awsCredentialsEphemeral) Metadata(_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_aws_credentials"
}

const awsCredentialsEphemeralDescription = "Temporary AWS credentials for EarthScope's archive that are never stored: not in state, plan or log. They are those of " +
	"`es user get-aws-credentials`, and feed `provider \"aws\"`, write-only arguments and other ephemeral places.\n\n" +
	"Blocks of one run that ask for the same role, network, year and parameters share the credentials while more than 30 seconds are left."

// Schema implements ephemeral.EphemeralResource.
func (e *awsCredentialsEphemeral) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	secret := func(name string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, Sensitive: true, MarkdownDescription: awsCredentialsDescriptions[name]}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: awsCredentialsEphemeralDescription,
		Attributes: map[string]schema.Attribute{
			"profile": schema.StringAttribute{
				Optional: true, Validators: []validator.String{notEmpty{}}, MarkdownDescription: profileArgumentDescription,
			},
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

// Configure implements ephemeral.EphemeralResourceWithConfigure.
func (e *awsCredentialsEphemeral) Configure(_ context.Context, req ephemeral.ConfigureRequest, resp *ephemeral.ConfigureResponse) {
	e.client = clientOf(req.ProviderData, &resp.Diagnostics)
}

// ValidateConfig implements ephemeral.EphemeralResourceWithValidateConfig.
func (e *awsCredentialsEphemeral) ValidateConfig(
	ctx context.Context, req ephemeral.ValidateConfigRequest, resp *ephemeral.ValidateConfigResponse,
) {
	var model awsCredentialsEphemeralModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if !resp.Diagnostics.HasError() {
		model.check(&resp.Diagnostics)
	}
}

// Open implements ephemeral.EphemeralResource.
func (e *awsCredentialsEphemeral) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	var model awsCredentialsEphemeralModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() {
		return
	}
	r := request{profile: model.Profile.ValueString()}
	if names := e.client.unknownForAPI(ctx, r.profile); len(names) > 0 {
		model.setUnknown()
		resp.Diagnostics.Append(unknownWarning(names))
		resp.Diagnostics.Append(resp.Result.Set(ctx, &model)...)
		return
	}
	wanted := model.request(ctx, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, credentials, ok := e.client.awsCredentials(ctx, r, wanted, &resp.Diagnostics)
	if !ok {
		return
	}
	model.set(credentials)
	resp.Diagnostics.Append(resp.Result.Set(ctx, &model)...)
	opened := openCredentials{Profile: r.profile, Request: wanted, Expiration: credentials.Expiration}
	private, err := json.Marshal(opened)
	if err != nil || resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, openCredentialsKey, private)...)
	resp.RenewAt = nextRenewal(e.client.dependencies.Now(), credentials.Expiration, credentialsLead)
}

// Renew implements ephemeral.EphemeralResourceWithRenew; see openCredentials.
func (e *awsCredentialsEphemeral) Renew(ctx context.Context, req ephemeral.RenewRequest, resp *ephemeral.RenewResponse) {
	private, diagnostics := req.Private.GetKey(ctx, openCredentialsKey)
	var opened openCredentials
	if diagnostics.HasError() || e.client == nil || json.Unmarshal(private, &opened) != nil {
		tflog.Debug(ctx, "nothing to renew: this object holds no credentials")
		return
	}
	resp.RenewAt = e.client.renewCredentials(ctx, opened, &resp.Diagnostics)
}
