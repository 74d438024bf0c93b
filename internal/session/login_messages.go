package session

import (
	"context"
	"fmt"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// The kinds of failure of a login and of a revocation.
const (
	KindLoginDenied     Kind = "login denied"
	KindLoginExpired    Kind = "login expired"
	KindLoginFailed     Kind = "login failed"
	KindLoginUnsaved    Kind = "login not saved"
	KindLoginRevoked    Kind = "login revoked with the former one"
	KindStillAlive      Kind = "token still alive"
	KindCopyLeft        Kind = "local copy left"
	KindAlreadyRevoked  Kind = "token was revoked here"
	KindOtherCredential Kind = "another credential comes first"
)

const formerUntouched = "The former session is untouched."

func loginInterrupted(ctx context.Context) *Error {
	return &Error{
		Kind: KindInterrupted, Summary: "Login Interrupted", Err: context.Cause(ctx),
		Detail: "The login was cancelled before it was approved. Nothing was saved. " + formerUntouched,
	}
}

// stillTrying is the progress message for polls without an answer.
func (r *refresher) stillTrying(got answer) string {
	why := "it sent no usable answer"
	if got.err != nil {
		why = transportReason(got.err)
	} else if got.status >= 400 {
		why = fmt.Sprintf("it answered with status %d", got.status)
	}
	return fmt.Sprintf("No answer from the identity server at %s (%s). Still waiting; the code stays valid.", host(r.endpoint.tokenURL), why)
}

// deviceRefused reports that no device code was given.
func (r *refresher) deviceRefused(got answer) *Error {
	if got.outcome != refused {
		e := r.unusableError(got)
		if got.outcome == unsent || got.outcome == ambiguous || got.outcome == limited {
			e = r.unreachableError(got, max(r.retry.Attempts, 1))
		}
		e.Detail = "The login could not be started. " + e.Detail + " " + formerUntouched
		return e
	}
	code := got.code
	if code == "" {
		code = httpCode(got)
	}
	return &Error{
		Kind: KindLoginFailed, Setting: "oauth2.client_id", Summary: "Login Refused",
		Detail: fmt.Sprintf("The identity server at %s starts no login for client id %s (%s). Check the client_id, domain, audience and scope "+
			"settings: the client must be allowed the device flow. %s", host(r.endpoint.tokenURL), r.credential.identity.ClientID, code, formerUntouched),
	}
}

func (r *refresher) noDeviceCode(got answer) *Error {
	return &Error{
		Kind: KindBadAnswer, Setting: "oauth2.domain", Summary: "Unusable Answer",
		Detail: fmt.Sprintf("The identity server at %s answered with status %d, but without a device code, a user code, a web page and a lifetime. "+
			"Check the domain setting (ES_OAUTH2__DOMAIN). %s", host(r.endpoint.tokenURL), got.status, formerUntouched),
	}
}

// deviceVerdict words the end of a device login that was told by the server.
// lost says that the answer to an earlier poll never arrived.
func (r *refresher) deviceVerdict(got answer, lost bool) *Error {
	server := host(r.endpoint.tokenURL)
	switch {
	case got.code == "access_denied":
		return &Error{
			Kind: KindLoginDenied, Summary: "Login Denied",
			Detail: fmt.Sprintf("The login was denied in the browser, or the identity server at %s does not let this user in. Run the login again "+
				"and confirm the code. %s", server, formerUntouched),
		}
	case got.code == "expired_token":
		return r.deviceExpired(lost)
	case lost && got.code == "invalid_grant":
		return &Error{
			Kind: KindLoginFailed, Summary: "Login Answer Lost",
			Detail: fmt.Sprintf("The answer to the approved login was lost on the way from %s. Run the login again. The lost session's refresh token "+
				"is known to nobody and ends by itself once it has not been used for long enough. %s", server, formerUntouched),
		}
	case got.blocked():
		return &Error{
			Kind: KindBlocked, Summary: "EarthScope User Blocked",
			Detail: fmt.Sprintf("The identity server at %s refused the login because the user is blocked. Write to data-help@earthscope.org.", server),
		}
	}
	return &Error{
		Kind: KindLoginFailed, Summary: "Login Failed",
		Detail: fmt.Sprintf("The identity server at %s ended the login (%s). Run it again. %s", server, got.code, formerUntouched),
	}
}

func (r *refresher) deviceExpired(lost bool) *Error {
	e := &Error{
		Kind: KindLoginExpired, Summary: "Login Expired",
		Detail: "The code was not confirmed in time. Run the login again and open the page at once. " + formerUntouched,
	}
	if lost {
		e.Detail += " Some requests got no answer; if you did confirm the code, the answer was among them."
	}
	return e
}

// notSaved reports an approved login that could be kept nowhere.
func (l *login) notSaved(where string, cause error) *Error {
	return &Error{
		Kind: KindLoginUnsaved, Err: cause, Summary: "Login Not Saved",
		Detail: fmt.Sprintf("The login was approved, but its tokens could not be saved in %s (%v). %s %s Make the folder writable and log in again.",
			where, cause, l.disposal(), formerUntouched),
	}
}

func cannotBeSaved(where string) *Error {
	return &Error{
		Kind: KindConfiguration, Setting: "persist_tokens", Summary: "Login Cannot Be Saved",
		Detail: fmt.Sprintf("A login is kept in tokens.json, but tokens are kept in %s. Set persist_tokens = true and give the machine a home "+
			"directory or the provider a config_dir, then log in.", where),
	}
}

// hiddenNotice tells that the settings will not use what was just saved.
func hiddenNotice(s *settings.Settings) (Notice, bool) {
	for _, setting := range []string{"oauth2.client_secret", "oauth2.refresh_token"} {
		if source := s.Source(setting); source.Link > settings.LinkTokensFile {
			return Notice{
				Kind: KindOtherCredential, Source: source, Summary: "Another Credential Comes First",
				Detail: fmt.Sprintf("The login is saved, but %s is set by %s, which outranks tokens.json: this provider and the SDK use that one. "+
					"Remove it to use the login.", setting, source),
			}, true
		}
	}
	return Notice{}, false
}

func expiry(claims Claims) string { return claims.ExpiresAt.UTC().Format(time.RFC3339) }
