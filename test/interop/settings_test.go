package interop_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"reflect"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// situation is one machine as the settings chain sees it: files below a home,
// an environment, constructor arguments.
type situation struct {
	// files by path below the home.
	files map[string]string
	// env in order; "HOME" stands in a value for the home directory.
	env []string
	// arguments by dotted path, outranking everything.
	arguments map[string]string
	profile   string
}

const (
	configFile = ".earthscope/config.toml"
	tokensFile = ".earthscope/default/tokens.json"
	legacyFile = ".config/earthscope-cli/sso_tokens.json"
)

func config(text string) map[string]string { return map[string]string{configFile: text} }

// compare resolves a situation with the SDK and with ours. Both must stop, or
// both must give every setting the same value.
func compare(t *testing.T, python *sdk, s situation) {
	t.Helper()
	home := t.TempDir()
	for file, text := range s.files {
		writeFile(t, filepath.Join(home, file), text)
	}
	env := []string{"HOME=" + home}
	for _, assignment := range s.env {
		env = append(env, strings.ReplaceAll(assignment, "HOME/", home+"/"))
	}
	arguments := maps.Clone(s.arguments)
	if s.profile != "" {
		arguments = map[string]string{"profile_name": s.profile}
		maps.Copy(arguments, s.arguments)
	}
	theirs := python.ask(question{Call: "settings", Env: env, Arguments: arguments})
	loaded, _, err := settings.Load(settings.Request{Environ: env, Arguments: s.arguments, Profile: s.profile})
	if (err != nil) != (theirs.Error != "") {
		t.Fatalf("ours: error %v; the SDK: error %q %s", err, theirs.Error, theirs.Message)
	}
	if err != nil {
		return
	}
	want := theirs.Settings
	got := flatten(t, loaded)
	for _, path := range slices.Sorted(maps.Keys(want)) {
		value, known := got[path]
		if !known {
			t.Errorf("%s: unknown to us, %v in the SDK", path, want[path])
		} else if !reflect.DeepEqual(value, normal(path, want[path])) {
			t.Errorf("%s = %v (from %s), want the SDK's %v", path, value, loaded.Source(path), want[path])
		}
	}
	if len(got) != len(want) {
		t.Errorf("we know %d settings, the SDK %d", len(got), len(want))
	}
}

// normal maps what the SDK distinguishes and we do not: an empty secret counts
// as unset in both, but is kept by the SDK.
func normal(path string, value any) any {
	if known, ok := settings.LookupKnown(path); ok && known.Secret && value == nil {
		return ""
	}
	return value
}

// flatten gives our settings the form of testdata/sdk.py.
func flatten(t *testing.T, s *settings.Settings) map[string]any {
	t.Helper()
	direct := map[string]any{
		"oauth2.access_token":  s.OAuth2.AccessToken.Reveal(),
		"oauth2.id_token":      s.OAuth2.IDToken.Reveal(),
		"oauth2.refresh_token": s.OAuth2.RefreshToken.Reveal(),
		"oauth2.client_secret": s.OAuth2.ClientSecret.Reveal(),
		"oauth2.domain":        s.OAuth2.Domain,
		"resources.api_url":    s.Resources.APIURL,
		"http.extra_headers":   headers(s.HTTP.ExtraHeaders),
		"http.user_agent":      s.HTTP.UserAgent,
	}
	if s.Source("http.user_agent").Link == settings.LinkDefault {
		direct["http.user_agent"] = "earthscope-sdk py/1.9.3" // the provider has its own
	}
	flat := map[string]any{"profile_name": s.Profile, "tokens_file": s.Paths.TokensFile}
	for _, line := range s.Describe() {
		known, ok := settings.LookupKnown(line.Path)
		if !ok {
			continue // "profile"
		}
		value, ok := direct[line.Path]
		if !ok {
			value = readBack(t, known, line.Value)
		}
		flat[line.Path] = value
	}
	return flat
}

func headers(table map[string]string) map[string]any {
	converted := map[string]any{}
	for name, value := range table {
		converted[name] = value
	}
	return converted
}

// readBack turns a described value into what JSON would hold.
func readBack(t *testing.T, known settings.Known, text string) any {
	t.Helper()
	if text == "" && known.Default == "" {
		return nil
	}
	var value any
	var err error
	switch known.Type {
	case settings.TypeInteger, settings.TypeNumber:
		var number float64
		number, err = strconv.ParseFloat(text, 64)
		value = number
		if math.IsInf(number, 0) || math.IsNaN(number) {
			value = strings.ToLower(strings.TrimPrefix(text, "+")) // as Python prints it
		}
	case settings.TypeDuration:
		var duration time.Duration
		duration, err = time.ParseDuration(text)
		value = duration.Seconds()
	case settings.TypeStrings, settings.TypeIntegers:
		var list []any
		err = json.Unmarshal([]byte(text), &list)
		sort.Slice(list, func(i, j int) bool { return less(list[i], list[j]) })
		value = list
	default:
		value = text
	}
	if err != nil {
		t.Fatalf("%s = %q: %v", known.Path, text, err)
	}
	return value
}

func less(a, b any) bool {
	if x, ok := a.(float64); ok {
		return x < b.(float64)
	}
	return fmt.Sprint(a) < fmt.Sprint(b)
}

// Every subset of the chain's links, each setting the refresh token and a
// header of its own: the highest link wins the token, the headers merge.
func TestSettings_everySubsetOfTheChain(t *testing.T) {
	t.Parallel()
	python := startSDK(t)
	links := []func(*situation){
		func(s *situation) { s.arguments = map[string]string{"oauth2.refresh_token": "argument"} },
		func(s *situation) {
			s.env = append(s.env, "ES_OAUTH2__REFRESH_TOKEN=nested", "ES_HTTP__EXTRA_HEADERS__x-nested=1")
		},
		func(s *situation) {
			s.env = append(s.env, `ES_OAUTH2={"refresh_token":"json","scope":"json"}`, `ES_HTTP={"extra_headers":{"x-json":"1"}}`)
		},
		func(s *situation) {
			s.files[configFile] += "[profile.p.oauth2]\nrefresh_token='table'\nid_token='table'\n[profile.p.http.extra_headers]\nx-table='1'\n"
		},
		func(s *situation) {
			s.files[configFile] += "[default.oauth2]\nrefresh_token='default'\naudience='default'\n[default.http.extra_headers]\nx-default='1'\n"
		},
		func(s *situation) {
			s.files[".earthscope/p/tokens.json"] = `{"access_token":"file","refresh_token":"file"}`
		},
		func(s *situation) { s.files[legacyFile] = `{"access_token":"legacy","refresh_token":"legacy"}` },
		func(s *situation) {
			s.env = append(s.env, `ES_BOOTSTRAP_SETTINGS={"oauth2":{"refresh_token":"boot","client_id":"boot"},"http":{"extra_headers":{"x-boot":"1"}}}`)
		},
	}
	for subset := range 1 << len(links) {
		s := situation{files: config("[profile.p]\n"), profile: "p"}
		for i, link := range links {
			if subset&(1<<i) != 0 {
				link(&s)
			}
		}
		if strings.Contains(s.files[configFile], "[profile.p.oauth2]") {
			s.files[configFile] = strings.TrimPrefix(s.files[configFile], "[profile.p]\n")
		}
		if ok := t.Run(fmt.Sprintf("%08b", subset), func(t *testing.T) { compare(t, python, s) }); !ok {
			t.Logf("situation: %q %q", s.files, s.env)
		}
	}
}

// Where we stop or decide otherwise on purpose; the SDK's behaviour is pinned
// so that a change of it is noticed.
func TestSettings_knownDifferences(t *testing.T) {
	t.Parallel()
	python := startSDK(t)
	home := t.TempDir()
	writeFile(t, filepath.Join(home, tokensFile), `{"refresh_token":"default's"}`)

	// The SDK reads the tokens of "default" and would save them under "q".
	env := []string{"HOME=" + home, `ES_BOOTSTRAP_SETTINGS={"es_profile":"q"}`}
	theirs := python.ask(question{Call: "settings", Env: env}).Settings
	same(t, "the SDK's token", fmt.Sprint(theirs["oauth2.refresh_token"]), "default's")
	if theirs["profile_name"] != "q" {
		t.Errorf("the SDK's profile = %v, want q", theirs["profile_name"])
	}
	ours, warnings, err := settings.Load(settings.Request{Environ: env})
	if err != nil || ours.Profile != "default" || len(warnings) == 0 {
		t.Errorf("ours = %+v, %d warnings, error %v; want default and a warning", ours, len(warnings), err)
	}

	// The SDK appends endpoints as text and asks https://h.example/authoauth/token.
	env = []string{"HOME=" + home, "ES_OAUTH2__DOMAIN=https://h.example/auth"}
	theirs = python.ask(question{Call: "settings", Env: env}).Settings
	if theirs["oauth2.domain"] != "https://h.example/auth" {
		t.Errorf("the SDK's domain = %v", theirs["oauth2.domain"])
	}
	if _, _, err := settings.Load(settings.Request{Environ: env}); err == nil {
		t.Error("a domain that endpoints cannot be appended to was accepted")
	}
}
