package interop_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
)

// The CLI logs in; we read its login, refresh it and save; the CLI and the SDK
// read what we saved and ask for nothing.
func TestLogin_ofTheCLIServesUs(t *testing.T) {
	t.Parallel()
	rotations(t, func(t *testing.T, rotating bool) {
		w := newWorld(t, identity.Options{Rotating: rotating, AutoApprove: true, DeviceInterval: time.Second})
		w.expiring()
		w.es([]string{"ES_OAUTH2__SCOPE=openid profile offline_access"}, "login")
		w.lasting()
		before := w.stored("default")
		if before.Access == "" || before.ID == "" || before.Refresh == "" {
			t.Fatal("the CLI's login left tokens out")
		}
		w.server.ResetRequests()

		access := w.ours()
		w.requests(1)
		after := w.stored("default")
		same(t, "access token saved", after.Access, access)
		if after.Access == before.Access {
			t.Error("an expiring access token was not refreshed")
		}
		if rotated := after.Refresh != before.Refresh; rotated != rotating {
			t.Errorf("refresh token replaced: %v, want %v", rotated, rotating)
		}

		same(t, "the CLI's access token", w.es(nil, "user", "get-access-token"), access)
		same(t, "the CLI's refresh token", w.es(nil, "user", "get-refresh-token"), after.Refresh)
		python := startSDK(t)
		if got := python.tokens(w, ifNecessary); got != after {
			t.Error("the SDK works with other tokens than we saved")
		}
		w.requests(0)
		answer := python.ask(question{Call: "tokens", Env: w.environment(), ProfileOfUser: true})
		if answer.UserID != identity.DefaultUser().Subject {
			t.Errorf("the SDK called the API with our token as %q (%s)", answer.UserID, answer.Error)
		}
	})
}

// A session that came from the CLI's older state or from the bootstrap
// variable is kept where the SDK keeps it: in tokens.json.
func TestLogin_adoptedIntoTokensFile(t *testing.T) {
	t.Parallel()
	python := startSDK(t)
	for title, adopt := range map[string]func(w *world, refresh string) (env []string){
		"legacy file": func(w *world, refresh string) []string {
			writeFile(w.t, filepath.Join(w.home, legacyFile), `{"access_token":"x","refresh_token":"`+refresh+`"}`)
			return nil
		},
		"ES_BOOTSTRAP_SETTINGS": func(_ *world, refresh string) []string {
			return []string{`ES_BOOTSTRAP_SETTINGS={"oauth2":{"refresh_token":"` + refresh + `"}}`}
		},
	} {
		t.Run(title, func(t *testing.T) {
			w := newWorld(t, identity.Options{Rotating: true})
			env := adopt(w, w.server.Login(identity.User{}).RefreshToken)
			access := w.ours(env...)
			same(t, "the SDK's access token", python.tokens(w, ifNecessary, env...).Access, access)
			w.requests(1)
			// The same again, with the SDK first: its successor is found.
			w.expiring()
			next := python.tokens(w, always, env...)
			w.lasting()
			same(t, "our next access token", name(w.ours(env...)), name(w.stored("default").Access))
			if w.stored("default").Refresh == next.Refresh {
				t.Error("an expiring token was not refreshed")
			}
			w.neverTwice()
		})
	}
}

// Named profiles: each has its folder, and both sides agree on its name.
func TestProfiles_shareTheirFolders(t *testing.T) {
	t.Parallel()
	python := startSDK(t)
	w := newWorld(t, identity.Options{Rotating: true})
	profiles := map[string]string{"default": "default", "Stage": "stage", " My  Lab ": "my-lab", "prod": "prod"}
	var table strings.Builder
	for profile := range profiles {
		table.WriteString("[profile.\"" + profile + "\"]\n")
	}
	w.write(table.String(), "config.toml")
	for profile, folder := range profiles {
		env := []string{"ES_PROFILE=" + profile}
		w.loginExpired(folder, identity.User{Subject: "auth0|" + folder})
		access := w.ours(env...)
		same(t, "saved for "+profile, w.stored(folder).Access, access)
		same(t, "the SDK's for "+profile, python.tokens(w, ifNecessary, env...).Access, access)
		claims, err := session.DecodeClaims(access)
		if err != nil || claims.Subject != "auth0|"+folder {
			t.Errorf("profile %q is %q (%v)", profile, claims.Subject, err)
		}
	}
	w.requests(len(profiles))
	same(t, "the CLI's for Stage", w.es(nil, "user", "get-access-token", "-p", "Stage"), w.stored("stage").Access)
	w.requests(0)
}
