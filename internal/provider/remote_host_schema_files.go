package provider

import (
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

func remoteHostCredentialAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"profile": schema.StringAttribute{
			Optional: true, Computed: true, Default: stringdefault.StaticString("default"), Validators: []validator.String{notEmpty{}},
			PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()},
			MarkdownDescription: "Profile to write on the host, which need not be the provider's. A named one also gets its table in `config.toml`, " +
				"without which the SDK refuses it. Default: `default`. Changing it replaces the resource.",
		},
		"credential": schema.StringAttribute{
			Optional: true, Computed: true, Default: stringdefault.StaticString("refresh_token"),
			Validators: []validator.String{oneOf{"refresh_token", "client_credentials", "access_token"}},
			MarkdownDescription: "What the host authenticates with: `refresh_token` (default); `client_credentials`, a machine's client id and secret; " +
				"`access_token`, which works until it expires and is replaced by an apply when little life is left.",
		},
		"refresh_token_wo": schema.StringAttribute{
			Optional: true, Sensitive: true, WriteOnly: true, Validators: []validator.String{notEmpty{}},
			MarkdownDescription: "Refresh token of the host's own session, never stored. Without it the provider's session is pushed. " +
				"Where the identity server replaces refresh tokens, every host needs one of its own.",
		},
		"refresh_token_wo_version": schema.Int64Attribute{
			Optional: true,
			MarkdownDescription: "Number to change when `refresh_token_wo` is to be pushed again. With it, only a new number pushes; without it, " +
				"a token of another session does.",
		},
		"client_secret_wo": schema.StringAttribute{
			Optional: true, Sensitive: true, WriteOnly: true, Validators: []validator.String{notEmpty{}},
			MarkdownDescription: "Client secret for the host, never stored, with `credential = \"client_credentials\"`. Without it the provider's is pushed.",
		},
		"client_secret_wo_version": schema.Int64Attribute{
			Optional:            true,
			MarkdownDescription: "Number to change when `client_secret_wo` is to be pushed again, since a secret can't be compared. Default: pushed at creation only.",
		},
		"allow_shared_session": schema.BoolAttribute{
			Optional: true, Computed: true, Default: booldefault.StaticBool(false),
			MarkdownDescription: "Whether to push the provider's session although the identity server was seen to replace its refresh tokens. Two holders of " +
				"such a session end each other's login. Default: `false`.",
		},
		"min_ttl": schema.StringAttribute{
			Optional: true, Validators: []validator.String{positiveDuration{}},
			MarkdownDescription: "With `credential = \"access_token\"`: the life that the token on the host must have left to be kept, as a duration. " +
				"Default: the provider's `refresh_threshold`.",
		},
		"settings": schema.MapAttribute{
			Optional: true, ElementType: types.StringType,
			MarkdownDescription: "Further SDK settings for the host, by dotted name (`http.timeout_read`); lists and tables as JSON. Secrets are refused. " +
				"Settings in which the provider differs from the SDK's defaults (domain, client id, audience, API and its allowed host) are written without asking, and the host of an API named here is allowed too.",
		},
	}
}

// accessAttributes are the permissions that every placement takes.
func accessAttributes(more map[string]schema.Attribute) map[string]schema.Attribute {
	more["mode"] = schema.StringAttribute{
		Optional: true, Validators: []validator.String{fileMode{}},
		MarkdownDescription: "Permissions in octal digits. Default: `0600` where the file holds a credential, else as it is.",
	}
	more["owner"] = schema.StringAttribute{
		Optional: true, Validators: []validator.String{notEmpty{}}, MarkdownDescription: "Owner, by name or number. Default: as it is.",
	}
	more["group"] = schema.StringAttribute{
		Optional: true, Validators: []validator.String{notEmpty{}}, MarkdownDescription: "Group, by name or number. Default: as it is.",
	}
	return more
}

func pathAttribute(usual string) schema.Attribute {
	return schema.StringAttribute{
		Optional: true, Validators: []validator.String{remotePath{}},
		MarkdownDescription: "Path on the host, absolute or starting with `~/`. Default: `" + usual + "`.",
	}
}

func styleAttribute() schema.Attribute {
	return schema.StringAttribute{
		Optional: true, Validators: []validator.String{oneOf{"variables", "bootstrap"}},
		MarkdownDescription: "`variables` (default) writes `ES_OAUTH2__REFRESH_TOKEN` and its like, which outrank every file. `bootstrap` writes one " +
			"`ES_BOOTSTRAP_SETTINGS`, the SDK's lowest source, which survives when refresh tokens are replaced if the home lasts.",
	}
}

func includeTokenAttribute() schema.Attribute {
	return schema.BoolAttribute{
		Optional: true, MarkdownDescription: "Whether the credential goes into this file; `false` writes settings only. Default: `true`.",
	}
}

func remoteHostFileAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"tokens_file": schema.SingleNestedAttribute{
			Optional:            true,
			MarkdownDescription: "The SDK's token store, `tokens.json`. Default: written if no other file argument is given.",
			Attributes: accessAttributes(map[string]schema.Attribute{
				"path": pathAttribute("~/.earthscope/<profile>/tokens.json"), "include_token": includeTokenAttribute(),
			}),
		},
		"config_file": schema.SingleNestedAttribute{
			Optional:            true,
			MarkdownDescription: "The SDK's `config.toml`: the profile's table is merged in, every other byte stays. Default: not written, but where a named `profile` or `settings` need it, and then without the credential.",
			Attributes: accessAttributes(map[string]schema.Attribute{
				"path": pathAttribute("~/.earthscope/config.toml"), "include_token": includeTokenAttribute(),
			}),
		},
		"environment_files": schema.MapNestedAttribute{
			Optional: true, Validators: []validator.Map{remotePathKeys{}},
			MarkdownDescription: "Environment files, by path. Default: none.",
			NestedObject: schema.NestedAttributeObject{Attributes: accessAttributes(map[string]schema.Attribute{
				"format": schema.StringAttribute{
					Optional: true, Validators: []validator.String{oneOf{"dotenv", "shell", "systemd"}},
					MarkdownDescription: "Dialect: `dotenv` (default; Docker, Podman, Compose), `shell` (`export` lines to be sourced), or `systemd` (`EnvironmentFile=`).",
				},
				"style": styleAttribute(), "include_token": includeTokenAttribute(),
			})},
		},
		"compose_files": schema.MapNestedAttribute{
			Optional: true, Validators: []validator.Map{remotePathKeys{}},
			MarkdownDescription: "Compose files or override files, by path: entries are merged into the services' `environment`. Default: none.",
			NestedObject: schema.NestedAttributeObject{Attributes: accessAttributes(map[string]schema.Attribute{
				"services": schema.SetAttribute{
					Required: true, ElementType: types.StringType, Validators: []validator.Set{someOf{"services"}},
					MarkdownDescription: "Services that get the entries.",
				},
				"style": styleAttribute(),
			})},
		},
	}
}

func remoteHostBehaviourAttributes() map[string]schema.Attribute {
	timeout := func(what string) schema.Attribute {
		return schema.StringAttribute{Optional: true, Validators: []validator.String{positiveDuration{}}, MarkdownDescription: what}
	}
	return map[string]schema.Attribute{
		"verify_command": schema.StringAttribute{
			Optional: true, Validators: []validator.String{notEmpty{}},
			MarkdownDescription: "Command to run on the host after a write, for example `es user get-profile`. Its failure fails the apply and shows its output " +
				"with secrets removed; what was written stays and is in state. Default: none is run.",
		},
		"on_unreachable": schema.StringAttribute{
			Optional: true, Computed: true, Default: stringdefault.StaticString(unreachableError),
			Validators: []validator.String{oneOf{unreachableError, unreachableWarn}},
			MarkdownDescription: "What a plan does about a host that can't be reached: `error` (default) fails, `warn` plans without checking it. " +
				"A destroy follows the provider's `ssh.on_unreachable`.",
		},
		"adopt": schema.BoolAttribute{
			Optional: true, Computed: true, Default: booldefault.StaticBool(false),
			MarkdownDescription: "Whether to take over an entry of ours that is already there with another value, or somebody else's login in `tokens.json`; " +
				"destroy then deletes it. Default: `false`, which refuses.",
		},
		"timeouts": schema.SingleNestedAttribute{
			Optional:            true,
			MarkdownDescription: "How long operations may take, as durations such as `90s` or `10m`. Default: as each of them says.",
			Attributes: map[string]schema.Attribute{
				"create": timeout("How long a create may take, the wait for a host that is still starting up included; `verify_command` may take as long again. Default: `5m`."),
				"read":   timeout("How long a refresh may look at the host. Default: `1m`."),
				"update": timeout("How long an update may take; `verify_command` may take as long again. Default: `5m`."),
				"delete": timeout("How long a destroy may take. Default: `5m`."),
			},
		},
	}
}
