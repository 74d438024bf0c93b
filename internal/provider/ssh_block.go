package provider

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// sshModel is the ssh object of the provider block: how hosts are reached
// where a resource does not say otherwise, and the only place of SSH secrets.
type sshModel struct {
	User                 types.String `tfsdk:"user"`
	Port                 types.Int64  `tfsdk:"port"`
	PrivateKey           types.String `tfsdk:"private_key"`
	PrivateKeyFile       types.String `tfsdk:"private_key_file"`
	PrivateKeyPassphrase types.String `tfsdk:"private_key_passphrase"`
	Certificate          types.String `tfsdk:"certificate"`
	Password             types.String `tfsdk:"password"`
	Agent                types.Bool   `tfsdk:"agent"`
	KnownHostsFile       types.String `tfsdk:"known_hosts_file"`
	ConfigFile           types.String `tfsdk:"config_file"`
	SudoPassword         types.String `tfsdk:"sudo_password"`
	ConnectTimeout       types.String `tfsdk:"connect_timeout"`
	MaxConnections       types.Int64  `tfsdk:"max_connections"`
	OnUnreachable        types.String `tfsdk:"on_unreachable"`
}

// sshBlock is the ssh object once it is known.
type sshBlock struct {
	sshModel

	connectTimeout time.Duration
	// unknown are the attributes that Terraform could not tell yet.
	unknown []string
}

func (m *providerModel) sshBlock(ctx context.Context, diagnostics *diag.Diagnostics) sshBlock {
	var b sshBlock
	if m.SSH.IsUnknown() {
		b.unknown = []string{"ssh"}
		return b
	}
	if m.SSH.IsNull() {
		return b
	}
	diagnostics.Append(m.SSH.As(ctx, &b.sshModel, basetypes.ObjectAsOptions{})...)
	for name, value := range m.SSH.Attributes() {
		if value.IsUnknown() {
			b.unknown = append(b.unknown, "ssh."+name)
		}
	}
	b.connectTimeout = durationOf(b.ConnectTimeout, path.Root("ssh").AtName("connect_timeout"), diagnostics)
	return b
}

const unreachableError, unreachableWarn = "error", "warn"

func sshAttribute() schema.Attribute {
	attributes := sshLoginAttributes()
	for name, attribute := range sshReachAttributes() {
		attributes[name] = attribute
	}
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "How `earthscope_remote_host` reaches hosts, unless the resource says otherwise. SSH secrets are given only here: " +
			"a provider block accepts ephemeral values and is never stored. Two sets of credentials are two provider blocks with an alias; " +
			"they share one token store. Default: as `ssh` itself would.",
		Attributes: attributes,
	}
}

func sshLoginAttributes() map[string]schema.Attribute {
	secret := func(description string) schema.Attribute {
		return schema.StringAttribute{Optional: true, Sensitive: true, Validators: []validator.String{notEmpty{}}, MarkdownDescription: description}
	}
	return map[string]schema.Attribute{
		"user": schema.StringAttribute{
			Optional: true, Validators: []validator.String{notEmpty{}},
			MarkdownDescription: "User to log in as. Default: as `ssh` itself would choose, from `~/.ssh/config` or the local user.",
		},
		"private_key": secret("Private key in PEM or OpenSSH format, from an ephemeral variable or resource. Default: `private_key_file`."),
		"private_key_file": schema.StringAttribute{
			Optional: true, Validators: []validator.String{notEmpty{}},
			MarkdownDescription: "Path of a private key on this machine. A certificate beside it (`-cert.pub`) is used too. " +
				"Default: the keys that `~/.ssh/config` names, and OpenSSH's usual ones.",
		},
		"private_key_passphrase": secret("Passphrase of the private key. Default: none; a key that needs one is then left to the agent."),
		"certificate": schema.StringAttribute{
			Optional: true, Validators: []validator.String{notEmpty{}},
			MarkdownDescription: "SSH user certificate for the private key: the line of an OpenSSH `-cert.pub` file. Default: the one beside `private_key_file`, if there is one.",
		},
		"password":      secret("Password, also for keyboard-interactive login. Tried once; not usable with `transport = \"openssh\"`. Default: none."),
		"sudo_password": secret("Answer to `sudo` where a resource uses `become` and sudo asks. Tried once. Default: none, so that only a sudo that does not ask works."),
		"agent": schema.BoolAttribute{
			Optional: true,
			MarkdownDescription: "Whether to use the SSH agent. Default: used if `SSH_AUTH_SOCK` or `~/.ssh/config` names one; `true` makes an " +
				"agent that can't be reached an error; `false` ignores it.",
		},
	}
}

func sshReachAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"port": schema.Int64Attribute{
			Optional: true, Validators: []validator.Int64{between{1, 65535}},
			MarkdownDescription: "TCP port. Default: from `~/.ssh/config`, else 22.",
		},
		"known_hosts_file": schema.StringAttribute{
			Optional: true, Validators: []validator.String{notEmpty{}},
			MarkdownDescription: "File with known host keys. Default: those of `~/.ssh/config`, else `~/.ssh/known_hosts` and the system's.",
		},
		"config_file": schema.StringAttribute{
			Optional: true, Validators: []validator.String{notEmpty{}},
			MarkdownDescription: "SSH configuration to read instead of `~/.ssh/config`; `none` reads none. Default: `~/.ssh/config`.",
		},
		"connect_timeout": schema.StringAttribute{
			Optional: true, Validators: []validator.String{positiveDuration{}},
			MarkdownDescription: "How long one attempt to reach a host may take, connecting and logging in, as a duration. Default: `30s`.",
		},
		"max_connections": schema.Int64Attribute{
			Optional: true, Validators: []validator.Int64{between{1, 1000}},
			MarkdownDescription: "How many hosts are worked on at a time. Terraform itself works on 10 unless `-parallelism` says otherwise. Default: 32.",
		},
		"on_unreachable": schema.StringAttribute{
			Optional: true, Validators: []validator.String{oneOf{unreachableError, unreachableWarn}},
			MarkdownDescription: "What a destroy does about a host that can't be reached: `error` (default) fails, `warn` forgets the host with a " +
				"warning that lists what may still be on it.",
		},
	}
}

// secrets are what must not show up in a log.
func (b sshBlock) secrets() []settings.Secret {
	var secrets []settings.Secret
	for _, value := range []types.String{b.PrivateKey, b.PrivateKeyPassphrase, b.Password, b.SudoPassword} {
		secrets = append(secrets, settings.NewSecret(value.ValueString()))
	}
	return secrets
}
