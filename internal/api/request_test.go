package api

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

const wholeProfile = `{"first_name":"Ada","last_name":"Quake","country_code":"US","region_code":"CO","institution":"I","work_sector":"academic",
"user_id":"auth0|somebody","primary_email":"ada@example.org","created_at":"2024-03-01T12:00:00Z","updated_at":"2024-09-01T12:00:00Z"}`

// failureOf asks for the profile and returns the *Error, which must hold
// nothing of the body and no token.
func failureOf(t *testing.T, b *bench) *Error {
	t.Helper()
	_, err := b.client.UserProfile(t.Context())
	return checked(t, err)
}

func checked(t *testing.T, err error) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("error = %v, want an *Error", err)
	}
	for _, secret := range []string{bodySecret, accessToken} {
		for _, text := range []string{e.Error(), fmt.Sprintf("%+v", *e), fmt.Sprint(e.Err)} {
			if strings.Contains(text, secret) {
				t.Errorf("the error holds %s: %s", secret, text)
			}
		}
	}
	return e
}

func TestAsk_requestAsTheSDKSendsIt(t *testing.T) {
	t.Parallel()
	b := newBench(t, reply(wholeProfile), func(o *Options) {
		o.ExtraHeaders = map[string]string{"X-Campaign": "7", "user-agent": "other", "authorization": "other"}
	})
	if _, err := b.client.UserProfile(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := b.requests[0]
	for what, pair := range map[string][2]string{
		"method": {r.Method, "GET"}, "path": {r.RequestURI, "/beta/user/profile"},
		"authorization": {r.Header.Get("Authorization"), "Bearer " + accessToken},
		"user agent":    {r.Header.Get("User-Agent"), "test/1"}, "extra header": {r.Header.Get("X-Campaign"), "7"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s = %q, want %q", what, pair[0], pair[1])
		}
	}
}

func TestAsk_retries(t *testing.T) {
	t.Parallel()
	ms := time.Millisecond
	for name, test := range map[string]struct {
		status   int
		change   change
		requests int
		waits    []time.Duration
	}{
		"503":              {503, func(*Options) {}, 3, []time.Duration{600 * ms, 700 * ms}},
		"429":              {429, func(*Options) {}, 3, []time.Duration{600 * ms, 700 * ms}},
		"501 not in set":   {501, func(*Options) {}, 1, nil},
		"404":              {404, func(*Options) {}, 1, nil},
		"403":              {403, func(*Options) {}, 1, nil},
		"401":              {401, func(*Options) {}, 1, nil},
		"0 attempts":       {503, func(o *Options) { o.Retry.Attempts = 0 }, 1, nil},
		"wait_max":         {503, func(o *Options) { o.Retry.WaitMax = 50 * ms }, 3, []time.Duration{50 * ms, 50 * ms}},
		"timeout":          {503, func(o *Options) { o.Retry.Timeout = 600 * ms }, 2, []time.Duration{600 * ms}},
		"statuses changed": {404, func(o *Options) { o.Retry.StatusCodes = []int{404} }, 3, []time.Duration{600 * ms, 700 * ms}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, status(test.status), test.change)
			e := failureOf(t, b)
			b.wantSent(test.requests)
			if !slices.Equal(b.waits, test.waits) {
				t.Errorf("waits = %v, want %v", b.waits, test.waits)
			}
			if e.Status != test.status {
				t.Errorf("status = %d, want %d", e.Status, test.status)
			}
		})
	}
}

func TestAsk_successAfterRetries(t *testing.T) {
	t.Parallel()
	left := 2
	b := newBench(t, func(w http.ResponseWriter, r *http.Request) {
		if left--; left >= 0 {
			status(502)(w, r)
			return
		}
		reply(wholeProfile)(w, r)
	})
	if _, err := b.client.UserProfile(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.wantSent(3)
	if b.tokens.calls != 1 {
		t.Errorf("asked for %d tokens, want 1", b.tokens.calls)
	}
}

// A connection that breaks is not retried, as in the SDK.
func TestAsk_brokenConnectionIsNotRetried(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	if e := failureOf(t, b); e.Kind != KindUnavailable {
		t.Errorf("kind = %q", e.Kind)
	}
	b.wantSent(1)
}

func TestAsk_cutBody(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte(`{"first_name":"` + bodySecret))
	})
	if e := failureOf(t, b); e.Kind != KindUnavailable {
		t.Errorf("kind = %q", e.Kind)
	}
}

func TestAsk_messages(t *testing.T) {
	t.Parallel()
	html := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte("<html>" + bodySecret))
	}
	for name, test := range map[string]struct {
		handle http.HandlerFunc
		kind   Kind
		want   []string
	}{
		"401": {status(401), KindUnauthenticated, []string{
			"HOST refused (401)", "audience https://api.example.org", "issued by https://login.example.org/", "2026-05-01T13:00:00Z", "argument access_token",
		}},
		"403":       {status(403), KindForbidden, []string{"HOST", subject, "data-help@earthscope.org"}},
		"404":       {status(404), KindRejected, []string{"HOST", "404", "api_url"}},
		"503":       {status(503), KindUnavailable, []string{"HOST", "503", "3 tries"}},
		"page":      {html, KindBadAnswer, []string{"HOST", "HTML"}},
		"not JSON":  {reply(bodySecret), KindBadAnswer, []string{"HOST", "not a JSON object"}},
		"empty":     {reply(""), KindBadAnswer, []string{"not a JSON object"}},
		"JSON null": {reply("null"), KindBadAnswer, []string{"not a JSON object"}},
		"JSON list": {reply("[]"), KindBadAnswer, []string{"not a JSON object"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, test.handle)
			e := failureOf(t, b)
			if e.Kind != test.kind {
				t.Errorf("kind = %q, want %q", e.Kind, test.kind)
			}
			for _, want := range test.want {
				if want = strings.ReplaceAll(want, "HOST", b.host()); !strings.Contains(e.Detail, want) {
					t.Errorf("the detail lacks %q:\n%s", want, e.Detail)
				}
			}
		})
	}
}

// A server whose clock is past the token's end says so in its Date.
func TestAsk_unauthenticatedByTheServersClock(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", start.Add(2*time.Hour).Format(http.TimeFormat))
		status(401)(w, r)
	})
	if e := failureOf(t, b); !strings.Contains(e.Detail, "By that host's clock (2026-05-01T14:00:00Z) it has expired") {
		t.Error(e.Detail)
	}
}

func TestAsk_redirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the redirect was followed") }))
	t.Cleanup(other.Close)
	b := newBench(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
	})
	e := failureOf(t, b)
	if e.Kind != KindBadAnswer || !strings.Contains(e.Detail, "redirect (status 307)") {
		t.Errorf("%q: %s", e.Kind, e.Detail)
	}
	b.wantSent(1)
}

func TestAsk_hostNotAllowed(t *testing.T) {
	t.Parallel()
	b := newBench(t, reply(wholeProfile), func(o *Options) { o.AllowedHosts = []string{"earthscope.org", "*.earthscope.org"} })
	e := failureOf(t, b)
	if e.Kind != KindHostNotAllowed || !strings.Contains(e.Detail, `"127.0.0.1"`) {
		t.Errorf("%q: %s", e.Kind, e.Detail)
	}
	b.wantSent(0)
	if b.tokens.calls != 0 {
		t.Error("asked for a token that may not be sent")
	}
}

func TestHostAllowed(t *testing.T) {
	t.Parallel()
	standard := []string{"earthscope.org", "*.earthscope.org"}
	for _, test := range []struct {
		host    string
		allowed []string
		want    bool
	}{
		{"api.earthscope.org", standard, true},
		{"earthscope.org", standard, true},
		{"a.b.earthscope.org", standard, true},
		{"earthscope.org.evil.example", standard, false},
		{"evilearthscope.org", standard, false},
		{"api.earthscope.org", nil, false},
		{"::1", []string{"::1"}, true},
		{"node7.example.org", []string{"node?.example.org"}, true},
		{"node7.example.org", []string{"node[0-8]*.example.org"}, true},
		{"node7.example.org", []string{"node[!0-8]*.example.org"}, false},
		{"node7.example.org", []string{"node[0-8].example.org"}, false}, // no star: a name
		{"node7.example.org", []string{"*[", "node*"}, true},
		{"node7.example.org", []string{"*["}, false},
	} {
		if got := hostAllowed(test.host, test.allowed); got != test.want {
			t.Errorf("hostAllowed(%q, %q) = %v, want %v", test.host, test.allowed, got, test.want)
		}
	}
}

func TestAsk_tokenErrorPassesThrough(t *testing.T) {
	t.Parallel()
	b := newBench(t, reply(wholeProfile))
	b.tokens.err = errors.New("no login")
	if _, err := b.client.UserProfile(t.Context()); !errors.Is(err, b.tokens.err) {
		t.Errorf("error = %v", err)
	}
	b.wantSent(0)
}

func TestAsk_cancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	b := newBench(t, func(w http.ResponseWriter, r *http.Request) {
		cancel()
		status(503)(w, r)
	})
	if _, err := b.client.UserProfile(ctx); !IsKind(err, KindInterrupted) || !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v, want an interruption", err)
	}
}

func TestTransportReason(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		err  error
		want string
	}{
		{context.DeadlineExceeded, "did not answer in time"},
		{&tls.CertificateVerificationError{Err: errors.New("unknown authority")}, "ca_cert_file"},
		{errors.New("connection refused"), "connection refused. Check the network"},
	} {
		if got := transportReason(test.err); !strings.Contains(got, test.want) {
			t.Errorf("transportReason(%v) = %q, want %q in it", test.err, got, test.want)
		}
	}
}

func TestAsk_unusableAddress(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"::/", ""} {
		b := newBench(t, reply(wholeProfile), func(o *Options) { o.APIURL = address })
		if e := failureOf(t, b); e.Kind != KindInvalidRequest {
			t.Errorf("%q: kind = %q", address, e.Kind)
		}
	}
}
