package remote

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"
)

// link is one SSH connection of the pool, possibly through another one.
type link struct {
	pool *Pool
	key  string
	hops []endpoint

	ready     chan struct{} // closed once connect is done
	err       error         // why there is no connection
	abandoned bool          // the context of whoever connected ended
	client    *ssh.Client
	parent    *link // the connection to the jump host, held while this one lives
	seen      []HostKey
	slots     chan struct{}

	users   int          // guarded by pool.mu
	active  atomic.Int32 // sessions open now
	noShell atomic.Bool  // commands reach no POSIX shell

	closing sync.Once
	timerMu sync.Mutex
	timer   *time.Timer
}

func newLink(p *Pool, key string, hops []endpoint) *link {
	return &link{pool: p, key: key, hops: hops, ready: make(chan struct{}), slots: make(chan struct{}, p.options.MaxSessions)}
}

// connect opens the connection and closes ready. A link that failed is taken
// out of the pool first, so that the next caller tries again.
func (l *link) connect(ctx context.Context) {
	defer close(l.ready)
	l.err = l.open(ctx)
	if l.err != nil {
		l.abandoned = ctx.Err() != nil
		l.pool.retire(l)
		return
	}
	go l.watch()
}

func (l *link) open(ctx context.Context) error {
	last := len(l.hops) - 1
	if last > 0 {
		parent, err := l.pool.acquire(ctx, l.hops[:last])
		if err != nil {
			return err
		}
		l.parent = parent
		l.seen = append(l.seen, parent.seen...)
	}
	target := l.hops[last]
	verifier, err := l.pool.knownHosts.Load(target.policy, target.host, target.port)
	if err != nil {
		return err
	}
	set, err := l.pool.credentials(ctx, target)
	if err != nil {
		return err
	}
	defer func() { _ = set.Close() }()

	gate := l.pool.gate(target.address())
	select {
	case gate <- struct{}{}:
		defer func() { <-gate }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	attempt := &login{endpoint: target, via: l.via(), verifier: verifier, set: set, guard: l.pool.passwords}
	if l.client, err = l.shakeHands(ctx, attempt); err != nil {
		return err
	}
	line, fingerprint := verifier.Seen()
	l.seen = append(l.seen, HostKey{Address: target.address(), Line: line, Fingerprint: fingerprint})
	return nil
}

func (l *link) via() []string {
	var addresses []string
	for _, hop := range l.hops[:len(l.hops)-1] {
		addresses = append(addresses, hop.address())
	}
	return addresses
}

// shakeHands dials and logs in within the hop's time.
func (l *link) shakeHands(ctx context.Context, attempt *login) (*ssh.Client, error) {
	ctx, cancel := context.WithTimeout(ctx, attempt.endpoint.timeout)
	defer cancel()
	conn, err := l.dial(ctx, attempt)
	if err != nil {
		return nil, err
	}
	client, err := attempt.client(ctx, conn)
	if !isNegotiation(err) {
		return client, err
	}
	// The server has no key of a type that is stored. Look which it has, so that
	// the message can name it; no credential is offered.
	second, dialErr := l.dial(ctx, attempt)
	if dialErr != nil {
		return nil, err
	}
	if revealed := attempt.reveal(ctx, second); revealed != nil && !isNegotiation(revealed) {
		return nil, attempt.explain(ctx, revealed)
	}
	return nil, err
}

// dial connects to the endpoint, through the jump host if there is one.
func (l *link) dial(ctx context.Context, attempt *login) (net.Conn, error) {
	var conn net.Conn
	var err error
	if l.parent == nil {
		conn, err = l.pool.options.DialContext(ctx, "tcp", attempt.endpoint.address())
	} else {
		conn, err = l.parent.client.DialContext(ctx, "tcp", attempt.endpoint.address())
	}
	if err == nil {
		return conn, nil
	}
	failure := &ConnectError{Kind: classifyDial(err), Address: attempt.endpoint.address(), Via: attempt.via, Stage: "dial", Err: err}
	if ctx.Err() != nil {
		failure.Kind, failure.Err = TimedOut, context.Cause(ctx)
	}
	return nil, failure
}

// close ends the connection and gives the jump host's back.
func (l *link) close() {
	<-l.ready
	l.closing.Do(func() {
		l.timerMu.Lock()
		if l.timer != nil {
			l.timer.Stop()
		}
		l.timerMu.Unlock()
		if l.client != nil {
			_ = l.client.Close()
		}
		if l.parent != nil {
			l.pool.release(l.parent)
		}
	})
}

// watch retires the connection when it ends, and ends it when the server misses
// four signs of life in a row: one that is gone without a word would otherwise
// be found out only by the next user.
func (l *link) watch() {
	ended := make(chan struct{})
	go func() {
		_ = l.client.Wait()
		close(ended)
	}()
	ticker := time.NewTicker(l.pool.options.Keepalive)
	defer ticker.Stop()
	answers := make(chan struct{}, 1)
	missed, waiting := 0, false
	for {
		select {
		case <-ended:
			l.pool.retire(l)
			return
		case <-answers:
			missed, waiting = 0, false
		case <-ticker.C:
			if missed++; waiting && missed > 4 {
				_ = l.client.Close()
				continue
			}
			if !waiting {
				waiting, missed = true, 1
				go func() {
					_, _, _ = l.client.SendRequest("keepalive@openssh.com", true, nil)
					answers <- struct{}{}
				}()
			}
		}
	}
}
