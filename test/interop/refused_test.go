package interop_test

import (
	"os"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
)

// refused gets an error of the given kind from a new session.
func (w *world) refused(kind session.Kind, env ...string) {
	w.t.Helper()
	opened, err := w.open(env...)
	if err == nil {
		_, err = opened.Token(w.t.Context(), 0)
	}
	if !session.IsKind(err, kind) {
		w.t.Errorf("error = %v, want one of kind %q", err, kind)
	}
}

// A refused token is remembered beside the login. The CLI fails with its own
// message as ever, and its new login clears the way for everybody at once.
func TestRefused_recordDoesNotDisturbTheCLI(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{Rotating: true, AutoApprove: true, DeviceInterval: time.Second})
	set := w.loginExpired("default", identity.User{})
	w.server.RevokeRefreshToken(set.RefreshToken)
	w.refused(session.KindRefused)
	w.refused(session.KindRefused) // another process: the verdict is shared
	w.requests(1)

	command, stdout, stderr := w.program(cli(t), nil, "user", "get-access-token")
	if err := command.Run(); err == nil {
		t.Errorf("the CLI got a token with a revoked login: %s%s", stdout, stderr)
	}
	same(t, "what the CLI kept", w.stored("default").Refresh, set.RefreshToken)
	w.requests(1)

	w.es(nil, "login")
	w.server.ResetRequests()
	same(t, "our token after the new login", w.ours(), w.stored("default").Access)
	same(t, "the CLI's", w.es(nil, "user", "get-access-token"), w.stored("default").Access)
	w.requests(0)
}

// After "es logout" our record of the login stays behind and holds no token:
// we say that there are no credentials, and a new login starts afresh.
func TestRefused_afterLogout(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{Rotating: true})
	w.expiring()
	w.login("default", identity.User{})
	w.lasting()
	opened, err := w.open()
	if err != nil {
		t.Fatal(err)
	}
	first := w.ours()
	w.es(nil, "logout")
	if _, err := os.Stat(w.path("default", "tokens.json")); !os.IsNotExist(err) {
		t.Fatalf("the CLI left its login behind (%v)", err)
	}
	w.refused(session.KindNoCredentials)
	// A session that was opened before the logout must not bring it back.
	if _, err := opened.Token(t.Context(), 0); !session.IsKind(err, session.KindLoginRemoved) {
		t.Errorf("error = %v, want one of kind %q", err, session.KindLoginRemoved)
	}
	if _, err := os.Stat(w.path("default", "tokens.json")); !os.IsNotExist(err) {
		t.Errorf("a login that was removed came back (%v)", err)
	}
	w.requests(1)

	other := w.login("default", identity.User{Subject: "auth0|other"})
	same(t, "our token after another login", w.ours(), other.AccessToken)
	same(t, "the CLI's", w.es(nil, "user", "get-access-token"), other.AccessToken)
	if other.AccessToken == first {
		t.Error("the former login's token was handed out")
	}
	w.requests(0)
}

// The CLI revokes its token at the server and removes its login.
func TestRefused_afterTheCLIRevokes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{Rotating: true})
	w.expiring()
	w.login("default", identity.User{})
	w.lasting()
	w.ours()
	saved := w.stored("default")
	w.es(nil, "user", "revoke-refresh-token")
	if !w.server.FamilyRevoked(saved.Refresh) {
		t.Fatal("the CLI revoked another token than the one we saved")
	}
	w.refused(session.KindNoCredentials)
	w.requests(1)
}
