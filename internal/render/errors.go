package render

import (
	"fmt"
	"regexp"
)

// Parameter names the input that an Error is about.
type Parameter string

// The inputs of this package's functions.
const (
	ParameterSettings Parameter = "settings"
	ParameterEscape   Parameter = "escape"
	ParameterProfile  Parameter = "profile"
	ParameterSecrets  Parameter = "secrets"
)

// Error says what is wrong with an input. It never quotes a value.
type Error struct {
	Parameter Parameter
	// Key is the setting at fault, if it is one.
	Key    string
	Detail string
}

// Error implements error.
func (e *Error) Error() string { return e.Detail }

func settingError(key, format string, values ...any) *Error {
	return &Error{Parameter: ParameterSettings, Key: key, Detail: fmt.Sprintf(format, values...)}
}

// showable are keys that look like a setting's name. Others are not quoted: a
// key and its value may have changed places.
var showable = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]{0,39}$`)

// keyName is a key as it may be shown.
func keyName(key string) string {
	if showable.MatchString(key) {
		return fmt.Sprintf("%q", key)
	}
	return fmt.Sprintf("a key of %d characters", len([]rune(key)))
}

// unknownKey refuses a name that no setting has.
func unknownKey(parameter Parameter, key string) *Error {
	e := &Error{Parameter: parameter, Key: key}
	switch meant := nearest(key); {
	case letters(key) == "profile":
		e.Detail = "The profile is no setting: give the environment variable ES_PROFILE beside the others, or name the profile where the settings are used."
	case meant != "":
		e.Detail = fmt.Sprintf("There is no EarthScope setting %s. The nearest one is %q.", keyName(key), meant)
	default:
		e.Detail = fmt.Sprintf("There is no EarthScope setting %s. Settings have dotted names as in config.toml, such as "+
			"oauth2.refresh_token or resources.api_url.", keyName(key))
	}
	return e
}
