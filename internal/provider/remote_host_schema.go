package provider

import (
	"context"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

const remoteHostDescription = "Gives a host its EarthScope credentials over SSH, checks at every plan that they are still there, follows a new login, " +
	"and takes out exactly what it put in when destroyed.\n\n" +
	"Without a file argument the credentials go into the SDK's own token store, `~/.earthscope/<profile>/tokens.json`: the placement that " +
	"survives when the identity server replaces refresh tokens. Nothing secret is stored in state; a fingerprint says which credential was pushed.\n\n" +
	"SSH secrets belong into the provider block (`ssh`), which accepts ephemeral values."

// Schema implements resource.Resource.
func (r *remoteHostResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	attributes := remoteHostReachAttributes()
	maps.Copy(attributes, remoteHostCredentialAttributes())
	maps.Copy(attributes, remoteHostFileAttributes())
	maps.Copy(attributes, remoteHostBehaviourAttributes())
	maps.Copy(attributes, remoteHostComputedAttributes())
	resp.Schema = schema.Schema{MarkdownDescription: remoteHostDescription, Attributes: attributes}
}

// IdentitySchema implements resource.ResourceWithIdentity.
func (r *remoteHostResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"host":    identityschema.StringAttribute{RequiredForImport: true, Description: "Name, address or SSH alias of the host."},
		"port":    identityschema.Int64Attribute{OptionalForImport: true, Description: "TCP port."},
		"user":    identityschema.StringAttribute{OptionalForImport: true, Description: "User that is logged in as."},
		"profile": identityschema.StringAttribute{OptionalForImport: true, Description: "Profile that is written on the host."},
	}}
}

func remoteHostReachAttributes() map[string]schema.Attribute {
	replace := []planmodifier.String{stringplanmodifier.RequiresReplace()}
	return map[string]schema.Attribute{
		"host": schema.StringAttribute{
			Required: true, Validators: []validator.String{notEmpty{}}, PlanModifiers: replace,
			MarkdownDescription: "Name or address of the host, or an alias of `~/.ssh/config`. Changing it replaces the resource.",
		},
		"port": schema.Int64Attribute{
			Optional: true, Computed: true, Validators: []validator.Int64{between{1, 65535}},
			MarkdownDescription: "TCP port. Default: the provider's `ssh.port`, else from `~/.ssh/config`, else 22.",
		},
		"user": schema.StringAttribute{
			Optional: true, Computed: true, Validators: []validator.String{notEmpty{}},
			PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplaceIfConfigured()},
			MarkdownDescription: "User to log in as. Default: the provider's `ssh.user`, else as `ssh` would choose. " +
				"Changing it replaces the resource.",
		},
		"private_key_file": schema.StringAttribute{
			Optional: true, Validators: []validator.String{notEmpty{}},
			MarkdownDescription: "Path of a private key on this machine, for this host only. Default: the provider's `ssh` settings.",
		},
		"proxy_jump": schema.ListNestedAttribute{
			Optional: true,
			MarkdownDescription: "Jump hosts on the way, first hop first. Default: `ProxyJump` of `~/.ssh/config`; an empty list goes directly. " +
				"All hosts behind one jump host share one connection to it.",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				// Optional, since Terraform takes an attribute of an object that is not known yet for one that is missing.
				"host": schema.StringAttribute{Optional: true, Validators: []validator.String{notEmpty{}}, MarkdownDescription: "Name, address or SSH alias of the jump host. Required."},
				"port": schema.Int64Attribute{Optional: true, Validators: []validator.Int64{between{1, 65535}}, MarkdownDescription: "TCP port. Default: from `~/.ssh/config`, else 22."},
				"user": schema.StringAttribute{Optional: true, Validators: []validator.String{notEmpty{}}, MarkdownDescription: "User on the jump host. Default: the provider's `ssh.user`, else as `ssh` would choose."},
				"host_key": schema.StringAttribute{
					Optional: true, Validators: []validator.String{notEmpty{}, hostKeyLine{}},
					MarkdownDescription: "Key to expect from the jump host, in the form of the resource's `host_key`. Default: `known_hosts`.",
				},
			}},
		},
		"host_key": schema.StringAttribute{
			Optional: true, Validators: []validator.String{notEmpty{}, hostKeyLine{}},
			MarkdownDescription: "Key to expect from the host: a public key line (`ssh-ed25519 AAAA...`), or an authority's after `@cert-authority`. " +
				"Default: `known_hosts`. A host key is never left unchecked.",
		},
		"trust_on_first_use": schema.BoolAttribute{
			Optional: true, Computed: true, Default: booldefault.StaticBool(false),
			MarkdownDescription: "Whether to accept the key of a host of which none is known. It is then kept in `known_host_keys` and expected " +
				"from there on. Default: `false`.",
		},
		"transport": schema.StringAttribute{
			Optional: true, Computed: true, Default: stringdefault.StaticString("native"),
			Validators: []validator.String{oneOf{"native", "openssh", "local"}},
			MarkdownDescription: "How to reach the host. `native` (default) speaks SSH itself. `openssh` runs this machine's `ssh`, for whatever only that " +
				"can do (Kerberos, hardware keys, `ProxyCommand`, multiplexing); passwords are refused. `local` edits this machine's own files, " +
				"with `host = \"localhost\"`.",
		},
		"become": schema.SingleNestedAttribute{
			Optional:            true,
			MarkdownDescription: "Work on another user's files, through `sudo -u`. Default: on those of the user who logs in.",
			Attributes: map[string]schema.Attribute{
				"user":   schema.StringAttribute{Required: true, Validators: []validator.String{notEmpty{}}, MarkdownDescription: "User whose files are meant."},
				"method": schema.StringAttribute{Optional: true, Validators: []validator.String{oneOf{"sudo"}}, MarkdownDescription: "How to become that user: `sudo` (default)."},
			},
		},
	}
}

func remoteHostComputedAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"id": schema.StringAttribute{
			Computed: true, MarkdownDescription: "`[user@]host[:port][#profile]`, as `terraform import` takes it.",
		},
		"credential_fingerprint": schema.StringAttribute{
			Computed: true,
			MarkdownDescription: "Names the credential that was pushed without revealing it: the first 16 hex digits of SHA-256 over `earthscope-v1:` and the " +
				"token. Null for a client secret, which a person may have chosen.",
		},
		"known_host_keys": schema.ListAttribute{
			Computed: true, ElementType: types.StringType,
			MarkdownDescription: "Full public key lines that the host and its jump hosts presented, first hop first.",
		},
		"files": schema.MapNestedAttribute{
			Computed:            true,
			MarkdownDescription: "What is kept on the host, by path.",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"kind": schema.StringAttribute{Computed: true, MarkdownDescription: "`tokens`, `config`, `environment` or `compose`."},
				"mode": schema.StringAttribute{Computed: true, MarkdownDescription: "Permissions in octal digits."},
				"state": schema.StringAttribute{
					Computed: true,
					MarkdownDescription: "`in sync`, `rotated by the host` (its SDK has renewed the token; nothing to do), or how the file differs: " +
						"`missing`, `mode differs`, `token differs` and so on, which a plan then repairs.",
				},
			}},
		},
	}
}
