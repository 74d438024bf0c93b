package sshserver

import (
	"errors"
	"fmt"
	"net"
)

// SetBoot changes how far the host has started. Connections that are open stay.
// It fails when the port cannot be taken again.
func (s *Server) SetBoot(boot Boot) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.closed {
		return net.ErrClosed
	}
	s.boot = boot
	if boot == BootRefuse {
		return s.listening.stop()
	}
	listener, err := s.listening.start()
	if err != nil {
		return fmt.Errorf("cannot listen on %s: %w", s.address, err)
	}
	if listener != nil {
		s.work.Go(func() { s.acceptFrom(listener) })
	}
	return nil
}

func (s *Server) bootState() Boot {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.boot
}

// acceptFrom serves one listener until it is closed.
func (s *Server) acceptFrom(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			continue // a client that went away before it was accepted
		}
		s.work.Go(func() { s.admit(conn) })
	}
}

// admit applies the boot state and MaxStartups to a new connection and serves
// it until it ends.
func (s *Server) admit(conn net.Conn) {
	wire := newWire(conn, &s.plan, &s.received, &s.sent)
	if !s.register(wire) {
		return
	}
	defer s.unregister(wire)
	waiting := s.ledger.opened()
	boot := s.bootState()
	switch {
	case boot == BootReset:
		s.ledger.settled()
		wire.reset()
	case boot == BootSilent:
		s.ledger.settled()
		s.swallow(wire)
	case s.dropped(waiting):
		s.ledger.settled()
		s.ledger.update(func(c *Counters) { c.Dropped++ })
		_, _ = wire.Write([]byte("Exceeded MaxStartups\r\n")) // as sshd does; the client may be gone
		_ = wire.Close()
	default:
		s.ledger.admitted()
		s.serve(wire, boot)
	}
}

// swallow reads and answers nothing until the connection ends.
func (s *Server) swallow(wire *wire) {
	buffer := make([]byte, 4096)
	for {
		if _, err := wire.Read(buffer); err != nil {
			return
		}
	}
}

// register keeps the connection for Close; false means that it is too late.
func (s *Server) register(wire *wire) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.closed {
		_ = wire.Close()
		return false
	}
	s.wires[wire] = struct{}{}
	return true
}

func (s *Server) unregister(wire *wire) {
	_ = wire.Close() // most often closed already
	s.mutex.Lock()
	delete(s.wires, wire)
	s.mutex.Unlock()
	s.ledger.update(func(c *Counters) { c.Open-- })
}
