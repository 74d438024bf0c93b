package provider

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/EarthScope/terraform-provider-earthscope/internal/bootstrap"
	"github.com/EarthScope/terraform-provider-earthscope/internal/placement"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
)

// remoteHostModel is an earthscope_remote_host as Terraform gives it.
type remoteHostModel struct {
	ID                    types.String `tfsdk:"id"`
	Host                  types.String `tfsdk:"host"`
	Port                  types.Int64  `tfsdk:"port"`
	User                  types.String `tfsdk:"user"`
	PrivateKeyFile        types.String `tfsdk:"private_key_file"`
	ProxyJump             types.List   `tfsdk:"proxy_jump"`
	HostKey               types.String `tfsdk:"host_key"`
	TrustOnFirstUse       types.Bool   `tfsdk:"trust_on_first_use"`
	Transport             types.String `tfsdk:"transport"`
	Become                types.Object `tfsdk:"become"`
	Profile               types.String `tfsdk:"profile"`
	Credential            types.String `tfsdk:"credential"`
	RefreshTokenWO        types.String `tfsdk:"refresh_token_wo"`
	RefreshTokenWOVersion types.Int64  `tfsdk:"refresh_token_wo_version"`
	ClientSecretWO        types.String `tfsdk:"client_secret_wo"`
	ClientSecretWOVersion types.Int64  `tfsdk:"client_secret_wo_version"`
	AllowSharedSession    types.Bool   `tfsdk:"allow_shared_session"`
	MinTTL                types.String `tfsdk:"min_ttl"`
	Settings              types.Map    `tfsdk:"settings"`
	TokensFile            types.Object `tfsdk:"tokens_file"`
	ConfigFile            types.Object `tfsdk:"config_file"`
	EnvironmentFiles      types.Map    `tfsdk:"environment_files"`
	ComposeFiles          types.Map    `tfsdk:"compose_files"`
	VerifyCommand         types.String `tfsdk:"verify_command"`
	OnUnreachable         types.String `tfsdk:"on_unreachable"`
	Adopt                 types.Bool   `tfsdk:"adopt"`
	Timeouts              types.Object `tfsdk:"timeouts"`
	CredentialFingerprint types.String `tfsdk:"credential_fingerprint"`
	KnownHostKeys         types.List   `tfsdk:"known_host_keys"`
	Files                 types.Map    `tfsdk:"files"`
}

// remoteHostIdentity is its identity.
type remoteHostIdentity struct {
	Host    types.String `tfsdk:"host"`
	Port    types.Int64  `tfsdk:"port"`
	User    types.String `tfsdk:"user"`
	Profile types.String `tfsdk:"profile"`
}

type hopModel struct {
	Host    types.String `tfsdk:"host"`
	Port    types.Int64  `tfsdk:"port"`
	User    types.String `tfsdk:"user"`
	HostKey types.String `tfsdk:"host_key"`
}

type becomeModel struct {
	User   types.String `tfsdk:"user"`
	Method types.String `tfsdk:"method"`
}

type timeoutsModel struct {
	Create types.String `tfsdk:"create"`
	Read   types.String `tfsdk:"read"`
	Update types.String `tfsdk:"update"`
	Delete types.String `tfsdk:"delete"`
}

// singleFileModel is tokens_file or config_file.
type singleFileModel struct {
	Path         types.String `tfsdk:"path"`
	IncludeToken types.Bool   `tfsdk:"include_token"`
	Mode         types.String `tfsdk:"mode"`
	Owner        types.String `tfsdk:"owner"`
	Group        types.String `tfsdk:"group"`
}

type environmentFileModel struct {
	Format       types.String `tfsdk:"format"`
	Style        types.String `tfsdk:"style"`
	IncludeToken types.Bool   `tfsdk:"include_token"`
	Mode         types.String `tfsdk:"mode"`
	Owner        types.String `tfsdk:"owner"`
	Group        types.String `tfsdk:"group"`
}

type composeFileModel struct {
	Services types.Set    `tfsdk:"services"`
	Style    types.String `tfsdk:"style"`
	Mode     types.String `tfsdk:"mode"`
	Owner    types.String `tfsdk:"owner"`
	Group    types.String `tfsdk:"group"`
}

// fileModel is one element of the computed files.
type fileModel struct {
	Kind  types.String `tfsdk:"kind"`
	Mode  types.String `tfsdk:"mode"`
	State types.String `tfsdk:"state"`
}

func fileModelType() attr.Type {
	return types.ObjectType{AttrTypes: map[string]attr.Type{
		"kind": types.StringType, "mode": types.StringType, "state": types.StringType,
	}}
}

// knownPlacements reports whether everything that decides what goes into which
// file is known.
func (m *remoteHostModel) knownPlacements(ctx context.Context) bool {
	for _, value := range []attr.Value{
		m.Profile, m.Credential, m.Settings, m.TokensFile, m.ConfigFile, m.EnvironmentFiles, m.ComposeFiles,
	} {
		tf, err := value.ToTerraformValue(ctx)
		if err != nil || !tf.IsFullyKnown() {
			return false
		}
	}
	return true
}

func ordinary(mode, owner, group types.String) placement.File {
	wanted, _ := parseMode(mode.ValueString()) // validated; null gives 0
	if mode.IsNull() {
		wanted = 0
	}
	return placement.File{Mode: wanted, Owner: owner.ValueString(), Group: group.ValueString()}
}

func or(value types.String, fallback string) string {
	if known(value) {
		return value.ValueString()
	}
	return fallback
}

// placementFiles lists the files that the configuration asks for, and those it
// implies: settings that need a config.toml.
func (m *remoteHostModel) placementFiles(ctx context.Context, slug string, needsConfig bool, diagnostics *diag.Diagnostics) []placement.File {
	var found []placement.File
	add := func(at path.Path, f placement.File) {
		if clean, err := files.CleanPath(f.Path); err == nil { // anything else was refused
			f.Path = clean
		}
		if slices.ContainsFunc(found, func(other placement.File) bool { return other.Path == f.Path }) {
			diagnostics.AddAttributeError(at, "File Named Twice", fmt.Sprintf("%s is already written by another argument of this resource. Give it one kind.", f.Path))
			return
		}
		found = append(found, f)
	}
	m.singleFiles(ctx, slug, needsConfig, diagnostics, add)
	var environment map[string]environmentFileModel
	if !m.EnvironmentFiles.IsNull() {
		diagnostics.Append(m.EnvironmentFiles.ElementsAs(ctx, &environment, false)...)
	}
	for _, at := range slices.Sorted(maps.Keys(environment)) {
		e := environment[at]
		f := ordinary(e.Mode, e.Owner, e.Group)
		f.Path, f.Kind, f.WithoutToken = at, placement.Environment, isFalse(e.IncludeToken)
		f.Format, f.Style = bootstrap.EnvFormat(or(e.Format, "dotenv")), bootstrap.Style(or(e.Style, "variables"))
		add(path.Root("environment_files").AtMapKey(at), f)
	}
	var compose map[string]composeFileModel
	if !m.ComposeFiles.IsNull() {
		diagnostics.Append(m.ComposeFiles.ElementsAs(ctx, &compose, false)...)
	}
	for _, at := range slices.Sorted(maps.Keys(compose)) {
		c := compose[at]
		f := ordinary(c.Mode, c.Owner, c.Group)
		f.Path, f.Kind, f.Style = at, placement.Compose, bootstrap.Style(or(c.Style, "variables"))
		diagnostics.Append(c.Services.ElementsAs(ctx, &f.Services, false)...)
		slices.Sort(f.Services)
		add(path.Root("compose_files").AtMapKey(at), f)
	}
	return found
}

func isFalse(value types.Bool) bool { return known(value) && !value.ValueBool() }

// singleFiles adds tokens_file and config_file, asked for or implied.
func (m *remoteHostModel) singleFiles(ctx context.Context, slug string, needsConfig bool, diagnostics *diag.Diagnostics, add func(path.Path, placement.File)) {
	read := func(object types.Object) singleFileModel {
		var f singleFileModel
		if !object.IsNull() {
			diagnostics.Append(object.As(ctx, &f, basetypes.ObjectAsOptions{})...)
		}
		return f
	}
	asked := !m.TokensFile.IsNull() || !m.ConfigFile.IsNull() || !m.EnvironmentFiles.IsNull() || !m.ComposeFiles.IsNull()
	if !m.TokensFile.IsNull() || !asked {
		t := read(m.TokensFile)
		f := ordinary(t.Mode, t.Owner, t.Group)
		f.Path, f.Kind = or(t.Path, placement.TokensPath(slug)), placement.Tokens
		if isFalse(t.IncludeToken) {
			diagnostics.AddAttributeError(path.Root("tokens_file").AtName("include_token"), "Nothing to Write",
				"tokens.json holds nothing but tokens. Remove tokens_file, or include_token = false in it.")
		}
		add(path.Root("tokens_file"), f)
	}
	if !m.ConfigFile.IsNull() || needsConfig {
		c := read(m.ConfigFile)
		f := ordinary(c.Mode, c.Owner, c.Group)
		f.Path, f.Kind = or(c.Path, placement.ConfigPath), placement.Config
		// A config.toml that was not asked for never gets the credential.
		f.WithoutToken = m.ConfigFile.IsNull() || isFalse(c.IncludeToken)
		add(path.Root("config_file"), f)
	}
}

// userSettings are the settings argument as typed values.
func (m *remoteHostModel) userSettings(ctx context.Context, diagnostics *diag.Diagnostics) []bootstrap.Setting {
	var given map[string]types.String
	if !m.Settings.IsNull() {
		diagnostics.Append(m.Settings.ElementsAs(ctx, &given, false)...)
	}
	var wanted []bootstrap.Setting
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if given[name].IsNull() {
			continue
		}
		setting, err := placement.ParseSetting(name, given[name].ValueString())
		if err != nil {
			diagnostics.AddAttributeError(path.Root("settings").AtMapKey(name), "Invalid Setting", err.Error()+".")
			continue
		}
		wanted = append(wanted, setting)
	}
	return wanted
}
