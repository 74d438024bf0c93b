package session

import (
	"context"
	"errors"
	"time"
)

// accept turns an answer into the session's next entry and saves it before
// anybody sees the tokens.
func (r *refresher) accept(ctx context.Context, a *attempt, got answer) (Entry, error) {
	next, rotated := r.successor(a, got)
	claims, unreadable := DecodeClaims(got.access.Reveal())
	if unreadable != nil {
		// The refresh token that came along may be the only live one.
		next.AccessToken, next.IDToken, next.ReceivedToken = a.entry.AccessToken, a.entry.IDToken, a.entry.ReceivedToken
		if rotated {
			r.save(ctx, a, &next)
			return Entry{}, r.opaqueError(got, unreadable)
		}
		a.unanswered = 0 // this was the answer
		return Entry{}, r.abandon(ctx, a, r.opaqueError(got, unreadable))
	}
	next.Subject = claims.Subject
	if r.credential.flow == FlowClientCredentials {
		check, err := newCheck(a.secret)
		if err != nil {
			return Entry{}, r.storeFailure(a.key, err)
		}
		next.Check = check
	}
	saved := r.save(ctx, a, &next)
	if rotated {
		r.log.InfoContext(ctx, "the identity server replaced the refresh token", "saved", saved)
	}
	return next, r.compareClocks(Token{Claims: claims}, got.date)
}

// successor is the entry that follows from an answer. A refresh answer without
// a refresh token keeps the old one (RFC 6749 section 6); one that is null or
// empty does too, although the SDK then loses its own.
func (r *refresher) successor(a *attempt, got answer) (next Entry, rotated bool) {
	next = a.entry.clone()
	next.Issuer, next.ClientID = r.credential.identity.Issuer, r.credential.identity.ClientID
	next.AccessToken, next.IDToken = got.access, got.identity
	next.Refusal, next.Suspect, next.SuspectAt, next.Sending, next.NotBefore = nil, "", time.Time{}, "", time.Time{}
	next.ReceivedAt, next.ReceivedToken = r.now(), Fingerprint(got.access.Reveal())
	if r.credential.flow != FlowRefreshToken {
		return next, false
	}
	next.RefreshToken = a.secret
	if got.refresh.IsSet() && got.refresh != a.secret {
		next.RefreshToken, next.Rotation, rotated = got.refresh, RotationSeen, true
	} else if next.Rotation == RotationUnknown {
		next.Rotation = RotationNotSeen
	}
	next.succeed(a.secret.Reveal(), next.RefreshToken.Reveal())
	return next, rotated
}

// save writes next in place of what the attempt started from. It reports
// whether other processes will find it; what could not be saved and is needed
// gets a notice that says what to do.
func (r *refresher) save(ctx context.Context, a *attempt, next *Entry) bool {
	ctx = context.WithoutCancel(ctx)
	key, version := a.key, a.version
	var err, refused error
	for range 4 {
		if _, err = r.store.Swap(ctx, key, version, *next); err == nil {
			if key != a.key && refused != nil {
				r.reportBeside(*next, a.key, key, refused)
			}
			return r.reportVolatile(ctx, *next)
		}
		if !errors.Is(err, ErrConflict) {
			refused = err
		}
		if key, version, err = r.elsewhere(ctx, a, key, err); err != nil {
			break
		}
	}
	r.reportUnsaved(ctx, *next, r.store.Describe(key), err)
	return false
}

// elsewhere says where to save after a Swap failed. If our own session's entry
// was written meanwhile, it is older than what we hold: overwrite it. Another
// login is left alone, and a login's file that refuses (a single-file mount,
// say) is left as it is: ours goes into a record beside it, which is found by
// way of the lineage.
func (r *refresher) elsewhere(ctx context.Context, a *attempt, key Key, failure error) (Key, Version, error) {
	if errors.Is(failure, ErrConflict) {
		current, version, err := r.store.Load(ctx, key)
		if err != nil {
			return key, "", err
		}
		if !current.RefreshToken.IsSet() || Fingerprint(current.RefreshToken.Reveal()) == a.sent {
			return key, version, nil
		}
	} else if key != a.key || !r.credential.ofLogin() {
		return key, "", failure
	}
	aside, err := r.store.Aside(ctx, r.credential.identity, r.credential.profile, a.sent)
	if err != nil {
		return key, "", errors.Join(failure, err)
	}
	_, version, err := r.store.Load(ctx, aside)
	return aside, version, err
}

// compareClocks tells about a clock that is off, and fails where the new token
// has already expired by it.
func (r *refresher) compareClocks(token Token, serverNow time.Time) error {
	now := r.now()
	if token.Remaining(now) <= 0 {
		return clockError(r.credential.source, token, now, serverNow)
	}
	if serverNow.IsZero() {
		serverNow = token.Claims.IssuedAt
	}
	if off := now.Sub(serverNow); !serverNow.IsZero() && (off > clockTolerance || off < -clockTolerance) {
		r.notice(KindClock, "Clock Differs From the Identity Server's", clockDetail(now, serverNow))
	}
	return nil
}
