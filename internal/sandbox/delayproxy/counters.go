package delayproxy

import "sync"

// Counters is what passed a proxy since it started.
type Counters struct {
	Connections int // accepted from clients
	Open        int // now
	PeakOpen    int
	Refused     int // connections for which the target could not be reached

	BytesToServer, BytesToClient int64 // delivered

	// RoundTrips adds up, over all connections, the longest chain of question
	// and answer and one for each connect. It does not depend on the clock; see
	// the package's documentation.
	RoundTrips int
	// Turns counts how often a connection's traffic changed from the client's
	// direction to the server's, as data was delivered. It is never lower than
	// it must be, but grows when answers come in pieces; RoundTrips does not.
	Turns int
}

// ledger keeps the counters. All access goes through its mutex.
type ledger struct {
	mutex    sync.Mutex
	counters Counters
}

func (l *ledger) update(change func(*Counters)) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	change(&l.counters)
}

// Counters returns the counters as they are now. The difference of two calls is
// what passed in between, if nothing was under way at either.
func (p *Proxy) Counters() Counters {
	p.ledger.mutex.Lock()
	defer p.ledger.mutex.Unlock()
	return p.ledger.counters
}

// chain numbers the data of one connection; see the package's documentation.
type chain struct {
	ledger *ledger

	mutex      sync.Mutex
	client     int // highest number that the client has been given
	server     int // highest number that the server has been given
	fromClient bool
}

// stamp gives the number for data that has just been read from one side.
func (c *chain) stamp(toServer bool) int {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if toServer {
		return c.client
	}
	return c.server + 1
}

// deliver records that data with this number is about to reach the other side.
func (c *chain) deliver(toServer bool, number, bytes int) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	grown, turned := 0, 0
	if toServer {
		c.server = max(c.server, number)
		c.fromClient = true
	} else {
		grown = max(0, number-c.client)
		c.client += grown
		if c.fromClient {
			turned = 1
		}
		c.fromClient = false
	}
	c.ledger.update(func(counters *Counters) {
		counters.RoundTrips += grown
		counters.Turns += turned
		if toServer {
			counters.BytesToServer += int64(bytes)
		} else {
			counters.BytesToClient += int64(bytes)
		}
	})
}
