package bootstrap

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// tomlSetting is one wanted key of a profile.
type tomlSetting struct {
	key   string // dotted setting name
	path  []string
	value any
	text  string
}

// settings turns desired settings into keys of the profile; tables become a key for each of their values.
func (t TOML) settings(desired []Setting) ([]tomlSetting, error) {
	if _, err := nest(desired); err != nil { // refuses what is given twice or below a value
		return nil, err
	}
	var out []tomlSetting
	for _, s := range desired {
		tree, err := nest([]Setting{s})
		if err != nil {
			return nil, err
		}
		for _, leaf := range leaves(nil, tree) {
			setting := tomlSetting{key: s.Key, path: append(t.profilePath(), leaf...), value: valueAt(tree, leaf)}
			if setting.text, err = tomlValue(setting.value); err != nil {
				return nil, &ValueError{Key: s.Key, Format: tomlTitle, Reason: err.Error(), WayOut: "correct the value"}
			}
			out = append(out, setting)
		}
	}
	return out, nil
}

func valueAt(tree map[string]any, path []string) any {
	for _, name := range path[:len(path)-1] {
		tree, _ = tree[name].(map[string]any)
	}
	return tree[path[len(path)-1]]
}

// tomlKeyText writes a path as a dotted key, quoting the parts that need it.
func tomlKeyText(path []string) string {
	parts := make([]string, len(path))
	for i, part := range path {
		parts[i] = part
		if part == "" || strings.Trim(part, bareKeyCharacters) != "" {
			parts[i] = tomlString(part)
		}
	}
	return strings.Join(parts, ".")
}

// tomlString writes a basic string.
func tomlString(value string) string {
	var out strings.Builder
	out.WriteByte('"')
	for _, r := range value {
		switch {
		case r == '"' || r == '\\':
			out.WriteByte('\\')
			out.WriteRune(r)
		case r == '\n':
			out.WriteString(`\n`)
		case r == '\t':
			out.WriteString(`\t`)
		case r == '\r':
			out.WriteString(`\r`)
		case r < 0x20 || r == 0x7F:
			fmt.Fprintf(&out, `\u%04X`, r)
		default:
			out.WriteRune(r)
		}
	}
	out.WriteByte('"')
	return out.String()
}

// tomlValue writes a value on one line. Its errors are reasons without the value.
func tomlValue(value any) (string, error) {
	switch v := value.(type) {
	case string:
		if !utf8.ValidString(v) {
			return "", errors.New("it is not valid UTF-8")
		}
		return tomlString(v), nil
	case bool:
		return strconv.FormatBool(v), nil
	case int:
		return strconv.Itoa(v), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case float64:
		text, err := floatText(v)
		if err == nil && !strings.ContainsAny(text, ".e") {
			text += ".0"
		}
		return text, err
	case json.Number:
		return tomlNumber(v)
	case []string:
		list := make([]any, len(v))
		for i, text := range v {
			list[i] = text
		}
		return tomlList(list)
	case []any:
		return tomlList(v)
	case map[string]any:
		return tomlInline(v)
	default:
		return "", errors.New("it is neither text, number, list nor table")
	}
}

// tomlNumber keeps a number as it was given where TOML reads the same: integers have 64 bits there.
func tomlNumber(number json.Number) (string, error) {
	text := number.String()
	if strings.Trim(text, "-0123456789") == "" {
		if _, err := number.Int64(); err != nil {
			return "", errors.New("it is no integer of 64 bits")
		}
		return text, nil
	}
	if _, err := number.Float64(); err != nil || strings.Trim(text, "+-.eE0123456789") != "" {
		return "", errors.New("it is not a number")
	}
	return text, nil
}

func tomlList(list []any) (string, error) {
	parts := make([]string, len(list))
	for i, v := range list {
		text, err := tomlValue(v)
		if err != nil {
			return "", err
		}
		parts[i] = text
	}
	return "[" + strings.Join(parts, ", ") + "]", nil
}

// tomlInline writes a table inside a list; elsewhere tables are written as dotted keys.
func tomlInline(table map[string]any) (string, error) {
	parts := make([]string, 0, len(table))
	for _, name := range slices.Sorted(maps.Keys(table)) {
		text, err := tomlValue(table[name])
		if err != nil {
			return "", err
		}
		parts = append(parts, tomlKeyText([]string{name})+" = "+text)
	}
	return "{" + strings.Join(parts, ", ") + "}", nil
}
