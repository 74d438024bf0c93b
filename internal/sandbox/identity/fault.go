package identity

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ErrUnknownFault says that a fault's kind is none of the constants.
var ErrUnknownFault = errors.New("unknown kind of fault")

// FaultKind is what goes wrong.
type FaultKind string

// The kinds of faults. Those marked "any" come before the request is processed,
// so that nothing happened at the server, or with [Fault.AfterProcessing] after
// it, so that a token may have been rotated and the answer lost. The others
// spoil the regular answer and thus always come after.
const (
	FaultDrop           FaultKind = "drop"             // any: connection closed without an answer
	FaultStatus         FaultKind = "status"           // any: Status (503) with Body
	FaultSlow           FaultKind = "slow"             // any: held until released, or the client goes
	FaultHTML           FaultKind = "html"             // any: Status (200) with an HTML page
	FaultMalformedJSON  FaultKind = "malformed_json"   // any: Status (200), cut JSON
	FaultEmpty          FaultKind = "empty"            // any: Status (200), no body
	FaultErrorAsSuccess FaultKind = "error_as_success" // any: 200 with an OAuth error body
	FaultRedirect       FaultKind = "redirect"         // any: Status (307) to RedirectTo
	FaultRateLimit      FaultKind = "rate_limit"       // any: 429 with X-RateLimit-* and Retry-After
	FaultTruncate       FaultKind = "truncate"         // connection cut after half of the body
	FaultNoAccessToken  FaultKind = "no_access_token"  // access_token missing
	FaultOpaqueToken    FaultKind = "opaque_token"     // access_token is no JWT
	FaultNullRefresh    FaultKind = "null_refresh"     // refresh_token: null
	FaultSkewedDate     FaultKind = "skewed_date"      // Date header off by Skew
)

// answering are the kinds that need no regular answer.
var answering = []FaultKind{
	FaultDrop, FaultStatus, FaultSlow, FaultHTML, FaultMalformedJSON, FaultEmpty, FaultErrorAsSuccess,
	FaultRedirect, FaultRateLimit,
}

// spoiling are the kinds that change the regular answer.
var spoiling = []FaultKind{
	FaultTruncate, FaultNoAccessToken, FaultOpaqueToken, FaultNullRefresh, FaultSkewedDate,
}

// Fault is something that goes wrong with the next matching requests.
type Fault struct {
	Kind FaultKind
	// Endpoint and GrantType select requests; empty matches all. "device_code" is
	// accepted for the device flow's long grant type.
	Endpoint  Endpoint
	GrantType string
	// Times is the number of requests to hit: 0 means 1, negative means every one
	// until [Server.ClearFaults].
	Times int
	// AfterProcessing lets the server do its work, rotate for example, before the
	// fault.
	AfterProcessing bool
	// Status replaces the kind's usual status.
	Status int
	// Body replaces the kind's usual body, sent as JSON unless the kind is HTML.
	Body string
	// RedirectTo is the Location of FaultRedirect.
	RedirectTo string
	// Skew is added to the Date header by FaultSkewedDate.
	Skew time.Duration
	// RetryAfter is what FaultRateLimit announces, whole seconds, 1 s by default.
	RetryAfter time.Duration
	// Release ends the wait of FaultSlow when closed. Without it the request is held
	// until [Server.ReleaseHeld], the client's leaving, or Close.
	Release <-chan struct{}
	// Reached, if set, is called when the fault strikes, on the request's goroutine:
	// the point at which a test can kill the client.
	Reached func()
}

// Fault queues a fault. Of several that match, the first queued strikes first;
// each request meets at most one. It returns [ErrUnknownFault] for another kind.
func (s *Server) Fault(f Fault) error {
	if !slices.Contains(answering, f.Kind) && !slices.Contains(spoiling, f.Kind) {
		return fmt.Errorf("queue fault %q: %w", f.Kind, ErrUnknownFault)
	}
	setDefault(&f.Times, 1)
	if f.GrantType == "device_code" {
		f.GrantType = grantDevice
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
	return nil
}

// ClearFaults forgets the faults that have not struck yet.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// ReleaseHeld lets every request go on that FaultSlow holds now.
func (s *Server) ReleaseHeld() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.held)
	s.held = make(chan struct{})
}

// takeFault returns the fault that this request meets, if any, and uses it up.
func (s *Server) takeFault(c *call) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		if f.Endpoint != "" && f.Endpoint != c.entry.Endpoint ||
			f.GrantType != "" && f.GrantType != c.entry.GrantType {
			continue
		}
		if f.Times > 0 {
			if f.Times--; f.Times == 0 {
				s.faults = slices.Delete(s.faults, i, i+1)
			}
		}
		struck := *f
		return &struck
	}
	return nil
}

// strikeBefore applies a fault that comes before processing. The answer stands
// if done; otherwise the request is processed as usual.
func (s *Server) strikeBefore(f *Fault, c *call) (ans answer, done bool) {
	if f == nil || f.AfterProcessing || slices.Contains(spoiling, f.Kind) {
		return answer{}, false
	}
	held := s.reach(f)
	if f.Kind == FaultSlow {
		hold(f, c, held)
		return answer{drop: true}, c.Context().Err() != nil
	}
	if f.Kind == FaultRateLimit {
		c.entry.Outcome = OutcomeRateLimited
	}
	return s.faultAnswer(f), true
}

// strikeAfter applies a fault to the regular answer.
func (s *Server) strikeAfter(f *Fault, c *call, regular answer) answer {
	if f == nil || !f.AfterProcessing && !slices.Contains(spoiling, f.Kind) {
		return regular
	}
	held := s.reach(f)
	switch f.Kind {
	case FaultSlow:
		hold(f, c, held)
		return regular
	case FaultTruncate:
		regular.truncate = true
		return regular
	case FaultSkewedDate:
		regular.header.Set("Date", s.Now().Add(f.Skew).UTC().Format(http.TimeFormat))
		return regular
	case FaultNoAccessToken:
		return regular.edited(func(document map[string]any) { delete(document, "access_token") })
	case FaultOpaqueToken:
		return regular.edited(func(document map[string]any) { document["access_token"] = randomText(32) })
	case FaultNullRefresh:
		return regular.edited(func(document map[string]any) { document["refresh_token"] = nil })
	default:
		return s.faultAnswer(f)
	}
}

// reach tells the test that the fault strikes. It returns the channel that
// ReleaseHeld closes, taken before, so that the test may call that at once.
func (s *Server) reach(f *Fault) (held <-chan struct{}) {
	s.mu.Lock()
	held = s.held
	s.mu.Unlock()
	if f.Reached != nil {
		f.Reached()
	}
	return held
}

// hold waits until the fault, the server or the client lets go.
func hold(f *Fault, c *call, held <-chan struct{}) {
	select {
	case <-f.Release: // nil without a channel of its own: never ready
	case <-held:
	case <-c.Context().Done():
	}
}

const (
	faultPage  = "<!DOCTYPE html><html><head><title>Network login</title></head><body>Please sign in.</body></html>"
	faultJSON  = `{"access_token":"ey`
	faultError = `{"error":"server_error","error_description":"Something went wrong."}`
)

// faultAnswer is what a fault of an answering kind sends.
func (s *Server) faultAnswer(f *Fault) answer {
	reply := func(status int, contentType, body string) answer {
		setDefault(&f.Status, status)
		setDefault(&f.Body, body)
		return newAnswer(f.Status, contentType, []byte(f.Body))
	}
	switch f.Kind {
	case FaultDrop:
		return answer{drop: true}
	case FaultHTML:
		return reply(http.StatusOK, "text/html; charset=utf-8", faultPage)
	case FaultMalformedJSON:
		return reply(http.StatusOK, "application/json", faultJSON)
	case FaultEmpty:
		return reply(http.StatusOK, "", "")
	case FaultErrorAsSuccess:
		return reply(http.StatusOK, "application/json", faultError)
	case FaultRateLimit:
		setDefault(&f.RetryAfter, time.Second)
		return rateLimited(1, s.Now().Add(f.RetryAfter), f.RetryAfter)
	case FaultRedirect:
		ans := reply(http.StatusTemporaryRedirect, "", "")
		ans.header.Set("Location", f.RedirectTo)
		return ans
	default: // FaultStatus
		return reply(http.StatusServiceUnavailable, "application/json", faultError)
	}
}

// edited changes a JSON answer's document; other answers stay as they are.
func (ans answer) edited(edit func(map[string]any)) answer {
	var document map[string]any
	decoder := json.NewDecoder(strings.NewReader(string(ans.body)))
	decoder.UseNumber()
	if ans.status != http.StatusOK || decoder.Decode(&document) != nil {
		return ans
	}
	edit(document)
	changed := jsonAnswer(ans.status, document)
	ans.body = changed.body
	return ans
}

// rateWindow limits requests to the identity server's endpoints.
type rateWindow struct {
	limit  int // 0: no limit
	length time.Duration
	used   int
	ends   time.Time
}

// SetRateLimit allows limit requests to the oauth endpoints per window of the
// given length; more are answered 429. Answers then carry the X-RateLimit-*
// headers. A limit of 0 switches it off, which is the start.
func (s *Server) SetRateLimit(limit int, length time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rate = rateWindow{limit: limit, length: length}
}

// countAgainstRate returns the window after counting one request, and whether
// the request is over the limit.
func (s *Server) countAgainstRate() (window rateWindow, over bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rate.limit == 0 {
		return s.rate, false
	}
	if now := s.Now(); !now.Before(s.rate.ends) {
		s.rate.used, s.rate.ends = 0, now.Add(s.rate.length)
	}
	s.rate.used++
	return s.rate, s.rate.used > s.rate.limit
}

// setRateHeaders sets Auth0's three headers; the reset is in epoch seconds.
func setRateHeaders(header http.Header, limit, remaining int, reset time.Time) {
	header.Set("X-RateLimit-Limit", strconv.Itoa(limit))
	header.Set("X-RateLimit-Remaining", strconv.Itoa(max(remaining, 0)))
	// Rounded up: at that second the window is really over.
	header.Set("X-RateLimit-Reset", strconv.FormatInt(reset.Add(time.Second-1).Unix(), 10))
}

// rateLimited is Auth0's 429. wait is rounded up to whole seconds.
func rateLimited(limit int, reset time.Time, wait time.Duration) answer {
	ans := jsonAnswer(http.StatusTooManyRequests, map[string]string{
		"error": "too_many_requests", "error_description": "Global limit has been reached",
	})
	setRateHeaders(ans.header, limit, 0, reset)
	seconds := int64((wait + time.Second - 1) / time.Second)
	ans.header.Set("Retry-After", strconv.FormatInt(seconds, 10))
	return ans
}
