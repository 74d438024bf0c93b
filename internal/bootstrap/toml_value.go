package bootstrap

import (
	"maps"
	"slices"
	"strings"
)

func toAny(list []string) []any {
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = v
	}
	return out
}

func tomlList(key string, list []any) (string, error) {
	parts := make([]string, len(list))
	for i, v := range list {
		text, err := tomlValue(key, v)
		if err != nil {
			return "", err
		}
		parts[i] = text
	}
	return "[" + strings.Join(parts, ", ") + "]", nil
}

// tomlInline writes a table inside a list; elsewhere tables are written as dotted keys.
func tomlInline(key string, table map[string]any) (string, error) {
	parts := make([]string, 0, len(table))
	for _, name := range slices.Sorted(maps.Keys(table)) {
		text, err := tomlValue(key, table[name])
		if err != nil {
			return "", err
		}
		parts = append(parts, tomlKeyText([]string{name})+" = "+text)
	}
	return "{" + strings.Join(parts, ", ") + "}", nil
}

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
			if !validText(setting.value) {
				return nil, &ValueError{Key: s.Key, Format: tomlTitle, Reason: "it is not valid UTF-8", WayOut: "correct the value"}
			}
			if setting.text, err = tomlValue(s.Key, setting.value); err != nil {
				return nil, err
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
