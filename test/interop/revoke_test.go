package interop_test

import (
	"errors"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// options are those of a provider process in this world.
func (w *world) options(env ...string) session.Options {
	w.t.Helper()
	environ := w.environment(env...)
	loaded, _, err := settings.Load(settings.Request{Environ: environ})
	if err != nil {
		w.t.Fatal(err)
	}
	return session.Options{Settings: loaded, Persist: true, Environ: environ, Sleep: noWait}
}

func (w *world) logIn(revoke bool, env ...string) session.LoginResult {
	w.t.Helper()
	result, err := session.Login(w.t.Context(), w.options(env...), session.LoginRequest{
		RevokePrevious: revoke, Prompt: func(session.DevicePrompt) {},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return result
}

func (w *world) noLogin() {
	w.t.Helper()
	if _, err := os.Stat(w.path("default", "tokens.json")); !errors.Is(err, fs.ErrNotExist) {
		w.t.Errorf("tokens.json: %v", err)
	}
}

// sent lists what was sent to the identity server: path and names of the form.
func (w *world) sent() []string {
	var sent []string
	for _, r := range w.server.RequestLog() {
		sent = append(sent, string(r.Endpoint)+" "+strings.Join(r.Fields, ","))
	}
	w.server.ResetRequests()
	return sent
}

// Our login and the CLI's send the same requests and leave the same file, but
// for the tokens in it.
func TestLogin_oursIsTheCLIs(t *testing.T) {
	t.Parallel()
	scope := "ES_OAUTH2__SCOPE=openid profile offline_access"
	w := newWorld(t, identity.Options{AutoApprove: true, DeviceInterval: time.Second})
	w.es([]string{scope}, "login")
	theirs, sentByThem := w.read("default", "tokens.json"), w.sent()
	w.logIn(false, scope)
	ours, sentByUs := w.read("default", "tokens.json"), w.sent()
	if !slices.Equal(sentByThem, sentByUs) {
		t.Errorf("they sent %v, we %v", sentByThem, sentByUs)
	}
	tokens := regexp.MustCompile(`: "[^"]*"`)
	same(t, "shape of tokens.json", tokens.ReplaceAllString(ours, ""), tokens.ReplaceAllString(theirs, ""))
	if info, err := os.Stat(w.path("default", "tokens.json")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}

// We log in; the CLI and the SDK go on with it, refresh it, and we with theirs.
func TestLogin_oursServesTheCLI(t *testing.T) {
	t.Parallel()
	rotations(t, func(t *testing.T, rotating bool) {
		w := newWorld(t, identity.Options{Rotating: rotating, AutoApprove: true})
		w.logIn(false)
		saved := w.stored("default")
		w.server.ResetRequests()
		same(t, "the CLI's access token", w.es(nil, "user", "get-access-token"), saved.Access)
		same(t, "the CLI's refresh token", w.es(nil, "user", "get-refresh-token"), saved.Refresh)
		w.requests(0)
		python := startSDK(t)
		next := python.tokens(w, always)
		w.requests(1)
		same(t, "our access token after the SDK's refresh", w.ours(), next.Access)
		w.requests(0)
		// A new login in place of what the SDK refreshed.
		result := w.logIn(true)
		if !result.Revoked || w.server.RefreshTokenValid(next.Refresh) {
			t.Error("the SDK's session was not revoked")
		}
		same(t, "the CLI's access token after our second login", w.es(nil, "user", "get-access-token"), w.stored("default").Access)
		w.neverTwice()
	})
}

// What one logs in the other revokes, with the same request, and afterwards
// neither finds a login.
func TestRevoke_ofEachOther(t *testing.T) {
	t.Parallel()
	rotations(t, func(t *testing.T, rotating bool) {
		w := newWorld(t, identity.Options{Rotating: rotating, AutoApprove: true, DeviceInterval: time.Second})
		w.logIn(false)
		w.server.ResetRequests()
		w.es(nil, "user", "revoke-refresh-token")
		theirs := w.sent()
		w.noLogin()
		if _, err := session.New(w.options()); !session.IsKind(err, session.KindNoCredentials) {
			t.Errorf("after the CLI's revocation: %v", err)
		}

		w.es(nil, "login")
		w.server.ResetRequests()
		if _, err := session.Revoke(t.Context(), w.options(), session.RevokeRequest{}); err != nil {
			t.Fatal(err)
		}
		if ours := w.sent(); !slices.Equal(ours, theirs) {
			t.Errorf("they sent %v, we %v", theirs, ours)
		}
		w.noLogin()
		command, _, _ := w.program(cli(t), nil, "user", "get-access-token")
		if err := command.Run(); err == nil {
			t.Error("the CLI still has a login")
		}
		if n := w.server.ActiveRefreshTokens(identity.DefaultUser()); n != 0 {
			t.Errorf("%d live sessions", n)
		}
		// The CLI's next login is a fresh start for us too.
		w.es(nil, "login")
		same(t, "our access token", w.ours(), w.stored("default").Access)
	})
}

func TestLogout_likeTheCLI(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{AutoApprove: true})
	w.logIn(false)
	w.es(nil, "logout")
	w.noLogin()
	w.logIn(false)
	if result, err := session.Logout(t.Context(), w.options()); err != nil || !result.Existed {
		t.Errorf("%+v, %v", result, err)
	}
	w.noLogin()
	w.es(nil, "logout")
	if n := w.server.ActiveRefreshTokens(identity.DefaultUser()); n != 2 {
		t.Errorf("%d live sessions, want 2: a logout revokes nothing", n)
	}
}
