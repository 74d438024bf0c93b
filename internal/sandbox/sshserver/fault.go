package sshserver

import (
	"context"
	"net"
	"sync"
)

// Point is a place where bytes are counted for a fault.
type Point int

const (
	// Received counts bytes of the TCP connection from the client, from its
	// first one. SSH pads at random, so the same exchange differs by some bytes.
	Received Point = iota
	// Sent counts bytes of the TCP connection to the client.
	Sent
	// Stdin counts the bytes that a session's command or SFTP server has read
	// from the client, without SSH's framing: exactly repeatable.
	Stdin
	// Stdout counts the bytes that it has written to the client, without
	// standard error.
	Stdout
)

// Action is what a fault does once its byte count is reached.
type Action int

const (
	// Cut resets the whole TCP connection. The byte count before it has passed
	// completely, the byte after it never does.
	Cut Action = iota
	// Stall lets nothing more pass in that direction, with the connection open,
	// until ClearFaults or until the connection ends.
	Stall
)

// Fault breaks connections at one exact place. After = 0 means before the
// first byte.
type Fault struct {
	Point Point
	After int64
	Do    Action
	Skip  int // connections (for Stdin and Stdout: sessions) to leave alone first
	Times int // how many to break after those; 0 is every one
}

// armed is a fault with what is left of its Skip and Times.
type armed struct {
	fault    Fault
	released chan struct{}
}

// faultPlan hands out faults to new connections and sessions.
type faultPlan struct {
	mutex    sync.Mutex
	faults   []*armed
	released chan struct{}
	stalled  chan struct{} // closed at the first stall since the faults were set
}

// SetFaults replaces the planned faults; connections and sessions that begin
// from now on meet them. Several faults at one point: the first that is due
// counts.
func (s *Server) SetFaults(faults ...Fault) {
	s.ClearFaults()
	s.plan.mutex.Lock()
	defer s.plan.mutex.Unlock()
	s.plan.stalled = make(chan struct{})
	for _, fault := range faults {
		s.plan.faults = append(s.plan.faults, &armed{fault: fault, released: s.plan.released})
	}
}

// WaitStalled waits until a fault of the last SetFaults has stalled something.
func (s *Server) WaitStalled(ctx context.Context) error {
	s.plan.mutex.Lock()
	stalled := s.plan.stalled
	s.plan.mutex.Unlock()
	select {
	case <-stalled:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// stall tells those who wait for it.
func (p *faultPlan) stall() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	select {
	case <-p.stalled:
	default:
		close(p.stalled)
	}
}

// ClearFaults forgets the planned faults and lets stalled connections go on.
func (s *Server) ClearFaults() {
	s.plan.mutex.Lock()
	defer s.plan.mutex.Unlock()
	if s.plan.released != nil {
		close(s.plan.released)
	}
	s.plan.released = make(chan struct{})
	s.plan.faults = nil
}

// take returns the gate for one more connection or session at a point.
func (p *faultPlan) take(point Point, cut func()) *gate {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for _, candidate := range p.faults {
		if candidate.fault.Point != point || candidate.fault.Times < 0 {
			continue
		}
		if candidate.fault.Skip > 0 {
			candidate.fault.Skip--
			continue
		}
		result := &gate{
			left: candidate.fault.After, limited: true, stall: candidate.fault.Do == Stall,
			released: candidate.released, cut: cut, stalls: p.stall,
		}
		if candidate.fault.Times > 0 {
			candidate.fault.Times--
			if candidate.fault.Times == 0 {
				candidate.fault.Times = -1
			}
		}
		return result
	}
	return &gate{}
}

// gate lets a number of bytes pass and then breaks. One goroutine uses it.
type gate struct {
	left     int64
	limited  bool
	stall    bool
	released chan struct{}
	cut      func()
	stalls   func()
}

// allow returns how many of the wanted bytes may pass now. When none may, it
// cuts the connection or waits for its release; ended ends the wait.
func (g *gate) allow(wanted int, ended <-chan struct{}) (int, error) {
	if !g.limited || wanted == 0 {
		return wanted, nil
	}
	if g.left > 0 {
		return int(min(int64(wanted), g.left)), nil
	}
	if !g.stall {
		g.cut()
		return 0, net.ErrClosed
	}
	g.stalls()
	select {
	case <-g.released:
		g.limited = false
		return wanted, nil
	case <-ended:
		return 0, net.ErrClosed
	}
}

func (g *gate) passed(count int) {
	if g.limited {
		g.left -= int64(count)
	}
}

// due reports that the next byte breaks the connection.
func (g *gate) due() bool { return g.limited && !g.stall && g.left == 0 }
