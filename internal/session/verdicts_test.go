package session_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
)

// What another server says about a login is that server's word alone: the login
// stays the one of the server that issued it, and its former tokens stay known.
func TestToken_refusedByAnotherServer(t *testing.T) {
	t.Parallel()
	for name, kind := range map[string]identity.FaultKind{"refusal": "", "limit": identity.FaultRateLimit} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, identity.Options{Rotating: true})
			other := newWorld(t, identity.Options{Rotating: true})
			if kind != "" {
				fault(t, other.server, identity.Fault{Kind: kind, Times: 5, RetryAfter: time.Hour})
			}
			set := w.login()
			w.writeLogin("default", set)
			w.clock.advance(2 * time.Hour)
			w.token(w.open(setup{}), 0)
			w.clock.advance(2 * time.Hour)
			w.server.ResetRequests()
			elsewhere := setup{env: []string{"ES_OAUTH2__DOMAIN=" + other.server.URL()}}
			if _, err := w.open(elsewhere).Token(t.Context(), 0); err == nil {
				t.Fatal("another server took the token: the test shows nothing")
			}
			// A configured ancestor is still found to be spent, and the login goes on.
			w.token(w.open(envToken(set)), 0)
			w.clock.advance(2 * time.Hour)
			w.token(w.open(setup{}), 0)
			w.requests(2)
			w.neverTwice()
		})
	}
}

// The verdict of a server is remembered for that server.
func TestToken_refusalIsRememberedForItsServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{Rotating: true})
	other := newWorld(t, identity.Options{Rotating: true})
	w.writeLogin("default", w.login())
	w.clock.advance(2 * time.Hour)
	w.token(w.open(setup{}), 0)
	w.clock.advance(2 * time.Hour)
	elsewhere := setup{env: []string{"ES_OAUTH2__DOMAIN=" + other.server.URL()}}
	for range 2 {
		w.refused(w.open(elsewhere), session.KindRefused)
	}
	other.requests(1)
}

// A min_ttl that a new token covers is honoured, be it close to its whole life.
func TestToken_minTTLCloseToALifetime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{AccessTokenLifetime: time.Hour})
	w.writeLogin("default", w.login())
	opened := w.open(setup{})
	w.token(opened, 0)
	w.clock.advance(2 * time.Hour)
	w.token(opened, 57*time.Minute)
	w.clock.advance(4 * time.Minute) // 56 left
	if got := w.token(opened, 57*time.Minute).Remaining(w.clock.Now()); got != time.Hour {
		t.Errorf("remaining = %v, want 1h", got)
	}
	w.requests(2)
	w.notices(opened)
	// One that is some seconds old is not exchanged for another, and that is told.
	w.clock.advance(30 * time.Second)
	w.token(opened, 59*time.Minute+45*time.Second)
	w.requests(0)
	w.notices(opened, "Access Token Shorter Than min_ttl")
}

// Refresh is not content with the former token.
func TestRefresh_failsWhereTokenFallsBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{})
	set := w.login()
	w.writeLogin("default", set)
	w.clock.advance(30 * time.Minute)
	w.server.RevokeRefreshToken(set.RefreshToken)
	_, err := w.open(setup{}).Refresh(t.Context())
	w.checkError(err, session.KindRefused)

	bare := newWorld(t, identity.Options{})
	_, err = bare.open(setup{env: []string{"ES_OAUTH2__ACCESS_TOKEN=" + bare.login().AccessToken}}).Refresh(t.Context())
	bare.checkError(err, session.KindNoRefreshToken)

	w.writeLogin("default", w.login())
	opened := w.open(setup{})
	w.clock.advance(30 * time.Minute)
	for range 2 {
		token, err := opened.Refresh(t.Context())
		if err != nil || token.Remaining(w.clock.Now()) <= 59*time.Minute {
			t.Errorf("remaining = %v, %v", token.Remaining(w.clock.Now()), err)
		}
	}
	w.notices(opened)
}

// An answer without a usable access token is an answer: nothing says later that
// the exchange may have succeeded unseen.
func TestToken_unusableAnswerLeavesNoTrace(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{})
	w.writeLogin("default", w.login())
	w.clock.advance(2 * time.Hour)
	fault(t, w.server, identity.Fault{Kind: identity.FaultOpaqueToken})
	w.refused(w.open(setup{}), session.KindNotJWT)
	record, err := os.ReadFile(w.path("default", "terraform", "login.json"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(record), "sending_token") || strings.Contains(string(record), "suspect_token") {
		t.Errorf("the record says that an exchange is under way: %s", record)
	}
}

// A process that is killed while it refreshes, or crashes, may have spent the
// token.
func TestToken_killedRefreshProcessMakesTheTokenSuspect(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the process that is killed here is a POSIX shell")
	}
	for _, end := range []string{"kill -9 $$", "exit 2"} {
		t.Run(end, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, identity.Options{Rotating: true})
			set := w.login()
			w.token(w.open(envToken(set)), 0)
			w.clock.advance(2 * time.Hour)
			w.server.ResetRequests()
			script := filepath.Join(t.TempDir(), "helper")
			if err := os.WriteFile(script, []byte("#!/bin/sh\n"+end+"\n"), 0o700); err != nil {
				t.Fatal(err)
			}
			configured := envToken(set)
			configured.options.Detach = []string{script}
			failure := w.refused(w.open(configured), session.KindHelperProcess)
			if strings.Contains(failure.Detail, "is saved") || !strings.Contains(failure.Detail, "may be spent") {
				t.Errorf("detail = %q", failure.Detail)
			}
			w.refused(w.open(envToken(set)), session.KindSuspect)
			w.requests(0)
		})
	}
}
