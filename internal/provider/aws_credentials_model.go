package provider

import (
	"context"
	"fmt"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/EarthScope/terraform-provider-earthscope/internal/api"
)

// awsCredentialsModel is what the data source and the ephemeral object share.
type awsCredentialsModel struct {
	Role            types.String `tfsdk:"role"`
	Network         types.String `tfsdk:"network"`
	Year            types.Int64  `tfsdk:"year"`
	Parameters      types.Map    `tfsdk:"parameters"`
	AccessKeyID     types.String `tfsdk:"access_key_id"`
	SecretAccessKey types.String `tfsdk:"secret_access_key"`
	SessionToken    types.String `tfsdk:"session_token"`
	Expiration      types.String `tfsdk:"expiration"`
}

// awsCredentialsDescriptions word what both objects have in common.
var awsCredentialsDescriptions = map[string]string{
	"role": "EarthScope's name of the AWS role, such as `s3-miniseed-v2`. Access to a role is enabled per account: write to data-help@earthscope.org. " +
		"The SDK takes `s3-miniseed` where nobody names a role, but that role is on its way out and the default with it, so there is none here.",
	"network": "Network that the credentials are for, such as `FDSN:IU`. Without it those of `s3-miniseed-v2` can list the archive but not read from it.",
	"year": "Year that the credentials are for. Required for the codes of temporary networks, which start with a digit, X, Y or Z and are used again: " +
		"only the year says which deployment is meant.",
	"parameters": "Further parameters of the role, sent to the API as they are. Null values are left out. " +
		"`network` and `year` are given with the arguments of these names. Default: none.",
	"access_key_id":     "Access key id, for `access_key` of `provider \"aws\"` or `AWS_ACCESS_KEY_ID`.",
	"secret_access_key": "Secret access key, for `secret_key` of `provider \"aws\"` or `AWS_SECRET_ACCESS_KEY`.",
	"session_token":     "Session token, for `token` of `provider \"aws\"` or `AWS_SESSION_TOKEN`. The key does not work without it.",
	"expiration":        "When the credentials expire, usually an hour after they were given out, in RFC 3339 form and UTC.",
}

// Bounds of year: the first seismograms on record, and four digits.
const firstYear, lastYear = 1870, 9999

// check says what is wrong with the arguments, or probably is, without asking
// anybody. Terraform validates again once all values are known, so that what
// is unknown needs no word here.
func (m *awsCredentialsModel) check(diagnostics *diag.Diagnostics) {
	switch m.Role.ValueString() {
	case api.RoleLegacy:
		diagnostics.AddAttributeWarning(path.Root("role"), "Legacy AWS Role", fmt.Sprintf(
			"%q is EarthScope's legacy role, planned for removal in 2027 and refused to some accounts already. Use %q with a network.",
			api.RoleLegacy, api.RoleMiniSEED))
	case api.RoleMiniSEED:
		if m.Network.IsNull() {
			diagnostics.AddAttributeWarning(path.Root("role"), "AWS Credentials List but Can't Read", fmt.Sprintf(
				"Without a network the credentials of %q can list the archive, so that everything seems to work, but reading an object is refused. "+
					"Set network, such as network = \"FDSN:IU\", unless listing is all you want.", api.RoleMiniSEED))
		}
	}
	m.checkNetwork(diagnostics)
	for name := range m.Parameters.Elements() {
		switch name {
		case "network", "year":
			diagnostics.AddAttributeError(path.Root("parameters").AtMapKey(name), "Parameter Has an Argument of Its Own", fmt.Sprintf(
				"Give %s with the argument of that name, where it is checked.", name))
		case "":
			diagnostics.AddAttributeError(path.Root("parameters"), "Parameter Without a Name", "A parameter has an empty name. Name it or leave it out.")
		}
	}
}

func (m *awsCredentialsModel) checkNetwork(diagnostics *diag.Diagnostics) {
	if !known(m.Network) {
		return
	}
	code, err := api.ParseNetwork(m.Network.ValueString())
	if err != nil {
		diagnostics.AddAttributeError(path.Root("network"), "Invalid Network", err.Error()+".")
		return
	}
	if api.IsTemporaryNetwork(code) && m.Year.IsNull() {
		diagnostics.AddAttributeError(path.Root("network"), "Temporary Network Without a Year", fmt.Sprintf(
			"%s is the code of a temporary network (it starts with a digit, X, Y or Z). Such codes are used again, and credentials without a year "+
				"can't read any of its data. Set year to that of the data that you want.", m.Network.ValueString()))
	}
}

// request is what to ask the API for.
func (m *awsCredentialsModel) request(ctx context.Context, diagnostics *diag.Diagnostics) api.CredentialsRequest {
	given := map[string]*string{}
	if known(m.Parameters) {
		diagnostics.Append(m.Parameters.ElementsAs(ctx, &given, false)...)
	}
	request := api.CredentialsRequest{Role: m.Role.ValueString(), Parameters: map[string]string{}}
	for name, value := range given {
		if value != nil {
			request.Parameters[name] = *value
		}
	}
	if !m.Network.IsNull() {
		request.Parameters["network"] = m.Network.ValueString()
	}
	if !m.Year.IsNull() {
		request.Parameters["year"] = strconv.FormatInt(m.Year.ValueInt64(), 10)
	}
	return request
}

// set fills in the credentials. The arguments stay.
func (m *awsCredentialsModel) set(credentials api.Credentials) {
	m.AccessKeyID = types.StringValue(credentials.AccessKeyID)
	m.SecretAccessKey = types.StringValue(credentials.SecretAccessKey.Reveal())
	m.SessionToken = types.StringValue(credentials.SessionToken.Reveal())
	m.Expiration = timeOrNull(credentials.Expiration)
}

// setUnknown marks every result as not known yet.
func (m *awsCredentialsModel) setUnknown() {
	for _, result := range []*types.String{&m.AccessKeyID, &m.SecretAccessKey, &m.SessionToken, &m.Expiration} {
		*result = types.StringUnknown()
	}
}

// awsCredentials asks for credentials, or takes those that it has, and masks them
// in the log. It reports false with the reason in diagnostics.
func (c *client) awsCredentials(
	ctx context.Context, r request, wanted api.CredentialsRequest, diagnostics *diag.Diagnostics,
) (context.Context, api.Credentials, bool) {
	var credentials api.Credentials
	ctx, ok := c.askAPI(ctx, r, diagnostics, func(ctx context.Context, client *api.Client) (err error) {
		credentials, err = client.AWSCredentials(ctx, wanted, 0)
		return err
	})
	return withMasks(ctx, credentials.SecretAccessKey, credentials.SessionToken), credentials, ok
}
