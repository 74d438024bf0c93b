package sshserver

import (
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// dropped decides by MaxStartups whether a new connection goes away at once.
func (s *Server) dropped(waiting int) bool {
	return rand.IntN(100) < s.options.Limits.dropProbability(waiting)
}

// connection is one authenticated client.
type connection struct {
	server *Server
	wire   *wire
	ssh    *ssh.ServerConn

	mutex    sync.Mutex
	sessions int
}

// serve shakes hands, authenticates and answers channels until the client goes.
func (s *Server) serve(wire *wire, boot Boot) {
	if grace := s.options.Limits.LoginGrace; grace > 0 {
		_ = wire.SetDeadline(time.Now().Add(grace)) // without it the client may just take longer
	}
	authenticated, channels, requests, err := ssh.NewServerConn(wire, s.configuration(boot))
	s.ledger.settled()
	if err != nil {
		return // the counters say how far it came
	}
	_ = wire.SetDeadline(time.Time{})
	client := &connection{server: s, wire: wire, ssh: authenticated}
	s.work.Go(func() { client.answerGlobal(requests) })
	for opening := range channels {
		client.open(opening)
	}
}

// answerGlobal refuses every global request, which is also what keeps
// keepalives answered.
func (c *connection) answerGlobal(requests <-chan *ssh.Request) {
	for request := range requests {
		c.server.ledger.update(func(counters *Counters) { counters.GlobalRequests[request.Type]++ })
		if request.WantReply {
			_ = request.Reply(false, nil) // the connection may be gone
		}
	}
}

// open accepts or rejects a channel; an accepted one runs on its own.
func (c *connection) open(opening ssh.NewChannel) {
	switch opening.ChannelType() {
	case "session":
		c.openSession(opening)
	case "direct-tcpip":
		c.openForward(opening)
	default:
		c.reject(opening, ssh.UnknownChannelType, "unknown channel type")
	}
}

func (c *connection) reject(opening ssh.NewChannel, reason ssh.RejectionReason, text string) {
	c.server.ledger.update(func(counters *Counters) { counters.ChannelsRefused[opening.ChannelType()]++ })
	_ = opening.Reject(reason, text) // the connection may be gone
}

func (c *connection) accept(opening ssh.NewChannel) (ssh.Channel, <-chan *ssh.Request, bool) {
	channel, requests, err := opening.Accept()
	if err != nil {
		return nil, nil, false
	}
	c.server.ledger.update(func(counters *Counters) { counters.Channels[opening.ChannelType()]++ })
	return channel, requests, true
}

// openSession applies MaxSessions, with sshd's answer when it is exceeded.
func (c *connection) openSession(opening ssh.NewChannel) {
	limit := c.server.options.Limits.Sessions
	c.mutex.Lock()
	full := limit >= 0 && c.sessions >= limit
	if !full {
		c.sessions++
	}
	count := c.sessions
	c.mutex.Unlock()
	if full {
		c.reject(opening, ssh.ConnectionFailed, "open failed")
		return
	}
	c.server.ledger.sessionOpened(count)
	channel, requests, ok := c.accept(opening)
	if !ok {
		c.sessionClosed()
		return
	}
	c.server.work.Go(func() {
		defer c.sessionClosed()
		c.runSession(channel, requests)
	})
}

func (c *connection) sessionClosed() {
	c.mutex.Lock()
	c.sessions--
	c.mutex.Unlock()
	c.server.ledger.update(func(counters *Counters) { counters.Sessions-- })
}

// isLoopback reports that host:port names this machine by a literal address or
// by localhost.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
