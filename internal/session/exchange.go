package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// outcome says what a request for tokens may have done at the server, which
// decides whether the same token may be sent again.
type outcome int

const (
	granted   outcome = iota // tokens came back
	refused                  // a verdict (an OAuth error in a 4xx but 429): never retried
	limited                  // 429: refused before the exchange, try later
	unsent                   // nothing reached the server: safe to retry
	final                    // nothing of use will come of retrying
	ambiguous                // the server may have processed it and rotated
)

// answer is what came of one request. It holds secrets and is never formatted.
type answer struct {
	outcome                   outcome
	access, refresh, identity settings.Secret
	status                    int
	code, description         string
	html                      bool
	date                      time.Time // the server's clock, zero if unknown
	limitedUntil              time.Time
	err                       error // transport error, free of secrets
}

// endpoint talks to the token endpoint of an identity server. golang.org/x/oauth2
// is not used for the exchange: it drops a refresh token that comes without an
// access token, and hides whether a request was written at all.
type endpoint struct {
	client    *http.Client
	tokenURL  string
	headers   http.Header
	userAgent string
	timeout   time.Duration
	now       func() time.Time
}

// answerLimit bounds what is read of an answer; tokens are a few kilobytes.
const answerLimit = 1 << 20

// refreshForm is the request of RFC 6749 section 6, in the SDK's field order.
func refreshForm(clientID string, token settings.Secret) string {
	return "grant_type=refresh_token&client_id=" + url.QueryEscape(clientID) +
		"&refresh_token=" + url.QueryEscape(token.Reveal())
}

// clientForm is the request of RFC 6749 section 4.4 with Auth0's audience.
func clientForm(clientID string, secret settings.Secret, audience string) string {
	return "grant_type=client_credentials&client_id=" + url.QueryEscape(clientID) +
		"&client_secret=" + url.QueryEscape(secret.Reveal()) + "&audience=" + url.QueryEscape(audience)
}

// post sends one request. It is not cut short when ctx is cancelled: once a
// rotating token is on its way the answer must be waited for. The endpoint's
// own timeout bounds it.
func (e *endpoint) post(ctx context.Context, form string) answer {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), e.timeout)
	defer cancel()
	connected := false
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected = true }})
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, e.tokenURL, strings.NewReader(form))
	if err != nil {
		return answer{outcome: final, err: err}
	}
	for name, values := range e.headers {
		request.Header[name] = values
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Accept", "*/*")
	request.Header.Set("User-Agent", e.userAgent)
	response, err := e.client.Do(request)
	if err != nil {
		return e.failed(err, connected)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, answerLimit))
	if err != nil {
		return answer{outcome: ambiguous, status: response.StatusCode, err: errors.New("the answer was cut short")}
	}
	return e.read(response, body)
}

// failed classifies a transport error. Once there was a connection the request
// may have been written and processed.
func (e *endpoint) failed(err error, connected bool) answer {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err // its prefix repeats the URL
	}
	a := answer{outcome: unsent, err: err}
	switch {
	case connected:
		a.outcome = ambiguous
	case isTLS(err) || isProxyMalformed(err) || isProxyRefusal(err) || isNoSuchHost(err):
		a.outcome = final
	}
	return a
}

func (e *endpoint) read(response *http.Response, body []byte) answer {
	a := answer{status: response.StatusCode}
	a.date, _ = http.ParseTime(response.Header.Get("Date"))
	kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	a.html = kind == "text/html" || strings.HasPrefix(strings.TrimSpace(string(body[:min(len(body), 64)])), "<")

	var fields struct {
		AccessToken  string `json:"access_token"`
		RefreshToken string `json:"refresh_token"`
		IDToken      string `json:"id_token"`
		Code         string `json:"error"`
		Description  string `json:"error_description"`
	}
	parsed := json.Unmarshal(body, &fields)
	a.code, a.description = errorCode(fields.Code), fields.Description
	switch status := response.StatusCode; {
	case status == http.StatusTooManyRequests:
		a.outcome, a.limitedUntil = limited, e.limitReset(response.Header, a.date)
	case status >= 500:
		a.outcome = ambiguous
	case status >= 400 && fields.Code != "":
		a.outcome = refused
	case status >= 400:
		// A firewall, a proxy or a gateway speaks: it says nothing of the token.
		a.outcome, a.err = final, fmt.Errorf("it answered with status %d, but without an OAuth error", status)
	case status >= 300:
		a.outcome, a.err = final, fmt.Errorf("it redirected to %s", redirectHost(response))
	case a.html:
		a.outcome = final
	case parsed != nil:
		a.outcome, a.err = ambiguous, errors.New("the answer was not complete JSON")
	case fields.AccessToken == "" && fields.RefreshToken == "" && fields.Code != "":
		a.outcome = refused
	default:
		a.outcome = granted
		a.access, a.refresh = settings.NewSecret(fields.AccessToken), settings.NewSecret(fields.RefreshToken)
		a.identity = settings.NewSecret(fields.IDToken)
	}
	return a
}

// limitReset says until when a 429 holds, by our clock: Auth0 gives the second
// since 1970 by its own clock, other servers Retry-After (RFC 9110 10.2.3).
func (e *endpoint) limitReset(header http.Header, serverNow time.Time) time.Time {
	const fallback = 5 * time.Second
	now := e.now()
	if serverNow.IsZero() {
		serverNow = now
	}
	if epoch, err := strconv.ParseInt(header.Get("X-RateLimit-Reset"), 10, 64); err == nil && epoch > 0 {
		return now.Add(max(time.Unix(epoch, 0).Sub(serverNow), time.Second))
	}
	after := header.Get("Retry-After")
	if seconds, err := strconv.Atoi(after); err == nil && seconds >= 0 {
		return now.Add(time.Duration(seconds) * time.Second)
	}
	if at, err := http.ParseTime(after); err == nil {
		return now.Add(max(at.Sub(serverNow), time.Second))
	}
	return now.Add(fallback)
}

// errorCode lets through what RFC 6749 section 5.2 allows as an error code, so
// that nothing else of a body reaches a message.
func errorCode(code string) string {
	if len(code) > 64 || strings.ContainsFunc(code, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_'
	}) {
		return ""
	}
	return code
}

// blocked reports whether a refusal says that the user is blocked, which Auth0
// tells only in prose.
func (a *answer) blocked() bool {
	return strings.Contains(strings.ToLower(a.description), "blocked")
}

func redirectHost(response *http.Response) string {
	location, err := response.Location()
	if err != nil {
		return "an unreadable address"
	}
	return location.Host
}
