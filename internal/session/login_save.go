package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// replace puts the new login in the place of the former one, which it returns.
// With RevokePrevious the former one is first set aside, so that its token is
// known until it is revoked, even if this process ends in between.
func (l *login) replace(ctx context.Context, got answer, claims Claims) (former Entry, version Version, err error) {
	for range 4 {
		if former, version, err = l.store.Load(ctx, l.key); err != nil {
			break
		}
		if former.RefreshToken.IsSet() && !got.refresh.IsSet() {
			return Entry{}, "", &Error{
				Kind: KindNoRefreshToken, Setting: "oauth2.scope", Summary: "Login Without Refresh Token",
				Detail: fmt.Sprintf("The identity server gave no refresh token, since the scope holds no offline_access. Saving this login would remove the "+
					"refresh token in %s, so nothing was saved. Add offline_access to the scope setting (ES_OAUTH2__SCOPE). %s", l.result.File, formerUntouched),
			}
		}
		if l.request.RevokePrevious && l.canRevoke(former) {
			if err = l.setAside(ctx, former); err != nil {
				break
			}
		}
		if version, err = l.store.Swap(ctx, l.key, version, l.successorOf(former, got, claims)); err == nil {
			return former, version, nil
		}
		if !errors.Is(err, ErrConflict) {
			break
		}
	}
	l.rescueTokens(ctx, got)
	return Entry{}, "", l.notSaved(l.result.File, err)
}

// successorOf is the entry of a new login. It shares no lineage with the former
// one: whoever holds a copy of that is to be given the new one. What was
// learnt of the server stays, and so do the tokens that must not be sent again.
func (l *login) successorOf(former Entry, got answer, claims Claims) Entry {
	next := Entry{
		AccessToken: got.access, IDToken: got.identity, RefreshToken: got.refresh,
		Issuer: l.credential.identity.Issuer, ClientID: l.credential.identity.ClientID, Subject: claims.Subject,
		ReceivedAt: l.now(), ReceivedToken: Fingerprint(got.access.Reveal()),
	}
	if got.refresh.IsSet() {
		next.Lineage = []string{Fingerprint(got.refresh.Reveal())}
	}
	if l.isOurs(former) {
		next.Rotation, next.Spent = former.Rotation, former.Spent
		if former.Rotation == RotationSeen && len(former.Lineage) > 1 {
			// All but the newest were used up.
			next.Spent = newest(append(slices.Clone(former.Spent), former.Lineage[:len(former.Lineage)-1]...))
		}
	}
	return next
}

// isOurs reports whether a login is of the issuer and client at hand. One that
// says nothing of either is taken for ours, as the SDK does.
func (r *refresher) isOurs(entry Entry) bool {
	if entry.ClientID == "" {
		claims, err := DecodeClaims(entry.AccessToken.Reveal())
		return err != nil || claims.ClientID == r.credential.identity.ClientID
	}
	return ofIdentity(entry, r.credential.identity)
}

func (l *login) canRevoke(former Entry) bool {
	return former.RefreshToken.IsSet() && l.isOurs(former)
}

// setAside keeps a copy of the former login until it is revoked.
func (l *login) setAside(ctx context.Context, former Entry) error {
	store, ok := l.store.(revocationStore)
	if !ok {
		return nil
	}
	former.Issuer, former.ClientID = l.credential.identity.Issuer, l.credential.identity.ClientID
	if len(former.Lineage) == 0 {
		former.Lineage = []string{Fingerprint(former.RefreshToken.Reveal())}
	}
	key := store.PendingKey(l.credential.profile, Fingerprint(former.RefreshToken.Reveal()))
	_, version, err := store.Load(ctx, key)
	if err != nil {
		return err
	}
	_, err = store.Swap(ctx, key, version, former)
	return err
}

// endFormer revokes the former session and then looks whether the new one has
// survived: some servers are set to end every session of the user with it.
func (l *login) endFormer(ctx context.Context, former Entry, version Version) error {
	if !l.canRevoke(former) {
		l.result.Notices = append(l.result.Notices, Notice{
			Kind: KindStillAlive, Summary: "Former Session Not Revoked",
			Detail: fmt.Sprintf("The former login (fingerprint %s) is of another identity server or client, so its token was not sent to this one. "+
				"It lives on until it expires there.", l.result.Replaced),
		})
		return nil
	}
	if err := l.revokeAt(ctx, former.RefreshToken); err != nil {
		return l.formerAlive(err)
	}
	l.result.Revoked = true
	if store, ok := l.store.(revocationStore); ok {
		if err := store.Drop(ctx, store.PendingKey(l.credential.profile, l.result.Replaced)); err != nil {
			l.notice(KindCopyLeft, "Local Copy Left", fmt.Sprintf("The former session is revoked; its dead token could not be deleted: %v.", err))
		}
	}
	return l.checkSurvival(ctx, version)
}

// checkSurvival refreshes the new login once.
func (l *login) checkSurvival(ctx context.Context, version Version) error {
	current, now, err := l.store.Load(ctx, l.key)
	if err != nil || now != version || !current.RefreshToken.IsSet() {
		return nil //nolint:nilerr // somebody else uses the new login already, which is all we want to know
	}
	next, err := l.ask(ctx, l.key, current, now)
	switch {
	case err == nil:
		if claims, unreadable := DecodeClaims(next.AccessToken.Reveal()); unreadable == nil {
			l.result.ExpiresAt = claims.ExpiresAt
		}
		l.result.Fingerprint = Fingerprint(next.RefreshToken.Reveal())
		return nil
	case IsKind(err, KindRefused):
		return &Error{
			Kind: KindLoginRevoked, Source: l.credential.source, Err: err, Summary: "New Login Revoked With the Former One",
			Detail: "The former session was revoked, and the identity server ended every other session of this user and client with it, the new one too " +
				"(Auth0 calls it \"Refresh Token Revocation Deletes Grant\"). Log in once more, without revoke_previous, and renew every other machine's login.",
		}
	}
	l.notice(KindUnreachable, "New Login Not Checked", "The former session is revoked. Whether the new one has survived that could not be checked: "+err.Error())
	return nil
}

// dispose ends a session that cannot be kept.
func (l *login) dispose(ctx context.Context, got answer) {
	switch {
	case !got.refresh.IsSet():
		l.unsaved = "There is nothing to clean up."
	case l.revokeAt(ctx, got.refresh) == nil:
		l.unsaved = "The new session was revoked again."
	default:
		l.unsaved = "The new session could not be revoked; nobody knows its refresh token, and it ends by itself once it has not been used for long enough."
	}
}

// rescueTokens keeps the tokens of a login elsewhere, or ends it.
func (l *login) rescueTokens(ctx context.Context, got answer) {
	path, err := rescueFile(Entry{AccessToken: got.access, IDToken: got.identity, RefreshToken: got.refresh})
	if err != nil {
		l.dispose(ctx, got)
		return
	}
	l.unsaved = fmt.Sprintf("The tokens are in %s (readable by you only, in the format of tokens.json); move that file to tokens.json in the profile's folder to use them.", path)
}

func (l *login) disposal() string { return l.unsaved }

// formerAlive reports a new login that is saved beside a former one that lives.
func (l *login) formerAlive(cause error) *Error {
	where := ""
	if store, ok := l.store.(revocationStore); ok {
		where = fmt.Sprintf(" It is kept in %s until then: run the revoke action, or \"terraform-provider-earthscope logout --revoke\", "+
			"which also ends what was set aside.", store.Describe(store.PendingKey(l.credential.profile, l.result.Replaced)))
	}
	return &Error{
		Kind: KindStillAlive, Source: l.credential.source, Err: cause, Summary: "Former Session Still Alive",
		Detail: fmt.Sprintf("The new login is saved in %s and can be used. The former session (fingerprint %s) could not be revoked: %s%s",
			l.result.File, l.result.Replaced, reasonOf(cause), where),
	}
}

func reasonOf(err error) string {
	var failure *Error
	if errors.As(err, &failure) {
		return failure.Detail
	}
	return err.Error()
}

// accessLifeNote says how long access tokens of a revoked session still work.
func accessLifeNote(access settings.Secret, now time.Time) string {
	claims, err := DecodeClaims(access.Reveal())
	if err != nil || !claims.ExpiresAt.After(now) {
		return "Access tokens that were handed out stay valid until they expire."
	}
	return fmt.Sprintf("Access tokens that were handed out stay valid until they expire; the newest does at %s.", expiry(claims))
}
