package render

import (
	"fmt"
	"slices"
	"strings"

	"github.com/EarthScope/terraform-provider-earthscope/internal/bootstrap"
)

// Escape says who reads the text of BootstrapSettings before the SDK does.
type Escape string

// The escapes.
const (
	// EscapeNone is the JSON itself.
	EscapeNone Escape = "none"
	// EscapeKubeSpawner doubles braces, since KubeSpawner formats the values
	// of its environment as Python's str.format does, and spares Kubernetes
	// anything that looks like a reference to a variable, $(NAME).
	EscapeKubeSpawner Escape = "kubespawner"
	// EscapeShell is one word of a POSIX shell.
	EscapeShell Escape = "shell"
	// EscapeSystemd is the value of an assignment in a file for
	// EnvironmentFile=, and of one in Environment= as well: nothing in it is a
	// specifier or a reference to a variable.
	EscapeSystemd Escape = "systemd"
)

// Escapes lists what BootstrapSettings accepts.
func Escapes() []Escape { return []Escape{EscapeNone, EscapeKubeSpawner, EscapeShell, EscapeSystemd} }

// BootstrapSettings returns the value of ES_BOOTSTRAP_SETTINGS that gives the
// SDK the settings, as its lowest source but for the defaults: one JSON object,
// written so that it arrives whole after escape. Errors are *Error.
func BootstrapSettings(s Settings, escape Escape) (string, error) {
	if !slices.Contains(Escapes(), escape) {
		return "", &Error{Parameter: ParameterEscape, Detail: fmt.Sprintf("The escape must be one of %s.", quoted(Escapes()))}
	}
	checked, err := s.check()
	if err != nil {
		return "", err
	}
	text, err := bootstrap.BootstrapSettings(checked)
	if err != nil {
		return "", fromBootstrap(err)
	}
	switch escape {
	case EscapeKubeSpawner:
		return strings.NewReplacer("{", "{{", "}", "}}", "$", `\u0024`).Replace(text), nil
	case EscapeShell:
		return bootstrap.QuoteShell(text), nil
	case EscapeSystemd:
		return bootstrap.QuoteSystemd(strings.NewReplacer("%", `\u0025`, "$", `\u0024`, "`", `\u0060`).Replace(text)), nil
	default:
		return text, nil
	}
}

func quoted(escapes []Escape) string {
	names := make([]string, len(escapes))
	for i, e := range escapes {
		names[i] = fmt.Sprintf("%q", string(e))
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}
