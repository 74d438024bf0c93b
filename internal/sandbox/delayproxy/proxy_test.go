package delayproxy

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"
)

// startProxy forwards to a server that runs handle on every connection.
func startProxy(t *testing.T, options Options, handle func(net.Conn)) *Proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() }) // closed by some tests already
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = conn.Close() }() // often reset by the proxy
				handle(conn)
			}()
		}
	}()
	return proxyTo(t, listener.Addr().String(), options)
}

func proxyTo(t *testing.T, target string, options Options) *Proxy {
	t.Helper()
	proxy, err := Start(target, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := proxy.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return proxy
}

func dial(t *testing.T, proxy *Proxy) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", proxy.Address())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() }) // often reset by the proxy
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// echoLines answers every line with itself, in two pieces.
func echoLines(conn net.Conn) {
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		if _, err := fmt.Fprint(conn, lines.Text()); err != nil {
			return
		}
		if _, err := fmt.Fprint(conn, "\n"); err != nil {
			return
		}
	}
}

func ask(t *testing.T, conn net.Conn, lines ...string) {
	t.Helper()
	if _, err := io.WriteString(conn, strings.Join(lines, "\n")+"\n"); err != nil {
		t.Fatal(err)
	}
	answers := bufio.NewReader(io.LimitReader(conn, int64(len(strings.Join(lines, "\n"))+1)))
	for _, line := range lines {
		answer, err := answers.ReadString('\n')
		if err != nil || answer != line+"\n" {
			t.Fatalf("answer %q, %v; want %q", answer, err, line)
		}
	}
}

func TestProxy_countsQuestionsThatWaitForAnswers(t *testing.T) {
	t.Parallel()
	proxy := startProxy(t, Options{RTT: 40 * time.Millisecond}, echoLines)
	conn := dial(t, proxy)
	ask(t, conn, "a")                // 1 connect + 1
	ask(t, conn, "b")                // 1
	ask(t, conn, "c", "d", "e", "f") // 1: sent together
	counters := proxy.Counters()
	if counters.RoundTrips != 4 {
		t.Errorf("%d round trips, want 4", counters.RoundTrips)
	}
	if counters.Turns != 3 {
		t.Errorf("%d turns, want 3", counters.Turns)
	}
	if counters.BytesToServer != 12 || counters.BytesToClient != 12 {
		t.Errorf("%d bytes to the server and %d back, want 12 each", counters.BytesToServer, counters.BytesToClient)
	}
	if counters.Connections != 1 || counters.PeakOpen != 1 {
		t.Errorf("%d connections, %d at once, want 1 and 1", counters.Connections, counters.PeakOpen)
	}
}

func TestProxy_delaysAsADistantServerWould(t *testing.T) {
	t.Parallel()
	const rtt = 60 * time.Millisecond
	proxy := startProxy(t, Options{RTT: rtt}, echoLines)
	begun := time.Now()
	conn := dial(t, proxy)
	ask(t, conn, "a")
	if got := time.Since(begun); got < 2*rtt {
		t.Errorf("connect and one question took %v, want at least %v", got, 2*rtt)
	}
	begun = time.Now()
	ask(t, conn, "b")
	if got := time.Since(begun); got < rtt {
		t.Errorf("a question took %v, want at least %v", got, rtt)
	}
}

func TestFault_cutsAfterExactlyTheBytes(t *testing.T) {
	t.Parallel()
	for _, direction := range []Direction{ToServer, ToClient} {
		for _, after := range []int64{0, 1, 7, 10} {
			t.Run(fmt.Sprintf("direction %d after %d", direction, after), func(t *testing.T) {
				t.Parallel()
				received := make(chan int64, 1)
				proxy := startProxy(t, Options{Faults: []Fault{{Direction: direction, After: after, Times: 1}}},
					func(conn net.Conn) {
						if direction == ToClient {
							_, _ = io.ReadFull(conn, make([]byte, 1)) // after the client has connected
							_, _ = io.WriteString(conn, "0123456789") // the proxy may have cut
						}
						count, _ := io.Copy(io.Discard, conn)
						received <- count
					})
				conn := dial(t, proxy)
				sent := map[Direction]string{ToServer: "0123456789", ToClient: "?"}[direction]
				_, _ = io.WriteString(conn, sent) // the proxy may have cut
				arrived, err := io.Copy(io.Discard, conn)
				if !errors.Is(err, syscall.ECONNRESET) {
					t.Errorf("client got %v, want a reset", err)
				}
				if direction == ToServer {
					arrived = <-received
				}
				if arrived != after {
					t.Errorf("%d bytes arrived, want %d", arrived, after)
				}
			})
		}
	}
}

func TestFault_skipsAndStopsBreaking(t *testing.T) {
	t.Parallel()
	proxy := startProxy(t, Options{}, echoLines)
	proxy.SetFaults(Fault{Direction: ToServer, After: 0, Skip: 1, Times: 1})
	ask(t, dial(t, proxy), "first")
	broken := dial(t, proxy)
	_, _ = io.WriteString(broken, "second\n") // it may be cut before
	if _, err := io.ReadAll(broken); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("second connection ended with %v, want a reset", err)
	}
	ask(t, dial(t, proxy), "third")
}

func TestFault_stallHoldsDataUntilReleased(t *testing.T) {
	t.Parallel()
	heard := make(chan byte, 10)
	proxy := startProxy(t, Options{Faults: []Fault{{Direction: ToServer, After: 3, Do: Stall}}}, func(conn net.Conn) {
		one := make([]byte, 1)
		for {
			if _, err := conn.Read(one); err != nil {
				close(heard)
				return
			}
			heard <- one[0]
		}
	})
	conn := dial(t, proxy)
	if _, err := io.WriteString(conn, "abcdef"); err != nil {
		t.Fatal(err)
	}
	got := []byte{<-heard, <-heard, <-heard}
	if delivered := proxy.Counters().BytesToServer; string(got) != "abc" || delivered != 3 {
		t.Errorf("before the release %q arrived and %d bytes were counted, want %q and 3", got, delivered, "abc")
	}
	proxy.SetFaults()
	got = []byte{<-heard, <-heard, <-heard}
	if string(got) != "def" {
		t.Errorf("after the release %q arrived, want %q", got, "def")
	}
}

func TestBlackHole_swallowsWithoutAnEnd(t *testing.T) {
	t.Parallel()
	ended := make(chan error, 1)
	proxy := startProxy(t, Options{}, func(conn net.Conn) {
		echoLines(conn)
		ended <- nil
	})
	conn := dial(t, proxy)
	ask(t, conn, "before")
	proxy.BlackHole(true)
	if _, err := io.WriteString(conn, "lost\n"); err != nil {
		t.Fatal(err)
	}
	fresh := dial(t, proxy)
	for _, silent := range []net.Conn{conn, fresh} {
		if err := silent.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		var timeout net.Error
		if _, err := silent.Read(make([]byte, 1)); !errors.As(err, &timeout) || !timeout.Timeout() {
			t.Errorf("read in the hole gave %v, want a timeout", err)
		}
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ended:
		t.Error("the server saw the connection end, want silence")
	case <-time.After(50 * time.Millisecond):
	}
	if got := proxy.Counters().BytesToServer; got != 7 {
		t.Errorf("%d bytes reached the server, want the 7 from before", got)
	}
	proxy.BlackHole(false)
	ask(t, dial(t, proxy), "after")
}

func TestProxy_passesTheEndOfData(t *testing.T) {
	t.Parallel()
	proxy := startProxy(t, Options{RTT: 10 * time.Millisecond}, func(conn net.Conn) {
		data, err := io.ReadAll(conn)
		if err == nil {
			_, _ = fmt.Fprintf(conn, "got %s", data) // a failure shows at the client
		}
	})
	conn := dial(t, proxy)
	if _, err := io.WriteString(conn, "all"); err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil || string(answer) != "got all" {
		t.Errorf("answer %q, %v; want %q", answer, err, "got all")
	}
}

func TestProxy_targetThatRefusesResetsTheClient(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	proxy := proxyTo(t, listener.Addr().String(), Options{})
	conn, err := net.Dial("tcp", proxy.Address())
	if err == nil { // else the reset came before the connect was over
		_, err = io.ReadAll(conn)
		_ = conn.Close() // broken already
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("client got %v, want a reset", err)
	}
	if got := proxy.Counters().Refused; got != 1 {
		t.Errorf("%d refused, want 1", got)
	}
}

func TestClose_endsConnections(t *testing.T) {
	t.Parallel()
	proxy := startProxy(t, Options{RTT: time.Hour}, echoLines)
	conn := dial(t, proxy)
	if err := proxy.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(conn); err == nil {
		t.Error("the connection ended in good order, want a reset")
	}
	if err := proxy.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
}
