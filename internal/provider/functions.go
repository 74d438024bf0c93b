package provider

import (
	"errors"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/EarthScope/terraform-provider-earthscope/internal/render"
)

// settingsParameter is the argument that most functions share. Whether a value
// in it is sensitive or ephemeral is Terraform's business: what a function
// returns is whatever its arguments are.
var settingsParameter = function.MapParameter{
	Name:        string(render.ParameterSettings),
	ElementType: types.StringType,
	MarkdownDescription: "Settings by their dotted names as in `config.toml`, such as `oauth2.refresh_token` or `resources.api_url`. Values are text, " +
		"lists and tables as JSON (`jsonencode`); null leaves a setting out. Unknown names and values that the SDK would not take are refused.",
}

// argumentError points an error of render at the argument that it is about;
// names are the function's parameters in their order. Terraform ends the
// sentence.
func argumentError(err error, names ...render.Parameter) *function.FuncError {
	var wrong *render.Error
	if errors.As(err, &wrong) {
		for i, name := range names {
			if name == wrong.Parameter {
				return function.NewArgumentFuncError(int64(i), strings.TrimSuffix(wrong.Detail, "."))
			}
		}
	}
	return function.NewFuncError(err.Error())
}
