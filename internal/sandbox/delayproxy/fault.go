package delayproxy

import "sync"

// Direction is one of the two ways through a proxy.
type Direction int

const (
	// ToServer is what clients send.
	ToServer Direction = iota
	// ToClient is what the server answers.
	ToClient
)

// Action is what a fault does once its byte count is reached.
type Action int

const (
	// Cut resets the connection on both sides. The counted bytes have been
	// delivered; nothing after them is, in either direction.
	Cut Action = iota
	// Stall delivers nothing more in that direction, with the connection open,
	// until SetFaults or until the connection ends. What has arrived by then is
	// delivered later.
	Stall
)

// Fault breaks connections after a number of bytes has been delivered in one
// direction, counted from the connection's first. After = 0 means as soon as
// there is a first one. SSH pads at random, so the same exchange differs by some
// bytes from one connection to the next.
type Fault struct {
	Direction Direction
	After     int64
	Do        Action
	Skip      int // connections to leave alone first
	Times     int // how many to break after those; 0 is every one
}

// plan hands out faults to new connections.
type plan struct {
	released chan struct{}
	mutex    sync.Mutex
	faults   []Fault
}

func newPlan(faults []Fault) *plan {
	return &plan{released: make(chan struct{}), faults: append([]Fault(nil), faults...)}
}

// take returns the gate for one more connection; the first fault of its
// direction that is due counts.
func (p *plan) take(direction Direction) *gate {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for i := range p.faults {
		fault := &p.faults[i]
		switch {
		case fault.Direction != direction || fault.Times < 0:
			continue
		case fault.Skip > 0:
			fault.Skip--
			continue
		case fault.Times == 1:
			fault.Times = -1 // used up
		case fault.Times > 1:
			fault.Times--
		}
		return &gate{limited: true, left: fault.After, stall: fault.Do == Stall, released: p.released}
	}
	return &gate{}
}

// gate lets a number of bytes pass in one direction of one connection.
type gate struct {
	limited  bool
	left     int64
	stall    bool
	released chan struct{}
}

// allow returns how many of the wanted bytes may pass now; broken means that
// the connection is to be cut.
func (g *gate) allow(wanted int, ended <-chan struct{}) (count int, broken bool) {
	if g.limited && g.left == 0 {
		if !g.stall {
			return 0, true
		}
		select {
		case <-g.released:
			g.limited = false
		case <-ended:
			return 0, true
		}
	}
	if !g.limited {
		return wanted, false
	}
	allowed := min(int64(wanted), g.left)
	g.left -= allowed
	return int(allowed), false
}

// due reports that the counted bytes have passed and the connection is to be cut.
func (g *gate) due() bool { return g.limited && !g.stall && g.left == 0 }
