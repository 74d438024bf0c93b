package session_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
)

func TestToken_refusedTokenIsSentOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{})
	set := w.login()
	w.server.RevokeRefreshToken(set.RefreshToken)
	sessions := make([]*session.Session, 24)
	for i := range sessions {
		sessions[i] = w.open(envToken(set))
	}
	var group sync.WaitGroup
	for i := range 100 * len(sessions) {
		group.Go(func() {
			if _, err := sessions[i%len(sessions)].Token(t.Context(), 0); !session.IsKind(err, session.KindRefused) {
				t.Errorf("error = %v", err)
			}
		})
	}
	group.Wait()
	w.requests(1)

	failure := w.refused(w.open(envToken(set)), session.KindRefused)
	for _, part := range []string{"environment variable ES_OAUTH2__REFRESH_TOKEN", "es login", "invalid_grant", "2026-05-01T12:05:00Z"} {
		if !strings.Contains(failure.Error(), part) {
			t.Errorf("the message does not name %q: %v", part, failure)
		}
	}
	w.requests(0)
	w.clock.advance(5 * time.Minute)
	w.refused(w.open(envToken(set)), session.KindRefused)
	w.requests(1)
	w.token(w.open(envToken(w.login())), 0) // any other token is free
	w.requests(1)
}

func TestToken_refusedLogin(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{Rotating: true})
	set := w.login()
	w.writeLogin("default", set)
	before := w.snapshot()
	w.clock.advance(2 * time.Hour)
	w.server.RevokeRefreshToken(set.RefreshToken)
	w.refused(w.open(setup{}), session.KindRefused)
	w.refused(w.open(setup{}), session.KindRefused)
	w.requests(1)
	if got, want := w.snapshot()["/.earthscope/default/tokens.json"], before["/.earthscope/default/tokens.json"]; got != want {
		t.Error("a refusal changed tokens.json")
	}
	w.writeLogin("default", w.login()) // es login
	w.token(w.open(setup{}), 0)
}

func TestToken_refusedButStillAlive(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{})
	set := w.login()
	w.writeLogin("default", set)
	w.server.RevokeRefreshToken(set.RefreshToken)
	w.clock.advance(59*time.Minute + 30*time.Second)
	opened := w.open(setup{})
	if got := w.token(opened, 0).AccessToken.Reveal(); got != set.AccessToken {
		t.Error("the token that is still alive was not used")
	}
	w.token(opened, 0)
	w.requests(1)
	w.notices(opened, "Access Token Not Refreshed")
	w.clock.advance(time.Minute)
	w.refused(opened, session.KindRefused)
}

func TestToken_blockedUserStops(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{})
	set := w.login()
	w.server.BlockUser(identity.DefaultUser().Subject)
	opened := w.open(envToken(set))
	for range 5 {
		failure := w.refused(opened, session.KindBlocked)
		if !strings.Contains(failure.Detail, "user is blocked") || !strings.Contains(failure.Detail, "data-help@earthscope.org") {
			t.Errorf("detail = %v", failure.Detail)
		}
	}
	w.refused(w.open(envToken(set)), session.KindBlocked)
	w.requests(1)
}

// What may be sent again depends on what the server may have done.
func TestToken_retryClassification(t *testing.T) {
	t.Parallel()
	const rotating, leeway = true, true
	for name, test := range map[string]struct {
		fault    identity.Fault
		rotating bool
		leeway   bool
		known    bool // the session has been refreshed before
		requests int
		kind     session.Kind // "" = a token is had
	}{
		"503 once, nothing known: one replay":   {fault: identity.Fault{Kind: identity.FaultStatus}, requests: 2},
		"503 twice, nothing known: given up":    {fault: identity.Fault{Kind: identity.FaultStatus, Times: 2}, requests: 2, kind: session.KindSuspect},
		"503 four times, known not to rotate":   {fault: identity.Fault{Kind: identity.FaultStatus, Times: 4}, known: true, requests: 5},
		"503 always, known not to rotate":       {fault: identity.Fault{Kind: identity.FaultStatus, Times: -1}, known: true, requests: 5, kind: session.KindUnreachable},
		"dropped before":                        {fault: identity.Fault{Kind: identity.FaultDrop}, requests: 2},
		"dropped after rotation, leeway":        {fault: identity.Fault{Kind: identity.FaultDrop, AfterProcessing: true}, rotating: rotating, leeway: leeway, requests: 2},
		"dropped after rotation, leeway, known": {fault: identity.Fault{Kind: identity.FaultDrop, AfterProcessing: true}, rotating: rotating, leeway: leeway, known: true, requests: 2},
		"dropped after rotation, no leeway":     {fault: identity.Fault{Kind: identity.FaultDrop, AfterProcessing: true}, rotating: rotating, requests: 2, kind: session.KindRefused},
		"cut answer after rotation, leeway":     {fault: identity.Fault{Kind: identity.FaultTruncate}, rotating: rotating, leeway: leeway, requests: 2},
		"500 after rotation, leeway":            {fault: identity.Fault{Kind: identity.FaultStatus, Status: 500, AfterProcessing: true}, rotating: rotating, leeway: leeway, requests: 2},
		"malformed JSON once":                   {fault: identity.Fault{Kind: identity.FaultMalformedJSON}, requests: 2},
		"empty 200 once":                        {fault: identity.Fault{Kind: identity.FaultEmpty}, requests: 2},
		"HTML page":                             {fault: identity.Fault{Kind: identity.FaultHTML, Times: -1}, requests: 1, kind: session.KindBadAnswer},
		"HTML 403":                              {fault: identity.Fault{Kind: identity.FaultHTML, Status: 403, Times: -1}, requests: 1, kind: session.KindBadAnswer},
		"error sent as 200":                     {fault: identity.Fault{Kind: identity.FaultErrorAsSuccess, Times: -1}, requests: 1, kind: session.KindRefused},
		"redirect":                              {fault: identity.Fault{Kind: identity.FaultRedirect, RedirectTo: "https://elsewhere.example.org/", Times: -1}, requests: 1, kind: session.KindBadAnswer},
		"400":                                   {fault: identity.Fault{Kind: identity.FaultStatus, Status: 400, Times: -1}, requests: 1, kind: session.KindRefused},
		"401 invalid_client":                    {fault: identity.Fault{Kind: identity.FaultStatus, Status: 401, Body: `{"error":"invalid_client"}`, Times: -1}, requests: 1, kind: session.KindWrongCredential},
		"404":                                   {fault: identity.Fault{Kind: identity.FaultStatus, Status: 404, Times: -1}, requests: 1, kind: session.KindRefused},
		"429 soon over":                         {fault: identity.Fault{Kind: identity.FaultRateLimit, RetryAfter: 2 * time.Second}, requests: 2},
		"429 for long":                          {fault: identity.Fault{Kind: identity.FaultRateLimit, RetryAfter: time.Hour, Times: -1}, requests: 1, kind: session.KindRateLimited},
		"429 again and again":                   {fault: identity.Fault{Kind: identity.FaultRateLimit, RetryAfter: time.Second, Times: -1}, requests: 5, kind: session.KindRateLimited},
		"refresh token null":                    {fault: identity.Fault{Kind: identity.FaultNullRefresh}, requests: 1},
		"opaque access token":                   {fault: identity.Fault{Kind: identity.FaultOpaqueToken, Times: -1}, requests: 1, kind: session.KindNotJWT},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			options := identity.Options{Rotating: test.rotating}
			if test.leeway {
				options.Leeway = time.Minute
			}
			w := newWorld(t, options)
			set := w.login()
			if test.known {
				w.token(w.open(envToken(set)), 0)
				w.clock.advance(2 * time.Hour)
				w.server.ResetRequests()
			}
			fault(t, w.server, test.fault)
			opened := w.open(envToken(set))
			if test.kind == "" {
				w.token(opened, 0)
				w.requests(test.requests)
				return
			}
			for range 3 { // further consumers ask no more
				w.refused(opened, test.kind)
			}
			w.refused(w.open(envToken(set)), test.kind)
			want := test.requests
			switch test.kind {
			case session.KindUnreachable, session.KindBadAnswer, session.KindNotJWT:
				want *= 2 // these are no verdict: the next process may try
			default:
			}
			w.requests(want)
		})
	}
}

// A refresh token that came with an unusable access token is the only live one.
func TestToken_rotatedTokenBesideOpaqueAccessTokenIsKept(t *testing.T) {
	t.Parallel()
	for _, kind := range []identity.FaultKind{identity.FaultOpaqueToken, identity.FaultNoAccessToken} {
		w := newWorld(t, identity.Options{Rotating: true})
		set := w.login()
		fault(t, w.server, identity.Fault{Kind: kind})
		w.refused(w.open(envToken(set)), session.KindNotJWT)
		w.token(w.open(envToken(set)), 0)
		w.requests(2)
		w.neverTwice()
	}
}

// Once a rotating server has twice taken the token without an answer, the
// token is never sent again; a new one is free.
func TestToken_suspectStaysSuspectWhereTheServerRotates(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{Rotating: true})
	set := w.login()
	w.token(w.open(envToken(set)), 0)
	w.clock.advance(2 * time.Hour)
	w.server.ResetRequests()
	fault(t, w.server, identity.Fault{Kind: identity.FaultStatus, Times: 2})
	w.refused(w.open(envToken(set)), session.KindSuspect)
	w.clock.advance(24 * time.Hour)
	w.refused(w.open(envToken(set)), session.KindSuspect)
	w.requests(2)
	w.token(w.open(envToken(w.login())), 0)
}

func TestToken_suspectIsTriedAgainWhereNothingIsKnown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{})
	set := w.login()
	fault(t, w.server, identity.Fault{Kind: identity.FaultStatus, Times: 2})
	w.refused(w.open(envToken(set)), session.KindSuspect)
	w.clock.advance(4 * time.Minute)
	w.refused(w.open(envToken(set)), session.KindSuspect)
	w.clock.advance(time.Minute)
	w.token(w.open(envToken(set)), 0)
	w.requests(3)
}

func TestToken_rateLimitHoldsForEveryProcess(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{})
	set := w.login()
	fault(t, w.server, identity.Fault{Kind: identity.FaultRateLimit, RetryAfter: 10 * time.Minute})
	failure := w.refused(w.open(envToken(set)), session.KindRateLimited)
	if !strings.Contains(failure.Detail, "2026-05-01T12:10:00Z") {
		t.Errorf("the time is missing: %v", failure)
	}
	w.clock.advance(9 * time.Minute)
	w.refused(w.open(envToken(set)), session.KindRateLimited)
	w.requests(1)
	w.clock.advance(time.Minute)
	w.token(w.open(envToken(set)), 0)
	w.requests(1)
}

func TestToken_nobodyListens(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{})
	set := w.login()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	configured := envToken(set)
	configured.env = append(configured.env, "ES_OAUTH2__DOMAIN=http://"+address+"/")
	opened := w.open(configured)
	for range 10 {
		failure := w.refused(opened, session.KindUnreachable)
		if !strings.Contains(failure.Detail, address) || !strings.Contains(failure.Detail, "after 5 tries") {
			t.Errorf("detail = %v", failure.Detail)
		}
	}
	if got := len(w.clock.slept); got != 4 {
		t.Errorf("waited %d times, want 4: further consumers must not wait again", got)
	}
}

func TestToken_unresolvableHost(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{})
	configured := envToken(w.login())
	configured.env = append(configured.env, "ES_OAUTH2__DOMAIN=https://login.invalid/")
	failure := w.refused(w.open(configured), session.KindUnreachable)
	if !strings.Contains(failure.Detail, "login.invalid") {
		t.Errorf("detail = %v", failure.Detail)
	}
}

func TestToken_tls(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{TLS: true})
	set := w.login()
	failure := w.refused(w.open(envToken(set)), session.KindTLS)
	if !strings.Contains(failure.Detail, "ca_cert_file") {
		t.Errorf("no remedy: %v", failure)
	}
	w.requests(0)

	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, w.server.CACertificate(), 0o600); err != nil {
		t.Fatal(err)
	}
	configured := envToken(set)
	configured.options.CAFile = file
	w.token(w.open(configured), 0)
	w.requests(1)

	configured.options.CAFile = filepath.Join(t.TempDir(), "missing.pem")
	_, err := session.New(w.options(configured))
	w.checkError(err, session.KindConfiguration)
}

func TestToken_proxy(t *testing.T) {
	t.Parallel()
	connects := 0
	proxy := httptest.NewServer(http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		if request.Method == http.MethodConnect {
			connects++
		}
		response.WriteHeader(http.StatusProxyAuthRequired)
	}))
	t.Cleanup(proxy.Close)
	w := newWorld(t, identity.Options{})
	configured := envToken(w.login())
	configured.env = append(configured.env, "ES_OAUTH2__DOMAIN=https://login.example.org/")
	configured.options.Environ = []string{"HTTPS_PROXY=" + strings.Replace(proxy.URL, "http://", "http://user:hunter2@", 1)}
	failure := w.refused(w.open(configured), session.KindProxy)
	if !strings.Contains(failure.Detail, "407") || strings.Contains(failure.Error(), "hunter2") {
		t.Errorf("detail = %v", failure.Detail)
	}
	if connects != 1 {
		t.Errorf("CONNECT requests = %d, want 1", connects)
	}

	configured.options.Environ = []string{"ALL_PROXY=http://127.0.0.1:1"}
	w.refused(w.open(configured), session.KindProxy)
}

func TestToken_clockFarAhead(t *testing.T) {
	t.Parallel()
	serverClock := newClock()
	w := newWorld(t, identity.Options{Now: serverClock.Now})
	set := w.login()
	w.clock.advance(3 * time.Hour)
	opened := w.open(envToken(set))
	for range 3 {
		failure := w.refused(opened, session.KindClock)
		if !strings.Contains(failure.Detail, "3h0m0s ahead of") && !strings.Contains(failure.Detail, "expired at") {
			t.Errorf("detail = %v", failure.Detail)
		}
	}
	w.refused(w.open(envToken(set)), session.KindClock)
	w.requests(1)
}

func TestToken_clockBehindIsTold(t *testing.T) {
	t.Parallel()
	serverClock := newClock()
	serverClock.advance(3 * time.Hour)
	w := newWorld(t, identity.Options{Now: serverClock.Now})
	opened := w.open(envToken(w.login()))
	w.token(opened, 0)
	w.token(opened, 0)
	notices := w.notices(opened, "Clock Differs From the Identity Server's")
	if len(notices) == 1 && !strings.Contains(notices[0].Detail, "3h0m0s behind") {
		t.Errorf("detail = %v", notices[0].Detail)
	}
	w.notices(opened)
}

func TestToken_cancelledBeforeSending(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{})
	opened := w.open(envToken(w.login()))
	ctx, cancel := contextCancelled(t)
	cancel()
	_, err := opened.Token(ctx, 0)
	w.checkError(err, session.KindInterrupted)
	w.requests(0)
	w.token(opened, 0)
}

// A run that is interrupted while the server works must still save the answer.
func TestToken_cancelledWhileTheServerWorks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{Rotating: true})
	set := w.login()
	ctx, cancel := contextCancelled(t)
	fault(t, w.server, identity.Fault{Kind: identity.FaultSkewedDate, Reached: cancel})
	opened := w.open(envToken(set))
	if _, err := opened.Token(ctx, 0); err != nil {
		t.Logf("the interrupted call: %v", err)
	}
	w.token(w.open(envToken(set)), 0)
	w.requests(1)
	w.neverTwice()
}
