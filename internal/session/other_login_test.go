package session_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
)

func TestToken_newLoginReplacesTheFormer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{Rotating: true})
	w.writeLogin("default", w.login())
	w.clock.advance(2 * time.Hour)
	w.token(w.open(setup{}), 0)
	second := w.server.Login(identity.User{Subject: "auth0|second"})
	w.writeLogin("default", second)
	w.clock.advance(2 * time.Hour)
	if got := w.token(w.open(setup{}), 0).Claims.Subject; got != "auth0|second" {
		t.Errorf("subject = %q, want the new login's", got)
	}
	w.neverTwice()
}

// A login made while the former one is being refreshed must not be overwritten.
func TestToken_loginDuringRefresh(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{Rotating: true})
	w.writeLogin("default", w.login())
	w.clock.advance(2 * time.Hour)
	second := w.server.Login(identity.User{Subject: "auth0|second"})
	fault(t, w.server, identity.Fault{Kind: identity.FaultSkewedDate, Reached: func() { w.writeLogin("default", second) }})
	former := w.token(w.open(setup{}), 0)
	if former.Claims.Subject != identity.DefaultUser().Subject {
		t.Errorf("subject = %q", former.Claims.Subject)
	}
	if got := w.tokens("default").RefreshToken.Reveal(); got != second.RefreshToken {
		t.Error("the new login was overwritten")
	}
	if got := w.token(w.open(setup{}), 0).Claims.Subject; got != "auth0|second" {
		t.Errorf("the next run is %q", got)
	}
}

// The CLI takes no lock: it may rotate between our reading and our request.
func TestToken_cliRotatedMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{})
	set := w.login()
	w.writeLogin("default", set)
	w.clock.advance(2 * time.Hour)
	renewed := w.server.Login(identity.User{})
	fault(t, w.server, identity.Fault{
		Kind: identity.FaultStatus, Status: 403, Body: `{"error":"invalid_grant","error_description":"Unknown or invalid refresh token."}`,
		Reached: func() { w.writeLogin("default", renewed) },
	})
	if got := w.token(w.open(setup{}), 0).AccessToken.Reveal(); got != renewed.AccessToken {
		t.Error("the CLI's token was not adopted")
	}
	w.requests(1)
}

func TestToken_loginRemovedMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{})
	w.writeLogin("default", w.login())
	w.clock.advance(2 * time.Hour)
	opened := w.open(setup{})
	if err := os.Remove(w.path("default", "tokens.json")); err != nil {
		t.Fatal(err)
	}
	w.refused(opened, session.KindLoginRemoved)
	w.requests(0)
	// Logged out is logged out, also while the former access token lives.
	w.writeLogin("default", w.login())
	opened = w.open(setup{})
	w.clock.advance(59*time.Minute + 30*time.Second)
	if err := os.Remove(w.path("default", "tokens.json")); err != nil {
		t.Fatal(err)
	}
	w.refused(opened, session.KindLoginRemoved)
	w.requests(0)
	if _, err := os.Stat(w.path("default", "tokens.json")); !os.IsNotExist(err) {
		t.Error("a login that was logged out came back")
	}
}

func TestToken_anotherUserTakesOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{})
	w.writeLogin("default", w.login())
	other := w.server.Login(identity.User{Subject: "auth0|other"})
	opened := w.open(setup{env: []string{"ES_OAUTH2__ACCESS_TOKEN=" + other.AccessToken}})
	if got := w.token(opened, 0).Claims.Subject; got != "auth0|other" {
		t.Errorf("subject = %q", got)
	}
	w.notices(opened)
	w.clock.advance(2 * time.Hour)
	if got := w.token(opened, 0).Claims.Subject; got != identity.DefaultUser().Subject {
		t.Errorf("subject = %q", got)
	}
	notices := w.notices(opened, "Now Another User")
	if len(notices) == 1 && !strings.Contains(notices[0].Detail, "auth0|other") {
		t.Errorf("detail = %v", notices[0].Detail)
	}
}
