package render

import "github.com/EarthScope/terraform-provider-earthscope/internal/bootstrap"

// Environment returns the environment variables (ES_OAUTH2__REFRESH_TOKEN) that
// give the SDK the settings. They outrank every file. Errors are *Error.
func Environment(s Settings) (map[string]string, error) {
	checked, err := s.check()
	if err != nil {
		return nil, err
	}
	variables, err := bootstrap.Variables(checked, bootstrap.StyleVariables)
	if err != nil {
		return nil, fromBootstrap(err)
	}
	environment := make(map[string]string, len(variables))
	for _, v := range variables {
		environment[v.Name] = v.Value
	}
	return environment, nil
}
