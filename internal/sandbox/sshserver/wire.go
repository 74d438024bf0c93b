package sshserver

import (
	"net"
	"sync"
	"sync/atomic"
)

// wire is a client's TCP connection with the counters and faults on it.
type wire struct {
	net.Conn
	received, sent *gate
	bytesReceived  *atomic.Int64
	bytesSent      *atomic.Int64
	ended          chan struct{}
	endOnce        sync.Once
}

// newWire wraps an accepted connection. The two counters are the server's.
func newWire(conn net.Conn, plan *faultPlan, received, sent *atomic.Int64) *wire {
	w := &wire{Conn: conn, bytesReceived: received, bytesSent: sent, ended: make(chan struct{})}
	w.received = plan.take(Received, w.reset)
	w.sent = plan.take(Sent, w.reset)
	return w
}

// Read delivers what the client sent, up to the byte where a fault is due.
func (w *wire) Read(buffer []byte) (int, error) {
	allowed, err := w.received.allow(len(buffer), w.ended)
	if err != nil {
		return 0, err
	}
	count, err := w.Conn.Read(buffer[:allowed])
	w.received.passed(count)
	w.bytesReceived.Add(int64(count))
	return count, err
}

// Write sends to the client, up to the byte where a fault is due.
func (w *wire) Write(data []byte) (int, error) {
	written := 0
	for written < len(data) {
		allowed, err := w.sent.allow(len(data)-written, w.ended)
		if err != nil {
			return written, err
		}
		count, err := w.Conn.Write(data[written : written+allowed])
		written += count
		w.sent.passed(count)
		w.bytesSent.Add(int64(count))
		if err != nil {
			return written, err
		}
		if w.sent.due() {
			w.reset()
			return written, net.ErrClosed
		}
	}
	return written, nil
}

// Close ends the connection in good order.
func (w *wire) Close() error {
	w.endOnce.Do(func() { close(w.ended) })
	return w.Conn.Close()
}

// reset ends the connection with a TCP reset, as a crash or a firewall does.
func (w *wire) reset() {
	resetConnection(w.Conn)
	w.endOnce.Do(func() { close(w.ended) })
}

// resetConnection closes with a TCP reset instead of an orderly end.
func resetConnection(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // a failure only makes the end orderly
	}
	_ = conn.Close()
}
