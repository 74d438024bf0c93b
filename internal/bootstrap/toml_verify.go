package bootstrap

import (
	"math"
	"reflect"
	"slices"
	"strings"
)

// verify makes sure that the edited file holds the wanted values and differs in nothing else.
func (t TOML) verify(before *tomlDocument, after []byte, wanted []tomlSetting) error {
	problem := &UnsupportedError{
		Format: tomlTitle, Line: before.lineNear(append(t.profilePath(), "")),
		Problem: "the profile is written in a way that the settings do not fit into",
		WayOut:  "write it as a table [profile.NAME]",
	}
	edited, err := scanTOML(after)
	if err != nil {
		return problem
	}
	ours := Record{Containers: []string{tomlKeyText(t.profilePath())}}
	for _, w := range wanted {
		ours.Keys = append(ours.Keys, tomlKeyText(w.path))
		found, exists, _ := edited.lookUp(w.path)
		if !exists || !sameValue(found, w.value) {
			return problem
		}
	}
	if !sameTree(without(before.tree, ours), without(edited.tree, ours)) {
		return problem
	}
	return nil
}

// without copies a tree, leaving out the keys of a record and the tables on the way to them that are empty then.
func without(tree map[string]any, record Record) map[string]any {
	return copyWithout(tree, nil, slices.Concat(record.Keys, record.Containers), record)
}

func copyWithout(tree map[string]any, above, names []string, record Record) map[string]any {
	out := make(map[string]any, len(tree))
	for key, value := range tree {
		path := append(slices.Clone(above), key)
		name := tomlKeyText(path)
		if record.ownsKey(name) {
			continue
		}
		table, isTable := value.(map[string]any)
		onTheWay := slices.ContainsFunc(names, func(n string) bool { return n == name || strings.HasPrefix(n, name+".") })
		if isTable && onTheWay {
			if table = copyWithout(table, path, names, record); len(table) == 0 {
				continue
			}
			value = table
		}
		out[key] = value
	}
	return out
}

// sameTree compares decoded documents; a NaN equals itself here.
func sameTree(a, b any) bool {
	switch x := a.(type) {
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for name, value := range x {
			other, found := y[name]
			if !found || !sameTree(value, other) {
				return false
			}
		}
		return true
	case []any:
		y, ok := b.([]any)
		return ok && slices.EqualFunc(x, y, func(a, b any) bool { return sameTree(a, b) })
	case float64:
		y, ok := b.(float64)
		return ok && (x == y || math.IsNaN(x) && math.IsNaN(y))
	default:
		return reflect.DeepEqual(a, b)
	}
}
