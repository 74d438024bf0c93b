package render

import (
	"errors"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/EarthScope/terraform-provider-earthscope/internal/bootstrap"
	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// Settings are dotted names ("oauth2.refresh_token") with values as text,
// lists and tables as JSON. A nil value is left out.
type Settings map[string]*string

// check returns the settings with typed values, sorted by name. Errors are
// *Error.
func (s Settings) check() ([]bootstrap.Setting, error) {
	given := map[string]string{}
	var order []settings.Known
	for _, key := range slices.Sorted(maps.Keys(s)) {
		known, found := settings.LookupKnown(key)
		if !found {
			return nil, unknownKey(ParameterSettings, key)
		}
		if s[key] == nil {
			continue
		}
		if err := checkText(known, *s[key]); err != nil {
			return nil, err
		}
		given[key] = *s[key]
		order = append(order, known)
	}
	if _, err := readArguments(given); err != nil {
		return nil, fromSettings(err)
	}
	checked := make([]bootstrap.Setting, 0, len(order))
	for _, known := range order {
		value, err := typed(known, given[known.Path])
		if err != nil {
			return nil, err
		}
		checked = append(checked, bootstrap.Setting{Key: known.Path, Value: value})
	}
	return checked, nil
}

// checkText refuses what no setting is meant to be, although the SDK would
// take it: an empty token hides every other source, and one with a line break
// from a file is refused by the identity server.
func checkText(known settings.Known, text string) *Error {
	switch {
	case strings.TrimSpace(text) == "":
		return settingError(known.Path, "%s is empty. Give it a value, or null to leave it out.", known.Path)
	case !utf8.ValidString(text), strings.ContainsRune(text, 0):
		return settingError(known.Path, "%s holds a NUL byte or bytes that are not UTF-8 text.", known.Path)
	case known.Secret && strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f }):
		return settingError(known.Path, "%s holds white space or control characters, which no token does. If it comes from a file, use trimspace().", known.Path)
	}
	return nil
}

// plainNumber is a duration in seconds that every reader understands.
var plainNumber = regexp.MustCompile(`^[0-9]{1,15}(\.[0-9]{1,6})?$`)

// typed converts a text to the value that TOML and JSON hold for it.
func typed(known settings.Known, text string) (any, error) {
	value, err := known.Parse(text)
	if err != nil {
		return nil, fromSettings(err)
	}
	switch v := value.(type) {
	case []int64:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = item
		}
		return list, nil
	case map[string]string:
		table := make(map[string]any, len(v))
		for name, item := range v {
			table[name] = item
		}
		return table, nil
	case time.Duration:
		if number, err := strconv.ParseFloat(text, 64); err == nil && plainNumber.MatchString(text) {
			return number, nil
		}
		return text, nil
	case int64, float64, []string:
		return v, nil
	default: // string and Secret, and URLs as they were written
		return text, nil
	}
}

// readArguments resolves settings as the provider does, with nothing else in
// the chain.
func readArguments(given map[string]string) (*settings.Settings, error) {
	names := map[string]string{}
	for key := range given {
		names[key] = string(ParameterSettings)
	}
	return load(settings.Request{Arguments: given, ArgumentNames: names}, "")
}

// load resolves settings without touching this machine: config is the text of
// config.toml, and there is no other file.
func load(request settings.Request, config string) (*settings.Settings, error) {
	request.ConfigDir = "rendered"
	request.ReadFile = func(name string) ([]byte, error) {
		if config != "" && filepath.Base(name) == "config.toml" {
			return []byte(config), nil
		}
		return nil, fs.ErrNotExist
	}
	request.Stat = func(string) (fs.FileInfo, error) { return nil, fs.ErrNotExist }
	loaded, _, err := settings.Load(request)
	return loaded, err
}

// fromSettings turns an error of reading into one about the argument.
func fromSettings(err error) *Error {
	var wrong *settings.Error
	if !errors.As(err, &wrong) {
		return &Error{Parameter: ParameterSettings, Detail: err.Error()}
	}
	return &Error{Parameter: ParameterSettings, Key: wrong.Setting, Detail: wrong.Detail}
}

// fromBootstrap turns an error of writing into one about the argument. Those
// errors name the setting and quote no value.
func fromBootstrap(err error) *Error {
	return &Error{Parameter: ParameterSettings, Detail: err.Error()}
}
