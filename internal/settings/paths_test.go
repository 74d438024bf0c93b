package settings

import (
	"errors"
	"testing"
)

func TestLocate_linux(t *testing.T) {
	t.Parallel()
	account := func() (string, error) { return "/home/account", nil }
	none := func() (string, error) { return "", errors.New("no such account") }
	under := func(home, slug, legacy string) Paths {
		dir := home + "/.earthscope"
		return Paths{dir, dir + "/config.toml", dir + "/" + slug, dir + "/" + slug + "/tokens.json", legacy}
	}
	rows := []struct {
		name    string
		request Request
		profile string
		want    Paths
	}{
		{"HOME", Request{Environ: []string{"HOME=/h"}}, "default", under("/h", "default", "/h/.config/earthscope-cli/sso_tokens.json")},
		{"final slashes", Request{Environ: []string{"HOME=/h//"}}, "A b", under("/h", "a-b", "/h/.config/earthscope-cli/sso_tokens.json")},
		{
			"empty HOME is the root",
			Request{Environ: []string{"HOME="}, UserHomeDir: account},
			"default",
			Paths{
				"/.earthscope", "/.earthscope/config.toml", "/.earthscope/default", "/.earthscope/default/tokens.json",
				"/.config/earthscope-cli/sso_tokens.json",
			},
		},
		{
			"HOME absent",
			Request{UserHomeDir: account},
			"default",
			under("/home/account", "default", "/home/account/.config/earthscope-cli/sso_tokens.json"),
		},
		{
			"case counts",
			Request{Environ: []string{"home=/h"}, UserHomeDir: account},
			"default",
			under("/home/account", "default", "/home/account/.config/earthscope-cli/sso_tokens.json"),
		},
		{"no home", Request{UserHomeDir: none}, "default", Paths{}},
		{"nobody to ask", Request{}, "default", Paths{}},
		{
			"no home, but a folder",
			Request{ConfigDir: "/c"},
			"default",
			Paths{"/c", "/c/config.toml", "/c/default", "/c/default/tokens.json", ""},
		},
		{
			"override",
			Request{Home: "/o", Environ: []string{"HOME=/h"}},
			"default",
			under("/o", "default", "/o/.config/earthscope-cli/sso_tokens.json"),
		},
		{
			"XDG_CONFIG_HOME moves the legacy file only",
			Request{Environ: []string{"HOME=/h", "XDG_CONFIG_HOME=/x"}},
			"default",
			under("/h", "default", "/x/earthscope-cli/sso_tokens.json"),
		},
		{
			"APP_DIRECTORY",
			Request{Environ: []string{"HOME=/h", "XDG_CONFIG_HOME=/x", "APP_DIRECTORY=/a"}},
			"default",
			under("/h", "default", "/a/sso_tokens.json"),
		},
		{
			"empty XDG_CONFIG_HOME",
			Request{Environ: []string{"HOME=/h", "XDG_CONFIG_HOME="}},
			"default",
			under("/h", "default", "earthscope-cli/sso_tokens.json"),
		},
		{
			"the first of two entries counts",
			Request{Environ: []string{"HOME=/1", "HOME=/2", "broken", "=x"}},
			"default",
			under("/1", "default", "/1/.config/earthscope-cli/sso_tokens.json"),
		},
		{
			"up",
			Request{Environ: []string{"HOME=/h"}},
			"../Up",
			Paths{"/h/.earthscope", "/h/.earthscope/config.toml", "/h/up", "/h/up/tokens.json", "/h/.config/earthscope-cli/sso_tokens.json"},
		},
		{
			"absolute",
			Request{Environ: []string{"HOME=/h"}},
			"/abs",
			Paths{"/h/.earthscope", "/h/.earthscope/config.toml", "/abs", "/abs/tokens.json", "/h/.config/earthscope-cli/sso_tokens.json"},
		},
		{
			"blank",
			Request{Environ: []string{"HOME=/h"}},
			" ",
			Paths{
				"/h/.earthscope", "/h/.earthscope/config.toml", "/h/.earthscope", "/h/.earthscope/tokens.json",
				"/h/.config/earthscope-cli/sso_tokens.json",
			},
		},
	}
	for _, row := range rows {
		row.request.System = "linux"
		if got := Locate(row.request, row.profile); got != row.want {
			t.Errorf("%s: got %+v, want %+v", row.name, got, row.want)
		}
	}
}

// TestHome_otherSystems compares what does not depend on the separator of the
// system that runs the test.
func TestHome_otherSystems(t *testing.T) {
	t.Parallel()
	rows := []struct {
		system  string
		environ []string
		want    string
	}{
		{"windows", []string{"HOME=/h", "userprofile=/p"}, "/p"},
		{"windows", []string{"HOME=/h", "HomeDrive=C:", "HomePath=/p"}, "C:/p"},
		{"windows", []string{"HOME=/h"}, ""},
		{"darwin", []string{"HOME=/h"}, "/h"},
	}
	for _, row := range rows {
		r := Request{System: row.system, Environ: row.environ}
		if got := r.home(newEnvironment(r.Environ, r.windows())); got != row.want {
			t.Errorf("%s, %v: %q, want %q", row.system, row.environ, got, row.want)
		}
	}
}

func TestLegacyPath_otherSystems(t *testing.T) {
	t.Parallel()
	rows := []struct {
		system  string
		environ []string
		want    string
	}{
		{"darwin", []string{"HOME=/h", "XDG_CONFIG_HOME=/x"}, "/h/Library/Application Support/earthscope-cli/sso_tokens.json"},
		{"windows", []string{"APPDATA=/d"}, "/d/earthscope-cli/sso_tokens.json"},
		{"windows", []string{"USERPROFILE=/p"}, "/p/earthscope-cli/sso_tokens.json"},
		{"windows", []string{"USERPROFILE=/p", "App_Directory=/a"}, "/a/sso_tokens.json"},
	}
	for _, row := range rows {
		r := Request{System: row.system, Environ: row.environ}
		if got := Locate(r, "default").LegacyFile; got != row.want {
			t.Errorf("%s, %v: %q, want %q", row.system, row.environ, got, row.want)
		}
	}
}

// TestSlug_cases: measured with the SDK's slugify.
func TestSlug_cases(t *testing.T) {
	t.Parallel()
	rows := []struct{ profile, want string }{
		{"default", "default"},
		{"Prod", "prod"},
		{" My \t Prof\n", "my-prof"},
		{"a-b_c.d", "a-b_c.d"},
		{"../up", "../up"},
		{"", ""},
		{"  ", ""},
		{"a\u00a0b\u2003c\u3000d", "a-b-c-d"},
		{"a\x1cb\x1fc", "a-b-c"},
		{"a\u200bb", "a\u200bb"},
		{"ÄÖÜ", "äöü"},
		{"ΑΣ Β", "ας-β"},
		{"İ", "i\u0307"},
		{"a/b", "a/b"},
	}
	for _, row := range rows {
		if got := Slug(row.profile); got != row.want {
			t.Errorf("Slug(%q) = %q, want %q", row.profile, got, row.want)
		}
	}
}
