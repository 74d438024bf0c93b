package interop_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
)

// We, the SDK and the CLI refresh one login in turn, every token being nearly
// expired. Each works with what the one before it left, nobody spends a token
// twice, and nothing that we keep beside the login disturbs the others.
func TestTurns_onOneLogin(t *testing.T) {
	t.Parallel()
	rotations(t, func(t *testing.T, rotating bool) {
		python := startSDK(t)
		w := newWorld(t, identity.Options{Rotating: rotating})
		w.expiring()
		first := w.login("default", identity.User{})
		turns := []func() string{
			func() string { return w.ours() },
			func() string { return python.tokens(w, ifNecessary).Access },
			func() string { return w.ours() },
			func() string { return w.es(nil, "user", "get-access-token") },
		}
		seen := map[string]bool{first.AccessToken: true}
		for round := range 2 {
			for i, turn := range turns {
				access := turn()
				w.requests(1)
				if seen[access] {
					t.Errorf("round %d, turn %d: an old access token", round, i)
				}
				seen[access] = true
				same(t, "access token saved", w.stored("default").Access, access)
				w.nothingStray()
			}
		}
		if rotated := w.stored("default").Refresh != first.RefreshToken; rotated != rotating {
			t.Errorf("refresh token replaced: %v, want %v", rotated, rotating)
		}
		if w.server.FamilyRevoked(first.RefreshToken) {
			t.Error("the login was revoked")
		}
	})
}

// nothingStray asserts that our own files are where they are documented to be.
func (w *world) nothingStray() {
	w.t.Helper()
	expected := map[string]bool{
		"default/tokens.json": true, "default/terraform/login.json": true, "default/terraform/login.lock": true,
		".terraform.lock": true, "config.toml": true,
	}
	err := filepath.WalkDir(w.path(), func(file string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		relative, err := filepath.Rel(w.path(), file)
		if !expected[filepath.ToSlash(relative)] {
			w.t.Errorf("unexpected file %s", relative)
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// A session that is open keeps its token while the CLI rotates behind its
// back, and carries on from the CLI's successor when it has to refresh.
func TestTurns_theCLIRotatesBehindAnOpenSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{Rotating: true})
	w.expiring()
	w.login("default", identity.User{})
	w.lasting()
	opened, err := w.open()
	if err != nil {
		t.Fatal(err)
	}
	token, err := opened.Token(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	w.es(nil, "user", "refresh-access-token")
	again, err := opened.Token(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "the open session's token", again.AccessToken.Reveal(), token.AccessToken.Reveal())
	newest, _, err := opened.RefreshToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	same(t, "the newest refresh token", newest.Reveal(), w.es(nil, "user", "get-refresh-token"))
	same(t, "a new session's token", w.ours(), w.stored("default").Access)
	w.requests(2)
}

// A refresh token given to us by environment has a session file of its own.
// The CLI on the same home keeps its login and never sees it.
func TestTurns_environmentTokenBesideTheCLIsLogin(t *testing.T) {
	t.Parallel()
	rotations(t, func(t *testing.T, rotating bool) {
		w := newWorld(t, identity.Options{Rotating: rotating})
		login := w.login("default", identity.User{Subject: "auth0|cli"})
		file := w.read("default", "tokens.json")
		given := w.server.Login(identity.User{Subject: "auth0|robot"})
		env := []string{"ES_OAUTH2__REFRESH_TOKEN=" + given.RefreshToken}

		access := w.ours(env...)
		same(t, "a second run's token", w.ours(env...), access)
		claims, err := session.DecodeClaims(access)
		if err != nil || claims.Subject != "auth0|robot" {
			t.Errorf("our token belongs to %q (%v)", claims.Subject, err)
		}
		if w.read("default", "tokens.json") != file {
			t.Error("the CLI's login was changed")
		}
		same(t, "the CLI's access token", w.es(nil, "user", "get-access-token"), login.AccessToken)
		w.requests(1)
	})
}

// A machine's client on a home with a login: its token has a file of its own,
// and stays good when the SDK saves the machine's token over the login.
func TestTurns_clientCredentialsBesideALogin(t *testing.T) {
	t.Parallel()
	python := startSDK(t)
	w := newWorld(t, identity.Options{})
	w.server.AddClient("robot", "robots-secret")
	w.loginExpired("default", identity.User{})
	login := w.read("default", "tokens.json")
	env := []string{"ES_OAUTH2__CLIENT_ID=robot", "ES_OAUTH2__CLIENT_SECRET=robots-secret"}

	access := w.ours(env...)
	same(t, "a second run's token", w.ours(env...), access)
	w.requests(1)
	if w.read("default", "tokens.json") != login {
		t.Error("the login was changed")
	}
	theirs := python.tokens(w, ifNecessary, env...)
	for who, token := range map[string]string{"ours": access, "the SDK's": theirs.Access} {
		claims, err := session.DecodeClaims(token)
		if err != nil || claims.Subject != "robot@clients" {
			t.Errorf("%s acts for %q (%v)", who, claims.Subject, err)
		}
	}
	same(t, "the SDK saved", w.stored("default").Access, theirs.Access)
	same(t, "our token after that", w.ours(env...), access)
	w.requests(1)
}
