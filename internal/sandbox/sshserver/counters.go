package sshserver

import (
	"maps"
	"slices"
	"sync"
)

// Counters is what happened at a server since it started. Maps are keyed by
// SSH's own names: methods, channel types, request types.
type Counters struct {
	Connections         int // TCP connections accepted, those that were then dropped included
	Dropped             int // by MaxStartups
	Open                int // connections open now
	PeakOpen            int
	PeakUnauthenticated int // connections that had not logged in, at once
	Handshakes          int // key exchanges that the client accepted: it went on to authenticate
	Logins              int

	AuthAccepted map[string]int // final successes, by method
	AuthPartial  map[string]int // successes that need another method
	AuthRefused  map[string]int // "none" is the client's question which methods there are

	Channels        map[string]int // opened, by channel type
	ChannelsRefused map[string]int
	ChannelRequests map[string]int // "exec", "env", "pty-req", "auth-agent-req@openssh.com", ...
	GlobalRequests  map[string]int // "keepalive@openssh.com", ...
	SFTPRequests    map[string]int // "open", "write", "fsync@openssh.com", ...
	Forwards        map[string]int // direct-tcpip by the host:port asked for

	Sessions                  int // open now
	PeakSessions              int // on the whole server
	PeakSessionsPerConnection int

	BytesReceived, BytesSent int64 // on the wire
}

// Command is one exec, shell or subsystem request.
type Command struct {
	User        string
	Type        string            // "exec", "shell" or "subsystem"
	Text        string            // the command line or the subsystem's name, as received
	Environment map[string]string // accepted env requests
}

// ledger keeps the counters. All access goes through its mutex.
type ledger struct {
	mutex    sync.Mutex
	counters Counters
	waiting  int // connections without a login
	offered  []string
	commands []Command
}

func newLedger() *ledger {
	return &ledger{counters: Counters{
		AuthAccepted: map[string]int{}, AuthPartial: map[string]int{}, AuthRefused: map[string]int{},
		Channels: map[string]int{}, ChannelsRefused: map[string]int{}, ChannelRequests: map[string]int{},
		GlobalRequests: map[string]int{}, Forwards: map[string]int{},
		SFTPRequests: map[string]int{},
	}}
}

// update changes the counters under the lock.
func (l *ledger) update(change func(*Counters)) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	change(&l.counters)
}

// opened counts a new connection and returns how many others wait for a login.
func (l *ledger) opened() int {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.counters.Connections++
	l.counters.Open++
	l.counters.PeakOpen = max(l.counters.PeakOpen, l.counters.Open)
	before := l.waiting
	l.waiting++
	return before
}

// admitted records that MaxStartups let the newest connection in. Connections
// that it dropped do not count towards the peak.
func (l *ledger) admitted() {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.counters.PeakUnauthenticated = max(l.counters.PeakUnauthenticated, l.waiting)
}

// settled records that a connection logged in or failed to.
func (l *ledger) settled() {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.waiting--
}

func (l *ledger) sessionOpened(onConnection int) {
	l.update(func(c *Counters) {
		c.Sessions++
		c.PeakSessions = max(c.PeakSessions, c.Sessions)
		c.PeakSessionsPerConnection = max(c.PeakSessionsPerConnection, onConnection)
	})
}

func (l *ledger) command(command Command) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.commands = append(l.commands, command)
}

func (l *ledger) keyOffered(fingerprint string) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.offered = append(l.offered, fingerprint)
}

// Counters returns a copy of the counters as they are now.
func (s *Server) Counters() Counters {
	s.ledger.mutex.Lock()
	defer s.ledger.mutex.Unlock()
	copied := s.ledger.counters
	copied.BytesReceived, copied.BytesSent = s.received.Load(), s.sent.Load()
	for _, field := range []*map[string]int{
		&copied.AuthAccepted, &copied.AuthPartial, &copied.AuthRefused,
		&copied.Channels, &copied.ChannelsRefused, &copied.ChannelRequests,
		&copied.GlobalRequests, &copied.Forwards, &copied.SFTPRequests,
	} {
		*field = maps.Clone(*field)
	}
	return copied
}

// Commands returns every exec, shell and subsystem request so far, in order of
// arrival. Tests look here for secrets that must not be on a command line.
func (s *Server) Commands() []Command {
	s.ledger.mutex.Lock()
	defer s.ledger.mutex.Unlock()
	copied := slices.Clone(s.ledger.commands)
	for i := range copied {
		copied[i].Environment = maps.Clone(copied[i].Environment)
	}
	return copied
}

// OfferedKeys returns the SHA-256 fingerprints of the public keys that clients
// offered, in order, with a key once for the question and once for the
// signature.
func (s *Server) OfferedKeys() []string {
	s.ledger.mutex.Lock()
	defer s.ledger.mutex.Unlock()
	return slices.Clone(s.ledger.offered)
}
