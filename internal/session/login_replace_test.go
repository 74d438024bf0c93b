package session_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
)

func TestLogin_replaces(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		revoke, former bool
	}{
		"kept": {false, true}, "revoked": {true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, identity.Options{})
			former := w.login()
			w.writeLogin("default", former)
			result := w.approveAfter(0).must(session.LoginRequest{RevokePrevious: test.revoke})
			if result.Replaced != session.Fingerprint(former.RefreshToken) || result.Revoked != test.revoke {
				t.Errorf("result = %+v", result)
			}
			if got := w.server.RefreshTokenValid(former.RefreshToken); got != test.former {
				t.Errorf("former session alive = %v, want %v", got, test.former)
			}
			if !w.server.RefreshTokenValid(w.tokens("default").RefreshToken.Reveal()) {
				t.Error("the new session is dead")
			}
			if left, _ := filepath.Glob(w.path("default", "terraform", "revoke-*")); len(left) != 0 {
				t.Errorf("left over: %v", left)
			}
			w.neverTwice()
		})
	}
}

// Under rotation the check after a revocation spends the new token: its
// successor must be what is kept.
func TestLogin_replacesUnderRotation(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{Rotating: true})
	w.writeLogin("default", w.login())
	w.token(w.open(setup{}), 2*time.Hour)
	w.clock.advance(50 * time.Minute)
	w.token(w.open(setup{}), 30*time.Minute)
	former := w.tokens("default").RefreshToken.Reveal()
	result := w.approveAfter(0).must(session.LoginRequest{RevokePrevious: true})
	now := w.tokens("default").RefreshToken.Reveal()
	if w.server.RefreshTokenValid(former) || !w.server.RefreshTokenValid(now) || result.Fingerprint != session.Fingerprint(now) {
		t.Errorf("result = %+v", result)
	}
	w.clock.advance(59*time.Minute + 30*time.Second)
	w.token(w.open(setup{}), 0)
	w.neverTwice()
}

func TestLogin_revokeFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{})
	former := w.login()
	w.writeLogin("default", former)
	if err := w.server.Fault(identity.Fault{Kind: identity.FaultStatus, Endpoint: identity.EndpointRevoke, Times: -1}); err != nil {
		t.Fatal(err)
	}
	result, err := w.approveAfter(0).run(t.Context(), setup{}, session.LoginRequest{RevokePrevious: true})
	failure := w.checkError(err, session.KindStillAlive)
	aside := w.path("default", "terraform", "revoke-"+session.Fingerprint(former.RefreshToken)+".json")
	for _, want := range []string{"saved in " + w.path("default", "tokens.json"), session.Fingerprint(former.RefreshToken), "status 503", aside} {
		if !strings.Contains(failure.Detail, want) {
			t.Errorf("detail lacks %q: %s", want, failure.Detail)
		}
	}
	now := w.tokens("default").RefreshToken.Reveal()
	if result.Revoked || now == former.RefreshToken || !w.server.RefreshTokenValid(now) || !w.server.RefreshTokenValid(former.RefreshToken) {
		t.Errorf("result = %+v", result)
	}
	// The former token is not forgotten: the next revocation ends it first.
	w.server.ClearFaults()
	revoked, err := session.Revoke(t.Context(), w.options(setup{}), session.RevokeRequest{})
	if err != nil || len(revoked.Tokens) != 2 || revoked.Tokens[0].Fingerprint != session.Fingerprint(former.RefreshToken) ||
		revoked.Tokens[0].Where != aside || revoked.Tokens[1].Fingerprint != session.Fingerprint(now) {
		t.Errorf("Revoke: %+v, %v", revoked, err)
	}
	if w.server.ActiveRefreshTokens(identity.DefaultUser()) != 0 {
		t.Error("a session is alive")
	}
	if _, err := os.Stat(aside); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s: %v", aside, err)
	}
}

func TestLogin_grantGoesWithTheFormerSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{RevocationDeletesGrant: true})
	w.writeLogin("default", w.login())
	result, err := w.approveAfter(0).run(t.Context(), setup{}, session.LoginRequest{RevokePrevious: true})
	failure := w.checkError(err, session.KindLoginRevoked)
	if !result.Revoked || !strings.Contains(failure.Detail, "without revoke_previous") {
		t.Errorf("%+v, %v", result, failure)
	}
}

func TestLogin_anotherCredentialComesFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{})
	pinned := w.login()
	result, err := w.approveAfter(0).run(t.Context(), envToken(pinned), session.LoginRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Notices) != 1 || !strings.Contains(result.Notices[0].Detail, "environment variable ES_OAUTH2__REFRESH_TOKEN") {
		t.Errorf("notices = %+v", result.Notices)
	}
}

func TestLogin_cannotBeSaved(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{})
	s := setup{options: session.Options{Store: session.NewMemoryStore("persist_tokens = false")}}
	_, err := w.loginRun(nil).run(t.Context(), s, session.LoginRequest{})
	w.checkError(err, session.KindConfiguration)
	file := filepath.Join(w.home, "file") // where the folder should be
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = w.loginRun(nil).run(t.Context(), setup{options: session.Options{Store: session.NewFileStore(file)}}, session.LoginRequest{})
	w.checkError(err, session.KindStore)
	if n := len(w.server.RequestLog()); n != 0 {
		t.Errorf("%d requests before it was known that nothing can be saved", n)
	}
}

func TestLogin_withoutRefreshToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{})
	former := w.login()
	w.writeLogin("default", former)
	before := w.snapshot()
	s := setup{env: []string{"ES_OAUTH2__SCOPE=openid"}}
	_, err := w.approveAfter(0).run(t.Context(), s, session.LoginRequest{})
	w.checkError(err, session.KindNoRefreshToken)
	if !mapsEqual(before, w.snapshot()) {
		t.Error("the former login was touched")
	}
	result, err := w.approveAfter(0).run(t.Context(), setup{env: s.env, profile: "default", options: session.Options{
		Store: session.NewFileStore(filepath.Join(w.home, "other")), Persist: true,
	}}, session.LoginRequest{})
	if err != nil || result.Fingerprint != "" || len(result.Notices) != 1 {
		t.Errorf("%+v, %v", result, err)
	}
}

// A process that ended between setting the former login aside and replacing it
// leaves a copy that must neither be used nor revoked.
func TestLogin_cutBeforeReplacing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{Rotating: true})
	former := w.login()
	w.writeLogin("default", former)
	w.clock.advance(2 * time.Hour)
	w.token(w.open(setup{}), 0)
	token := w.tokens("default").RefreshToken.Reveal()
	record, err := os.ReadFile(w.path("default", "terraform", "login.json"))
	if err != nil {
		t.Fatal(err)
	}
	copied := strings.Replace(string(record), "{", "{\n  \"refresh_token\": \""+token+"\",", 1)
	w.write([]byte(copied), "default", "terraform", "revoke-"+session.Fingerprint(token)+".json")
	w.clock.advance(2 * time.Hour)
	w.token(w.open(setup{}), 0)
	now := w.tokens("default").RefreshToken.Reveal()
	if now == token || !w.server.RefreshTokenValid(now) {
		t.Error("the login was not continued in tokens.json")
	}
	pinned := w.login()
	if _, err := session.Revoke(t.Context(), w.options(envToken(pinned)), session.RevokeRequest{}); err != nil {
		t.Fatal(err)
	}
	if !w.server.RefreshTokenValid(now) || w.server.RefreshTokenValid(pinned.RefreshToken) {
		t.Error("the login was revoked with the copy")
	}
	w.neverTwice()
}
