package render

import (
	"strings"
	"unicode"

	"github.com/EarthScope/terraform-provider-earthscope/internal/bootstrap"
	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// ConfigTOML returns the text of a config.toml that gives the SDK the settings
// in one profile. The result is read again: a value that the SDK would drop
// there is an error, since a file that looks right and does nothing is worse.
// Errors are *Error.
func ConfigTOML(profile string, s Settings) (string, error) {
	if strings.TrimSpace(profile) == "" || strings.ContainsFunc(profile, unicode.IsControl) {
		return "", &Error{Parameter: ParameterProfile, Detail: `The name of the profile is empty or holds control characters. Write one such as "default".`}
	}
	checked, err := s.check()
	if err != nil {
		return "", err
	}
	text, err := bootstrap.ConfigTOML(profile, checked)
	if err != nil {
		return "", fromBootstrap(err)
	}
	written, err := load(settings.Request{Profile: profile}, text)
	if err != nil {
		return "", fromSettings(err)
	}
	given := map[string]string{}
	for _, setting := range checked {
		given[setting.Key] = *s[setting.Key]
	}
	wanted, err := readArguments(given)
	if err != nil {
		return "", fromSettings(err)
	}
	if dropped := difference(wanted, written, given); dropped != "" {
		return "", settingError(dropped, "config.toml can't give %[1]s this value: it equals a default that is built into the SDK, and the SDK drops such values "+
			"when it reads the file, so that another default would hold. Give it in the environment, with environment().", dropped)
	}
	return text, nil
}

// difference names the first of the given settings whose value differs. Both
// are compared as they may be shown; a secret by whether it is set.
func difference(wanted, written *settings.Settings, given map[string]string) string {
	values := map[string]string{}
	for _, line := range wanted.Describe() {
		values[line.Path] = line.Value
	}
	for _, line := range written.Describe() {
		if _, asked := given[line.Path]; asked && line.Value != values[line.Path] {
			return line.Path
		}
	}
	return ""
}
