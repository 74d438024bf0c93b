package provider

import (
	"context"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

const providerDescription = `Takes your EarthScope login (a refresh token from this block, the environment, ` +
	"`config.toml` or the CLI's own login), keeps an access token fresh, and hands it to whatever needs one.\n\n" +
	"The provider reads the same environment variables and files as `earthscope-sdk`, in the same order, so after " +
	"`es login` an empty block is enough. For each setting the first source that has it wins: the argument here, " +
	"`ES_*` environment variables, the profile in `~/.earthscope/config.toml`, its `[default]` table, the login in " +
	"`~/.earthscope/<profile>/tokens.json`, the state of the former CLI, `ES_BOOTSTRAP_SETTINGS`, the default.\n\n" +
	"All arguments are optional. Configuring the provider asks nobody and succeeds without credentials; the first object " +
	"that needs a token reports what is missing."

// Schema implements provider.Provider.
func (p *earthscopeProvider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	attributes := credentialAttributes()
	maps.Copy(attributes, identityServerAttributes())
	maps.Copy(attributes, storeAttributes())
	maps.Copy(attributes, requestAttributes())
	attributes["ssh"] = sshAttribute()
	resp.Schema = schema.Schema{MarkdownDescription: providerDescription, Attributes: attributes}
}

func credentialAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"profile": schema.StringAttribute{
			Optional:   true,
			Validators: []validator.String{notEmpty{}},
			MarkdownDescription: "Profile to use: a `[profile.NAME]` table of `config.toml`, and the folder of the login. " +
				"Environment: `ES_PROFILE`. Default: `default`.",
		},
		"refresh_token": schema.StringAttribute{
			Optional:   true,
			Sensitive:  true,
			Validators: []validator.String{notEmpty{}},
			MarkdownDescription: "Refresh token, as `es user get-refresh-token` prints it. Give it an ephemeral variable " +
				"(`ephemeral = true`): a variable that is only `sensitive` is written into saved plan files by Terraform. " +
				"A token given here keeps a session of its own and never touches the login in `tokens.json`; when the identity server " +
				"replaces it, later runs go on with its successor. Environment: `ES_OAUTH2__REFRESH_TOKEN`.",
		},
		"access_token": schema.StringAttribute{
			Optional:   true,
			Sensitive:  true,
			Validators: []validator.String{notEmpty{}},
			MarkdownDescription: "Access token to use as long as it lives. Alone it is never refreshed; beside a refresh token it saves " +
				"the first refresh. Accepts the result of `ephemeral.earthscope_access_token`. Environment: `ES_OAUTH2__ACCESS_TOKEN`.",
		},
		"client_secret": schema.StringAttribute{
			Optional:   true,
			Sensitive:  true,
			Validators: []validator.String{notEmpty{}},
			MarkdownDescription: "Secret of a machine-to-machine client, to be used with `client_id`. It outranks any refresh token that another " +
				"source holds, and can't stand beside `refresh_token` or `access_token`. Environment: `ES_OAUTH2__CLIENT_SECRET`.",
		},
	}
}

func identityServerAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"client_id": schema.StringAttribute{
			Optional:   true,
			Validators: []validator.String{notEmpty{}},
			MarkdownDescription: "OAuth client that the credentials belong to. Environment: `ES_OAUTH2__CLIENT_ID`. " +
				"Default: the public client of the EarthScope SDK and CLI.",
		},
		"audience": schema.StringAttribute{
			Optional:   true,
			Validators: []validator.String{notEmpty{}},
			MarkdownDescription: "API that access tokens are asked for. Environment: `ES_OAUTH2__AUDIENCE`. " +
				"Default: `https://api.earthscope.org`.",
		},
		"scope": schema.StringAttribute{
			Optional:   true,
			Validators: []validator.String{notEmpty{}},
			MarkdownDescription: "Scopes that a login asks for, separated by spaces; a refresh keeps what the login was granted. " +
				"Environment: `ES_OAUTH2__SCOPE`. Default: `offline_access`.",
		},
		"domain": schema.StringAttribute{
			Optional:   true,
			Validators: []validator.String{webAddress{}},
			MarkdownDescription: "Address of the identity server; a path must end in a slash. Environment: `ES_OAUTH2__DOMAIN`. " +
				"Default: `https://login.earthscope.org/`.",
		},
		"api_url": schema.StringAttribute{
			Optional:   true,
			Validators: []validator.String{webAddress{}},
			MarkdownDescription: "Address of EarthScope's API; a path must end in a slash. Environment: `ES_RESOURCES__API_URL`. " +
				"Default: `https://api.earthscope.org/`.",
		},
	}
}

func storeAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"config_dir": schema.StringAttribute{
			Optional:   true,
			Validators: []validator.String{localPath{}},
			MarkdownDescription: "Folder of `config.toml` and of the saved logins. Default: `~/.earthscope`, which is the only one that the " +
				"SDK and the CLI know (they follow `HOME`).",
		},
		"persist_tokens": schema.BoolAttribute{
			Optional: true,
			MarkdownDescription: "Whether refreshed tokens are saved (readable by you only) for later runs. With `false` they are kept in memory: " +
				"every run refreshes anew, and a refresh token that the identity server replaces at each use can't be used again afterwards. " +
				"Default: `true`.",
		},
		"refresh_threshold": schema.StringAttribute{
			Optional:   true,
			Validators: []validator.String{positiveDuration{}},
			MarkdownDescription: "Life that an access token must have left to be used as it is, as a duration such as `90s` or `10m`. " +
				"With less it is refreshed first; a token whose whole life is shorter than twice this is refreshed at half its life. Default: `60s`, as the SDK's.",
		},
	}
}

func requestAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"request_timeout": schema.StringAttribute{
			Optional:   true,
			Validators: []validator.String{positiveDuration{}},
			MarkdownDescription: "How long one request may take, as a duration such as `30s`. It is long on purpose: an answer that is given up " +
				"on may hold the only copy of a new refresh token. Default: `30s`.",
		},
		"max_retries": schema.Int64Attribute{
			Optional:   true,
			Validators: []validator.Int64{between{least: 0, most: maxRetriesLimit}},
			MarkdownDescription: "How many tries may follow the first when a request fails on the way or the server is overloaded; a refusal " +
				"is never tried again. From 0 to 20. Default: one less than `oauth2.retry.attempts` (`ES_OAUTH2__RETRY__ATTEMPTS`), which is 5.",
		},
		"ca_cert_file": schema.StringAttribute{
			Optional:   true,
			Validators: []validator.String{localPath{}},
			MarkdownDescription: "PEM file with certificate authorities to trust besides the system's, for networks that inspect TLS. " +
				"Proxies come from `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`. Default: none.",
		},
	}
}

// maxRetriesLimit keeps a typing error from sending a thousand requests.
const maxRetriesLimit = 20
