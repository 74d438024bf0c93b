package api

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

const (
	accessToken = "made-up.access.token"
	subject     = "auth0|somebody"
)

var start = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// tokens hands out one token, or an error, and counts.
type tokens struct {
	mutex sync.Mutex
	calls int
	err   error
}

func (s *tokens) Token(context.Context, time.Duration) (session.Token, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.calls++
	if s.err != nil {
		return session.Token{}, s.err
	}
	return session.Token{
		AccessToken: settings.NewSecret(accessToken),
		Claims: session.Claims{
			Issuer: "https://login.example.org/", Subject: subject, Audience: []string{"https://api.example.org"},
			ExpiresAt: start.Add(time.Hour),
		},
		Source: settings.Source{Link: settings.LinkArgument, Name: "access_token"},
	}, nil
}

// bench is a client with an API of the test's own and a clock that only waits
// move.
type bench struct {
	t      *testing.T
	tokens *tokens
	client *Client

	mutex    sync.Mutex
	now      time.Time
	waits    []time.Duration
	requests []*http.Request
}

// options that the tests change.
type change func(*Options)

func newBench(t *testing.T, handle http.HandlerFunc, changes ...change) *bench {
	t.Helper()
	b := &bench{t: t, now: start, tokens: &tokens{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.mutex.Lock()
		b.requests = append(b.requests, r.Clone(context.Background()))
		b.mutex.Unlock()
		handle(w, r)
	}))
	t.Cleanup(server.Close)
	options := Options{
		APIURL: server.URL + "/", AllowedHosts: []string{"127.0.0.1"}, HTTPClient: server.Client(), Tokens: b.tokens, UserAgent: "test/1",
		Retry: settings.Retry{
			Attempts: 3, Timeout: 20 * time.Second, WaitInitial: 100 * time.Millisecond, WaitMax: 5 * time.Second,
			WaitJitter: time.Second, WaitExpBase: 2, StatusCodes: []int{429, 500, 502, 503, 504},
		},
		Now:    b.clock,
		Sleep:  b.sleep,
		Jitter: func() float64 { return 0.5 },
	}
	for _, change := range changes {
		change(&options)
	}
	b.client = New(options)
	return b
}

func (b *bench) clock() time.Time {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.now
}

func (b *bench) advance(d time.Duration) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.now = b.now.Add(d)
}

func (b *bench) sleep(ctx context.Context, d time.Duration) error {
	b.advance(d)
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.waits = append(b.waits, d)
	return ctx.Err()
}

// sent is how many requests arrived.
func (b *bench) sent() int {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return len(b.requests)
}

func (b *bench) wantSent(want int) {
	b.t.Helper()
	if got := b.sent(); got != want {
		b.t.Errorf("requests = %d, want %d", got, want)
	}
}

func (b *bench) host() string {
	parsed, err := url.Parse(b.client.options.APIURL)
	if err != nil {
		b.t.Fatal(err)
	}
	return parsed.Host
}

// status answers with a status and a body that no error may quote.
func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		_, _ = w.Write([]byte(`{"detail":"` + bodySecret + `"}`))
	}
}

// bodySecret stands for credentials in an answer.
const bodySecret = "TOP-SECRET-IN-THE-BODY"

func reply(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(body))
	}
}
