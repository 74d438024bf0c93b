package identity

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// answer is a complete HTTP response, kept in memory so that a fault can spoil it
// and so that the request is counted before anybody sees it.
type answer struct {
	status int
	header http.Header
	body   []byte
	// drop closes the connection instead of answering; truncate does so after half
	// of the body.
	drop, truncate bool
}

func newAnswer(status int, contentType string, body []byte) answer {
	header := http.Header{}
	if contentType != "" {
		header.Set("Content-Type", contentType)
	}
	return answer{status: status, header: header, body: body}
}

func jsonAnswer(status int, document any) answer {
	body, err := json.Marshal(document)
	if err != nil {
		// Only maps and structs of plain values are ever passed in.
		panic(fmt.Sprintf("identity sandbox: encode an answer: %v", err))
	}
	ans := newAnswer(status, "application/json", body)
	// RFC 6749 section 5.1 demands this wherever tokens are returned.
	ans.header.Set("Cache-Control", "no-store")
	return ans
}

// oauthError is a refusal in the form of RFC 6749 section 5.2.
type oauthError struct {
	status      int
	code        string
	description string
	outcome     Outcome
}

func (e *oauthError) answer() answer {
	return jsonAnswer(e.status, map[string]string{"error": e.code, "error_description": e.description})
}

// Auth0's refusals. It uses 403 for most grant errors where RFC 6749 has 400, and
// one text for expired, revoked and reused refresh tokens alike.
var (
	errDeadToken    = &oauthError{http.StatusForbidden, "invalid_grant", "Unknown or invalid refresh token.", OutcomeRefused}
	errBlocked      = &oauthError{http.StatusForbidden, "invalid_grant", "user is blocked", OutcomeRefused}
	errUnauthorized = &oauthError{http.StatusUnauthorized, "access_denied", "Unauthorized", OutcomeRefused}
	errUnknownApp   = &oauthError{http.StatusUnauthorized, "invalid_client", "Unknown client: the client id is not registered here.", OutcomeRefused}
	errPending      = &oauthError{http.StatusForbidden, "authorization_pending", "User has yet to authorize device code.", OutcomePending}
	errSlowDown     = &oauthError{http.StatusTooManyRequests, "slow_down", "You are polling faster than the specified interval.", OutcomeSlowDown}
	errExpiredCode  = &oauthError{http.StatusForbidden, "expired_token", "The device code has expired.", OutcomeExpired}
	errDeniedCode   = &oauthError{http.StatusForbidden, "access_denied", "User cancelled the confirmation prompt.", OutcomeDenied}
	errDeadCode     = &oauthError{http.StatusForbidden, "invalid_grant", "Invalid or expired device code.", OutcomeRefused}
)

func missingParameter(name string) *oauthError {
	return &oauthError{http.StatusBadRequest, "invalid_request", "Missing required parameter: " + name, OutcomeInvalid}
}

func invalidRequest(description string) *oauthError {
	return &oauthError{http.StatusBadRequest, "invalid_request", description, OutcomeInvalid}
}

// write sends ans. A dropped or cut connection ends the handler through
// http.ErrAbortHandler, which net/http documents for this purpose.
func (ans answer) write(w http.ResponseWriter) {
	if ans.drop {
		panic(http.ErrAbortHandler)
	}
	for name, values := range ans.header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Length", fmt.Sprint(len(ans.body)))
	w.WriteHeader(ans.status)
	if ans.truncate {
		_, _ = w.Write(ans.body[:len(ans.body)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	_, _ = w.Write(ans.body) // the client may be gone; nothing to do about that
}

// hasScope reports whether the space-separated list scope contains name.
func hasScope(scope, name string) bool {
	return slices.Contains(strings.Fields(scope), name)
}
