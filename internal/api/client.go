package api

import (
	"context"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// TokenSource hands out access tokens with at least minTTL of life left;
// *session.Session is one.
type TokenSource interface {
	Token(ctx context.Context, minTTL time.Duration) (session.Token, error)
}

// Options configure New. Tokens and HTTPClient are required.
type Options struct {
	// APIURL is the base that addresses are appended to as text; it ends in a
	// slash (resources.api_url).
	APIURL string
	// AllowedHosts are the globs on host names that may receive the access
	// token (oauth2.allowed_hosts).
	AllowedHosts []string
	// Retry is http.retry of the settings.
	Retry settings.Retry
	// RequestTimeout bounds one try, from the connection to the last byte of
	// the answer (30 s).
	RequestTimeout time.Duration
	// UserAgent and ExtraHeaders are sent with every request. Extra headers
	// replace neither the user agent nor the authorization, as in the SDK.
	UserAgent    string
	ExtraHeaders map[string]string

	Tokens TokenSource
	// HTTPClient sends the requests. Its redirect policy is not used.
	HTTPClient *http.Client
	// Log receives one record for each answer; nil discards it.
	Log *slog.Logger

	// Now, Sleep and Jitter replace the clock, the wait before a retry and the
	// random number in [0,1) that spreads it.
	Now    func() time.Time
	Sleep  func(context.Context, time.Duration) error
	Jitter func() float64
}

// Client asks the API on behalf of one session. It is safe for concurrent use.
type Client struct {
	options Options

	profiles    flights[Profile]
	credentials flights[Credentials]
	cache       credentialsCache
}

// defaultRequestTimeout is that of requests to the identity server.
const defaultRequestTimeout = 30 * time.Second

// New returns a client. It makes no network call.
func New(options Options) *Client {
	if options.RequestTimeout == 0 {
		options.RequestTimeout = defaultRequestTimeout
	}
	if options.Log == nil {
		options.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Sleep == nil {
		options.Sleep = sleep
	}
	if options.Jitter == nil {
		options.Jitter = rand.Float64
	}
	client := *options.HTTPClient
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	options.HTTPClient = &client
	return &Client{options: options}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
