package remote

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/sshserver"
)

// benchmarkHosts is how many hosts BenchmarkFleet has; ES_BENCH_HOSTS changes it.
const benchmarkHosts = 100

const benchmarkParallel = 32

// BenchmarkFleet writes one small file to each host of a fleet behind a bastion,
// cold, with this package (engine), and with golang.org/x/crypto/ssh alone: the
// same command with the same input (bare), and no work at all (true). All have
// the same hosts, the same single connection to the bastion and the same
// parallelism, and the hosts run in this process, so that what differs is the
// engine's own cost.
//
//	ES_BENCH_HOSTS=1000 go test ./internal/remote -run '^$' -bench Fleet -benchtime 3x
func BenchmarkFleet(b *testing.B) {
	hosts := benchmarkHosts
	if text := os.Getenv("ES_BENCH_HOSTS"); text != "" {
		var err error
		if hosts, err = strconv.Atoi(text); err != nil || hosts < 1 {
			b.Fatalf("ES_BENCH_HOSTS=%s is no number of hosts", text)
		}
	}
	fleet, targets := startFleet(b, sshserver.FleetOptions{Hosts: hosts})
	bare := newBareFleet(b, fleet)
	for name, run := range map[string]func(context.Context, *Pool, int) error{
		"engine": func(ctx context.Context, pool *Pool, i int) error {
			_, err := pool.Transact(ctx, targets[i], Transaction{Paths: []string{"~/token"}, Edit: write("secret")})
			return err
		},
		"bare": func(ctx context.Context, _ *Pool, i int) error { return bare.run(ctx, i, bare.command, bare.input) },
		"true": func(ctx context.Context, _ *Pool, i int) error { return bare.run(ctx, i, "true", nil) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var used time.Duration
			for range b.N {
				b.StopTimer()
				clearHomes(b, fleet)
				bare.connect(b)
				pool := NewPool(Options{Home: b.TempDir(), LocalUser: "tester"})
				b.StartTimer()
				before := cpuTime()
				each(b, hosts, func(i int) error { return run(b.Context(), pool, i) })
				used += cpuTime() - before
				b.StopTimer()
				_ = errors.Join(pool.Close(), bare.close())
				b.StartTimer()
			}
			b.ReportMetric(float64(hosts)*float64(b.N)/b.Elapsed().Seconds(), "hosts/s")
			b.ReportMetric(used.Seconds()*1000/float64(hosts*b.N), "cpu-ms/host")
		})
	}
}

// each runs work for all hosts, some at a time.
func each(t testing.TB, hosts int, work func(i int) error) {
	t.Helper()
	var group sync.WaitGroup
	places := make(chan struct{}, benchmarkParallel)
	for i := range hosts {
		places <- struct{}{}
		group.Go(func() {
			defer func() { <-places }()
			if err := work(i); err != nil {
				t.Errorf("host %d: %v", i, err)
			}
		})
	}
	group.Wait()
}

func clearHomes(t testing.TB, fleet *sshserver.Fleet) {
	t.Helper()
	for _, server := range fleet.Hosts {
		home, err := server.Home(fleet.User)
		if err == nil {
			err = os.RemoveAll(filepath.Join(home, "token"))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// bareFleet reaches the hosts with the SSH library alone.
type bareFleet struct {
	fleet   *sshserver.Fleet
	config  *ssh.ClientConfig
	bastion *ssh.Client
	command string
	input   []byte

	mu      sync.Mutex
	clients []*ssh.Client
}

// newBareFleet learns the command that the engine runs from one run of it.
func newBareFleet(t testing.TB, fleet *sshserver.Fleet) *bareFleet {
	t.Helper()
	trusted := map[string]bool{}
	for _, server := range append([]*sshserver.Server{fleet.Hosts[0], fleet.Bastions[0]}, fleet.Hosts...) {
		trusted[string(server.HostKeys()[0].PublicKey().Marshal())] = true
	}
	f := &bareFleet{fleet: fleet, config: &ssh.ClientConfig{
		User: fleet.User, Auth: []ssh.AuthMethod{ssh.PublicKeys(fleet.Key.Signer())}, HostKeyAlgorithms: []string{ssh.KeyAlgoED25519},
		HostKeyCallback: func(_ string, _ net.Addr, key ssh.PublicKey) error {
			if !trusted[string(key.Marshal())] {
				return errors.New("another key")
			}
			return nil
		},
	}}
	h := startHost(t, nil)
	if _, err := newPool(t, nil).Transact(t.Context(), h.target, Transaction{Paths: []string{"~/token"}, Edit: write("secret")}); err != nil {
		t.Fatal(err)
	}
	f.command = h.Commands()[0].Text
	nonce, _, _ := strings.Cut(f.command[strings.LastIndex(f.command, "' es '")+len("' es '"):], "'")
	f.input = fmt.Appendf(nil, "\n%s go\n1 w 600 - none - 6\nsecret\n%s end\n", nonce, nonce)
	return f
}

func (f *bareFleet) connect(t testing.TB) {
	t.Helper()
	var err error
	if f.bastion, err = ssh.Dial("tcp", f.fleet.Bastions[0].Address(), f.config); err != nil {
		t.Fatal(err)
	}
}

// run connects to a host, runs the command and keeps the connection, as a pool does.
func (f *bareFleet) run(ctx context.Context, i int, command string, input []byte) error {
	address := net.JoinHostPort(f.fleet.Hosts[i].Name(), "22")
	conn, err := f.bastion.DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	secured, channels, requests, err := ssh.NewClientConn(conn, address, f.config)
	if err != nil {
		return err
	}
	client := ssh.NewClient(secured, channels, requests)
	f.mu.Lock()
	f.clients = append(f.clients, client)
	f.mu.Unlock()
	session, err := client.NewSession()
	if err != nil {
		return err
	}
	session.Stdin = bytes.NewReader(input)
	_, err = session.Output(command)
	return err
}

func (f *bareFleet) close() error {
	for _, client := range f.clients {
		_ = client.Close()
	}
	f.clients = nil
	return f.bastion.Close()
}

// TestBareFleet_doesTheSameWork keeps the benchmark honest: the library alone, fed
// with what the engine sends, leaves the same file.
func TestBareFleet_doesTheSameWork(t *testing.T) {
	t.Parallel()
	fleet, _ := startFleet(t, sshserver.FleetOptions{Hosts: 1})
	bare := newBareFleet(t, fleet)
	bare.connect(t)
	if err := bare.run(testContext(t), 0, bare.command, bare.input); err != nil {
		t.Fatal(err)
	}
	_ = bare.close()
	home, err := fleet.Hosts[0].Home(fleet.User)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(home, "token")); err != nil || string(got) != "secret" {
		t.Errorf("content = %q, %v", got, err)
	}
}
