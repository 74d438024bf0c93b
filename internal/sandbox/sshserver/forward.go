package sshserver

import (
	"context"
	"io"
	"net"
	"strconv"
	"sync"

	"golang.org/x/crypto/ssh"
)

// forwardRequest is the payload of a direct-tcpip channel (RFC 4254, 7.2).
type forwardRequest struct {
	Host       string
	Port       uint32
	OriginHost string
	OriginPort uint32
}

// openForward connects a direct-tcpip channel to a route or a loopback address.
func (c *connection) openForward(opening ssh.NewChannel) {
	var request forwardRequest
	if err := ssh.Unmarshal(opening.ExtraData(), &request); err != nil {
		c.reject(opening, ssh.ConnectionFailed, "malformed request")
		return
	}
	asked := net.JoinHostPort(request.Host, strconv.FormatUint(uint64(request.Port), 10))
	c.server.ledger.update(func(counters *Counters) { counters.Forwards[asked]++ })
	if !c.server.options.Forward || c.server.user(c.ssh.User()).NoForward {
		c.reject(opening, ssh.Prohibited, "open failed")
		return
	}
	c.server.mutex.Lock()
	target, routed := c.server.routes[asked]
	c.server.mutex.Unlock()
	if !routed {
		target = asked
	}
	if !isLoopback(target) {
		c.reject(opening, ssh.ConnectionFailed, "Name or service not known")
		return
	}
	c.server.work.Go(func() { c.forward(opening, target) })
}

// forward dials the target and copies both ways until either side ends.
func (c *connection) forward(opening ssh.NewChannel, target string) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	defer c.server.whenDone(cancel)()
	var dialer net.Dialer
	far, err := dialer.DialContext(ctx, "tcp", target)
	if err != nil {
		c.reject(opening, ssh.ConnectionFailed, "Connection refused")
		return
	}
	channel, requests, ok := c.accept(opening)
	if !ok {
		_ = far.Close()
		return
	}
	go ssh.DiscardRequests(requests)
	var closing sync.Once
	end := func() {
		closing.Do(func() {
			_ = far.Close()     // the copies below end by it
			_ = channel.Close() // the client may be gone already
		})
	}
	stop := c.server.whenDone(end)
	defer stop()
	defer end()
	var upward sync.WaitGroup
	upward.Go(func() {
		if _, err := io.Copy(far, channel); err != nil {
			end()
			return
		}
		if tcp, ok := far.(*net.TCPConn); ok {
			_ = tcp.CloseWrite() // pass on the client's end of data
		}
	})
	_, _ = io.Copy(channel, far) // an error here only means that one side ended
	end()
	upward.Wait()
}

// whenDone calls a function when the server closes, unless stopped before.
func (s *Server) whenDone(call func()) (stop func()) {
	stopped := make(chan struct{})
	s.work.Go(func() {
		select {
		case <-s.done:
			call()
		case <-stopped:
		}
	})
	return func() { close(stopped) }
}
