package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/function"

	"github.com/EarthScope/terraform-provider-earthscope/internal/render"
)

var _ function.Function = configTOMLFunction{}

// configTOMLFunction is provider::earthscope::config_toml.
type configTOMLFunction struct{}

func newConfigTOMLFunction() function.Function { return configTOMLFunction{} }

// Metadata implements function.Function.
func (configTOMLFunction) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "config_toml"
}

// Definition implements function.Function.
func (configTOMLFunction) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "Text of a config.toml for the EarthScope SDK",
		MarkdownDescription: "Returns the text of a `~/.earthscope/config.toml` with one profile. Join several with `join(\"\\n\", [...])`.\n\n" +
			"Every profile, `default` too, becomes a table `[profile.NAME]`, since `[default]` would apply to all of them. " +
			"The file is no place for a refresh token that the identity server replaces: it would hide its successor in `tokens.json`.",
		Parameters: []function.Parameter{
			function.StringParameter{
				Name: string(render.ParameterProfile), MarkdownDescription: "Name of the profile, such as `default`. `ES_PROFILE` selects it by exactly this name.",
			},
			settingsParameter,
		},
		Return: function.StringReturn{},
	}
}

// Run implements function.Function.
func (configTOMLFunction) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var profile string
	var settings map[string]*string
	if resp.Error = req.Arguments.Get(ctx, &profile, &settings); resp.Error != nil {
		return
	}
	text, err := render.ConfigTOML(profile, settings)
	if err != nil {
		resp.Error = argumentError(err, render.ParameterProfile, render.ParameterSettings)
		return
	}
	resp.Error = resp.Result.Set(ctx, text)
}
