package settings

import (
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"
)

// Line is one setting as it may be shown: secrets are masked.
type Line struct {
	// Path is the dotted path, or "profile".
	Path string
	// Value is empty where the setting is unset.
	Value  string
	Source Source
}

// String is the line for logs.
func (l Line) String() string { return fmt.Sprintf("%s = %s (%s)", l.Path, l.Value, l.Source) }

// Describe lists every known setting with its value and source, sorted by
// path. Secrets, the values of extra headers and passwords in URLs are masked.
func (s *Settings) Describe() []Line {
	lines := make([]Line, 0, len(knownSettings)+1)
	lines = append(lines, Line{Path: "profile", Value: s.Profile, Source: s.ProfileSource})
	for i := range knownSettings {
		k := &knownSettings[i]
		lines = append(lines, Line{Path: k.Path, Value: show(k, s.values[k.Path]), Source: s.sources[k.Path]})
	}
	sort.Slice(lines, func(i, j int) bool { return lines[i].Path < lines[j].Path })
	return lines
}

// show formats a decoded value without giving a secret away.
func show(k *Known, value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case Secret:
		return v.String()
	case string:
		if k.Type == TypeURL {
			return RedactURL(v)
		}
		return v
	case time.Duration:
		return v.String()
	case float64:
		return plain(v)
	case map[string]string:
		names := make([]string, 0, len(v))
		for name := range v {
			names = append(names, fmt.Sprintf("%q: %s", name, masked))
		}
		slices.Sort(names)
		return "{" + strings.Join(names, ", ") + "}"
	case int64:
		return fmt.Sprint(v)
	default:
		text, err := json.Marshal(v)
		if err != nil {
			return ""
		}
		return string(text)
	}
}
