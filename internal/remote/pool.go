package remote

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/credential"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/hostkey"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/process"
)

// ErrClosed reports that the pool was closed.
var ErrClosed = errors.New("the connection pool is closed")

// Pool keeps connections: one per host, account and credentials, and one to
// each jump host whatever the number of hosts behind it. It is safe for
// concurrent use. Close it when the work is done.
type Pool struct {
	options Options
	seed    []byte
	mark    string        // four letters that tell our temporary files from another process's
	hosts   chan struct{} // bounds the hosts that are worked on at a time
	writers *keyedMutex
	lookups *lookups

	passwords  *passwordGuard
	knownHosts *hostkey.Store
	keys       *credential.Keys

	mu       sync.Mutex
	closed   bool
	links    map[string]*link
	idle     []*link                  // without users, the longest idle first
	noShell  map[string]bool          // keys of connections to accounts without a shell
	gates    map[string]chan struct{} // bounds logins in progress per address
	programs map[string]*programEntry
}

// NewPool returns an empty pool. It connects nowhere yet.
func NewPool(options Options) *Pool {
	options = options.withDefaults()
	seed := make([]byte, 32)
	_, _ = rand.Read(seed) // never fails, see crypto/rand
	return &Pool{
		options: options, seed: seed, mark: process.Nonce()[:4],
		hosts:   make(chan struct{}, options.MaxConnections),
		writers: newKeyedMutex(), lookups: newLookups(), passwords: newPasswordGuard(seed),
		knownHosts: hostkey.NewStore(options.Clock, options.ReadFile), keys: credential.NewKeys(seed),
		links:    make(map[string]*link),
		noShell:  make(map[string]bool),
		gates:    make(map[string]chan struct{}),
		programs: make(map[string]*programEntry),
	}
}

// Close ends every connection. Work in progress fails; each file is the old one
// or the new one then.
func (p *Pool) Close() error {
	p.mu.Lock()
	p.closed = true
	links := make([]*link, 0, len(p.links))
	for _, l := range p.links {
		links = append(links, l)
	}
	p.links, p.idle = make(map[string]*link), nil
	p.mu.Unlock()
	for _, l := range links {
		l.close()
	}
	return p.closePrograms()
}

// enter waits for one of the places for hosts that are worked on at a time.
func (p *Pool) enter(ctx context.Context) (leave func(), err error) {
	select {
	case p.hosts <- struct{}{}:
		return func() { <-p.hosts }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// acquire returns the connection that ends the way, made if there is none, and
// a function that gives it back.
func (p *Pool) acquire(ctx context.Context, hops []endpoint) (*link, error) {
	key := p.key(hops)
	for {
		p.mu.Lock()
		if p.closed {
			p.mu.Unlock()
			return nil, ErrClosed
		}
		l, found := p.links[key]
		if !found {
			l = newLink(p, key, hops)
			l.noShell.Store(p.noShell[key])
			p.links[key] = l
		}
		p.use(l)
		p.mu.Unlock()
		if !found {
			l.connect(ctx)
		}
		select {
		case <-l.ready:
		case <-ctx.Done():
			p.release(l)
			return nil, context.Cause(ctx)
		}
		if l.err == nil {
			return l, nil
		}
		p.release(l)
		// Whoever connected may have been cancelled; that is not our failure.
		if found && l.abandoned && ctx.Err() == nil {
			continue
		}
		return nil, l.err
	}
}

// gate bounds the logins in progress at one address.
func (p *Pool) gate(address string) chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	gate, found := p.gates[address]
	if !found {
		gate = make(chan struct{}, p.options.MaxStarting)
		p.gates[address] = gate
	}
	return gate
}
