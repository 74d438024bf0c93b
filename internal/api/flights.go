package api

import (
	"context"
	"sync"
)

// flights lets concurrent callers of the same thing share one piece of work.
// The first caller does it with its own context; if that is cancelled, one of
// those who wait takes over. (singleflight of x/sync would hand the
// cancellation to all of them.) The zero value is ready for use.
type flights[T any] struct {
	mutex   sync.Mutex
	running map[string]*flight[T]
}

type flight[T any] struct {
	done      chan struct{}
	value     T
	err       error
	abandoned bool // the caller who did the work left before it was finished
}

// do returns what work returns, or what a call for the same key that is
// already under way returns.
func (f *flights[T]) do(ctx context.Context, key string, work func(context.Context) (T, error)) (T, error) {
	for {
		own, running := f.join(key)
		if own != nil {
			defer f.leave(ctx, key, own)
			own.value, own.err = work(ctx)
			return own.value, own.err
		}
		select {
		case <-running.done:
			if !running.abandoned {
				return running.value, running.err
			}
		case <-ctx.Done():
			var none T
			return none, interrupted(ctx)
		}
	}
}

// join returns a new flight to be flown by the caller, or the one under way.
func (f *flights[T]) join(key string) (own, running *flight[T]) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if running := f.running[key]; running != nil {
		return nil, running
	}
	if f.running == nil {
		f.running = map[string]*flight[T]{}
	}
	own = &flight[T]{done: make(chan struct{}), abandoned: true}
	f.running[key] = own
	return own, nil
}

// leave tells those who wait. Also called when work panics.
func (f *flights[T]) leave(ctx context.Context, key string, own *flight[T]) {
	f.mutex.Lock()
	delete(f.running, key)
	f.mutex.Unlock()
	own.abandoned = ctx.Err() != nil && own.err != nil
	close(own.done)
}
