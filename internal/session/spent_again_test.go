package session_test

import (
	"context"
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
	temporaryFolder(t)
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

// What other runs know of a token holds where nothing is kept too.
func TestToken_memoryOnlyAndKnownToOthers(t *testing.T) {
	t.Parallel()
	memoryOnly := func(w *world, configured setup) *session.Session {
		options := w.options(configured)
		options.Persist = false
		opened, err := session.New(options)
		if err != nil {
			t.Fatal(err)
		}
		return opened
	}
	t.Run("spent by a host", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, identity.Options{Rotating: true})
		set := w.login()
		if err := session.NewSpentTokens(w.path()).Mark(session.Fingerprint(set.RefreshToken), true, w.clock.Now()); err != nil {
			t.Fatal(err)
		}
		if failure := w.refused(memoryOnly(w, envToken(set)), session.KindRefused); failure.Summary != "Refresh Token Spent by a Host" {
			t.Errorf("%q", failure.Error())
		}
		w.requests(0)
	})
	t.Run("refused", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, identity.Options{})
		set := w.login()
		w.server.RevokeRefreshToken(set.RefreshToken)
		w.refused(w.open(envToken(set)), session.KindRefused)
		w.requests(1)
		w.refused(memoryOnly(w, envToken(set)), session.KindRefused)
		w.requests(0)
	})
	t.Run("without an answer", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, identity.Options{Rotating: true})
		set := w.login()
		fault(t, w.server, identity.Fault{Kind: identity.FaultStatus, Times: 2})
		w.refused(w.open(envToken(set)), session.KindSuspect)
		w.server.ResetRequests()
		w.refused(memoryOnly(w, envToken(set)), session.KindSuspect)
		w.requests(0)
	})
}

// lockless is a store in which nothing can be written.
type lockless struct{ session.Store }

func (lockless) Lock(context.Context, session.Key) (session.Lock, error) {
	return nil, session.ErrReadOnly
}

// A store that can no longer be written still says what is known of a token.
func TestToken_readOnlyStoreIsStillRead(t *testing.T) {
	t.Parallel()
	readOnly := func(w *world, set identity.TokenSet) *session.Session {
		configured := envToken(set)
		configured.options.Store, configured.options.Persist = lockless{session.NewFileStore(w.path())}, true
		return w.open(configured)
	}
	w := newWorld(t, identity.Options{Rotating: true})
	spent := w.login()
	if err := session.NewSpentTokens(w.path()).Mark(session.Fingerprint(spent.RefreshToken), true, w.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if failure := w.refused(readOnly(w, spent), session.KindRefused); failure.Summary != "Refresh Token Spent by a Host" {
		t.Errorf("%q", failure.Error())
	}
	suspect := w.login()
	fault(t, w.server, identity.Fault{Kind: identity.FaultStatus, Times: 2})
	w.refused(w.open(envToken(suspect)), session.KindSuspect)
	w.server.ResetRequests()
	w.refused(readOnly(w, suspect), session.KindSuspect)
	w.requests(0)
}

// A login of which nothing is recorded yet stays nobody's when a server refuses
// it: the refusal does not say whose it is.
func TestToken_unknownLoginRefusedByAnotherServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{Rotating: true})
	other := newWorld(t, identity.Options{Rotating: true})
	set := w.login()
	w.writeLogin("default", set)
	w.clock.advance(2 * time.Hour)
	elsewhere := setup{env: []string{"ES_OAUTH2__DOMAIN=" + other.server.URL()}}
	for range 2 {
		w.refused(w.open(elsewhere), session.KindRefused)
	}
	other.requests(1) // its verdict holds for it
	// The same token from the environment is still known to be the login's.
	w.token(w.open(envToken(set)), 0)
	if !w.server.RefreshTokenValid(w.tokens("default").RefreshToken.Reveal()) {
		t.Error("tokens.json holds a spent token, which the CLI would send")
	}
	w.requests(1)
	w.neverTwice()
}
