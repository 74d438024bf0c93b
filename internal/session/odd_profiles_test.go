package session_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// oddProfiles are names whose folder is not a plain one below the
// configuration directory; the SDK takes each as it is.
func oddProfiles(w *world) []string {
	odd := "x [1]*?"
	if runtime.GOOS == "windows" { // where no file has such a name
		odd = "x [1]"
	}
	return []string{"team/prod", "../up", ".", "a/../b", filepath.ToSlash(filepath.Join(w.home, "elsewhere")), odd, "Prod"}
}

func (w *world) configure(profile string) {
	w.t.Helper()
	w.write([]byte("[profile.\""+profile+"\"]\n"), "config.toml")
}

// A token from the environment is continued run after run, whatever the
// profile is called, and by another profile too.
func TestToken_configuredTokenSurvivesUnderEveryProfileName(t *testing.T) {
	t.Parallel()
	for i := range oddProfiles(newWorld(t, identity.Options{})) {
		w := newWorld(t, identity.Options{Rotating: true})
		profile := oddProfiles(w)[i]
		w.configure(profile)
		run := envToken(w.login())
		run.profile = profile
		for range 4 {
			w.token(w.open(run), 0)
			w.clock.advance(time.Hour)
		}
		run.profile = ""
		w.token(w.open(run), 0)
		w.requests(5)
		w.neverTwice()
		if t.Failed() {
			t.Fatalf("profile %q", profile)
		}
	}
}

// The login of such a profile is found, refreshed and saved where the SDK
// looks for it, and a copy of its token in the environment shares its session.
func TestToken_loginOfEveryProfileName(t *testing.T) {
	t.Parallel()
	for i := range oddProfiles(newWorld(t, identity.Options{})) {
		w := newWorld(t, identity.Options{Rotating: true})
		profile := oddProfiles(w)[i]
		w.configure(profile)
		set := w.login()
		folder := settings.Slug(profile)
		if filepath.IsAbs(folder) {
			// In lower case it is another place than the test's own folder, which is removed by itself.
			if lower := settings.Slug(filepath.Dir(t.TempDir())); strings.HasPrefix(folder, lower+"/") && strings.Contains(lower, "loginofeveryprofilename") {
				t.Cleanup(func() { _ = os.RemoveAll(lower) })
			}
			var err error
			if folder, err = filepath.Rel(w.path(), folder); err != nil {
				t.Fatal(err)
			}
		}
		w.writeLogin(folder, set)
		w.clock.advance(time.Hour)
		pinned := envToken(set)
		pinned.profile = profile
		w.token(w.open(pinned), 0)
		w.clock.advance(time.Hour)
		token := w.token(w.open(setup{profile: profile}), 0)
		if w.tokens(folder).AccessToken != token.AccessToken {
			t.Errorf("profile %q: the token is not in its tokens.json", profile)
		}
		w.clock.advance(time.Hour)
		w.token(w.open(pinned), 0)
		w.requests(3)
		w.neverTwice()
		if t.Failed() {
			t.Fatalf("profile %q", profile)
		}
	}
}

// A bootstrap token whose login was rotated and then removed is spent: it is not
// sent again.
func TestToken_spentBootstrapTokenAfterTheLogout(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{Rotating: true})
	run := setup{env: []string{`ES_BOOTSTRAP_SETTINGS={"oauth2":{"refresh_token":"` + w.login().RefreshToken + `"}}`}}
	w.token(w.open(run), 0)
	w.requests(1)
	if err := os.Remove(filepath.Join(w.path(), "default", "tokens.json")); err != nil {
		t.Fatal(err)
	}
	if _, err := w.open(run).Token(t.Context(), 0); err == nil {
		t.Error("a spent token was accepted")
	}
	w.requests(0)
	w.neverTwice()
}
