package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/EarthScope/terraform-provider-earthscope/internal/render"
)

var _ function.Function = environmentFunction{}

// environmentFunction is provider::earthscope::environment.
type environmentFunction struct{}

func newEnvironmentFunction() function.Function { return environmentFunction{} }

// Metadata implements function.Function.
func (environmentFunction) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "environment"
}

// Definition implements function.Function.
func (environmentFunction) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "Environment variables for the EarthScope SDK",
		MarkdownDescription: "Returns the environment variables that give `earthscope-sdk` and the `es` command the settings, as a map: " +
			"`oauth2.refresh_token` becomes `ES_OAUTH2__REFRESH_TOKEN`.\n\n" +
			"These variables outrank every file. Where the identity server replaces refresh tokens, one that stands here hides its successor in `tokens.json`, " +
			"and the second refresh ends the session: give workers an access token, or use `bootstrap_settings`.",
		Parameters: []function.Parameter{settingsParameter},
		Return:     function.MapReturn{ElementType: types.StringType},
	}
}

// Run implements function.Function.
func (environmentFunction) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var settings map[string]*string
	if resp.Error = req.Arguments.Get(ctx, &settings); resp.Error != nil {
		return
	}
	environment, err := render.Environment(settings)
	if err != nil {
		resp.Error = argumentError(err, render.ParameterSettings)
		return
	}
	resp.Error = resp.Result.Set(ctx, environment)
}
