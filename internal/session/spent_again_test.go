package session_test

import (
	"strings"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
)

// Who puts an older copy of tokens.json back brings a token back that is known
// to have been replaced: it is neither sent nor handed out.
func TestToken_olderCopyOfALogin(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{Rotating: true})
	first := w.login()
	w.writeLogin("default", first)
	w.clock.advance(2 * time.Hour)
	w.token(w.open(setup{}), 0)
	newest := w.tokens("default")
	w.clock.advance(2 * time.Hour)
	w.requests(1)
	w.writeLogin("default", first)
	for name, configured := range map[string]setup{"login": {}, "environment": envToken(first)} {
		failure := w.refused(w.open(configured), session.KindRefused)
		if failure.Summary != "Refresh Token Was Replaced" || !strings.Contains(failure.Detail, w.path("default", "tokens.json")) {
			t.Errorf("%s: %q", name, failure.Error())
		}
		_, _, err := w.open(configured).RefreshToken(t.Context())
		w.checkError(err, session.KindRefused)
	}
	w.requests(0)
	w.neverTwice()
	// With the newest copy the session goes on.
	w.writeLogin("default", identity.TokenSet{AccessToken: newest.AccessToken.Reveal(), RefreshToken: newest.RefreshToken.Reveal()})
	w.token(w.open(setup{}), 0)
	w.requests(1)
	w.neverTwice()
}

// A bootstrap token whose successor could not be saved is spent, although there
// is no login: there was none before either.
func TestToken_bootstrapSuccessorThatCouldNotBeSaved(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	w := newWorld(t, identity.Options{Rotating: true})
	set := w.login()
	store := &failingStore{Store: session.NewFileStore(w.path()), fails: true}
	opened := w.open(setup{
		env:     []string{`ES_BOOTSTRAP_SETTINGS={"oauth2":{"refresh_token":"` + set.RefreshToken + `"}}`},
		options: session.Options{Store: store, Persist: true},
	})
	for range 3 {
		w.token(opened, 0)
		w.clock.advance(2 * time.Hour)
	}
	w.requests(3)
	w.neverTwice()
	store.fails = false
	w.token(opened, 0)
	w.requests(1)
	w.neverTwice()
	if !w.server.RefreshTokenValid(w.tokens("default").RefreshToken.Reveal()) {
		t.Error("tokens.json does not hold the live token")
	}
}
