package interop_test

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// More situations than the usual ones are for those who change internal/settings.
var (
	situations = flag.Int("situations", 200, "how many random situations to compare")
	seed       = flag.Uint64("seed", 1, "where their sequence starts")
)

// TestSettings_random compares random situations: any settings in any link,
// spelt in any way, with values that fit and values that do not.
func TestSettings_random(t *testing.T) {
	t.Parallel()
	python := startSDK(t)
	for i := range *situations {
		number := *seed + uint64(i)
		m := mixer{rand.New(rand.NewPCG(number, 0))}
		s := m.situation()
		if !t.Run(fmt.Sprint(number), func(t *testing.T) { compare(t, python, s) }) {
			t.Logf("situation %d: profile %q, files %q, environment %q", number, s.profile, s.files, s.env)
		}
	}
}

// mixer makes situations up.
type mixer struct{ *rand.Rand }

func pick[T any](m mixer, from ...T) T { return from[m.IntN(len(from))] }

func (m mixer) chance(percent int) bool { return m.IntN(100) < percent }

// setting picks a known one, those that matter to a login more often.
func (m mixer) setting() settings.Known {
	known := settings.KnownSettings()
	if m.chance(50) {
		return known[m.IntN(9)] // oauth2's own
	}
	return known[m.IntN(len(known))]
}

// texts are values by type as an environment variable takes them; the last
// ones of each do not fit.
var texts = map[settings.Type][]string{
	settings.TypeString:   {"a", "b c", "", " x ", "é"},
	settings.TypeSecret:   {"s1", "s2", "", "a b"},
	settings.TypeURL:      {"https://a.example/", "http://b.example:8080", "https://A.example/x/", "https://login.earthscope.org", "https://api.earthscope.org/", "nonsense"},
	settings.TypeInteger:  {"1", "3", "5", "8", "100", "10485760", "0", "-2", "2.0", "x", ""},
	settings.TypeNumber:   {"1", "2", "2.5", "150", "0", "x"},
	settings.TypeDuration: {"1", "0.1", "5", "20", "30", "PT3S", "00:01:00", "x"},
	settings.TypeScope:    {"offline_access", "openid email", ""},
	settings.TypeStrings:  {`["a"]`, `["b","a"]`, `[]`, `["earthscope.org","*.earthscope.org"]`, "a", `[1]`},
	settings.TypeIntegers: {`[500]`, `[429,500,502,503,504]`, `[]`, `["x"]`, "5"},
	settings.TypeHeaders:  {`{"A":"1"}`, `{"B":"2","A":"3"}`, `{}`, `{"A":1}`, "x"},
	settings.TypeCategory: {"miniseed", "assembled", "x"},
}

// text is a value for a setting; one in ten may not fit.
func (m mixer) text(known settings.Known) string {
	choice := texts[known.Type]
	if !m.chance(10) {
		choice = choice[:max(1, len(choice)*2/3)]
	}
	return pick(m, choice...)
}

// json is the same as a JSON document, or null.
func (m mixer) json(known settings.Known) string {
	text := m.text(known)
	switch known.Type {
	case settings.TypeStrings, settings.TypeIntegers, settings.TypeHeaders:
		if strings.ContainsAny(text, "[{") {
			return text
		}
	case settings.TypeInteger, settings.TypeNumber:
		if text != "" && text != "x" && m.chance(70) {
			return text
		}
	}
	if m.chance(4) {
		return pick(m, "null", "true", "7", "[]")
	}
	return fmt.Sprintf("%q", text)
}

func (m mixer) letters(text string) string {
	switch m.IntN(5) {
	case 0:
		return strings.ToLower(text)
	case 1:
		return strings.ToUpper(text[:1]) + strings.ToLower(text[1:])
	default:
		return strings.ToUpper(text)
	}
}

// document is a JSON object with some settings, of one table or of all.
func (m mixer) document(prefix string) string {
	root := map[string]any{}
	for range 1 + m.IntN(3) {
		known := m.setting()
		path, inside := strings.CutPrefix(known.Path, prefix)
		if !inside {
			continue
		}
		table, names := root, strings.Split(path, ".")
		for _, name := range names[:len(names)-1] {
			inner, ok := table[name].(map[string]any)
			if !ok {
				inner = map[string]any{}
				table[name] = inner
			}
			table = inner
		}
		table[names[len(names)-1]] = m.json(known)
	}
	return render(root)
}

// render writes nested tables as JSON.
func render(table map[string]any) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(table)) {
		text, ok := table[name].(string)
		if !ok {
			text = render(table[name].(map[string]any))
		}
		parts = append(parts, `"`+name+`":`+text)
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func (m mixer) toml(table string) string {
	var text strings.Builder
	seen := map[string]bool{}
	for range 1 + m.IntN(4) {
		known := m.setting()
		value := m.json(known)
		if seen[known.Path] || value == "null" {
			continue
		}
		if known.Type == settings.TypeHeaders {
			value = strings.ReplaceAll(value, `":`, `"=`)
		}
		seen[known.Path] = true
		fmt.Fprintf(&text, "%s.%s=%s\n", table, known.Path, value)
	}
	return text.String()
}

func (m mixer) tokens() string {
	return pick(
		m, `{"access_token":"t1","refresh_token":"t2"}`, `{"refresh_token":"t3"}`, `{"access_token":"t4"}`, `{"id_token":"t5"}`,
		`{"access_token":"","refresh_token":"t6","x":1}`, `{"access_token":"t7","id_token":"t8","refresh_token":null}`, `{}`, `{"refresh_token":`,
	)
}

func (m mixer) situation() situation {
	s := situation{files: map[string]string{}}
	named := m.chance(40)
	for range m.IntN(4) {
		known := m.setting()
		s.env = append(s.env, m.letters("ES_"+strings.ReplaceAll(known.Path, ".", "__"))+"="+m.text(known))
	}
	for range m.IntN(2) {
		table := pick(m, "oauth2", "http", "oauth2.retry", "resources")
		s.env = append(s.env, m.letters("ES_"+strings.ReplaceAll(table, ".", "__"))+"="+m.document(table+"."))
	}
	if m.chance(25) {
		s.env = append(s.env, "ES_BOOTSTRAP_SETTINGS="+m.document(""))
	}
	if m.chance(60) {
		s.files[configFile] = m.toml(pick(m, "default", "Default", "defaults", "default"))
	}
	folder := "default"
	if named {
		folder = "p"
		s.files[configFile] += m.toml(pick(m, "profile.p", "profile.p", "profile.q", "Profile.p"))
		s.profile = pick(m, "p", "")
		if s.profile == "" {
			s.env = append(s.env, pick(m, "ES_PROFILE=p", "es_profile=p", "ES_PROFILE_NAME=p"))
		}
	}
	if m.chance(50) {
		s.files[".earthscope/"+folder+"/tokens.json"] = m.tokens()
	}
	if m.chance(25) {
		s.files[legacyFile] = m.tokens()
	}
	return s
}
