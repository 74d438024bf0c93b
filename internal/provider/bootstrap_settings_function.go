package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/function"

	"github.com/EarthScope/terraform-provider-earthscope/internal/render"
)

var _ function.Function = bootstrapSettingsFunction{}

// bootstrapSettingsFunction is provider::earthscope::bootstrap_settings.
type bootstrapSettingsFunction struct{}

func newBootstrapSettingsFunction() function.Function { return bootstrapSettingsFunction{} }

// Metadata implements function.Function.
func (bootstrapSettingsFunction) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "bootstrap_settings"
}

// Definition implements function.Function.
func (bootstrapSettingsFunction) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "Value of ES_BOOTSTRAP_SETTINGS for the EarthScope SDK",
		MarkdownDescription: "Returns the JSON for the variable `ES_BOOTSTRAP_SETTINGS`, from which `earthscope-sdk` takes whatever no other source gives it.\n\n" +
			"It is the SDK's lowest source but for its defaults, so that a login which the SDK has saved and renewed since stays in force: " +
			"the placement for a refresh token that the identity server replaces, on a machine whose home folder lasts. " +
			"An old `tokens.json` in that folder outranks it as well.",
		Parameters: []function.Parameter{
			settingsParameter,
			function.StringParameter{
				Name: string(render.ParameterEscape),
				MarkdownDescription: "Who reads the text before the SDK: `none` for nobody; `kubespawner` for the `environment` of JupyterHub's KubeSpawner, which formats " +
					"values and so needs its braces doubled; `shell` for a word of a POSIX shell, quotes included; " +
					"`systemd` for the value of an assignment in a file for `EnvironmentFile=`, or in `Environment=`.",
			},
		},
		Return: function.StringReturn{},
	}
}

// Run implements function.Function.
func (bootstrapSettingsFunction) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var settings map[string]*string
	var escape string
	if resp.Error = req.Arguments.Get(ctx, &settings, &escape); resp.Error != nil {
		return
	}
	text, err := render.BootstrapSettings(settings, render.Escape(escape))
	if err != nil {
		resp.Error = argumentError(err, render.ParameterSettings, render.ParameterEscape)
		return
	}
	resp.Error = resp.Result.Set(ctx, text)
}
