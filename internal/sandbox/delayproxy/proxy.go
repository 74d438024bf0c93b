package delayproxy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// Options configures a proxy. The zero value adds no delay and breaks nothing.
type Options struct {
	// RTT is the round-trip time to add: half of it to each direction, and one
	// and a half before the target is dialled, as a connect takes.
	RTT time.Duration
	// Faults break connections from the start; SetFaults changes them.
	Faults []Fault
	// Address is the loopback address to listen on, default "127.0.0.1:0".
	Address string
}

// Proxy forwards TCP connections to one target. Its methods are safe for
// concurrent use.
type Proxy struct {
	target   string
	rtt      time.Duration
	listener net.Listener
	ledger   ledger
	work     sync.WaitGroup

	mutex    sync.Mutex
	plan     *plan
	links    map[*link]struct{}
	isHole   bool
	isClosed bool
}

// Start forwards connections to the target host:port until Close. It fails when
// it cannot listen.
func Start(target string, options Options) (*Proxy, error) {
	address := options.Address
	if address == "" {
		address = "127.0.0.1:0"
	}
	var config net.ListenConfig
	listener, err := config.Listen(context.Background(), "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("the delaying proxy cannot listen on %s: %w", address, err)
	}
	proxy := &Proxy{
		target: target, rtt: options.RTT, listener: listener,
		plan: newPlan(options.Faults), links: map[*link]struct{}{},
	}
	proxy.work.Go(proxy.accept)
	return proxy, nil
}

// Address returns the host:port to connect to instead of the target.
func (p *Proxy) Address() string { return p.listener.Addr().String() }

// Close ends the proxy and all its connections and waits for them. Further
// calls do nothing.
func (p *Proxy) Close() error {
	p.mutex.Lock()
	if p.isClosed {
		p.mutex.Unlock()
		return nil
	}
	p.isClosed = true
	p.mutex.Unlock()
	err := p.listener.Close()
	p.DropConnections()
	p.work.Wait()
	return err
}

// DropConnections resets every connection that is open, on both sides.
func (p *Proxy) DropConnections() {
	p.mutex.Lock()
	open := make([]*link, 0, len(p.links))
	for each := range p.links {
		open = append(open, each)
	}
	p.mutex.Unlock()
	for _, each := range open {
		each.reset()
	}
}

// SetFaults replaces the planned faults; connections accepted from now on meet
// them. Stalled connections go on.
func (p *Proxy) SetFaults(faults ...Fault) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	close(p.plan.released)
	p.plan = newPlan(faults)
}

// BlackHole makes all data vanish that arrives from now on, in both directions
// and on every connection, without any end of connection becoming visible: a
// cable was pulled. New connections are accepted and get no answer. What
// vanished does not come back; connections from before stay dead after the hole
// is closed with BlackHole(false).
func (p *Proxy) BlackHole(open bool) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.isHole = open
	if !open {
		return
	}
	for each := range p.links {
		each.vanish()
	}
}

func (p *Proxy) accept() {
	for {
		conn, err := p.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // a client that went away before it was accepted
		}
		if next := p.register(conn); next != nil {
			p.work.Go(func() { p.serve(next) })
		}
	}
}

// register makes the link of a new connection; nil means that the proxy closes.
func (p *Proxy) register(client net.Conn) *link {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.isClosed {
		resetConnection(client)
		return nil
	}
	next := newLink(client, p.rtt, p.plan, &chain{ledger: &p.ledger})
	if p.isHole {
		next.vanish()
	}
	p.links[next] = struct{}{}
	p.ledger.update(func(c *Counters) {
		c.Connections++
		c.RoundTrips++ // the connect
		c.Open++
		c.PeakOpen = max(c.PeakOpen, c.Open)
	})
	return next
}

// serve runs one connection until both directions have ended.
func (p *Proxy) serve(current *link) {
	defer func() {
		current.end()
		p.mutex.Lock()
		delete(p.links, current)
		p.mutex.Unlock()
		p.ledger.update(func(c *Counters) { c.Open-- })
	}()
	// The client's connect returns at once because the kernel answers it; what it
	// then sends counts as sent one round trip later. The target hears of the
	// connection another half later.
	if !current.sleepUntil(current.accepted.Add(p.rtt * 3 / 2)) {
		return
	}
	if current.vanished() {
		<-current.ended
		return
	}
	server, err := p.dial(current)
	if err != nil {
		p.ledger.update(func(c *Counters) { c.Refused++ })
		current.reset()
		return
	}
	current.run(server)
}

// dial connects to the target; the end of the link or of the proxy cancels it.
func (p *Proxy) dial(current *link) (net.Conn, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-current.ended:
			cancel()
		case <-ctx.Done():
		}
	}()
	var dialer net.Dialer
	return dialer.DialContext(ctx, "tcp", p.target)
}
