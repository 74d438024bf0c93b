package session

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

const loginAgain = "Run \"es login\" on this machine (for a profile: \"es login --profile NAME\") and run Terraform again."

func interrupted(ctx context.Context) *Error {
	return &Error{
		Kind: KindInterrupted, Summary: "Refresh Interrupted", Err: context.Cause(ctx),
		Detail: "The run was cancelled before the identity server was asked. Nothing was spent.",
	}
}

// leftAlone is interrupted for a refresh that goes on in a process of its own.
func leftAlone(ctx context.Context) *Error {
	e := interrupted(ctx)
	e.Detail = "The run was cancelled while a process of its own refreshes the token. That process ends by itself and saves what it gets: nothing is lost."
	return e
}

func (r *refresher) lockedError(err error) *Error {
	return &Error{
		Kind: KindLocked, Source: r.credential.source, Err: err, Summary: "Token Store Locked",
		Detail: fmt.Sprintf("Another process has been refreshing this session for more than %v (%v). "+
			"Look for a terraform or provider process that hangs, end it, and run Terraform again.", r.patience(), err),
	}
}

func loginRemoved(source settings.Source) *Error {
	return &Error{
		Kind: KindLoginRemoved, Source: source, Setting: "oauth2.refresh_token", Summary: "Login Removed",
		Detail: fmt.Sprintf("The refresh token in %s was removed while this run was going on, as \"es logout\" does. %s", source.Name, loginAgain),
	}
}

// remedyFor says how to get another credential of the kind that source held.
func remedyFor(flow Flow, source settings.Source) string {
	if flow == FlowClientCredentials {
		return "Check client_id and client_secret with whoever issued them."
	}
	if source.Link <= settings.LinkTokensFile {
		return loginAgain
	}
	return fmt.Sprintf("Log in again (\"es login\"), print the new token with \"es user get-refresh-token\", and replace the one in %s; "+
		"or remove that one to use the login itself.", source)
}

// refusalError reports a verdict. remembered tells that nothing was sent now.
func (r *refresher) refusalError(entry Entry, refusal Refusal, remembered bool) *Error {
	e := &Error{Kind: KindRefused, Source: r.credential.source, Setting: r.credential.setting}
	what := "refresh token"
	if r.credential.flow == FlowClientCredentials {
		what = "client secret"
	}
	memory := ""
	if remembered {
		memory = fmt.Sprintf(" This verdict is from %s; the token is not sent again before %s, unless it changes.",
			refusal.At.UTC().Format(time.RFC3339), refusal.At.Add(refusalHolds).UTC().Format(time.RFC3339))
	}
	if refusal.Blocked {
		e.Kind, e.Summary = KindBlocked, "EarthScope User Blocked"
		e.Detail = fmt.Sprintf("The identity server at %s refused the %s from %s because the user is blocked (%s). Every further request "+
			"counts against the account: stop whatever else uses it and write to data-help@earthscope.org.%s",
			host(r.endpoint.tokenURL), what, r.credential.source, refusal.Code, memory)
		return e
	}
	e.Summary = "Refresh Token Refused"
	reason, remedy := "it has expired, was revoked, or was replaced by a newer one", remedyFor(r.credential.flow, r.credential.source)
	switch {
	case r.credential.flow == FlowClientCredentials:
		e.Kind, e.Summary = KindWrongCredential, "Client Credentials Refused"
		reason = "the client id and secret do not belong together, or the client may not use this audience"
	case refusal.Code == "invalid_client" || refusal.Code == "unauthorized_client":
		e.Kind, e.Summary, reason = KindWrongCredential, "Client Refused", "the client id is not one that it knows for this token"
		remedy = "Set client_id (ES_OAUTH2__CLIENT_ID) to the client that the token was issued to, or leave it unset for the default one."
	case strings.HasPrefix(refusal.Code, "http "):
		reason = "its answer gave no error code of the OAuth standard"
	}
	e.Detail = fmt.Sprintf("The identity server at %s refused the %s from %s (%s): %s.%s%s %s",
		host(r.endpoint.tokenURL), what, r.credential.source, refusal.Code, reason, issuedSentence(entry), memory, remedy)
	return e
}

func issuedSentence(entry Entry) string {
	issued := entry.receivedAt()
	if claims, err := DecodeClaims(entry.AccessToken.Reveal()); err == nil && issued.IsZero() {
		issued = claims.IssuedAt
	}
	if issued.IsZero() {
		return ""
	}
	return fmt.Sprintf(" It was last used with success at %s.", issued.UTC().Format(time.RFC3339))
}

// httpCode stands for an error code that can't be shown.
func httpCode(got answer) string { return fmt.Sprintf("http %d", got.status) }

// replacedError reports a configured token whose successor is gone: overwritten
// by another login, or logged out.
func (r *refresher) replacedError(key Key) *Error {
	return &Error{
		Kind: KindRefused, Source: r.credential.source, Setting: r.credential.setting, Summary: "Refresh Token Was Replaced",
		Detail: fmt.Sprintf("The refresh token from %s was used up: the identity server replaced it, and its successor is no longer in %s, by "+
			"a logout, another login or an older copy of that file. It was not sent, since a used token that comes back ends every session of its user. %s",
			r.credential.source, r.store.Describe(key), remedyFor(r.credential.flow, r.credential.source)),
	}
}

// spentByHostError reports a token that was given to a host, which has renewed
// it.
func (r *refresher) spentByHostError() *Error {
	return &Error{
		Kind: KindRefused, Source: r.credential.source, Setting: r.credential.setting, Summary: "Refresh Token Spent by a Host",
		Detail: fmt.Sprintf("The refresh token from %s was pushed to a host by an earthscope_remote_host, and the host has renewed it since. It was not "+
			"sent, since a used token that comes back ends every session of its user, the host's too. Leave this login to the host, and use "+
			"another one here. %s", r.credential.source, remedyFor(r.credential.flow, r.credential.source)),
	}
}

// lostAnswerError reports a token that the server replaced in an answer which
// never arrived.
func (r *refresher) lostAnswerError(entry Entry, refusal Refusal) *Error {
	return &Error{
		Kind: KindRefused, Source: r.credential.source, Setting: r.credential.setting, Summary: "Refresh Token Lost",
		Detail: fmt.Sprintf("The answer to a refresh was lost on the way; the identity server at %s had replaced the refresh token by then "+
			"and refused the old one at once (%s). The session from %s cannot be continued.%s %s",
			host(r.endpoint.tokenURL), refusal.Code, r.credential.source, issuedSentence(entry),
			remedyFor(r.credential.flow, r.credential.source)),
	}
}

// suspectError reports a token whose exchange was twice left without an
// answer.
func (r *refresher) suspectError(entry Entry, cause error) *Error {
	when := "It is tried again in " + refusalHolds.String() + "."
	if entry.Rotation == RotationSeen {
		when = "Since this server replaces refresh tokens, sending it once more could end every session of this user, so it is not sent again. " +
			"If you know that the server was down and processed nothing, remove the \"suspect_token\" line from the session's file and run Terraform again."
	}
	return &Error{
		Kind: KindSuspect, Source: r.credential.source, Setting: r.credential.setting, Err: cause, Summary: "Refresh Token May Be Spent",
		Detail: fmt.Sprintf("The identity server at %s took the refresh token from %s twice without giving an answer, so it may have replaced it. %s %s",
			host(r.endpoint.tokenURL), r.credential.source, when, remedyFor(r.credential.flow, r.credential.source)),
	}
}

func (r *refresher) limitedError(until time.Time) *Error {
	return &Error{
		Kind: KindRateLimited, Source: r.credential.source, Summary: "Identity Server Rate Limit",
		Detail: fmt.Sprintf("The identity server at %s takes no more token requests before %s. Nothing was spent. Run Terraform again then; "+
			"if many machines refresh at once, let one of them hand out access tokens.",
			host(r.endpoint.tokenURL), until.UTC().Format(time.RFC3339)),
	}
}

func (r *refresher) unreachableError(got answer, tries int) *Error {
	why := "it could not be reached"
	switch {
	case got.err != nil:
		why = transportReason(got.err)
	case got.status != 0:
		why = fmt.Sprintf("it answered with status %d", got.status)
	}
	return &Error{
		Kind: KindUnreachable, Source: r.credential.source, Setting: "oauth2.domain", Err: got.err, Summary: "Identity Server Unavailable",
		Detail: fmt.Sprintf("No access token from %s after %d tries: %s. Check the network, HTTPS_PROXY and NO_PROXY, and the domain setting, then run Terraform again.",
			host(r.endpoint.tokenURL), tries, why),
	}
}

// unusableError reports an answer or a failure that a retry would not change.
func (r *refresher) unusableError(got answer) *Error {
	e := &Error{Source: r.credential.source, Setting: "oauth2.domain", Err: got.err}
	server := host(r.endpoint.tokenURL)
	switch {
	case got.err != nil && isTLS(got.err):
		e.Kind, e.Summary = KindTLS, "TLS Failure"
		e.Detail = fmt.Sprintf("The identity server at %s could not prove who it is: %s. If your network inspects TLS, put its "+
			"certificate authority into a PEM file and set ca_cert_file. Nothing was sent.", server, transportReason(got.err))
	case got.err != nil && isProxyMalformed(got.err):
		e.Kind, e.Summary = KindProxy, "Unusable Proxy Setting"
		e.Detail = fmt.Sprintf("No request to %s was made: %v. Correct it or unset it, or list the host in NO_PROXY.", server, got.err)
	case got.err != nil && isProxyRefusal(got.err):
		e.Kind, e.Summary = KindProxy, "Proxy Refused"
		e.Detail = fmt.Sprintf("The proxy from HTTPS_PROXY or ALL_PROXY did not let us through to %s: %s. Check the proxy's address and "+
			"its user and password, or list the host in NO_PROXY. Nothing was sent.", server, transportReason(got.err))
	case got.err != nil && isNoSuchHost(got.err):
		e.Kind, e.Summary = KindUnreachable, "Identity Server Unknown"
		e.Detail = fmt.Sprintf("The host name %s does not resolve. Check the domain setting (ES_OAUTH2__DOMAIN) and this machine's DNS. Nothing was sent.", server)
	case got.html:
		e.Kind, e.Summary = KindBadAnswer, "Not an Identity Server"
		e.Detail = fmt.Sprintf("%s answered with an HTML page (status %d) where JSON was expected. A login page of the network, a proxy, or a "+
			"wrong domain setting (ES_OAUTH2__DOMAIN) is the usual cause.", server, got.status)
	case got.status >= 400:
		e.Kind, e.Summary = KindBadAnswer, "Not an Identity Server"
		e.Detail = fmt.Sprintf("%s gave no token: %v. A proxy or a firewall in between, or a wrong domain setting (ES_OAUTH2__DOMAIN) is the usual "+
			"cause; it says nothing of the credential, which is kept.", server, got.err)
	default:
		e.Kind, e.Summary = KindBadAnswer, "Unusable Answer"
		e.Detail = fmt.Sprintf("%s gave no token: %v. Check the domain setting (ES_OAUTH2__DOMAIN); redirects are not followed, since the token would travel with them.", server, got.err)
	}
	return e
}

// opaqueError reports an answer without an access token that can be read.
func (r *refresher) opaqueError(got answer, cause error) *Error {
	why := "no access token"
	if got.access.IsSet() {
		why = "an access token that is " + cause.Error()
	}
	return &Error{
		Kind: KindNotJWT, Source: r.credential.source, Setting: "oauth2.audience", Err: cause, Summary: "Unusable Access Token",
		Detail: fmt.Sprintf("The identity server at %s answered with %s. Identity servers do so when the audience is not one of theirs: "+
			"check the audience setting (ES_OAUTH2__AUDIENCE).", host(r.endpoint.tokenURL), why),
	}
}

func clockDetail(now, serverNow time.Time) string {
	off, direction := now.Sub(serverNow), "ahead of"
	if off < 0 {
		off, direction = -off, "behind"
	}
	return fmt.Sprintf("This machine's clock (%s) is %s %s the identity server's (%s). Expiry is judged by this clock, as the SDK does, "+
		"so tokens seem older or younger than they are. Set the clock (timedatectl set-ntp true, or chronyc makestep).",
		now.UTC().Format(time.RFC3339), off.Round(time.Second), direction, serverNow.UTC().Format(time.RFC3339))
}

func clockError(source settings.Source, token Token, now, serverNow time.Time) *Error {
	detail := fmt.Sprintf("The identity server gave an access token that expired at %s, before this machine's clock (%s).",
		token.Claims.ExpiresAt.Format(time.RFC3339), now.UTC().Format(time.RFC3339))
	if !serverNow.IsZero() {
		detail = clockDetail(now, serverNow)
	}
	return &Error{Kind: KindClock, Source: source, Summary: "Access Token Already Expired", Detail: detail}
}

// transportReason words a transport error. Such errors hold addresses and host
// names, never headers or bodies; a proxy's password is cut out.
func transportReason(err error) string {
	var dns *net.DNSError
	var timeout net.Error
	switch {
	case errors.As(err, &dns):
		return "the host name " + dns.Name + " could not be resolved"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "it did not answer in time"
	}
	if errors.Is(err, ErrNotHTTP) {
		return ErrNotHTTP.Error()
	}
	return err.Error()
}

func host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "the configured domain"
	}
	return u.Host
}
