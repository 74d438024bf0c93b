package bootstrap

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// plainText is a value as an environment variable carries it: scalars as they are, lists and tables as compact JSON.
func plainText(value any) (string, error) {
	switch v := value.(type) {
	case string:
		return v, nil
	case bool:
		return strconv.FormatBool(v), nil
	case int:
		return strconv.Itoa(v), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case json.Number:
		return v.String(), nil
	case float64:
		return floatText(v)
	case []any, []string, map[string]any, map[string]string:
		return compactJSON(v)
	case fmt.Stringer: // dates and times of TOML
		return v.String(), nil
	default:
		return "", fmt.Errorf("%w: a value of type %T has no text form", ErrUnsafeValue, value)
	}
}

func floatText(v float64) (string, error) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "", fmt.Errorf("%w: not a finite number", ErrUnsafeValue)
	}
	return strconv.FormatFloat(v, 'g', -1, 64), nil
}

// compactJSON encodes without blanks and without the escapes meant for HTML; keys of tables are sorted.
func compactJSON(value any) (string, error) {
	if !validText(value) {
		return "", fmt.Errorf("%w: it is not valid UTF-8", ErrUnsafeValue)
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return "", fmt.Errorf("%w: the value has no JSON form", ErrUnsafeValue)
	}
	return strings.TrimSuffix(out.String(), "\n"), nil
}

// validText says whether all text in a value is UTF-8; the encoder would replace other bytes without a word.
func validText(value any) bool {
	switch v := value.(type) {
	case string:
		return utf8.ValidString(v)
	case []string:
		return !slices.ContainsFunc(v, func(s string) bool { return !utf8.ValidString(s) })
	case []any:
		return !slices.ContainsFunc(v, func(item any) bool { return !validText(item) })
	case map[string]any:
		for name, item := range v {
			if !utf8.ValidString(name) || !validText(item) {
				return false
			}
		}
	}
	return true
}

// escapeJSON rewrites the characters of compact JSON for which unsafe is true as \u escapes. Such characters can only
// stand inside strings as long as unsafe spares the JSON syntax itself.
func escapeJSON(text string, unsafe func(rune) bool) string {
	var out strings.Builder
	for _, r := range text {
		switch {
		case !unsafe(r):
			out.WriteRune(r)
		case r > 0xFFFF:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&out, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return out.String()
}

// canonicalJSON rewrites a JSON list or table the way compactJSON writes it and leaves any other text alone.
func canonicalJSON(text string) string {
	if !strings.HasPrefix(text, "{") && !strings.HasPrefix(text, "[") {
		return text
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil || decoder.More() {
		return text
	}
	canonical, err := compactJSON(canonicalNumbers(value))
	if err != nil {
		return text
	}
	return canonical
}

// canonicalNumbers rewrites the numbers of decoded JSON so that equal ones have the same text.
func canonicalNumbers(value any) any {
	switch v := value.(type) {
	case json.Number:
		if _, err := v.Int64(); err == nil {
			return v
		}
		if float, err := v.Float64(); err == nil {
			return float
		}
	case []any:
		for i := range v {
			v[i] = canonicalNumbers(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = canonicalNumbers(v[name])
		}
	}
	return value
}

// sameText compares two values as the SDK would: JSON by content, anything else byte for byte.
func sameText(a, b string) bool { return a == b || canonicalJSON(a) == canonicalJSON(b) }

func isNumber(value any) bool {
	switch value.(type) {
	case int, int64, float64, json.Number:
		return true
	}
	return false
}

// sameNumber compares numbers by value, integers exactly.
func sameNumber(a, b string) bool {
	x, errX := strconv.ParseInt(a, 10, 64)
	y, errY := strconv.ParseInt(b, 10, 64)
	if errX == nil && errY == nil {
		return x == y
	}
	f, errF := strconv.ParseFloat(a, 64)
	g, errG := strconv.ParseFloat(b, 64)
	return errF == nil && errG == nil && f == g
}

// sameValue compares a value found in a file with a wanted one.
func sameValue(found, wanted any) bool {
	a, errA := plainText(found)
	b, errB := plainText(wanted)
	return errA == nil && errB == nil && (sameText(a, b) || isNumber(wanted) && sameNumber(a, b))
}

// tableOf returns a setting's value as a table, if it is one.
func tableOf(value any) (table map[string]any, ok bool) {
	switch v := value.(type) {
	case map[string]any:
		return v, true
	case map[string]string:
		table = make(map[string]any, len(v))
		for name, text := range v {
			table[name] = text
		}
		return table, true
	}
	return nil, false
}

// leaves lists the paths of the values below a table, sorted; an empty table has none.
func leaves(above []string, table map[string]any) [][]string {
	var paths [][]string
	for _, name := range slices.Sorted(maps.Keys(table)) {
		path := append(slices.Clone(above), name)
		if child, ok := table[name].(map[string]any); ok {
			paths = append(paths, leaves(path, child)...)
		} else {
			paths = append(paths, path)
		}
	}
	return paths
}

// nest builds the tree that dotted keys describe.
func nest(settings []Setting) (map[string]any, error) {
	tree := map[string]any{}
	for _, s := range settings {
		path, err := splitKey(s.Key)
		if err != nil {
			return nil, err
		}
		if err := graft(tree, path, s); err != nil {
			return nil, err
		}
	}
	return tree, nil
}

func graft(tree map[string]any, path []string, s Setting) error {
	for _, name := range path[:len(path)-1] {
		child, ok := tree[name].(map[string]any)
		if !ok {
			if _, taken := tree[name]; taken {
				return fmt.Errorf("%w: %s lies below a setting that has a value of its own", ErrInvalidKey, s.Key)
			}
			child = map[string]any{}
			tree[name] = child
		}
		tree = child
	}
	last := path[len(path)-1]
	if table, ok := tableOf(s.Value); ok {
		if _, taken := tree[last]; !taken {
			tree[last] = map[string]any{}
		}
		for name, value := range table {
			if err := graft(tree, []string{last, name}, Setting{Key: s.Key + "." + name, Value: value}); err != nil {
				return err
			}
		}
		return nil
	}
	if _, taken := tree[last]; taken {
		return fmt.Errorf("%w: %s is given twice", ErrInvalidKey, s.Key)
	}
	if s.Value == nil {
		return fmt.Errorf("%w: %s is null; leave it out instead", ErrUnsafeValue, s.Key)
	}
	tree[last] = s.Value
	return nil
}

// splitKey splits a dotted setting name. Parts are the SDK's field names: letters, digits, underscores and, for the
// names of extra headers, dashes.
func splitKey(key string) ([]string, error) {
	path := strings.Split(key, ".")
	for _, part := range path {
		if part == "" || strings.Trim(part, bareKeyCharacters) != "" {
			return nil, fmt.Errorf("%w: %q; write dotted names such as resources.api_url", ErrInvalidKey, key)
		}
	}
	return path, nil
}

const bareKeyCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
