package api

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
)

// Kind classifies an Error by what the caller can do about it.
type Kind string

// The kinds of failure.
const (
	// KindInvalidRequest: an argument can't be sent.
	KindInvalidRequest Kind = "invalid request"
	// KindHostNotAllowed: the API's host may not receive the access token.
	KindHostNotAllowed Kind = "host not allowed"
	// KindUnauthenticated: 401, the API does not accept the access token.
	KindUnauthenticated Kind = "unauthenticated"
	// KindForbidden: 403, the user may not do this.
	KindForbidden Kind = "forbidden"
	// KindRejected: another 4xx, such as parameters that the API refuses.
	KindRejected Kind = "rejected"
	// KindUnavailable: the API answers with a status that is worth a retry, or
	// can't be reached.
	KindUnavailable Kind = "unavailable"
	// KindBadAnswer: the answer is not what the API documents.
	KindBadAnswer Kind = "unusable answer"
	// KindInterrupted: the caller's context ended first.
	KindInterrupted Kind = "interrupted"
)

// Error is a failure that a person has to act on. Summary is a title, Detail
// says why and what to do. Neither holds a secret or a part of an answer.
type Error struct {
	Kind            Kind
	Summary, Detail string
	// Status is the HTTP status of the answer, 0 where there was none.
	Status int
	// Role is the AWS role that was asked for, "" for anything else.
	Role string
	// Setting is the dotted setting at fault ("resources.api_url"), if any.
	Setting string
	Err     error
}

// Error implements error.
func (e *Error) Error() string { return e.Summary + ": " + e.Detail }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// IsKind reports whether err is an *Error of the given kind.
func IsKind(err error, kind Kind) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind == kind
}

// verdict reports that asking again would not change the answer.
func (e *Error) verdict() bool { return e.Kind == KindForbidden || e.Kind == KindRejected }

const support = "data-help@earthscope.org"

func interrupted(ctx context.Context) *Error {
	return &Error{
		Kind: KindInterrupted, Summary: "API Request Interrupted", Err: context.Cause(ctx),
		Detail: "The run was cancelled before the API had answered.",
	}
}

func badAddress(err error) *Error {
	return &Error{
		Kind: KindInvalidRequest, Summary: "Unusable API Address", Setting: "resources.api_url", Err: err,
		Detail: "The address of the API is none. Write api_url (ES_RESOURCES__API_URL) like https://api.earthscope.org/.",
	}
}

func hostNotAllowed(target *url.URL) *Error {
	return &Error{
		Kind: KindHostNotAllowed, Summary: "API Host Not Allowed", Setting: "oauth2.allowed_hosts",
		Detail: fmt.Sprintf("The access token is sent only to the hosts in oauth2.allowed_hosts, and %[1]s, the host of api_url, is none of them; "+
			"nothing was sent. If it is EarthScope's or your own, allow it as for the SDK: "+
			"ES_OAUTH2__ALLOWED_HOSTS='[\"earthscope.org\",\"*.earthscope.org\",\"%[1]s\"]', or oauth2.allowed_hosts in config.toml.", target.Hostname()),
	}
}

// failure words an answer that is no success.
func (c *Client) failure(q question, target *url.URL, token session.Token, got answer, tries int) *Error {
	e := &Error{Status: got.status, Role: q.role, Setting: "resources.api_url", Err: got.err}
	host := target.Host
	switch {
	case got.err != nil:
		e.Kind, e.Summary = KindUnavailable, "API Unavailable"
		e.Detail = fmt.Sprintf("%s gave no answer: %s", host, transportReason(got.err))
	case got.status == http.StatusUnauthorized:
		e.Kind, e.Summary, e.Setting = KindUnauthenticated, "Access Token Not Accepted", "oauth2.audience"
		e.Detail = unauthenticatedDetail(host, token, got.date)
	case got.status == http.StatusForbidden:
		e.Kind, e.Summary, e.Setting = KindForbidden, "Not Authorized", ""
		e.Detail = forbiddenDetail(host, q, token.Claims.Subject)
	case got.status/100 == 3:
		e.Kind, e.Summary = KindBadAnswer, "API Moved"
		e.Detail = fmt.Sprintf("%s answered with a redirect (status %d). Redirects are not followed, since the access token would travel with them: "+
			"set api_url (ES_RESOURCES__API_URL) to the address where the API is now.", host, got.status)
	case got.html:
		e.Kind, e.Summary = KindBadAnswer, "Not the API"
		e.Detail = fmt.Sprintf("%s answered with an HTML page (status %d) where JSON was expected. A login page of the network, a proxy, or a "+
			"wrong api_url (ES_RESOURCES__API_URL) is the usual cause.", host, got.status)
	case got.status/100 == 4 && !slices.Contains(c.options.Retry.StatusCodes, got.status):
		e.Kind, e.Summary = KindRejected, "API Request Rejected"
		e.Detail = rejectedDetail(host, q, got.status)
	default:
		e.Kind, e.Summary = KindUnavailable, "API Unavailable"
		e.Detail = fmt.Sprintf("%s answered with status %d (%s) after %s. Run Terraform again later; if it stays so, write to %s.",
			host, got.status, http.StatusText(got.status), times(tries), support)
	}
	return e
}

func times(tries int) string {
	if tries == 1 {
		return "1 try"
	}
	return fmt.Sprintf("%d tries", tries)
}

// unauthenticatedDetail says which host refused which audience. The token was
// refreshed before where that was due, so that asking for another one would
// not help, unless a clock is wrong.
func unauthenticatedDetail(host string, token session.Token, serverNow time.Time) string {
	audience := "no audience"
	if len(token.Claims.Audience) > 0 {
		audience = "audience " + strings.Join(token.Claims.Audience, ", ")
	}
	detail := fmt.Sprintf("%s refused (401) the access token from %s, which is for %s, was issued by %s and is valid until %s. ",
		host, token.Source, audience, orUnknown(token.Claims.Issuer), token.Claims.ExpiresAt.UTC().Format(time.RFC3339))
	if !serverNow.IsZero() && !serverNow.Before(token.Claims.ExpiresAt) {
		return detail + fmt.Sprintf("By that host's clock (%s) it has expired: set this machine's clock.", serverNow.UTC().Format(time.RFC3339))
	}
	return detail + "Check that audience, domain and api_url belong to one deployment of EarthScope; if they do, log in again (\"es login\")."
}

func orUnknown(text string) string {
	if text == "" {
		return "an unknown issuer"
	}
	return text
}

func forbiddenDetail(host string, q question, user string) string {
	if q.role == "" {
		return fmt.Sprintf("%s refused (403) this to user %s. A machine's login has no user profile; otherwise write to %s and name the user id.",
			host, orUnknownUser(user), support)
	}
	return fmt.Sprintf("%s refused (403) the AWS role %q to user %s. Check the role's name; access to a role is enabled per account: "+
		"write to %s and name the role and the user id.", host, q.role, orUnknownUser(user), support)
}

func orUnknownUser(user string) string {
	if user == "" {
		return "(the access token names none)"
	}
	return user
}

func rejectedDetail(host string, q question, status int) string {
	what := fmt.Sprintf("%s answered with status %d (%s). ", host, status, http.StatusText(status))
	switch {
	case q.role != "" && status == http.StatusNotFound:
		return what + fmt.Sprintf("Check the role %q, or that api_url (ES_RESOURCES__API_URL) is EarthScope's API.", q.role)
	case q.role != "":
		return what + fmt.Sprintf("It does not accept the request for the role %q: check network, year and parameters.", q.role)
	}
	return what + "Check that api_url (ES_RESOURCES__API_URL) is EarthScope's API."
}

// transportReason words a transport error and says what to do. Such errors
// hold host names and addresses, never headers or bodies.
func transportReason(err error) string {
	var (
		name         *net.DNSError
		verification *tls.CertificateVerificationError
		timeout      net.Error
	)
	switch {
	case errors.As(err, &name):
		return fmt.Sprintf("the host name %s does not resolve. Check api_url (ES_RESOURCES__API_URL) and this machine's DNS.", name.Name)
	case errors.As(err, &verification):
		return fmt.Sprintf("it could not prove who it is (%v). If your network inspects TLS, set ca_cert_file to a PEM file with its "+
			"certificate authority.", verification.Err)
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return "it did not answer in time. Run Terraform again, or raise request_timeout."
	case errors.Is(err, session.ErrNotHTTP):
		return "its answer was not HTTP. Check api_url (ES_RESOURCES__API_URL) and what lies in between."
	}
	return fmt.Sprintf("%v. Check the network, HTTPS_PROXY and NO_PROXY, and api_url (ES_RESOURCES__API_URL).", err)
}

// badAnswer reports a success whose content can't be used.
func (c *Client) badAnswer(what string, err error) *Error {
	host := c.options.APIURL
	if parsed, parseErr := url.Parse(host); parseErr == nil {
		host = parsed.Host
	}
	return &Error{
		Kind: KindBadAnswer, Summary: "Unusable API Answer", Setting: "resources.api_url", Err: err, Status: http.StatusOK,
		Detail: fmt.Sprintf("%s answered the request for %s with something else than documented: %v. "+
			"A newer provider may know the new form; otherwise check api_url (ES_RESOURCES__API_URL).", host, what, err),
	}
}
