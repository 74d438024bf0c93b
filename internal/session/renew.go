package session

import (
	"context"
	"errors"
)

// renew refreshes, in a process of its own where the answer could be the only
// copy of a new refresh token, and in memory where nothing can be saved.
func (s *Session) renew(ctx context.Context, known Entry, n need) (Entry, error) {
	if err := s.refuseForgetting(ctx, known); err != nil {
		return Entry{}, err
	}
	entry, notices, err := s.renewAnywhere(ctx, known, n)
	for _, notice := range notices {
		s.tell(notice)
	}
	if !errors.Is(err, ErrReadOnly) {
		return entry, err
	}
	where := s.options.Store.Describe(s.options.Store.Login(s.credential.profile))
	if known.Rotation == RotationSeen {
		return Entry{}, unsafeRotationError(s.credential.source, where, err)
	}
	s.options.Log.WarnContext(ctx, "the token store cannot be written; tokens are kept in memory", "path", where)
	memory := NewMemoryStore(where + " cannot be written")
	s.refresher.store = memory
	if err := s.seed(ctx, memory, known); err != nil {
		return Entry{}, err
	}
	entry, err = s.refresher.renew(ctx, n)
	for _, notice := range s.refresher.drain() {
		s.tell(notice)
	}
	return entry, err
}

// refuseForgetting refuses to spend a refresh token whose successor would end
// with this process, where that is known: with persist_tokens = false, plan and
// apply would each spend the same one. What other processes have learnt of the
// token holds here too.
func (s *Session) refuseForgetting(ctx context.Context, known Entry) error {
	if s.kept == nil || s.credential.flow != FlowRefreshToken {
		return nil
	}
	reader := *s.refresher
	reader.store = s.kept
	entry, err := reader.peek(ctx)
	if IsKind(err, KindRefused) {
		return err // it was spent by a run that saves tokens
	}
	if err != nil {
		return nil //nolint:nilerr // nothing is known
	}
	if secret, err := s.refresher.toSend(known); err == nil {
		if err := reader.standing(entry, Fingerprint(secret.Reveal())); err != nil {
			return err
		}
	}
	if entry.Rotation == RotationSeen {
		return forgottenRotationError(s.credential.source)
	}
	return nil
}

// seed copies what the unwritable store holds into the one in memory.
func (s *Session) seed(ctx context.Context, memory Store, known Entry) error {
	key := memory.Login(s.credential.profile)
	if !s.credential.ofLogin() {
		var err error
		key, err = memory.Claim(ctx, s.credential.identity, s.credential.profile, s.credential.fingerprint())
		if err != nil {
			return err
		}
	}
	_, version, err := memory.Load(ctx, key)
	if err != nil || (!known.RefreshToken.IsSet() && !known.AccessToken.IsSet() && known.Refusal == nil && known.Suspect == "") {
		return err
	}
	if !s.credential.ofLogin() {
		known.succeed("", "")
		known.Issuer, known.ClientID = s.credential.identity.Issuer, s.credential.identity.ClientID
	}
	_, err = memory.Swap(ctx, key, version, known)
	return err
}

func (s *Session) renewAnywhere(ctx context.Context, known Entry, n need) (Entry, []Notice, error) {
	if s.mayDetach(known) {
		return s.renewDetached(ctx, known, n)
	}
	entry, err := s.refresher.renew(ctx, n)
	return entry, s.refresher.drain(), err
}

func (r *refresher) drain() []Notice {
	notices := r.notices
	r.notices = nil
	return notices
}
