package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/EarthScope/terraform-provider-earthscope/internal/render"
)

var _ function.Function = containerSecretsFunction{}

// containerSecretsFunction is provider::earthscope::container_secrets.
type containerSecretsFunction struct{}

func newContainerSecretsFunction() function.Function { return containerSecretsFunction{} }

// containerSecretType is an element of the result, named as AWS names it.
var containerSecretType = types.ObjectType{AttrTypes: map[string]attr.Type{"name": types.StringType, "valueFrom": types.StringType}}

// Metadata implements function.Function.
func (containerSecretsFunction) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "container_secrets"
}

// Definition implements function.Function.
func (containerSecretsFunction) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "References to secrets for containers of ECS and AWS Batch",
		MarkdownDescription: "Returns the list of `{name, valueFrom}` for `secrets` in a container definition of ECS or `containerProperties` of AWS Batch: AWS reads the value when " +
			"the task starts, with the execution role, and neither Terraform nor the definition ever holds it.\n\n" +
			"Only references are accepted, so that a token can't slip in. The order is that of the variables' names, so that plans stay quiet.",
		Parameters: []function.Parameter{
			function.MapParameter{
				Name: string(render.ParameterSecrets), ElementType: types.StringType,
				MarkdownDescription: "Where the value of each setting is kept: by dotted name (`oauth2.access_token`), or `ES_BOOTSTRAP_SETTINGS` for a secret that holds all settings as JSON, " +
					"the ARN of a secret in Secrets Manager (perhaps with `:json-key::`), of a parameter in Parameter Store, or the parameter's path, which starts with `/`. " +
					"Null leaves a setting out.",
			},
		},
		Return: function.ListReturn{ElementType: containerSecretType},
	}
}

// Run implements function.Function.
func (containerSecretsFunction) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var references map[string]*string
	if resp.Error = req.Arguments.Get(ctx, &references); resp.Error != nil {
		return
	}
	secrets, err := render.ContainerSecrets(references)
	if err != nil {
		resp.Error = argumentError(err, render.ParameterSecrets)
		return
	}
	list := make([]attr.Value, 0, len(secrets))
	for _, s := range secrets {
		list = append(list, types.ObjectValueMust(containerSecretType.AttrTypes, map[string]attr.Value{
			"name": types.StringValue(s.Name), "valueFrom": types.StringValue(s.ValueFrom),
		}))
	}
	resp.Error = resp.Result.Set(ctx, types.ListValueMust(containerSecretType, list))
}
