package session

import (
	"context"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// attempt is the state of one refresh over its tries.
type attempt struct {
	key     Key
	entry   Entry
	version Version
	secret  settings.Secret
	sent    string // fingerprint of secret
	try     int
	started time.Time
	// unanswered counts requests that the server may have processed.
	unanswered int
}

// ask spends the session's secret for an access token and saves the result.
//
// What may be retried follows from what the server may have done. Nothing
// sent: retried with the SDK's backoff. A verdict: never. An answer that was
// lost: as often as wished where the server is known not to rotate; otherwise
// one replay, at once, because a server that has rotated may still accept the
// former token for a few seconds, and later takes it for a theft.
func (r *refresher) ask(ctx context.Context, key Key, entry Entry, version Version) (Entry, error) {
	secret, err := r.toSend(entry)
	if err != nil {
		return Entry{}, err
	}
	a := &attempt{key: key, entry: entry, version: version, secret: secret, sent: r.sentFingerprint(secret), started: r.now()}
	if err := r.standing(entry, a.sent); err != nil {
		return Entry{}, err
	}
	r.announce(ctx, a)
	for a.try = 1; ; a.try++ {
		if ctx.Err() != nil {
			return Entry{}, r.abandon(ctx, a, interrupted(ctx))
		}
		got := r.endpoint.post(ctx, r.form(secret))
		r.log.InfoContext(ctx, "asked the identity server for an access token",
			"flow", r.credential.flow, "try", a.try, "status", got.status, "error", got.code)
		switch got.outcome {
		case granted:
			return r.accept(ctx, a, got)
		case refused:
			return r.condemn(ctx, a, got)
		case final:
			return Entry{}, r.abandon(ctx, a, r.unusableError(got))
		case ambiguous:
			a.unanswered++
		}
		wait, err := r.pause(ctx, a, got)
		if err != nil {
			return Entry{}, err
		}
		if wait > 0 {
			r.log.DebugContext(ctx, "waiting before the next try", "wait", wait.String())
			if err := r.sleep(ctx, wait); err != nil {
				return Entry{}, r.abandon(ctx, a, interrupted(ctx))
			}
		}
	}
}

func (r *refresher) form(secret settings.Secret) string {
	if r.credential.flow == FlowClientCredentials {
		return clientForm(r.credential.identity.ClientID, secret, r.credential.audience)
	}
	return refreshForm(r.credential.identity.ClientID, secret)
}

// mayRepeat reports whether a request whose answer was lost can be sent again
// without harm.
func (r *refresher) mayRepeat(entry Entry) bool {
	return r.credential.flow == FlowClientCredentials || entry.Rotation == RotationNotSeen
}

// pause says how long to wait before the next try, or gives up.
func (r *refresher) pause(ctx context.Context, a *attempt, got answer) (time.Duration, error) {
	if a.unanswered > 0 && !r.mayRepeat(a.entry) {
		// The one replay is made at once or not at all: anything but an answer
		// to it, also a limit that would have to be waited for, ends it.
		if a.unanswered > 1 || got.outcome != ambiguous {
			return 0, r.abandon(ctx, a, r.suspectError(a.entry, got.err))
		}
		return 0, nil
	}
	wait := r.backoff(a.try)
	if got.outcome == limited {
		wait = max(got.limitedUntil.Sub(r.now()), 0)
	}
	over := r.now().Add(wait).Sub(a.started) > r.retry.Timeout
	if a.try < r.retry.Attempts && !over {
		return wait, nil
	}
	if got.outcome == limited {
		if a.entry.belongsTo(r.credential.identity) {
			a.entry.NotBefore = got.limitedUntil
			r.remember(ctx, a)
		}
		return 0, r.abandon(ctx, a, r.limitedError(got.limitedUntil))
	}
	return 0, r.abandon(ctx, a, r.unreachableError(got, a.try))
}

// abandon ends an attempt with err. It marks the token as suspect where an
// answer to it was lost on the way.
func (r *refresher) abandon(ctx context.Context, a *attempt, err error) error {
	lost := a.unanswered > 0 && !r.mayRepeat(a.entry)
	if lost {
		a.entry.Suspect, a.entry.SuspectAt = a.sent, r.now()
	}
	if announced := a.entry.Sending != ""; announced || lost {
		a.entry.Sending = ""
		r.remember(ctx, a)
	}
	return err
}

// announce records which of a login's tokens is about to be exchanged where
// that may be its first rotation. tokens.json and our own record can't be
// replaced in one step: a process that is killed in between would leave a token
// behind of which nobody knows that it came from the configured one. Later
// rotations are recognised by their holder.
func (r *refresher) announce(ctx context.Context, a *attempt) {
	if !isLogin(a.key) || r.credential.flow != FlowRefreshToken || a.entry.Rotation == RotationSeen || a.entry.Sending == a.sent {
		return
	}
	a.entry.Sending = a.sent
	if claims, err := DecodeClaims(a.entry.AccessToken.Reveal()); err == nil {
		a.entry.Subject = claims.Subject
	}
	r.remember(ctx, a)
}

// remember saves what was learnt about a token that stays as it is. Failing to
// do so costs a request later, so it is only logged. A login stays that of the
// server which answered it last with a token, whichever is asked now.
func (r *refresher) remember(ctx context.Context, a *attempt) {
	if a.entry.belongsTo(r.credential.identity) {
		a.entry.Issuer, a.entry.ClientID = r.credential.identity.Issuer, r.credential.identity.ClientID
	}
	if r.credential.flow == FlowClientCredentials && a.entry.Check == "" {
		a.entry.Check, _ = newCheck(a.secret)
	}
	version, err := r.store.Swap(context.WithoutCancel(ctx), a.key, a.version, a.entry)
	if err != nil {
		r.log.WarnContext(ctx, "the verdict could not be saved; other processes will ask again", "path", r.store.Describe(a.key))
		return
	}
	a.version = version
}

// condemn handles a verdict. The SDK and the CLI take no lock, so one of them
// may have rotated the token between our reading and our request: the login
// is read again for half a second before the verdict is believed.
func (r *refresher) condemn(ctx context.Context, a *attempt, got answer) (Entry, error) {
	if got.code == "invalid_grant" && !got.blocked() && isLoginKey(r.store, a.key, r.credential.profile) {
		for wait := 25 * time.Millisecond; wait <= 400*time.Millisecond; wait *= 2 {
			entry, version, err := r.load(ctx, a.key)
			if err == nil && entry.RefreshToken.IsSet() && Fingerprint(entry.RefreshToken.Reveal()) != a.sent {
				r.log.InfoContext(ctx, "another program has renewed the login meanwhile")
				if r.satisfies(entry, need{}) == fresh {
					return entry, nil
				}
				return r.ask(ctx, a.key, entry, version)
			}
			if r.sleep(ctx, wait) != nil {
				break
			}
		}
	}
	refusal := Refusal{Fingerprint: a.sent, At: r.now(), Code: got.code, Blocked: got.blocked(), By: r.credential.identity}
	if refusal.Code == "" {
		refusal.Code = httpCode(got)
	}
	a.entry.Refusal, a.entry.Sending = &refusal, ""
	r.remember(ctx, a)
	if a.unanswered > 0 && !r.mayRepeat(a.entry) {
		return Entry{}, r.lostAnswerError(a.entry, refusal)
	}
	return Entry{}, r.refusalError(a.entry, refusal, false)
}

func isLoginKey(store Store, key Key, profile string) bool { return key == store.Login(profile) }
