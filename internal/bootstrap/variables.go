package bootstrap

import (
	"fmt"
	"strings"
)

// BootstrapVariable is the variable that the SDK reads as JSON, as the lowest source but for its defaults.
const BootstrapVariable = "ES_BOOTSTRAP_SETTINGS"

// Style is how settings become environment variables.
type Style string

// The styles of environment and Compose files.
const (
	// StyleVariables writes one variable for each setting (ES_OAUTH2__REFRESH_TOKEN). They outrank every file, so a
	// refresh token given this way hides its successor in tokens.json.
	StyleVariables Style = "variables"
	// StyleBootstrap writes one ES_BOOTSTRAP_SETTINGS with all settings as JSON, which every other source outranks.
	StyleBootstrap Style = "bootstrap"
)

// Variable is one environment variable. It prints without its value.
type Variable struct {
	Name, Value string
	// key is the setting that it carries, for errors; structured marks JSON, whose strings may be escaped at will.
	key        string
	structured bool
}

// Format prints the name alone, whatever the verb.
func (v Variable) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, v.Name+"=(value hidden)") }

// VariableName returns the environment variable of a setting: ES_ and its path joined by double underscores.
// Errors: [ErrInvalidKey] for names that the SDK would not find again, such as those with a dash.
func VariableName(key string) (string, error) {
	path, err := splitKey(key)
	if err != nil {
		return "", err
	}
	for _, part := range path {
		if strings.ContainsAny(part, "-ABCDEFGHIJKLMNOPQRSTUVWXYZ") || strings.Contains(part, "__") ||
			strings.HasPrefix(part, "_") || strings.HasSuffix(part, "_") {
			return "", fmt.Errorf("%w: %s cannot be an environment variable; give the table above it as JSON",
				ErrInvalidKey, key)
		}
	}
	return "ES_" + strings.ToUpper(strings.Join(path, "__")), nil
}

// nameOnly cuts off what a variable's name cannot hold. A line that its reader takes for a name may go on with a value.
func nameOnly(name string) string {
	if end := strings.IndexFunc(name, func(r rune) bool { return !strings.ContainsRune(bareKeyCharacters, r) }); end >= 0 {
		return name[:end]
	}
	return name
}

// Variables returns the environment that carries the settings in a style, in their order. No settings give no variable.
// Errors: [ErrInvalidKey], [ErrUnsafeValue].
func Variables(settings []Setting, style Style) ([]Variable, error) {
	if len(settings) == 0 {
		return nil, nil
	}
	switch style {
	case StyleBootstrap:
		text, err := BootstrapSettings(settings)
		if err != nil {
			return nil, err
		}
		return []Variable{{Name: BootstrapVariable, Value: text, key: BootstrapVariable, structured: true}}, nil
	case StyleVariables:
		return separateVariables(settings)
	default:
		return nil, fmt.Errorf("%w: style %q; use %q or %q", ErrUnsupported, style, StyleVariables, StyleBootstrap)
	}
}

func separateVariables(settings []Setting) ([]Variable, error) {
	variables := make([]Variable, 0, len(settings))
	seen := make(map[string]bool, len(settings))
	for _, s := range settings {
		name, err := VariableName(s.Key)
		if err != nil {
			return nil, err
		}
		if seen[name] {
			return nil, fmt.Errorf("%w: %s is given twice", ErrInvalidKey, s.Key)
		}
		seen[name] = true
		text, err := plainText(s.Value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.Key, err)
		}
		variables = append(variables, Variable{Name: name, Value: text, key: s.Key, structured: isStructured(s.Value)})
	}
	return variables, nil
}

func isStructured(value any) bool {
	switch value.(type) {
	case []any, []string, map[string]any, map[string]string:
		return true
	}
	return false
}

// BootstrapSettings returns the JSON object for ES_BOOTSTRAP_SETTINGS: compact, keys sorted.
// Errors: [ErrInvalidKey], [ErrUnsafeValue].
func BootstrapSettings(settings []Setting) (string, error) { //nolint:revive // named after the variable ES_BOOTSTRAP_SETTINGS
	tree, err := nest(settings)
	if err != nil {
		return "", err
	}
	return compactJSON(tree)
}
