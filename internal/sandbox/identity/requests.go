package identity

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// Endpoint names what a request asked for.
type Endpoint string

// The endpoints that are told apart in counts and faults.
const (
	EndpointToken          Endpoint = "oauth/token"
	EndpointDeviceCode     Endpoint = "oauth/device/code"
	EndpointRevoke         Endpoint = "oauth/revoke"
	EndpointUserProfile    Endpoint = "beta/user/profile"
	EndpointAWSCredentials Endpoint = "beta/user/credentials/aws"
	EndpointData           Endpoint = "beta/data"
	EndpointOther          Endpoint = "other"
)

func classify(path string) Endpoint {
	path = strings.TrimPrefix(path, "/")
	for _, exact := range []Endpoint{EndpointToken, EndpointDeviceCode, EndpointRevoke, EndpointUserProfile} {
		if path == string(exact) {
			return exact
		}
	}
	for _, prefix := range []Endpoint{EndpointAWSCredentials, EndpointData} {
		if strings.HasPrefix(path, string(prefix)+"/") {
			return prefix
		}
	}
	return EndpointOther
}

// oauth reports whether the endpoint is one of the identity server, which are
// the ones that rate limits apply to.
func (e Endpoint) oauth() bool { return strings.HasPrefix(string(e), "oauth/") }

// Grant types, as sent in grant_type.
const (
	grantRefresh = "refresh_token"
	grantClient  = "client_credentials"
	grantDevice  = "urn:ietf:params:oauth:grant-type:device_code"
)

// Outcome is how the server decided. A fault may have kept the client from
// hearing of it; [Request.Fault] names that.
type Outcome string

// The outcomes of a request.
const (
	OutcomeGranted     Outcome = "granted"      // tokens, device code or data given out
	OutcomeRefused     Outcome = "refused"      // a verdict: dead token, bad secret, no access
	OutcomePending     Outcome = "pending"      // device login not approved yet
	OutcomeSlowDown    Outcome = "slow_down"    // device login polled too fast
	OutcomeExpired     Outcome = "expired"      // device code expired
	OutcomeDenied      Outcome = "denied"       // device login denied by the user
	OutcomeRevoked     Outcome = "revoked"      // revocation accepted
	OutcomeRateLimited Outcome = "rate_limited" // 429 before anything was looked at
	OutcomeInvalid     Outcome = "invalid"      // malformed, unknown path or method
	OutcomeNone        Outcome = "none"         // a fault came before any decision
)

// Request is one request as it was counted. It holds no secret.
type Request struct {
	Time             time.Time `json:"time"`
	Method           string    `json:"method"`
	Path             string    `json:"path"`
	Endpoint         Endpoint  `json:"endpoint"`
	GrantType        string    `json:"grant_type,omitempty"`
	ClientID         string    `json:"client_id,omitempty"`
	UserAgent        string    `json:"user_agent,omitempty"`
	HasAuthorization bool      `json:"has_authorization,omitempty"`
	// Fields are the names in the body in the order in which they were sent.
	Fields []string `json:"fields,omitempty"`
	// Fingerprint names the refresh token that was sent, or at an API endpoint the
	// access token. See [Fingerprint].
	Fingerprint string  `json:"fingerprint,omitempty"`
	Status      int     `json:"status"` // 0: the connection was dropped instead
	Outcome     Outcome `json:"outcome"`
	// Reused says that the refresh token had a successor and no leeway.
	Reused bool      `json:"reused,omitempty"`
	Fault  FaultKind `json:"fault,omitempty"`
}

// TokenUse counts what happened to one refresh token, named by fingerprint.
type TokenUse struct {
	Sent    int `json:"sent"`    // times it arrived in a refresh
	Granted int `json:"granted"` // times it was exchanged
	Refused int `json:"refused"` // times it was turned down
	Reused  int `json:"reused"`  // times it was turned down because it had a successor
}

// Counts is a snapshot of what was asked and answered since the start or the last
// [Server.ResetRequests].
type Counts struct {
	Total         int                 `json:"total"`
	ByEndpoint    map[Endpoint]int    `json:"by_endpoint"`
	ByGrantType   map[string]int      `json:"by_grant_type"`
	ByOutcome     map[Outcome]int     `json:"by_outcome"`
	RefreshTokens map[string]TokenUse `json:"refresh_tokens"`
}

// TokenRequests is the number of requests to oauth/token, of any grant type.
func (c Counts) TokenRequests() int { return c.ByEndpoint[EndpointToken] }

// Refreshes is the number of refresh token exchanges that were attempted.
func (c Counts) Refreshes() int { return c.ByGrantType[grantRefresh] }

// requestLog is safe for concurrent use.
type requestLog struct {
	mu      sync.Mutex
	entries []*Request
}

// begin counts a request on arrival, so that one that is held or dropped is in
// the counts too, and returns its place. A reset forgets it.
func (l *requestLog) begin(entry Request) *Request {
	l.mu.Lock()
	defer l.mu.Unlock()
	entry.Outcome = OutcomeNone
	l.entries = append(l.entries, &entry)
	return &entry
}

// finish completes the entry once the answer is known.
func (l *requestLog) finish(place *Request, entry Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	*place = entry
}

// RequestLog returns every request in order of arrival.
func (s *Server) RequestLog() []Request {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	entries := make([]Request, 0, len(s.log.entries))
	for _, entry := range s.log.entries {
		entries = append(entries, *entry)
	}
	return entries
}

// Requests returns counts over [Server.RequestLog].
func (s *Server) Requests() Counts { return Count(s.RequestLog()) }

// ResetRequests forgets all counted requests and what [Server.SpentTwice] knew.
func (s *Server) ResetRequests() {
	s.log.mu.Lock()
	s.log.entries = nil
	s.log.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.spentTwice)
}

// SpentTwice returns the fingerprints of refresh tokens that were sent again when
// a successor existed and no leeway was left. A client that never loses or
// repeats a token leaves this empty.
func (s *Server) SpentTwice() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.spentTwice))
}

// Count sums up a request log.
func Count(log []Request) Counts {
	counts := Counts{
		Total:         len(log),
		ByEndpoint:    map[Endpoint]int{},
		ByGrantType:   map[string]int{},
		ByOutcome:     map[Outcome]int{},
		RefreshTokens: map[string]TokenUse{},
	}
	for _, entry := range log {
		counts.ByEndpoint[entry.Endpoint]++
		counts.ByOutcome[entry.Outcome]++
		if entry.Endpoint != EndpointToken {
			continue
		}
		counts.ByGrantType[entry.GrantType]++
		if entry.GrantType != grantRefresh || entry.Fingerprint == "" {
			continue
		}
		use := counts.RefreshTokens[entry.Fingerprint]
		use.Sent++
		switch entry.Outcome {
		case OutcomeGranted:
			use.Granted++
		case OutcomeRefused:
			use.Refused++
		}
		if entry.Reused {
			use.Reused++
		}
		counts.RefreshTokens[entry.Fingerprint] = use
	}
	return counts
}
