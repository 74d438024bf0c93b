package session_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
)

// The environment names a token that is the login's too. When somebody else
// logs in while it is being refreshed, it is not served the newcomer's tokens.
func TestToken_pinnedTokenIsNotServedTheNextLogin(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{})
	set := w.login()
	w.writeLogin("default", set)
	w.clock.advance(2 * time.Hour)
	other := w.server.Login(identity.User{Subject: "auth0|other"})
	fault(t, w.server, identity.Fault{
		Kind: identity.FaultStatus, Status: 403, Body: `{"error":"invalid_grant","error_description":"Unknown or invalid refresh token."}`,
		Reached: func() { w.writeLogin("default", other) },
	})
	w.refused(w.open(envToken(set)), session.KindRefused)
	w.requests(1)
}

// loginBeforeLock is a store in which somebody logs in while a process waits
// for the lock.
type loginBeforeLock struct {
	*session.FileStore
	login func()
}

func (s loginBeforeLock) Lock(ctx context.Context, key session.Key) (session.Lock, error) {
	lock, err := s.FileStore.Lock(ctx, key)
	s.login()
	return lock, err
}

func TestToken_pinnedTokenIsNotServedALoginMadeWhileItWaited(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{})
	set := w.login()
	w.writeLogin("default", set)
	w.clock.advance(2 * time.Hour)
	other := w.server.Login(identity.User{Subject: "auth0|other"})
	pinned := envToken(set)
	pinned.options = session.Options{
		Persist: true,
		Store:   loginBeforeLock{session.NewFileStore(w.path()), func() { w.writeLogin("default", other) }},
	}
	if got := w.token(w.open(pinned), 0).Claims.Subject; got != identity.DefaultUser().Subject {
		t.Errorf("subject = %q, another user's", got)
	}
	if w.tokens("default").AccessToken.Reveal() != other.AccessToken {
		t.Error("the new login was overwritten")
	}
	w.requests(1)
}

// "es logout" removes the successor of a token that the environment still
// names: the token is not sent once more, which would look like a theft.
func TestToken_pinnedTokenIsNotSentAfterTheLogout(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{Rotating: true})
	set := w.login()
	w.writeLogin("default", set)
	w.clock.advance(2 * time.Hour)
	w.token(w.open(envToken(set)), 0)
	w.requests(1)
	latest := w.tokens("default")
	if err := os.Remove(w.path("default", "tokens.json")); err != nil {
		t.Fatal(err)
	}
	w.clock.advance(2 * time.Hour)
	w.refused(w.open(envToken(set)), session.KindRefused)
	w.requests(0)
	w.neverTwice()

	// The newest token, copied before the logout, still works, in a session of its own.
	w.token(w.open(setup{env: []string{"ES_OAUTH2__REFRESH_TOKEN=" + latest.RefreshToken.Reveal()}}), 0)
	if _, err := os.Stat(w.path("default", "tokens.json")); err == nil {
		t.Error("the login came back")
	}
	w.requests(1)
	w.neverTwice()
}
