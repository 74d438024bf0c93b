package sshserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

func waitIdle(t *testing.T, server *Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := server.WaitIdle(ctx); err != nil {
		t.Fatal(err)
	}
}

func TestFault_stdinIsCutAtEveryByte(t *testing.T) {
	t.Parallel()
	key, users := account(t)
	server := start(t, Options{Users: users})
	home, err := server.Home("gnss")
	if err != nil {
		t.Fatal(err)
	}
	const payload = "0123456789"
	for after := range len(payload) + 1 {
		server.SetFaults(Fault{Point: Stdin, After: int64(after)})
		session := openSession(t, dial(t, server, key))
		session.Stdin = strings.NewReader(payload)
		name := fmt.Sprintf("file%d", after)
		// What the command got is what a careless script would install.
		err := session.Run("cat >part && mv part " + name)
		var missing *ssh.ExitMissingError
		if !errors.As(err, &missing) {
			t.Errorf("after %d bytes: %v, want no exit status", after, err)
		}
		waitIdle(t, server)
		content, err := os.ReadFile(filepath.Join(home, name))
		if string(content) != payload[:after] {
			t.Errorf("after %d bytes the file holds %q (%v), want %q", after, content, err, payload[:after])
		}
	}
}

func TestFault_stdoutIsCutAfterTheBytes(t *testing.T) {
	t.Parallel()
	key, users := account(t)
	server := start(t, Options{Users: users})
	server.SetFaults(Fault{Point: Stdout, After: 4, Skip: 1, Times: 1})
	client := dial(t, server, key)
	if output, err := openSession(t, client).Output("printf 0123456789"); err != nil || string(output) != "0123456789" {
		t.Errorf("skipped session: %q, %v", output, err)
	}
	session := openSession(t, client)
	stdout, err := session.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := session.Start("printf 0123456789; cat"); err != nil {
		t.Fatal(err)
	}
	// How much reaches the client before the reset is not certain, but never more.
	if output, _ := io.ReadAll(stdout); !strings.HasPrefix("0123", string(output)) {
		t.Errorf("output %q, want at most %q", output, "0123")
	}
	var missing *ssh.ExitMissingError
	if err := session.Wait(); !errors.As(err, &missing) {
		t.Errorf("command ended with %v, want a broken connection", err)
	}
	if output, err := openSession(t, dial(t, server, key)).Output("printf 0123456789"); err != nil || string(output) != "0123456789" {
		t.Errorf("session after the fault: %q, %v", output, err)
	}
}

func TestFault_cutCommandSeesEndOfInputAndGoesOn(t *testing.T) {
	t.Parallel()
	key, users := account(t)
	server := start(t, Options{Users: users})
	session := openSession(t, dial(t, server, key))
	if _, err := session.StdinPipe(); err != nil { // stays open
		t.Fatal(err)
	}
	stdout, err := session.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := session.Start("echo ready; cat; echo survived >late"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(stdout, make([]byte, 6)); err != nil {
		t.Fatal(err)
	}
	server.DropConnections()
	waitIdle(t, server)
	home, err := server.Home("gnss")
	if err != nil {
		t.Fatal(err)
	}
	if content, err := os.ReadFile(filepath.Join(home, "late")); string(content) != "survived\n" {
		t.Errorf("file holds %q (%v), want the command to have gone on", content, err)
	}
}

func TestFault_stallEndsWithClearFaults(t *testing.T) {
	t.Parallel()
	key, users := account(t)
	server := start(t, Options{Users: users})
	server.SetFaults(Fault{Point: Stdout, After: 3, Do: Stall})
	session := openSession(t, dial(t, server, key))
	stdout, err := session.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := session.Start("printf abcdef"); err != nil {
		t.Fatal(err)
	}
	first := make([]byte, 3)
	if _, err := io.ReadFull(stdout, first); err != nil || string(first) != "abc" {
		t.Fatalf("first bytes %q, %v", first, err)
	}
	server.ClearFaults()
	rest, err := io.ReadAll(stdout)
	if err != nil || string(rest) != "def" {
		t.Errorf("after the release %q, %v; want %q", rest, err, "def")
	}
	if err := session.Wait(); err != nil {
		t.Errorf("command ended with %v", err)
	}
}

func TestFault_wireIsCutDuringTheHandshake(t *testing.T) {
	t.Parallel()
	key, users := account(t)
	server := start(t, Options{Users: users})
	for _, point := range []Point{Received, Sent} {
		for _, after := range []int64{0, 1, 30, 500} {
			server.SetFaults(Fault{Point: point, After: after})
			before := server.Counters()
			_, err := ssh.Dial("tcp", server.Address(), clientConfig(server, "gnss", ssh.PublicKeys(key.Signer())))
			if err == nil {
				t.Fatalf("point %d after %d: the login worked", point, after)
			}
			server.SetFaults()
			got := server.Counters()
			passed := map[Point]int64{Received: got.BytesReceived - before.BytesReceived, Sent: got.BytesSent - before.BytesSent}
			if passed[point] > after {
				t.Errorf("point %d: %d bytes passed, want at most %d", point, passed[point], after)
			}
		}
	}
	if err := loginWith(t, server, ssh.PublicKeys(key.Signer())); err != nil {
		t.Errorf("login without faults: %v", err)
	}
}

func TestBoot_statesOfAConnection(t *testing.T) {
	t.Parallel()
	server := start(t, Options{Boot: BootRefuse})
	if _, err := net.Dial("tcp", server.Address()); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("while refusing: %v, want connection refused", err)
	}
	if err := server.SetBoot(BootReset); err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", server.Address())
	if err == nil {
		_, err = io.ReadAll(conn)
		_ = conn.Close() // reset already
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("while resetting: %v, want connection reset", err)
	}
	if err := server.SetBoot(BootSilent); err != nil {
		t.Fatal(err)
	}
	if got := firstByte(t, server); got != "timeout" {
		t.Errorf("while silent: %s, want nothing", got)
	}
	if err := server.SetBoot(Ready); err != nil {
		t.Fatal(err)
	}
	if got := firstByte(t, server); got != "S" {
		t.Errorf("when ready: %s, want the identification", got)
	}
	if err := server.SetBoot(BootRefuse); err != nil {
		t.Fatal(err)
	}
	if _, err := net.Dial("tcp", server.Address()); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("refusing again: %v, want connection refused", err)
	}
}

// firstByte says what a server sends first, or "timeout".
func firstByte(t *testing.T, server *Server) string {
	t.Helper()
	conn, err := net.Dial("tcp", server.Address())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }() // only read from
	wait := 20 * time.Second
	if server.bootState() == BootSilent {
		wait = 50 * time.Millisecond
	}
	if err := conn.SetReadDeadline(time.Now().Add(wait)); err != nil {
		t.Fatal(err)
	}
	first := make([]byte, 1)
	_, err = conn.Read(first)
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return "timeout"
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(first)
}

func TestMaxStartups_dropsConnectionsThatDoNotLogIn(t *testing.T) {
	t.Parallel()
	server := start(t, Options{Limits: Limits{StartupsBegin: 3, StartupsRate: 100, StartupsFull: 3}})
	for range 3 {
		conn, err := net.Dial("tcp", server.Address())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() }) // never used again
		if _, err := conn.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
	}
	conn, err := net.Dial("tcp", server.Address())
	if err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if string(answer) != "Exceeded MaxStartups\r\n" || err != nil {
		t.Errorf("fourth connection: %q, %v; want sshd's sentence", answer, err)
	}
	counters := server.Counters()
	if counters.Dropped != 1 || counters.PeakUnauthenticated != 3 || counters.Connections != 4 {
		t.Errorf("dropped %d, peak %d, connections %d; want 1, 3, 4",
			counters.Dropped, counters.PeakUnauthenticated, counters.Connections)
	}
}

func TestDropProbability_followsSSHD(t *testing.T) {
	t.Parallel()
	stock := Limits{}.withDefaults()
	for waiting, want := range map[int]int{0: 0, 9: 0, 10: 30, 55: 65, 99: 99, 100: 100, 500: 100} {
		if got := stock.dropProbability(waiting); got != want {
			t.Errorf("%d waiting: %d %%, want %d %%", waiting, got, want)
		}
	}
	if got := (Limits{StartupsBegin: -1}).withDefaults().dropProbability(500); got != 0 {
		t.Errorf("without a limit: %d %%, want 0", got)
	}
}
