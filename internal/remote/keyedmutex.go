package remote

import (
	"context"
	"sync"
)

// keyedMutex serialises work under the same key.
type keyedMutex struct {
	mu    sync.Mutex
	turns map[string]*turn
}

type turn struct {
	place   chan struct{}
	waiting int
}

func newKeyedMutex() *keyedMutex { return &keyedMutex{turns: make(map[string]*turn)} }

// lock waits for the key and returns the function that gives it back. The error
// is the cause of the context's end.
func (m *keyedMutex) lock(ctx context.Context, key string) (unlock func(), err error) {
	m.mu.Lock()
	t, found := m.turns[key]
	if !found {
		t = &turn{place: make(chan struct{}, 1)}
		m.turns[key] = t
	}
	t.waiting++
	m.mu.Unlock()
	leave := func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		if t.waiting--; t.waiting == 0 {
			delete(m.turns, key)
		}
	}
	select {
	case t.place <- struct{}{}:
		return func() { <-t.place; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, context.Cause(ctx)
	}
}
