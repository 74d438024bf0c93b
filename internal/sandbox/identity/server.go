package identity

import (
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// ErrNotLoopback says that the sandbox was asked to listen where other machines
// could reach it.
var ErrNotLoopback = errors.New("the sandbox listens on loopback addresses only, such as 127.0.0.1:8080")

// Server is a running identity server and API. All its methods are safe for
// concurrent use.
type Server struct {
	key       *rsa.PrivateKey
	authority []byte
	listener  net.Listener
	http      *http.Server
	scheme    string
	running   sync.WaitGroup
	log       requestLog

	clockMu sync.Mutex
	baseNow func() time.Time
	offset  time.Duration

	// mu guards everything below. Of opts only the fields with a setter change.
	mu          sync.Mutex
	opts        Options
	clients     map[string]client
	users       map[string]User
	profiles    map[string]json.RawMessage
	blocked     map[string]bool
	deniedRoles map[string]bool
	tokens      map[string]*refreshToken
	order       []*refreshToken // as issued
	spentTwice  map[string]int
	devices     []*deviceLogin
	faults      []*Fault
	held        chan struct{}
	rate        rateWindow
	closed      bool
}

// Start listens and serves until [Server.Close]. It returns [ErrNotLoopback] for
// an address that others could reach, or the listener's error.
func Start(opts Options) (*Server, error) {
	opts = opts.withDefaults()
	if err := checkLoopback(opts.Address); err != nil {
		return nil, err
	}
	key, err := signingKey()
	if err != nil {
		return nil, fmt.Errorf("make a signing key: %w", err)
	}
	s := &Server{
		key:         key,
		scheme:      "http",
		baseNow:     opts.Now,
		opts:        opts,
		clients:     map[string]client{DefaultClientID: {}},
		users:       map[string]User{},
		profiles:    map[string]json.RawMessage{},
		blocked:     map[string]bool{},
		deniedRoles: map[string]bool{},
		tokens:      map[string]*refreshToken{},
		spentTwice:  map[string]int{},
		held:        make(chan struct{}),
	}
	s.http = &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 30 * time.Second,
		ErrorLog:          discardLog(),
	}
	if s.listener, err = listen(opts.Address); err != nil {
		return nil, err
	}
	if opts.TLS {
		if err := s.startTLS(); err != nil {
			return nil, errors.Join(err, s.listener.Close())
		}
	}
	s.running.Go(func() { _ = s.http.Serve(s.listener) }) // ends with ErrServerClosed
	return s, nil
}

func listen(address string) (net.Listener, error) {
	resolved, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen address %q: %w", address, err)
	}
	listener, err := net.ListenTCP("tcp", resolved)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	return listener, nil
}

// checkLoopback accepts host:port where host is localhost or a loopback IP.
func checkLoopback(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("listen address %q: %w", address, err)
	}
	if !isLoopback(host) {
		return fmt.Errorf("listen on %q: %w", address, ErrNotLoopback)
	}
	return nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// URL is the base of both the identity server (oauth/…) and the API (beta/…),
// with a slash at the end: the value for oauth2.domain and resources.api_url.
func (s *Server) URL() string { return s.scheme + "://" + s.listener.Addr().String() + "/" }

// Audience is what the API demands in the claim "aud".
func (s *Server) Audience() string { return s.opts.Audience }

// Close stops the server, cuts open connections and waits for what runs.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	_ = s.http.Close() // its connections' contexts end, and with them held requests
	s.running.Wait()
}

// enter counts a request in, unless the server is closing.
func (s *Server) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.running.Add(1)
	return true
}

// SetRotating switches refresh token rotation for exchanges from now on.
func (s *Server) SetRotating(rotating bool) { s.change(func(o *Options) { o.Rotating = rotating }) }

// SetLeeway sets the rotation overlap period; see [Options.Leeway].
func (s *Server) SetLeeway(leeway time.Duration) { s.change(func(o *Options) { o.Leeway = leeway }) }

// SetAccessTokenLifetime sets the life of access tokens issued from now on.
func (s *Server) SetAccessTokenLifetime(lifetime time.Duration) {
	s.change(func(o *Options) { o.AccessTokenLifetime = lifetime })
}

// SetAWSCredentialsLifetime sets the life of AWS credentials from now on.
func (s *Server) SetAWSCredentialsLifetime(lifetime time.Duration) {
	s.change(func(o *Options) { o.AWSCredentialsLifetime = lifetime })
}

// SetRevocationDeletesGrant sets the toggle; see [Options.RevocationDeletesGrant].
func (s *Server) SetRevocationDeletesGrant(on bool) {
	s.change(func(o *Options) { o.RevocationDeletesGrant = on })
}

// SetAutoApprove approves device logins that start from now on at once.
func (s *Server) SetAutoApprove(on bool) { s.change(func(o *Options) { o.AutoApprove = on }) }

func (s *Server) change(set func(*Options)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	set(&s.opts)
}

// ServeHTTP counts, answers, and spoils the answer where a fault was queued.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.enter() {
		panic(http.ErrAbortHandler)
	}
	defer s.running.Done()
	// The server's clock, not this machine's, so that skew can be seen by clients.
	w.Header().Set("Date", s.Now().UTC().Format(http.TimeFormat))
	if s.serveUncounted(w, r) {
		return
	}
	c := newCall(s, r)
	place := s.log.begin(c.entry)
	c.entry.Outcome = OutcomeNone
	fault := s.takeFault(c)
	if fault != nil {
		c.entry.Fault = fault.Kind
	}
	ans, done := s.strikeBefore(fault, c)
	if !done {
		ans = s.strikeAfter(fault, c, s.answer(c))
	}
	if !ans.drop {
		c.entry.Status = ans.status
	}
	s.log.finish(place, c.entry)
	ans.write(w)
}

// answer does what was asked for.
func (s *Server) answer(c *call) answer {
	method, handle := s.route(c.entry.Endpoint)
	c.entry.Outcome = OutcomeInvalid
	if handle == nil {
		return jsonAnswer(http.StatusNotFound, map[string]string{"error": "not_found", "detail": "Not Found"})
	}
	if c.Method != method {
		ans := jsonAnswer(http.StatusMethodNotAllowed,
			map[string]string{"error": "method_not_allowed", "detail": "Method Not Allowed"})
		ans.header.Set("Allow", method)
		return ans
	}
	if !c.entry.Endpoint.oauth() {
		return handle(c)
	}
	window, over := s.countAgainstRate()
	if over {
		c.entry.Outcome = OutcomeRateLimited
		return rateLimited(window.limit, window.ends, window.ends.Sub(s.Now()))
	}
	ans := handle(c)
	if window.limit > 0 {
		setRateHeaders(ans.header, window.limit, window.limit-window.used, window.ends)
	}
	return ans
}

// route returns the method and handler of an endpoint; nil if there is none.
func (s *Server) route(endpoint Endpoint) (method string, handle func(*call) answer) {
	bearer := func(next func(*call, claims) answer) func(*call) answer {
		return func(c *call) answer { return s.authorized(c, next) }
	}
	switch endpoint {
	case EndpointToken:
		return http.MethodPost, s.token
	case EndpointDeviceCode:
		return http.MethodPost, s.startDevice
	case EndpointRevoke:
		return http.MethodPost, s.revoke
	case EndpointUserProfile:
		return http.MethodGet, bearer(s.userProfile)
	case EndpointAWSCredentials:
		return http.MethodGet, bearer(s.awsCredentials)
	case EndpointData:
		return http.MethodGet, bearer(s.data)
	default:
		return "", nil
	}
}
