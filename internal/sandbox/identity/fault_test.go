package identity

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
)

func queue(t *testing.T, s *Server, f Fault) {
	t.Helper()
	if err := s.Fault(f); err != nil {
		t.Fatal(err)
	}
}

func TestFault_unknownKind(t *testing.T) {
	t.Parallel()
	if err := start(t, Options{}).Fault(Fault{Kind: "explode"}); !errors.Is(err, ErrUnknownFault) {
		t.Errorf("Fault = %v, want ErrUnknownFault", err)
	}
}

// TestFault_answers checks what the client gets and whether the token was
// rotated all the same.
func TestFault_answers(t *testing.T) {
	t.Parallel()
	const html = "text/html; charset=utf-8"
	for name, test := range map[string]struct {
		fault       Fault
		status      int // 0: no answer
		contentType string
		body        string
		rotated     bool
	}{
		"drop before":      {Fault{Kind: FaultDrop}, 0, "", "", false},
		"drop after":       {Fault{Kind: FaultDrop, AfterProcessing: true}, 0, "", "", true},
		"truncated":        {Fault{Kind: FaultTruncate}, 0, "", "", true},
		"5xx before":       {Fault{Kind: FaultStatus, Status: 502}, 502, "application/json", faultError, false},
		"5xx after":        {Fault{Kind: FaultStatus, AfterProcessing: true}, 503, "application/json", faultError, true},
		"own body":         {Fault{Kind: FaultStatus, Status: 200, Body: `{"x":null}`}, 200, "application/json", `{"x":null}`, false},
		"malformed before": {Fault{Kind: FaultMalformedJSON}, 200, "application/json", faultJSON, false},
		"malformed after":  {Fault{Kind: FaultMalformedJSON, AfterProcessing: true}, 200, "application/json", faultJSON, true},
		"html 200":         {Fault{Kind: FaultHTML}, 200, html, faultPage, false},
		"html 403":         {Fault{Kind: FaultHTML, Status: 403}, 403, html, faultPage, false},
		"empty":            {Fault{Kind: FaultEmpty, AfterProcessing: true}, 200, "", "", true},
		"error as success": {Fault{Kind: FaultErrorAsSuccess}, 200, "application/json", faultError, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, Options{Rotating: true})
			token := s.Login(User{}).RefreshToken
			queue(t, s, test.fault)
			got, err := tryPost(t, s, "oauth/token", refreshFields(token)...)
			if (err != nil) != (test.status == 0) {
				t.Fatalf("error = %v, want an answer with status %d", err, test.status)
			}
			if err == nil && (got.status != test.status || got.body != test.body || got.header.Get("Content-Type") != test.contentType) {
				t.Errorf("got %d %q %q", got.status, got.header.Get("Content-Type"), got.body)
			}
			if rotated := !s.RefreshTokenValid(token); rotated != test.rotated {
				t.Errorf("rotated = %t, want %t", rotated, test.rotated)
			}
			log := s.RequestLog()
			wantOutcome := OutcomeNone
			if test.rotated {
				wantOutcome = OutcomeGranted
			}
			if len(log) != 1 || log[0].Fault != test.fault.Kind || log[0].Outcome != wantOutcome {
				t.Errorf("log = %+v, want one request with outcome %s", log, wantOutcome)
			}
		})
	}
}

func TestFault_spoiledTokens(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	token := s.Login(User{}).RefreshToken
	queue(t, s, Fault{Kind: FaultNoAccessToken})
	queue(t, s, Fault{Kind: FaultOpaqueToken})
	queue(t, s, Fault{Kind: FaultNullRefresh})
	if _, there := refresh(t, s, token).document(t)["access_token"]; there {
		t.Error("access_token is there, want none")
	}
	if opaque := refresh(t, s, token).text(t, "access_token"); opaque == "" || strings.Contains(opaque, ".") {
		t.Error("want an access token that is no JWT")
	}
	if null, there := refresh(t, s, token).document(t)["refresh_token"]; !there || null != nil {
		t.Errorf("refresh_token = %v, %t; want null", null, there)
	}
}

func TestFault_selects(t *testing.T) {
	t.Parallel()
	s := start(t, Options{AutoApprove: true})
	login := s.Login(User{})
	queue(t, s, Fault{Kind: FaultStatus, Endpoint: EndpointToken, GrantType: "device_code", Times: 2})
	if got := refresh(t, s, login.RefreshToken); got.status != 200 {
		t.Errorf("another grant type: %d, want 200", got.status)
	}
	deviceCode, _ := startDevice(t, s)
	for i, want := range []int{503, 503, 200} {
		if got := pollNow(t, s, deviceCode); got.status != want {
			t.Errorf("poll %d: %d, want %d", i+1, got.status, want)
		}
	}
	queue(t, s, Fault{Kind: FaultStatus, Endpoint: EndpointUserProfile, Times: -1})
	for range 3 {
		if got := get(t, s, "beta/user/profile", login.AccessToken); got.status != 503 {
			t.Errorf("every time: %d, want 503", got.status)
		}
	}
	s.ClearFaults()
	if got := get(t, s, "beta/user/profile", login.AccessToken); got.status != 200 {
		t.Errorf("cleared: %d, want 200", got.status)
	}
}

func TestFault_redirectAndDate(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	token := s.Login(User{}).AccessToken
	queue(t, s, Fault{Kind: FaultRedirect, RedirectTo: "http://elsewhere.example.org/"})
	got := get(t, s, "beta/user/profile", token)
	if got.status != 307 || got.header.Get("Location") != "http://elsewhere.example.org/" {
		t.Errorf("redirect: %d %q", got.status, got.header.Get("Location"))
	}
	queue(t, s, Fault{Kind: FaultSkewedDate, Skew: -2 * time.Hour})
	got = get(t, s, "beta/user/profile", token)
	if want := "Fri, 01 May 2026 10:00:00 GMT"; got.status != 200 || got.header.Get("Date") != want {
		t.Errorf("Date = %q, want %q", got.header.Get("Date"), want)
	}
}

func TestFault_slow(t *testing.T) {
	t.Parallel()
	for name, release := range map[string]func(s *Server, own chan struct{}){
		"own channel":  func(_ *Server, own chan struct{}) { close(own) },
		"release held": func(s *Server, _ chan struct{}) { s.ReleaseHeld() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, Options{Rotating: true})
			token := s.Login(User{}).RefreshToken
			own := make(chan struct{})
			queue(t, s, Fault{Kind: FaultSlow, Release: own, Reached: func() {
				if got := s.Requests().Refreshes(); got != 1 {
					t.Errorf("held requests counted = %d, want 1", got)
				}
				release(s, own)
			}})
			if got := refresh(t, s, token); got.status != 200 {
				t.Errorf("released: %d, want 200", got.status)
			}
		})
	}
}

func TestFault_slowUntilClose(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Rotating: true})
	token := s.Login(User{}).RefreshToken
	queue(t, s, Fault{Kind: FaultSlow, Reached: func() { go s.Close() }})
	if _, err := tryPost(t, s, "oauth/token", refreshFields(token)...); err == nil {
		t.Error("want an error when the server closes")
	}
	s.Close()
	if !s.RefreshTokenValid(token) {
		t.Error("a request that was held before processing was processed")
	}
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	token := s.Login(User{}).RefreshToken
	s.SetRateLimit(2, time.Minute)
	reset := "1777636860" // 2026-05-01T12:01:00Z
	check := func(got reply, status int, remaining string) {
		t.Helper()
		header := got.header
		if got.status != status || header.Get("X-RateLimit-Limit") != "2" ||
			header.Get("X-RateLimit-Remaining") != remaining || header.Get("X-RateLimit-Reset") != reset {
			t.Errorf("got %d, headers %v", got.status, header)
		}
	}
	check(refresh(t, s, token), 200, "1")
	check(refresh(t, s, token), 200, "0")
	s.Advance(30 * time.Second)
	got := refresh(t, s, token)
	check(got, 429, "0")
	wantJSON(t, got, 429, `{"error":"too_many_requests","error_description":"Global limit has been reached"}`)
	if after := got.header.Get("Retry-After"); after != "30" {
		t.Errorf("Retry-After = %q, want 30", after)
	}
	s.Advance(30 * time.Second)
	reset = "1777636920"
	check(refresh(t, s, token), 200, "1")
	if got := s.Requests().ByOutcome; got[OutcomeRateLimited] != 1 || got[OutcomeGranted] != 3 {
		t.Errorf("outcomes = %v", got)
	}
	queue(t, s, Fault{Kind: FaultRateLimit, Endpoint: EndpointDeviceCode, RetryAfter: 1500 * time.Millisecond})
	limited := post(t, s, "oauth/device/code", "client_id", DefaultClientID)
	if limited.status != 429 || limited.header.Get("Retry-After") != "2" {
		t.Errorf("fault: %d, Retry-After %q, want 429 and 2", limited.status, limited.header.Get("Retry-After"))
	}
}

func TestTLS_unknownAuthority(t *testing.T) {
	t.Parallel()
	s := start(t, Options{TLS: true})
	request := func() *http.Request { return newRequest(t, http.MethodGet, s.URL()+"beta/user/profile", "", "") }
	var unknown x509.UnknownAuthorityError
	if _, err := do(t, request()); !errors.As(err, &unknown) {
		t.Errorf("error = %v, want an unknown authority", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(s.CACertificate()) {
		t.Fatal("CACertificate is no PEM")
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}
	t.Cleanup(transport.CloseIdleConnections)
	response, err := (&http.Client{Transport: transport}).Do(request())
	if err != nil {
		t.Fatalf("with the authority: %v", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusUnauthorized || !strings.HasPrefix(s.URL(), "https://127.0.0.1:") {
		t.Errorf("status = %d, URL %s", response.StatusCode, s.URL())
	}
}
