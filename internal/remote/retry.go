package remote

import (
	"context"
	"errors"
	"time"
)

// firstPause and maxPause bound the pauses between attempts, which double.
const (
	firstPause = 500 * time.Millisecond
	maxPause   = 10 * time.Second
	// droppedAttempts is how often a connection that was dropped during the
	// handshake is tried anew although nobody asked to wait: a stock server drops
	// connections at random when more than ten log in at once.
	droppedAttempts = 4
)

// acquireWaiting is acquire with patience.
func (p *Pool) acquireWaiting(ctx context.Context, hops []endpoint, wait Wait) (*link, error) {
	var l *link
	err := p.patiently(ctx, wait, hops[len(hops)-1].address(), func() (err error) {
		l, err = p.acquire(ctx, hops)
		return err
	})
	return l, err
}

// patiently tries again as long as the host may just be starting up.
func (p *Pool) patiently(ctx context.Context, wait Wait, address string, connect func() error) error {
	began := p.options.Clock()
	delay := firstPause
	for attempt := 1; ; attempt++ {
		err := connect()
		if err == nil {
			return nil
		}
		elapsed := p.options.Clock().Sub(began)
		if ctx.Err() != nil || !retryable(err, wait, elapsed, attempt) {
			return err
		}
		if wait.Progress != nil {
			wait.Progress(WaitEvent{Address: address, Attempt: attempt, Elapsed: elapsed, Pause: delay, Err: err})
		}
		p.options.Sleep(ctx, delay)
		if ctx.Err() != nil {
			return err
		}
		delay = min(2*delay, maxPause)
	}
}

// retryable tells what can get better by itself. An untrusted host key and a
// refused password never do, and the latter can lock the account.
func retryable(err error, wait Wait, elapsed time.Duration, attempt int) bool {
	var connect *ConnectError
	var auth *AuthError
	switch {
	case errors.As(err, &auth):
		return !auth.Password && auth.Asked == "" && elapsed < wait.AuthGrace && elapsed < wait.For
	case !errors.As(err, &connect):
		return false
	}
	switch connect.Kind {
	case Dropped:
		return elapsed < wait.For || attempt < droppedAttempts
	case Refused, TimedOut, Unreachable, NotForwarded:
		return elapsed < wait.For
	case Unresolvable:
		return temporary(connect.Err) && elapsed < wait.For
	default:
		return false
	}
}
