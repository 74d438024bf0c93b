package delayproxy

import (
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

const (
	pieceSize = 32 << 10 // bytes read at once
	queueSize = 256      // pieces under way in one direction: 8 MiB, more than a long link holds
)

// link is one client's connection and, once dialled, the one to the target.
type link struct {
	client   net.Conn
	rtt      time.Duration
	accepted time.Time
	chain    *chain
	gates    [2]*gate // by Direction

	endOnce  sync.Once
	ended    chan struct{}
	holeOnce sync.Once
	hole     chan struct{} // closed once everything vanishes

	mutex  sync.Mutex
	server net.Conn
	closed bool
}

func newLink(client net.Conn, rtt time.Duration, faults *plan, numbers *chain) *link {
	return &link{
		client: client, rtt: rtt, accepted: time.Now(), chain: numbers,
		gates: [2]*gate{faults.take(ToServer), faults.take(ToClient)},
		ended: make(chan struct{}), hole: make(chan struct{}),
	}
}

// piece is data on its way, or the end of it.
type piece struct {
	data   []byte
	number int       // see chain
	due    time.Time // when it reaches the other side
	err    error     // io.EOF or what broke; data is empty then
}

// run carries data both ways until both directions have ended.
func (l *link) run(server net.Conn) {
	l.mutex.Lock()
	l.server = server
	closed := l.closed
	l.mutex.Unlock()
	if closed {
		_ = server.Close()
		return
	}
	var directions sync.WaitGroup
	directions.Go(func() { l.carry(server, l.client, ToServer) })
	directions.Go(func() { l.carry(l.client, server, ToClient) })
	directions.Wait()
}

// carry moves data in one direction: one goroutine reads and stamps it, this one
// delivers each piece when it is due.
func (l *link) carry(target, source net.Conn, direction Direction) {
	queue := make(chan piece, queueSize)
	var reading sync.WaitGroup
	reading.Go(func() {
		defer close(queue)
		l.read(source, direction, queue)
	})
	defer reading.Wait()
	for next := range queue {
		if !l.sleepUntil(next.due) || l.vanished() {
			continue // the reader ends by itself
		}
		if next.err != nil {
			l.passEnd(target, next.err)
			continue
		}
		if !l.deliver(target, next, direction) {
			l.reset()
		}
	}
}

// read takes data from one side until it ends or the link does.
func (l *link) read(source net.Conn, direction Direction, queue chan<- piece) {
	for {
		buffer := make([]byte, pieceSize)
		count, err := source.Read(buffer)
		due := l.arrival(direction)
		if count > 0 {
			queue <- piece{data: buffer[:count], number: l.chain.stamp(direction == ToServer), due: due}
		}
		if err != nil {
			queue <- piece{err: err, due: due}
			return
		}
	}
}

// arrival says when data read now reaches the other side. What a client sent
// before its connect would have returned counts as sent just after it.
func (l *link) arrival(direction Direction) time.Time {
	now := time.Now()
	if connected := l.accepted.Add(l.rtt); direction == ToServer && now.Before(connected) {
		now = connected
	}
	return now.Add(l.rtt / 2)
}

// deliver writes a piece as far as the faults let it; false ends the link.
func (l *link) deliver(target net.Conn, next piece, direction Direction) bool {
	gate := l.gates[direction]
	for data := next.data; len(data) > 0; {
		allowed, broken := gate.allow(len(data), l.ended)
		if broken {
			return false
		}
		// Counted before it is written: the answer may be read before Write returns.
		l.chain.deliver(direction == ToServer, next.number, allowed)
		if _, err := target.Write(data[:allowed]); err != nil {
			return false
		}
		if gate.due() {
			return false
		}
		data = data[allowed:]
	}
	return true
}

// passEnd shows one side how the other ended: in order or by a reset.
func (l *link) passEnd(target net.Conn, err error) {
	tcp, ok := target.(*net.TCPConn)
	if !errors.Is(err, io.EOF) || !ok {
		l.reset()
		return
	}
	_ = tcp.CloseWrite() // the other direction notices a failure
}

// sleepUntil waits for a moment; false means that the link ended first.
func (l *link) sleepUntil(moment time.Time) bool {
	wait := time.Until(moment)
	if wait <= 0 {
		select {
		case <-l.ended:
			return false
		default:
			return true
		}
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-l.ended:
		return false
	}
}

// vanish makes everything that is under way or still to come disappear.
func (l *link) vanish() { l.holeOnce.Do(func() { close(l.hole) }) }

func (l *link) vanished() bool {
	select {
	case <-l.hole:
		return true
	default:
		return false
	}
}

// end closes both sides in good order.
func (l *link) end() { l.close(func(conn net.Conn) { _ = conn.Close() }) }

// reset closes both sides with a TCP reset, as a crash or a firewall does.
func (l *link) reset() {
	l.close(resetConnection)
}

func resetConnection(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // a failure only makes the end orderly
	}
	_ = conn.Close()
}

func (l *link) close(closeOne func(net.Conn)) {
	l.endOnce.Do(func() { close(l.ended) })
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.closed {
		return
	}
	l.closed = true
	closeOne(l.client)
	if l.server != nil {
		closeOne(l.server)
	}
}
