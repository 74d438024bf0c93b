package session_test

import (
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
)

// A verdict is that of one server on one client: whoever mends a wrong domain
// or client id is not to wait for it to end.
func TestToken_verdictHoldsForItsClientOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{})
	w.writeLogin("default", w.login())
	w.clock.advance(time.Hour)
	wrong := setup{env: []string{"ES_OAUTH2__CLIENT_ID=mistyped"}}
	w.refused(w.open(wrong), session.KindWrongCredential)
	w.refused(w.open(wrong), session.KindWrongCredential) // remembered
	w.requests(1)
	w.token(w.open(setup{}), 0)
	w.requests(1)
}

func TestToken_verdictHoldsForItsServerOnly(t *testing.T) {
	t.Parallel()
	w, other := newWorld(t, identity.Options{}), newWorld(t, identity.Options{})
	w.writeLogin("default", w.login())
	w.clock.advance(time.Hour)
	wrong := setup{env: []string{"ES_OAUTH2__DOMAIN=" + other.server.URL()}}
	w.refused(w.open(wrong), session.KindRefused)
	w.token(w.open(setup{}), 0)
	w.requests(1)
}

// The access token of the configuration is still there when refreshing fails.
func TestToken_configuredAccessTokenOutlivesAFailedRefresh(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{})
	set := w.login()
	w.server.RevokeRefreshToken(set.RefreshToken)
	run := envToken(set)
	run.env = append(run.env, "ES_OAUTH2__ACCESS_TOKEN="+set.AccessToken)
	w.clock.advance(59*time.Minute + 30*time.Second)
	opened := w.open(run)
	if got := w.token(opened, 0); got.AccessToken.Reveal() != set.AccessToken {
		t.Error("not the configured access token")
	}
	w.notices(opened, "Access Token Not Refreshed")
	w.requests(1)
	w.clock.advance(time.Minute)
	w.refused(opened, session.KindRefused)
}
