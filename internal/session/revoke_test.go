package session_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
)

// revoke revokes and checks that what it says is fit to print.
func (w *world) revoke(s setup, request session.RevokeRequest) (session.Revocation, error) {
	w.t.Helper()
	result, err := session.Revoke(w.t.Context(), w.options(s), request)
	for _, n := range result.Notices {
		w.clean(n.Summary + n.Detail)
	}
	w.clean(w.logs.String())
	return result, err
}

func TestRevoke_login(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{})
	set := w.login()
	w.writeLogin("default", set)
	result, err := w.revoke(setup{}, session.RevokeRequest{})
	if err != nil {
		t.Fatal(err)
	}
	want := session.RevokedToken{Fingerprint: session.Fingerprint(set.RefreshToken), Where: w.path("default", "tokens.json")}
	if len(result.Tokens) != 1 || result.Tokens[0] != want || result.Profile != "default" {
		t.Errorf("result = %+v, want %+v", result, want)
	}
	request := w.server.RequestLog()[0]
	if strings.Join(request.Fields, ",") != "client_id,token" || request.Endpoint != identity.EndpointRevoke || len(w.server.RequestLog()) != 1 {
		t.Errorf("requests = %+v", w.server.RequestLog())
	}
	if w.server.RefreshTokenValid(set.RefreshToken) {
		t.Error("the session is alive")
	}
	if _, err := os.Stat(w.path("default", "tokens.json")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("tokens.json: %v", err)
	}
	for file, content := range w.snapshot() {
		if strings.Contains(content, set.RefreshToken) || strings.Contains(content, set.AccessToken) {
			t.Errorf("%s holds a token", file)
		}
	}
	if n := result.Notices[len(result.Notices)-1]; !strings.Contains(n.Detail, "every other refresh token of the same user and client ends too") ||
		!strings.Contains(n.Detail, w.clock.Now().Add(time.Hour).Format(time.RFC3339)) {
		t.Errorf("notice = %+v", n)
	}
}

// A configured token that was rotated lives in a record of ours. After its
// revocation neither it nor an ancestor is sent again: under rotation that
// would end the user's other sessions.
func TestRevoke_pinnedUnderRotation(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{Rotating: true})
	other := w.login()
	w.writeLogin("default", other)
	pinned := w.login()
	s := envToken(pinned)
	s.options.RefreshThreshold = time.Minute
	w.token(w.open(s), 0)
	current, _, err := w.open(s).RefreshToken(t.Context())
	if err != nil || current.Reveal() == pinned.RefreshToken {
		t.Fatal("nothing was rotated", err)
	}
	w.secret = append(w.secret, current.Reveal())
	result, err := w.revoke(s, session.RevokeRequest{})
	if err != nil || len(result.Tokens) != 1 || result.Tokens[0].Fingerprint != session.Fingerprint(current.Reveal()) {
		t.Fatalf("%+v, %v", result, err)
	}
	if !strings.Contains(result.Notices[0].Detail, "environment variable ES_OAUTH2__REFRESH_TOKEN holds an ancestor") {
		t.Errorf("notices = %+v", result.Notices)
	}
	for file, content := range w.snapshot() {
		if strings.Contains(content, current.Reveal()) {
			t.Errorf("%s holds the revoked token", file)
		}
	}
	if !w.server.RefreshTokenValid(other.RefreshToken) || w.tokens("default").RefreshToken.Reveal() != other.RefreshToken {
		t.Error("the login was touched")
	}
	w.server.ResetRequests()
	w.refused(w.open(s), session.KindAlreadyRevoked)
	w.requests(0)
	w.neverTwice()
}

func TestRevoke_loginBesideAnotherCredential(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{})
	login, pinned := w.login(), w.login()
	w.writeLogin("default", login)
	if _, err := w.revoke(envToken(pinned), session.RevokeRequest{LoginOnly: true}); err != nil {
		t.Fatal(err)
	}
	if w.server.RefreshTokenValid(login.RefreshToken) || !w.server.RefreshTokenValid(pinned.RefreshToken) {
		t.Error("the wrong session was revoked")
	}
}

func TestRevoke_unconfirmed(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault identity.Fault
		want  string
	}{
		"refused":  {identity.Fault{Kind: identity.FaultStatus, Status: 401, Body: `{"error":"invalid_client"}`}, "refused to revoke it (invalid_client)"},
		"down":     {identity.Fault{Kind: identity.FaultStatus, Times: -1}, "status 503"},
		"dropped":  {identity.Fault{Kind: identity.FaultDrop, AfterProcessing: true, Times: -1}, "after 5 tries"},
		"redirect": {identity.Fault{Kind: identity.FaultRedirect, RedirectTo: "https://other.example.org/"}, "redirected to other.example.org"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, identity.Options{})
			set := w.login()
			w.writeLogin("default", set)
			test.fault.Endpoint = identity.EndpointRevoke
			if err := w.server.Fault(test.fault); err != nil {
				t.Fatal(err)
			}
			_, err := w.revoke(setup{}, session.RevokeRequest{})
			failure := w.checkError(err, session.KindStillAlive)
			for _, want := range []string{test.want, session.Fingerprint(set.RefreshToken), "must be taken for alive", w.path("default", "tokens.json")} {
				if !strings.Contains(failure.Detail, want) {
					t.Errorf("detail lacks %q: %s", want, failure.Detail)
				}
			}
			if w.tokens("default").RefreshToken.Reveal() != set.RefreshToken {
				t.Error("the local copy is gone")
			}
			w.server.ClearFaults()
			if _, err := w.revoke(setup{}, session.RevokeRequest{}); err != nil || w.server.RefreshTokenValid(set.RefreshToken) {
				t.Errorf("once more: %v", err)
			}
		})
	}
}

// An answer lost once is asked for again: revoking twice does no harm.
func TestRevoke_lostAnswerIsRepeated(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{})
	w.writeLogin("default", w.login())
	if err := w.server.Fault(identity.Fault{Kind: identity.FaultDrop, Endpoint: identity.EndpointRevoke, AfterProcessing: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.revoke(setup{}, session.RevokeRequest{}); err != nil {
		t.Fatal(err)
	}
	if n := len(w.server.RequestLog()); n != 2 {
		t.Errorf("%d requests, want 2", n)
	}
}

func TestRevoke_nothingThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{})
	_, err := w.revoke(setup{}, session.RevokeRequest{})
	w.checkError(err, session.KindNoCredentials)
	_, err = w.revoke(setup{}, session.RevokeRequest{LoginOnly: true})
	w.checkError(err, session.KindNoCredentials)
	w.server.AddClient("machine", "made-up-secret")
	_, err = w.revoke(setup{env: []string{"ES_OAUTH2__CLIENT_ID=machine", "ES_OAUTH2__CLIENT_SECRET=made-up-secret"}}, session.RevokeRequest{})
	w.checkError(err, session.KindNoRefreshToken)
	if n := len(w.server.RequestLog()); n != 0 {
		t.Errorf("%d requests", n)
	}
}

func TestRevoke_neverUsedTokenLeavesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{})
	set := w.login()
	if _, err := w.revoke(envToken(set), session.RevokeRequest{}); err != nil {
		t.Fatal(err)
	}
	if w.server.RefreshTokenValid(set.RefreshToken) {
		t.Error("the session is alive")
	}
	memory := envToken(w.login())
	memory.options.Store = session.NewMemoryStore("persist_tokens = false")
	if _, err := w.revoke(memory, session.RevokeRequest{}); err != nil {
		t.Fatal(err)
	}
	if w.server.ActiveRefreshTokens(identity.DefaultUser()) != 0 {
		t.Error("the session is alive")
	}
	for file, content := range w.snapshot() {
		for _, secret := range w.secret {
			if secret != "" && strings.Contains(content, secret) {
				t.Errorf("%s holds a token", file)
			}
		}
	}
}

// A new login after a revocation starts afresh, with the CLI or with us.
func TestRevoke_thenLogin(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{Rotating: true})
	w.writeLogin("default", w.login())
	w.token(w.open(setup{}), 0)
	if _, err := w.revoke(setup{}, session.RevokeRequest{}); err != nil {
		t.Fatal(err)
	}
	w.noCredentials(setup{})
	w.writeLogin("default", w.login())
	w.token(w.open(setup{}), 0)
	w.approveAfter(0).must(session.LoginRequest{})
	w.clock.advance(2 * time.Hour)
	w.token(w.open(setup{}), 0)
	w.neverTwice()
}

// noCredentials expects that there is nothing to make a session of.
func (w *world) noCredentials(s setup) {
	w.t.Helper()
	_, err := session.New(w.options(s))
	w.checkError(err, session.KindNoCredentials)
}

func TestLogout_removesTheLoginOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{})
	set := w.login()
	w.writeLogin("default", set)
	result, err := session.Logout(t.Context(), w.options(setup{}))
	if err != nil || !result.Existed || result.Fingerprint != session.Fingerprint(set.RefreshToken) || result.File != w.path("default", "tokens.json") {
		t.Errorf("%+v, %v", result, err)
	}
	if _, err := os.Stat(result.File); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("tokens.json: %v", err)
	}
	if len(w.server.RequestLog()) != 0 || !w.server.RefreshTokenValid(set.RefreshToken) {
		t.Error("the identity server was told")
	}
	result, err = session.Logout(t.Context(), w.options(setup{}))
	if err != nil || result.Existed || result.Fingerprint != "" {
		t.Errorf("again: %+v, %v", result, err)
	}
	result, err = session.Logout(t.Context(), w.options(envToken(set)))
	if err != nil || len(result.Notices) != 1 || !strings.Contains(result.Notices[0].Detail, "ES_OAUTH2__REFRESH_TOKEN") {
		t.Errorf("beside the environment: %+v, %v", result, err)
	}
}
