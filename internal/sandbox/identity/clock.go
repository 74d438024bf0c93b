package identity

import "time"

// Now returns the server's time: the clock of the options plus what was added
// with [Server.Advance]. Token lifetimes, leeway, device codes, rate limits and
// the Date header all follow it.
func (s *Server) Now() time.Time {
	s.clockMu.Lock()
	defer s.clockMu.Unlock()
	return s.baseNow().Add(s.offset)
}

// Advance moves the server's clock forward by d, or back if d is negative. The
// client's own clock stays where it is.
func (s *Server) Advance(d time.Duration) {
	s.clockMu.Lock()
	defer s.clockMu.Unlock()
	s.offset += d
}

// SetNow replaces the server's clock and forgets earlier advances.
func (s *Server) SetNow(now func() time.Time) {
	s.clockMu.Lock()
	defer s.clockMu.Unlock()
	s.baseNow, s.offset = now, 0
}
