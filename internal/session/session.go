package session

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// Options configure New. Zero values give what the documentation promises.
type Options struct {
	Settings *settings.Settings
	// Persist keeps tokens on disk; false keeps them in this process only.
	Persist bool
	// RefreshThreshold: refresh when less life than this is left (60 s).
	RefreshThreshold time.Duration
	// RequestTimeout bounds one request to the identity server (30 s).
	RequestTimeout time.Duration
	// MaxRetries is how many tries may follow the first; nil takes
	// oauth2.retry.attempts of the settings (5 tries in all).
	MaxRetries *int
	// CAFile and Environ configure the HTTP client, see TransportOptions.
	CAFile  string
	Environ []string
	// UserAgent names the caller to the identity server.
	UserAgent string
	// Detach is the command line of a program that calls FinishRefresh. With
	// it, a refresh that may rotate the token runs in a process of its own,
	// which outlives a killed Terraform. Nil refreshes in this process.
	Detach []string
	// Log receives the story of a run; nil discards it.
	Log *slog.Logger

	// HTTPClient, Store, Now and Sleep replace the real ones in tests.
	HTTPClient *http.Client
	Store      Store
	Now        func() time.Time
	Sleep      func(context.Context, time.Duration) error
}

// Session hands out the tokens of one profile. It is safe for concurrent use.
type Session struct {
	options    Options
	credential credential
	refresher  *refresher
	// kept is what other processes have saved, where this one saves nothing.
	kept Store
	// gate is held during anything that may refresh; a channel, so that
	// waiting for it ends with the caller's context.
	gate chan struct{}

	// The fields below are guarded by gate.
	current  Entry
	failure  error
	failedAt time.Time
	floor    time.Duration // the largest min_ttl asked for
	rotation Rotation

	noticesLock sync.Mutex
	notices     []Notice
	told        map[string]bool
}

// New returns the session that the settings describe. It makes no network call
// and writes nothing. Errors are *Error: KindNoCredentials, KindConfiguration.
func New(options Options) (*Session, error) {
	credential, err := resolve(options.Settings)
	if err != nil {
		return nil, err
	}
	options = withDefaults(options)
	if options.Store == nil {
		options.Store = chooseStore(options)
	}
	refresher, err := newRefresher(credential, options)
	if err != nil {
		return nil, err
	}
	return &Session{
		options: options, credential: credential, refresher: refresher, kept: keptByOthers(options),
		gate: make(chan struct{}, 1), told: map[string]bool{},
	}, nil
}

func withDefaults(o Options) Options {
	if o.RefreshThreshold == 0 {
		o.RefreshThreshold = 60 * time.Second
	}
	if o.RequestTimeout == 0 {
		o.RequestTimeout = 30 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	return o
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

func chooseStore(o Options) Store {
	switch {
	case !o.Persist:
		return NewMemoryStore("persist_tokens = false")
	case o.Settings.Paths.ConfigDir == "":
		return NewMemoryStore("there is no home directory")
	}
	return NewFileStore(o.Settings.Paths.ConfigDir)
}

// keptByOthers is nil where this process saves its own, or nobody could.
func keptByOthers(o Options) Store {
	if o.Persist || o.Settings.Paths.ConfigDir == "" {
		return nil
	}
	return NewFileStore(o.Settings.Paths.ConfigDir)
}

func newRefresher(c credential, o Options) (*refresher, error) {
	client := o.HTTPClient
	if client == nil {
		var err error
		connect := max(o.Settings.HTTP.TimeoutConnect, 10*time.Second)
		client, err = NewHTTPClient(TransportOptions{CAFile: o.CAFile, Environ: o.Environ, ConnectTimeout: connect})
		if err != nil {
			return nil, &Error{
				Kind: KindConfiguration, Setting: "ca_cert_file", Err: err, Summary: "Unusable CA Certificate File",
				Detail: fmt.Sprintf("%v. Give ca_cert_file the path of a PEM file with the authority's certificate.", err),
			}
		}
	}
	headers := http.Header{}
	for name, value := range o.Settings.HTTP.ExtraHeaders {
		headers.Set(name, value)
	}
	retry := o.Settings.OAuth2.Retry
	if o.MaxRetries != nil {
		retry.Attempts = *o.MaxRetries + 1
	}
	r := &refresher{
		credential: c, store: o.Store, retry: retry, now: o.Now, sleep: o.Sleep, log: o.Log, jitter: randomJitter,
		endpoint: endpoint{
			client: client, tokenURL: o.Settings.OAuth2.Domain + "oauth/token", headers: headers,
			userAgent: o.UserAgent, timeout: o.RequestTimeout, now: o.Now,
		},
	}
	if o.Persist {
		r.rescue = rescueFile
	}
	if folder := o.Settings.Paths.ConfigDir; folder != "" {
		r.spent = NewSpentTokens(folder)
	}
	return r, nil
}

// Token returns an access token with at least minTTL of life left, or as much
// as a token can have (then with a notice), refreshing it where needed. minTTL
// 0 asks for a usable token. Callers in one process share one request, and the
// largest minTTL asked for.
//
// Errors are *Error. A failed refresh is not an error while the former token
// lives and covers the refresh threshold only in part: it is then returned
// with a notice.
func (s *Session) Token(ctx context.Context, minTTL time.Duration) (Token, error) {
	select {
	case s.gate <- struct{}{}:
		defer func() { <-s.gate }()
	case <-ctx.Done():
		return Token{}, interrupted(ctx)
	}
	s.floor = max(s.floor, minTTL)
	n := need{threshold: s.options.RefreshThreshold, minTTL: s.floor}
	if token, ok, err := s.beside(n); ok || err != nil {
		return token, err
	}
	if s.refresher.satisfies(s.current, n) == stale {
		if err := s.update(ctx, n); err != nil {
			return s.fallBack(err)
		}
	}
	return s.hand(n)
}

// Refresh gets a new access token now, unless the one there is new already, and
// saves it. Unlike Token it is not content with the former one: errors, which
// are *Error, say why there is no new one. KindNoRefreshToken where there is
// nothing to refresh with.
func (s *Session) Refresh(ctx context.Context) (Token, error) {
	if s.credential.flow == FlowAccessToken {
		return Token{}, s.noRefreshToken()
	}
	select {
	case s.gate <- struct{}{}:
		defer func() { <-s.gate }()
	case <-ctx.Done():
		return Token{}, interrupted(ctx)
	}
	n := need{threshold: s.options.RefreshThreshold, minTTL: longerThanAny}
	if s.refresher.satisfies(s.current, n) == stale {
		if err := s.update(ctx, n); err != nil {
			return Token{}, err
		}
	}
	return s.hand(need{threshold: n.threshold})
}

// longerThanAny is more life than a token has, so that asking for it refreshes.
const longerThanAny = 100 * 365 * 24 * time.Hour

// update brings a usable entry into s.current: from the store, or by asking
// the identity server.
func (s *Session) update(ctx context.Context, n need) error {
	if s.failure != nil && within(s.options.Now(), s.failedAt, failureHolds) {
		return s.failure
	}
	entry, err := s.refresher.peek(ctx)
	if err == nil && s.isAhead(entry) {
		entry, err = s.catchUp(ctx, n)
	}
	if err == nil {
		s.adopt(entry)
		if s.refresher.satisfies(entry, n) != stale {
			return nil
		}
		entry, err = s.renew(ctx, entry, n)
	}
	if err != nil {
		if !IsKind(err, KindInterrupted) {
			s.failure, s.failedAt = err, s.options.Now()
		}
		return err
	}
	s.failure = nil
	s.adopt(entry)
	return nil
}

func (s *Session) adopt(entry Entry) {
	s.current = entry
	if entry.Rotation != RotationUnknown {
		s.rotation = entry.Rotation
	}
}
