//go:build !unix

package sshserver

import "net"

// endpoint is a TCP port that is either listened on or, where sockets cannot be
// held without listening, only remembered.
type endpoint struct {
	address  string
	listener net.Listener
	first    bool // the listener of reserve has not been handed out yet
}

// reserve takes the address; port 0 picks a free one.
func reserve(address string) (*endpoint, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	return &endpoint{address: listener.Addr().String(), listener: listener, first: true}, nil
}

// start listens and returns the new listener, or nil when it did already.
func (e *endpoint) start() (net.Listener, error) {
	if e.listener != nil {
		if e.first {
			e.first = false
			return e.listener, nil
		}
		return nil, nil
	}
	listener, err := net.Listen("tcp", e.address)
	if err != nil {
		return nil, err
	}
	e.listener = listener
	return listener, nil
}

// stop ends the listening.
func (e *endpoint) stop() error { return e.close() }

func (e *endpoint) close() error {
	if e.listener == nil {
		return nil
	}
	err := e.listener.Close()
	e.listener, e.first = nil, false
	return err
}
