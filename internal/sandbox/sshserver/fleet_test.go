package sshserver

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

func startFleet(t *testing.T, options FleetOptions) *Fleet {
	t.Helper()
	fleet, err := StartFleet(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := fleet.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		if _, err := os.Stat(fleet.Directory); !os.IsNotExist(err) {
			t.Errorf("the fleet's directory is still there: %v", err)
		}
	})
	return fleet
}

// fleetConfig checks host keys with the fleet's own known_hosts file.
func fleetConfig(t *testing.T, fleet *Fleet) *ssh.ClientConfig {
	t.Helper()
	check, err := knownhosts.New(fleet.KnownHostsFile)
	if err != nil {
		t.Fatal(err)
	}
	return &ssh.ClientConfig{
		User: fleet.User, Auth: []ssh.AuthMethod{ssh.PublicKeys(fleet.Key.Signer())}, HostKeyCallback: check,
	}
}

// through opens a login to host:port by way of another client.
func through(client *ssh.Client, address string, config *ssh.ClientConfig) (*ssh.Client, error) {
	conn, err := client.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	next, channels, requests, err := ssh.NewClientConn(conn, address, config)
	if err != nil {
		return nil, err
	}
	return ssh.NewClient(next, channels, requests), nil
}

func TestFleet_hostsBehindTwoBastions(t *testing.T) {
	t.Parallel()
	fleet := startFleet(t, FleetOptions{Hosts: 2, Bastions: 2})
	config := fleetConfig(t, fleet)
	first, err := ssh.Dial("tcp", fleet.Bastions[0].Address(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = first.Close() }() // the fleet ends it otherwise
	second, err := through(first, fleet.Bastions[1].Address(), config)
	if err != nil {
		t.Fatal(err)
	}
	for i, host := range fleet.Hosts {
		client, err := through(second, host.Name()+":22", config)
		if err != nil {
			t.Fatal(err)
		}
		output, err := openSession(t, client).Output("pwd -P")
		home := filepath.Join(fleet.Directory, "machines", fmt.Sprintf("node%d", i+1), "home", "gnss")
		if err != nil || string(output) != home+"\n" {
			t.Errorf("home %q, %v; want %q", output, err, home)
		}
	}
	want := map[string]int{"node1.sandbox.test:22": 1, "node2.sandbox.test:22": 1}
	if diff := cmp.Diff(want, fleet.Bastions[1].Counters().Forwards); diff != "" {
		t.Errorf("forwards differ (-want +got):\n%s", diff)
	}
	if got := fleet.Bastions[0].Counters().Connections; got != 1 {
		t.Errorf("%d connections to the first bastion, want 1", got)
	}
}

func TestFleet_thousandHosts(t *testing.T) {
	t.Parallel()
	fleet := startFleet(t, FleetOptions{Hosts: 1000})
	entries, err := os.ReadDir(fleet.Directory)
	if err != nil || len(entries) != 4 {
		t.Errorf("directory has %v (%v), want only the client's files", entries, err)
	}
	config := fleetConfig(t, fleet)
	bastion, err := ssh.Dial("tcp", fleet.Bastions[0].Address(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = bastion.Close() }() // the fleet ends it otherwise
	var logins sync.WaitGroup
	for _, host := range []*Server{fleet.Hosts[0], fleet.Hosts[499], fleet.Hosts[999]} {
		logins.Go(func() {
			client, err := through(bastion, host.Name()+":22", config)
			if err != nil {
				t.Errorf("%s: %v", host.Name(), err)
				return
			}
			_ = client.Close() // only whether the login works matters
		})
	}
	logins.Wait()
	if got := fleet.Bastions[0].Counters().Channels["direct-tcpip"]; got != 3 {
		t.Errorf("%d channels through the bastion, want 3", got)
	}
}

func TestForward_onlyWhereAllowedAndLoopback(t *testing.T) {
	t.Parallel()
	key, users := account(t)
	users["narrow"] = User{Keys: users["gnss"].Keys, NoForward: true}
	closed := start(t, Options{Users: users})
	open := start(t, Options{Users: users, Forward: true, Routes: map[string]string{"far:22": "192.0.2.1:22"}})
	tests := []struct {
		name   string
		server *Server
		user   string
		target string
		reason ssh.RejectionReason
	}{
		{"server without forwarding", closed, "gnss", closed.Address(), ssh.Prohibited},
		{"account without forwarding", open, "narrow", closed.Address(), ssh.Prohibited},
		{"another machine", open, "gnss", "192.0.2.1:22", ssh.ConnectionFailed},
		{"a name without a route", open, "gnss", "node1.example.org:22", ssh.ConnectionFailed},
		{"a route to another machine", open, "gnss", "far:22", ssh.ConnectionFailed},
		{"nobody listens", open, "gnss", unusedAddress(t), ssh.ConnectionFailed},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			client, err := ssh.Dial("tcp", test.server.Address(),
				clientConfig(test.server, test.user, ssh.PublicKeys(key.Signer())))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = client.Close() }() // the server ends it otherwise
			host, port, _ := net.SplitHostPort(test.target)
			var number uint32
			if _, err := fmt.Sscan(port, &number); err != nil {
				t.Fatal(err)
			}
			_, _, err = client.OpenChannel("direct-tcpip", ssh.Marshal(forwardRequest{Host: host, Port: number}))
			var refused *ssh.OpenChannelError
			if !errors.As(err, &refused) || refused.Reason != test.reason {
				t.Errorf("got %v, want it refused with %v", err, test.reason)
			}
		})
	}
}

func unusedAddress(t *testing.T) string {
	t.Helper()
	host := start(t, Options{Boot: BootRefuse})
	return host.Address()
}

func TestStart_refusesOtherAddresses(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"0.0.0.0:0", "192.0.2.1:0", "example.org:0", "127.0.0.1"} {
		if server, err := Start(Options{Address: address}); err == nil {
			t.Errorf("%s: started at %s", address, server.Address())
			_ = server.Close() // should not exist
		}
	}
}
