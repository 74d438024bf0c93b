package bootstrap

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxDotenvLine is where docker's and podman's line reader gives up.
const maxDotenvLine = 64*1024 - 1

// render writes one assignment in the file's dialect, or says why it cannot.
func (e Env) render(v Variable) (string, error) {
	if reason := unwritable(v.Value); reason != "" {
		return "", &ValueError{Key: v.key, Format: e.title(), Reason: reason, WayOut: "correct the value"}
	}
	switch e.Format {
	case FormatShell:
		return "export " + v.Name + "=" + QuoteShell(v.Value), nil
	case FormatSystemd:
		return v.Name + "=" + QuoteSystemd(v.Value), nil
	case FormatDotenv:
		return dotenvLine(v)
	default:
		return "", fmt.Errorf("%w: format %q; use %q, %q or %q", ErrUnsupported, e.Format,
			FormatDotenv, FormatShell, FormatSystemd)
	}
}

// unwritable says what no environment file can hold in one line.
func unwritable(value string) string {
	if !utf8.ValidString(value) {
		return "it is not valid UTF-8"
	}
	for _, r := range value {
		switch {
		case r == 0:
			return "it holds a NUL byte"
		case r == '\n' || r == '\r':
			return "it holds a line break"
		case unicode.IsControl(r) && r != '\t', r == '\u2028', r == '\u2029', r == '\uFEFF', r == '\uFFFE', r == '\uFFFF':
			return "it holds a control character"
		}
	}
	return ""
}

// QuoteShell quotes for a POSIX shell: in single quotes nothing has a meaning but the quote itself.
func QuoteShell(value string) string {
	return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
}

// QuoteSystemd quotes for EnvironmentFile=. In double quotes a backslash before ", \, ` and $ gives that character, in
// the parsers before and since systemd 240 alike; single quotes are read differently by the two.
func QuoteSystemd(value string) string {
	if value != "" && strings.Trim(value, bareKeyCharacters+".:/@%+=,~") == "" {
		return value
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "`", "\\`", `$`, `\$`).Replace(value) + `"`
}

// dotenvLine writes a value without quotes, which docker and podman would keep and Compose would strip.
//
// Inside a value that starts with { or [ all four readers take quotes and backslashes literally, so JSON is safe once
// what remains ("$", "#", blanks, single quotes) is written as \u escapes.
func dotenvLine(v Variable) (string, error) {
	value := v.Value
	if v.structured {
		value = escapeJSON(value, dotenvUnsafe)
	} else if i := strings.IndexFunc(value, func(r rune) bool {
		return dotenvUnsafe(r) || r == '"' || r == '\\'
	}); i >= 0 {
		r, _ := utf8.DecodeRuneInString(value[i:])
		return "", &ValueError{
			Key: v.key, Format: "dotenv file",
			Reason: fmt.Sprintf("it holds %s, which docker, podman and Compose read differently", characterName(r)),
			WayOut: `use style = "bootstrap", format = "systemd" or "shell", or compose_files`,
		}
	}
	text := v.Name + "=" + value
	if len(text) > maxDotenvLine {
		return "", &ValueError{
			Key: v.key, Format: "dotenv file", Reason: "docker and podman read no line above 64 KiB",
			WayOut: `use format = "systemd" or "shell", or compose_files`,
		}
	}
	return text, nil
}

func dotenvUnsafe(r rune) bool {
	return r == '$' || r == '#' || r == '\'' || r == '`' || unicode.IsSpace(r) || !unicode.IsGraphic(r) || r == 0x7F
}

func characterName(r rune) string {
	switch {
	case unicode.IsSpace(r):
		return "a blank"
	case r == '"' || r == '\'' || r == '`':
		return "a quote"
	case r == '\\':
		return "a backslash"
	case r == '$' || r == '#':
		return fmt.Sprintf("%q", string(r))
	default:
		return "an invisible character"
	}
}
