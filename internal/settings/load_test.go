package settings

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

const testHome = "/home/u"

// files are the contents of files by path below the home directory.
type files map[string]string

const (
	configPath = ".earthscope/config.toml"
	tokensPath = ".earthscope/default/tokens.json"
	legacyPath = ".config/earthscope-cli/sso_tokens.json"
)

// request builds a Request whose home is testHome with the given files, as
// Linux has them.
func request(f files, environ ...string) Request {
	return Request{
		Environ: append([]string{"HOME=" + testHome}, environ...),
		System:  "linux",
		ReadFile: func(path string) ([]byte, error) {
			rel, err := filepath.Rel(testHome, path)
			if !filepath.IsAbs(path) {
				rel, err = path, nil
			}
			content, found := f[filepath.ToSlash(rel)]
			if err != nil || !found {
				return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
			}
			return []byte(content), nil
		},
		Stat: func(path string) (fs.FileInfo, error) {
			return fstest.MapFS{"f": {Mode: 0o600}}.Stat("f")
		},
	}
}

// mustLoad fails the test if the settings do not load.
func mustLoad(t *testing.T, r Request) (*Settings, []Warning) {
	t.Helper()
	s, warnings, err := Load(r)
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	return s, warnings
}

// changed lists what differs from the defaults, as text by path. Unlike
// Describe it shows secrets.
func changed(s *Settings) map[string]string {
	got := map[string]string{}
	if s.Profile != "default" {
		got["profile"] = s.Profile
	}
	for i := range knownSettings {
		k := &knownSettings[i]
		value := s.values[k.Path]
		if equal(value, parsed(k, k.Default)) {
			continue
		}
		text := show(k, value)
		switch v := value.(type) {
		case Secret:
			text = v.Reveal()
		case string:
			text = v // show masks a password in a URL
		case map[string]string:
			for name, header := range v {
				got[k.Path+"."+name] = header
			}
			continue
		}
		got[k.Path] = text
	}
	return got
}

func TestLoad_defaults(t *testing.T) {
	t.Parallel()
	s, warnings := mustLoad(t, request(nil))
	if got := changed(s); len(got) != 0 {
		t.Errorf("differs from defaults: %v", got)
	}
	if len(warnings) != 0 {
		t.Errorf("warnings: %v", warnings)
	}
	if s.Profile != "default" || s.ProfileSlug != "default" || s.ProfileSource != (Source{}) {
		t.Errorf("profile %q, slug %q, source %v", s.Profile, s.ProfileSlug, s.ProfileSource)
	}
	if s.OAuth2.Domain != "https://login.earthscope.org/" || s.Resources.APIURL != "https://api.earthscope.org/" {
		t.Errorf("domain %q, API %q", s.OAuth2.Domain, s.Resources.APIURL)
	}
}

// TestLoad_precedence removes one source after the other, highest first.
func TestLoad_precedence(t *testing.T) {
	t.Parallel()
	const path = "oauth2.refresh_token"
	f := files{
		configPath:                  "[default.oauth2]\nrefresh_token = \"config-default\"\n[profile.p.oauth2]\nrefresh_token = \"config-profile\"\n",
		".earthscope/p/tokens.json": `{"refresh_token": "tokens"}`,
		legacyPath:                  `{"refresh_token": "legacy"}`,
	}
	r := request(f, "ES_OAUTH2__REFRESH_TOKEN=nested", `ES_OAUTH2={"refresh_token": "json"}`,
		`ES_BOOTSTRAP_SETTINGS={"oauth2": {"refresh_token": "bootstrap"}}`)
	r.Profile = "p"
	r.Arguments = map[string]string{path: "argument"}
	config := testHome + "/" + configPath
	steps := []struct {
		value  string
		source Source
		text   string
		remove func()
	}{
		{"argument", Source{LinkArgument, "refresh_token", ""}, "argument refresh_token", func() { r.Arguments = nil }},
		{
			"nested",
			Source{LinkEnvironment, "ES_OAUTH2__REFRESH_TOKEN", ""},
			"environment variable ES_OAUTH2__REFRESH_TOKEN",
			func() { r.Environ = append(r.Environ[:1:1], r.Environ[2:]...) },
		},
		{
			"json",
			Source{LinkEnvironmentJSON, "ES_OAUTH2", "refresh_token"},
			"environment variable ES_OAUTH2, key refresh_token",
			func() { r.Environ = append(r.Environ[:1:1], r.Environ[2:]...) },
		},
		{
			"config-profile",
			Source{LinkConfigProfile, config, "profile.p"},
			config + ", table [profile.p]",
			func() { f[configPath] = strings.Split(f[configPath], "[profile.p.oauth2]")[0] + "[profile.p]\n" },
		},
		{
			"config-default",
			Source{LinkConfigDefault, config, "default"},
			config + ", table [default]",
			func() { f[configPath] = "[profile.p]\n" },
		},
		{
			"tokens",
			Source{LinkTokensFile, testHome + "/.earthscope/p/tokens.json", ""},
			testHome + "/.earthscope/p/tokens.json",
			func() { delete(f, ".earthscope/p/tokens.json") },
		},
		{
			"legacy",
			Source{LinkLegacyFile, testHome + "/" + legacyPath, ""},
			testHome + "/" + legacyPath,
			func() { delete(f, legacyPath) },
		},
		{
			"bootstrap",
			Source{LinkBootstrap, "ES_BOOTSTRAP_SETTINGS", "oauth2.refresh_token"},
			"environment variable ES_BOOTSTRAP_SETTINGS, key oauth2.refresh_token", func() { r.Environ = r.Environ[:1] },
		},
		{"", Source{}, "built-in default", func() {}},
	}
	for _, step := range steps {
		s, _ := mustLoad(t, r)
		if got := s.OAuth2.RefreshToken.Reveal(); got != step.value {
			t.Fatalf("refresh token is %q, want %q", got, step.value)
		}
		if got := s.Source(path); got != step.source || got.String() != step.text {
			t.Fatalf("source of %q is %#v (%s), want %#v (%s)", step.value, got, got, step.source, step.text)
		}
		step.remove()
	}
}

func TestLoad_unknownProfile(t *testing.T) {
	t.Parallel()
	r := request(files{configPath: "[profile.a]\n[profile.\"b c\"]\n"})
	r.Profile = "A"
	_, _, err := Load(r)
	var e *Error
	if !errors.As(err, &e) || !errors.Is(err, ErrProfileNotFound) {
		t.Fatalf("error %v", err)
	}
	want := `Unknown EarthScope Profile: Profile "A", named by argument profile, does not exist: /home/u/.earthscope/config.toml ` +
		`has no table [profile.A] (it has "a", "b c"; letter case counts). Add that table (it may be empty), or name another profile.`
	if e.Error() != want {
		t.Errorf("got  %s\nwant %s", e, want)
	}
	if e.Setting != "profile" || e.Source != (Source{Link: LinkArgument, Name: "profile"}) {
		t.Errorf("setting %q, source %v", e.Setting, e.Source)
	}
}
