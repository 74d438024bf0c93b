package session

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"math"
	"math/rand/v2"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// Bounds of a refresh.
const (
	// refusalHolds is how long a refused token is not sent again.
	refusalHolds = 5 * time.Minute
	// failureHolds is how long a process reports an unreachable server to
	// further consumers without asking it again.
	failureHolds = 30 * time.Second
	// leastPatience is the least wait for another process's refresh.
	leastPatience = 60 * time.Second
	// clockTolerance is how far two clocks may differ before we mention it.
	clockTolerance = 5 * time.Minute
)

// refresher does one refresh: lock, read again, spend, save, release. It runs
// in the provider or in a child process that outlives it.
type refresher struct {
	credential credential
	store      Store
	endpoint   endpoint
	retry      settings.Retry
	now        func() time.Time
	sleep      func(context.Context, time.Duration) error
	log        *slog.Logger
	rescue     func(Entry) (string, error) // nil: nothing may be written
	spent      SpentTokens
	jitter     func() float64

	notices []Notice
}

func (r *refresher) notice(kind Kind, summary, detail string) {
	r.notices = append(r.notices, Notice{Kind: kind, Summary: summary, Detail: detail, Source: r.credential.source})
}

// peek reads the session without a lock. The entry is empty where the store
// knows nothing of it yet.
func (r *refresher) peek(ctx context.Context) (Entry, error) {
	key, err := r.find(ctx)
	if err != nil || key == "" {
		return Entry{}, err
	}
	entry, _, err := r.load(ctx, key)
	if errors.Is(err, errLoginChanged) {
		return Entry{}, nil
	}
	return entry, err
}

// errLoginChanged: the login that held a configured token's session has become
// another one since it was found.
var errLoginChanged = errors.New("the login has changed")

// find says where the session is kept. A login whose token has a successor
// elsewhere (it could not be written into tokens.json) is kept there.
func (r *refresher) find(ctx context.Context) (Key, error) {
	fingerprint, login := r.credential.fingerprint(), Key("")
	if r.credential.ofLogin() {
		login = r.store.Login(r.credential.profile)
		entry, _, err := r.store.Load(ctx, login)
		if err != nil {
			return "", r.storeFailure(login, err)
		}
		if entry.RefreshToken.IsSet() {
			fingerprint = Fingerprint(entry.RefreshToken.Reveal())
		}
	}
	key, err := r.store.Find(ctx, r.credential.identity, r.credential.profile, fingerprint)
	if err != nil {
		return "", r.storeFailure(login, err)
	}
	if key == "" {
		key = login
	}
	return key, nil
}

// load reads an entry and drops what is not this session's: tokens that were
// got with another client secret. A token that was replaced and has no live
// successor is an error; so is, as errLoginChanged, a login that a configured
// token does not belong to any more.
func (r *refresher) load(ctx context.Context, key Key) (Entry, Version, error) {
	entry, version, err := r.store.Load(ctx, key)
	if err != nil {
		return Entry{}, "", r.storeFailure(key, err)
	}
	if fp := r.credential.fingerprint(); r.credential.flow == FlowRefreshToken && entry.wasSpent(fp) {
		switch {
		case !entry.RefreshToken.IsSet() && len(entry.Lineage) == 0:
			return Entry{}, "", r.revokedError(key)
		case !r.credential.ofLogin(), !entry.RefreshToken.IsSet() && r.credential.source.Link != settings.LinkTokensFile:
			// Also a bootstrap or legacy token whose login was removed meanwhile.
			return Entry{}, "", r.replacedError(key)
		}
	}
	if r.isForeign(key, entry) {
		return Entry{}, "", errLoginChanged
	}
	if r.credential.flow == FlowClientCredentials && !checkMatches(entry.Check, r.credential.secret) {
		entry = Entry{Issuer: entry.Issuer, ClientID: entry.ClientID, Lineage: entry.Lineage, NotBefore: entry.NotBefore}
	}
	return entry, version, nil
}

// isForeign reports that a login is not the session of the configured token.
func (r *refresher) isForeign(key Key, entry Entry) bool {
	return isLogin(key) && r.credential.flow == FlowRefreshToken && !r.credential.ofLogin() &&
		!entry.descendsFrom(r.credential.fingerprint())
}

func (r *refresher) storeFailure(key Key, err error) *Error {
	return storeError(r.credential.source, r.store.Describe(key), err)
}

// renew returns an entry whose access token satisfies n, refreshing it if
// nobody else has meanwhile. Errors wrap ErrReadOnly, untouched and with
// nothing spent, where the store cannot be written.
func (r *refresher) renew(ctx context.Context, n need) (Entry, error) {
	waiting, cancel := context.WithTimeout(ctx, r.patience())
	defer cancel()
	for {
		entry, err := r.renewFound(ctx, waiting, n)
		if !errors.Is(err, errLoginChanged) {
			return entry, err
		}
	}
}

// renewFound is renew for the place where the session is kept now, whose lock
// is waited for as long as waiting lasts.
func (r *refresher) renewFound(ctx, waiting context.Context, n need) (Entry, error) {
	key, err := r.find(ctx)
	if err != nil {
		return Entry{}, err
	}
	if key == "" {
		key, err = r.store.Claim(waiting, r.credential.identity, r.credential.profile, r.credential.fingerprint())
		if err != nil {
			return Entry{}, r.lockFailure(ctx, key, err)
		}
	}
	lock, err := r.store.Lock(waiting, key)
	if err != nil {
		return Entry{}, r.lockFailure(ctx, key, err)
	}
	defer lock.Release()
	if why := lock.Degraded(); why != nil {
		r.log.WarnContext(ctx, "the file system has no locks; parallel runs may refresh at once", "path", r.store.Describe(key))
	}
	entry, version, err := r.load(ctx, key)
	if err != nil {
		return Entry{}, err
	}
	if r.satisfies(entry, n) != stale {
		r.log.DebugContext(ctx, "another process has refreshed the token meanwhile", "path", r.store.Describe(key))
		return entry, nil
	}
	return r.ask(ctx, key, entry, version)
}

func (r *refresher) lockFailure(ctx context.Context, key Key, err error) error {
	switch {
	case errors.Is(err, ErrReadOnly):
		return err
	case ctx.Err() != nil:
		return interrupted(ctx)
	case errors.Is(err, ErrLockTimeout):
		return r.lockedError(err)
	}
	return r.storeFailure(key, err)
}

// patience bounds the wait for another process's refresh. With the settings of
// this one, a refresh takes no longer: its last try starts before
// oauth2.retry.timeout has passed and ends within a request's timeout.
func (r *refresher) patience() time.Duration {
	return max(leastPatience, r.retry.Timeout+r.endpoint.timeout)
}

// satisfies judges the access token of an entry.
func (r *refresher) satisfies(entry Entry, n need) verdict {
	if !entry.AccessToken.IsSet() {
		return stale
	}
	claims, err := DecodeClaims(entry.AccessToken.Reveal())
	if err != nil {
		return stale
	}
	return judge(Token{Claims: claims}, entry.receivedAt(), r.now(), n)
}

// toSend is the secret that the next request carries: the newest of the
// lineage, or the configured one at its first use. One that was replaced, as in
// an older copy of tokens.json, is an error.
func (r *refresher) toSend(entry Entry) (settings.Secret, error) {
	if r.credential.flow == FlowClientCredentials {
		return r.credential.secret, nil
	}
	if entry.RefreshToken.IsSet() {
		if entry.wasReplaced(Fingerprint(entry.RefreshToken.Reveal())) {
			return settings.Secret{}, r.replacedError(r.store.Login(r.credential.profile))
		}
		return entry.RefreshToken, nil
	}
	if _, volatile := r.store.(*memoryStore); !volatile && r.credential.source.Link == settings.LinkTokensFile {
		return settings.Secret{}, loginRemoved(r.credential.source)
	}
	return r.credential.secret, nil
}

// sentFingerprint names the secret in refusals; a client secret has no name.
func (r *refresher) sentFingerprint(secret settings.Secret) string {
	if r.credential.flow == FlowClientCredentials {
		return ""
	}
	return Fingerprint(secret.Reveal())
}

// standing returns the error that holds for this token without asking the
// server again: a refusal, a lost answer, a limit. A login can be tried with
// another server or client than the one that refused it.
func (r *refresher) standing(entry Entry, fingerprint string) error {
	if r.spent.certainly(fingerprint) {
		return r.spentByHostError()
	}
	now := r.now()
	same := entry.identity() == r.credential.identity
	if f := entry.Refusal; f != nil && cmp.Or(f.By, entry.identity()) == r.credential.identity && f.Fingerprint == fingerprint && within(now, f.At, refusalHolds) {
		return r.refusalError(entry, *f, true)
	}
	if entry.Suspect != "" && entry.Suspect == fingerprint &&
		(entry.Rotation == RotationSeen || within(now, entry.SuspectAt, refusalHolds)) {
		return r.suspectError(entry, nil)
	}
	if same && entry.NotBefore.After(now) && entry.NotBefore.Before(now.Add(24*time.Hour)) {
		return r.limitedError(entry.NotBefore)
	}
	return nil
}

// within reports whether at lies less than span before now. A time in the
// future (the clock was set back) does not count.
func within(now, at time.Time, span time.Duration) bool {
	age := now.Sub(at)
	return age >= 0 && age < span
}

// backoff is the SDK's wait before try k+1.
func (r *refresher) backoff(try int) time.Duration {
	wait := float64(r.retry.WaitInitial)*math.Pow(r.retry.WaitExpBase, float64(try-1)) +
		r.jitter()*float64(r.retry.WaitJitter)
	return time.Duration(min(wait, float64(r.retry.WaitMax)))
}

func randomJitter() float64 { return rand.Float64() } //nolint:gosec // spreads retries, guards nothing
