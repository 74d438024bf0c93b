package session

import (
	"fmt"

	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// stillAlive reports a token whose revocation was not confirmed.
func (r *revocation) stillAlive(token settings.Secret, where string, cause error) *Error {
	before := ""
	if n := len(r.result.Tokens); n > 0 {
		before = fmt.Sprintf(" %d other session(s) of this profile were revoked before it.", n)
	}
	return &Error{
		Kind: KindStillAlive, Source: r.credential.source, Err: cause, Summary: "Session Not Revoked",
		Detail: fmt.Sprintf("The refresh token with fingerprint %s must be taken for alive, and it is still kept in %s: %s%s Nothing was removed; "+
			"do the same again when the cause is gone, since revoking twice does no harm.", Fingerprint(token.Reveal()), where, sentence(reasonOf(cause)), before),
	}
}

func sentence(text string) string {
	if text != "" && text[len(text)-1] != '.' {
		return text + "."
	}
	return text
}

func copyLeft(where string, cause error) *Error {
	return &Error{
		Kind: KindCopyLeft, Err: cause, Summary: "Local Copy Left",
		Detail: fmt.Sprintf("The session is revoked, but its local copy in %s could not be removed: %v. The token in it is dead; delete the file.", where, cause),
	}
}

func (r *revocation) nothingToRevoke(key Key) *Error {
	return &Error{
		Kind: KindNoCredentials, Source: r.credential.source, Summary: "Nothing to Revoke",
		Detail: fmt.Sprintf("There is no refresh token in %s.", r.store.Describe(key)),
	}
}

// afterwards tells what else a revocation means.
func (r *revocation) afterwards(entry Entry, token settings.Secret) {
	if source := r.credential.source; source.Link != settings.LinkTokensFile {
		what := "holds the revoked token"
		if Fingerprint(r.credential.secret.Reveal()) != Fingerprint(token.Reveal()) {
			what = "holds an ancestor of the revoked token"
		}
		r.notice(KindRefused, "Dead Token in the Configuration", fmt.Sprintf("%s %s: remove it there.", source, what))
	}
	r.notice(KindLoginRevoked, "What Else Ends With It", "If the identity server is set so (Auth0's \"Refresh Token Revocation Deletes Grant\"), every other "+
		"refresh token of the same user and client ends too, on every machine, including that of \"es login\". "+accessLifeNote(entry.AccessToken, r.now()))
	r.result.Notices = append(r.result.Notices, r.drain()...)
}

// revokedError reports a configured token that was revoked from this machine.
func (r *refresher) revokedError(key Key) *Error {
	return &Error{
		Kind: KindAlreadyRevoked, Source: r.credential.source, Setting: r.credential.setting, Summary: "Refresh Token Was Revoked",
		Detail: fmt.Sprintf("The refresh token from %s was revoked from this machine (noted in %s), so it was not sent. %s",
			r.credential.source, r.store.Describe(key), remedyFor(r.credential.flow, r.credential.source)),
	}
}
