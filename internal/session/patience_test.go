package session_test

import (
	"context"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
)

// patience is a store that notes how long it may be waited for.
type patience struct {
	*session.FileStore
	longest time.Duration
}

func (p *patience) Lock(ctx context.Context, key session.Key) (session.Lock, error) {
	if deadline, ok := ctx.Deadline(); ok {
		p.longest = max(p.longest, time.Until(deadline))
	}
	return p.FileStore.Lock(ctx, key)
}

// Another process may rightly hold the lock for as long as its requests may
// take: one that gave up sooner would report a hanging process where there is
// none.
func TestToken_waitsAsLongAsARefreshMayTake(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{})
	w.writeLogin("default", w.login())
	w.clock.advance(2 * time.Hour)
	store := &patience{FileStore: session.NewFileStore(w.path())}
	s := setup{options: session.Options{Store: store, Persist: true, RequestTimeout: 10 * time.Minute}}
	w.token(w.open(s), 0)
	if store.longest < 10*time.Minute {
		t.Errorf("the lock is waited for %v, a request may take 10m", store.longest)
	}
	store.longest = 0
	if _, err := w.revoke(s, session.RevokeRequest{}); err != nil {
		t.Fatal(err)
	}
	if store.longest < 10*time.Minute {
		t.Errorf("a revocation waits %v for the lock", store.longest)
	}
}
