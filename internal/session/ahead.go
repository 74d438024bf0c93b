package session

import (
	"context"
	"errors"

	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// isAhead reports that this process holds a successor of the refresh token that
// the store has: it could not be saved. The one in the store is spent.
func (s *Session) isAhead(stored Entry) bool {
	if s.credential.flow != FlowRefreshToken || !s.current.RefreshToken.IsSet() {
		return false
	}
	newest := s.credential.fingerprint()
	switch {
	case stored.RefreshToken.IsSet():
		newest = Fingerprint(stored.RefreshToken.Reveal())
	case s.credential.source.Link == settings.LinkTokensFile:
		return false // logged out
	}
	own := Fingerprint(s.current.RefreshToken.Reveal())
	return own != newest && s.current.descendsFrom(newest) && !stored.descendsFrom(own)
}

// catchUp brings what could not be saved into the store. While that still fails
// it refreshes in memory, so that nothing is spent twice.
func (s *Session) catchUp(ctx context.Context, n need) (Entry, error) {
	held := s.current
	failure := s.refresher.restore(ctx, held)
	if failure == nil {
		return held, nil
	}
	if ctx.Err() != nil {
		return Entry{}, interrupted(ctx)
	}
	if errors.Is(failure, errLoginChanged) {
		return s.refresher.peek(ctx) // another login, or none, is what holds now
	}
	where := s.options.Store.Describe(s.options.Store.Login(s.credential.profile))
	s.options.Log.WarnContext(ctx, "the token store still cannot be written", "path", where, "error", failure.Error())
	if s.refresher.satisfies(held, n) != stale {
		return held, nil
	}
	volatile := *s.refresher
	volatile.store = NewMemoryStore(where + " cannot be written")
	if err := s.seed(ctx, volatile.store, held); err != nil {
		return Entry{}, err
	}
	entry, err := volatile.renew(ctx, n)
	for _, notice := range volatile.drain() {
		s.tell(notice)
	}
	return entry, err
}

// restore saves an entry where its session is kept. Where somebody else has
// saved a newer one there meanwhile, or removed the login, the error is
// errLoginChanged.
func (r *refresher) restore(ctx context.Context, held Entry) error {
	return r.amend(ctx, func(stored Entry) (Entry, error) {
		changed := r.credential.source.Link == settings.LinkTokensFile
		if stored.RefreshToken.IsSet() {
			changed = !held.descendsFrom(Fingerprint(stored.RefreshToken.Reveal()))
		}
		if changed {
			return Entry{}, errLoginChanged
		}
		return held, nil
	})
}

// amend changes what the store has of the session, under its lock. An error of
// change leaves it as it is.
func (r *refresher) amend(ctx context.Context, change func(stored Entry) (Entry, error)) error {
	waiting, cancel := context.WithTimeout(ctx, r.patience())
	defer cancel()
	key, err := r.find(ctx)
	if err == nil && key == "" {
		key, err = r.store.Claim(waiting, r.credential.identity, r.credential.profile, r.credential.fingerprint())
	}
	if err != nil {
		return err
	}
	lock, err := r.store.Lock(waiting, key)
	if err != nil {
		return err
	}
	defer lock.Release()
	stored, version, err := r.load(ctx, key)
	if err != nil {
		return err
	}
	next, err := change(stored)
	if err != nil {
		return err
	}
	_, err = r.store.Swap(context.WithoutCancel(ctx), key, version, next)
	return err
}
