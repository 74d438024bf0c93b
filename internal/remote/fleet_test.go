package remote

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/credential"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/hostkey"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/sshserver"
)

// startFleet starts hosts behind bastions and returns targets for all of them.
func startFleet(t testing.TB, options sshserver.FleetOptions) (*sshserver.Fleet, []Target) {
	t.Helper()
	fleet, err := sshserver.StartFleet(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := fleet.Close(); err != nil {
			t.Errorf("close the fleet: %v", err)
		}
	})
	source := credential.Source{KeyFiles: []string{fleet.KeyFile}, NoAgent: true}
	policy := hostkey.Policy{Files: []string{fleet.KnownHostsFile}}
	var jumps []Hop
	for _, bastion := range fleet.Bastions {
		var port int
		if _, err := fmt.Sscan(bastion.Port(), &port); err != nil {
			t.Fatal(err)
		}
		jumps = append(jumps, Hop{Host: bastion.Host(), Port: port, User: fleet.User, HostKey: policy})
	}
	var targets []Target
	for _, server := range fleet.Hosts {
		name := server.Name()
		if !strings.Contains(name, ".") {
			name += ".sandbox.test"
		}
		targets = append(targets, Target{Host: name, Port: 22, User: fleet.User, Auth: source, HostKey: policy, Jumps: jumps})
	}
	return fleet, targets
}

func TestFleet_fiftyHostsOneBastionConnection(t *testing.T) {
	t.Parallel()
	fleet, targets := startFleet(t, sshserver.FleetOptions{Hosts: 50})
	pool := newPool(t, nil)
	ctx := testContext(t)
	var group sync.WaitGroup
	for _, target := range targets {
		group.Go(func() {
			if _, err := pool.Transact(ctx, target, Transaction{Paths: threeFiles, Edit: write("secret")}); err != nil {
				t.Errorf("%s: %v", target.Host, err)
			}
			report, err := pool.Read(ctx, target, nil, threeFiles...)
			if err != nil || string(report.States[0].Content) != "secret" || len(report.HostKeys) != 2 {
				t.Errorf("%s: %+v, %v", target.Host, report.HostKeys, err)
			}
		})
	}
	group.Wait()
	bastion := fleet.Bastions[0].Counters()
	t.Logf("bastion: %d connections, %d logins, %d dropped, %d forwards", bastion.Connections, bastion.Logins, bastion.Dropped, bastion.Channels["direct-tcpip"])
	if bastion.Connections != 1 || bastion.Logins != 1 || bastion.Dropped != 0 || bastion.Channels["direct-tcpip"] != 50 {
		t.Errorf("bastion: %+v", bastion)
	}
	for _, server := range fleet.Hosts {
		if c := server.Counters(); c.Connections != 1 || c.Logins != 1 || c.Dropped != 0 {
			t.Errorf("%s: %d connections, %d logins, %d dropped", server.Name(), c.Connections, c.Logins, c.Dropped)
		}
	}
}

func TestFleet_twoBastionsByConfiguration(t *testing.T) {
	t.Parallel()
	program := needPart(t, "ssh")
	fleet, _ := startFleet(t, sshserver.FleetOptions{Hosts: 2, Bastions: 2})
	pool := newPool(t, func(o *Options) { o.SSHProgram = program; o.Environ = []string{"PATH=" + os.Getenv("PATH")} })
	for _, transport := range []Transport{Native, OpenSSH} {
		report, err := pool.Transact(testContext(t), Target{Host: "node2", ConfigFile: fleet.ConfigFile, Transport: transport}, Transaction{Paths: threeFiles, Edit: write(string(transport))})
		if err != nil {
			t.Fatalf("%s: %v", transport, err)
		}
		if transport == Native && len(report.HostKeys) != 3 || report.User != fleet.User {
			t.Errorf("report = %+v", report)
		}
	}
}

func TestFleet_failureNamesTheHop(t *testing.T) {
	t.Parallel()
	fleet, targets := startFleet(t, sshserver.FleetOptions{Hosts: 1, Configure: func(name string, o *sshserver.Options) {
		if name == "node1" {
			o.Users = map[string]sshserver.User{}
		}
	}})
	target := targets[0]
	bastion := target.Jumps[0]

	fleet.Hosts[0].RemoveUser(fleet.User)
	_, err := newPool(t, nil).Read(testContext(t), target, nil, "~/f")
	var refused *AuthError
	if !errors.As(err, &refused) || refused.Address != target.Host+":22" || len(refused.Via) != 1 {
		t.Errorf("refused login: %v", err)
	}
	target.Host = "nowhere.sandbox.test"
	_, err = newPool(t, nil).Read(testContext(t), target, nil, "~/f")
	var failed *ConnectError
	if !errors.As(err, &failed) || failed.Address != "nowhere.sandbox.test:22" || len(failed.Via) != 1 {
		t.Errorf("unknown to the bastion: %v", err)
	}
	target.Jumps = []Hop{{Host: bastion.Host, Port: 1, User: bastion.User}}
	_, err = newPool(t, nil).Read(testContext(t), target, nil, "~/f")
	if !errors.As(err, &failed) || failed.Kind != Refused || failed.Address != bastion.Host+":1" || len(failed.Via) != 0 {
		t.Errorf("bastion that is off: %v", err)
	}
	if err := fleet.Bastions[0].RotateHostKeys(); err != nil {
		t.Fatal(err)
	}
	_, err = newPool(t, nil).Read(testContext(t), targets[0], nil, "~/f")
	var key *hostkey.Error
	if !errors.As(err, &key) || key.Reason != hostkey.Changed || key.Host != bastion.Host {
		t.Errorf("bastion with another key: %v", err)
	}
}

func TestPool_manyCallsOneHost(t *testing.T) {
	t.Parallel()
	for _, sessions := range []int{1, 3, 10} {
		t.Run(fmt.Sprint(sessions), func(t *testing.T) {
			t.Parallel()
			h := startHost(t, func(o *sshserver.Options, _ *sshserver.User) { o.Limits.Sessions = sessions })
			pool := newPool(t, nil)
			ctx := testContext(t)
			var group sync.WaitGroup
			for range 40 {
				group.Go(func() {
					if _, err := pool.Read(ctx, h.target, nil, "~/f"); err != nil {
						t.Error(err)
					}
				})
			}
			group.Wait()
			c := h.Counters()
			if c.Connections != 1 || c.PeakSessionsPerConnection > sessions {
				t.Errorf("%d connections, %d sessions at once", c.Connections, c.PeakSessionsPerConnection)
			}
		})
	}
}

func TestPool_connectionPerIdentity(t *testing.T) {
	t.Parallel()
	h := startHost(t, func(_ *sshserver.Options, u *sshserver.User) { u.Password = "pw" })
	pool := newPool(t, nil)
	byPassword := h.target
	byPassword.Auth = credential.Source{Password: []byte("pw"), NoAgent: true}
	wrongPassword := h.target
	wrongPassword.Auth = credential.Source{Password: []byte("no"), NoAgent: true}
	untrusted := h.target
	untrusted.HostKey = hostkey.Policy{Pinned: []string{strings.TrimSpace(newKey(t, sshserver.Ed25519).AuthorizedKey())}}
	for range 2 {
		for _, target := range []Target{h.target, byPassword} {
			if _, err := pool.Read(testContext(t), target, nil, "~/f"); err != nil {
				t.Fatal(err)
			}
		}
		for _, target := range []Target{wrongPassword, untrusted} {
			if _, err := pool.Read(testContext(t), target, nil, "~/f"); err == nil {
				t.Error("a connection was used by somebody who could not have opened it")
			}
		}
	}
	if c := h.Counters(); c.Logins != 2 {
		t.Errorf("%d logins, want 2", c.Logins)
	}
}

func TestPool_idleConnectionCloses(t *testing.T) {
	t.Parallel()
	fleet, targets := startFleet(t, sshserver.FleetOptions{Hosts: 1})
	pool := newPool(t, func(o *Options) { o.IdleTimeout = time.Millisecond })
	if _, err := pool.Read(testContext(t), targets[0], nil, "~/f"); err != nil {
		t.Fatal(err)
	}
	ctx := testContext(t)
	for fleet.Bastions[0].Counters().Open > 0 || fleet.Hosts[0].Counters().Open > 0 {
		if ctx.Err() != nil {
			t.Fatal("idle connections stay open")
		}
		pause(ctx, time.Millisecond)
	}
}

func TestPool_closed(t *testing.T) {
	t.Parallel()
	h := startHost(t, nil)
	pool := NewPool(Options{Home: t.TempDir(), LocalUser: "tester"})
	if _, err := pool.Read(testContext(t), h.target, nil, "~/f"); err != nil {
		t.Fatal(err)
	}
	if err := pool.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Read(testContext(t), h.target, nil, "~/f"); !errors.Is(err, ErrClosed) {
		t.Errorf("error = %v, want ErrClosed", err)
	}
}

func TestWait_bootingHost(t *testing.T) {
	t.Parallel()
	for name, boot := range map[string]sshserver.Boot{"refuse": sshserver.BootRefuse, "reset": sshserver.BootReset, "silent": sshserver.BootSilent, "no login": sshserver.BootNoLogin} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := startHost(t, func(o *sshserver.Options, _ *sshserver.User) { o.Boot = boot })
			var events []WaitEvent
			pool := newPool(t, func(o *Options) { o.Sleep = noPause })
			target := h.target
			target.ConnectTimeout = 200 * time.Millisecond
			if boot == sshserver.BootNoLogin {
				target.ConnectTimeout = 10 * time.Second
			}
			target.Wait = Wait{For: time.Hour, AuthGrace: time.Hour, Progress: func(event WaitEvent) {
				if events = append(events, event); len(events) == 3 {
					if err := h.SetBoot(sshserver.Ready); err != nil {
						t.Error(err)
					}
				}
			}}
			if boot == sshserver.BootSilent {
				target.ConnectTimeout = 500 * time.Millisecond
			}
			if _, err := pool.Read(testContext(t), target, nil, "~/f"); err != nil {
				t.Fatal(err)
			}
			if len(events) < 3 || events[0].Attempt != 1 || events[2].Attempt != 3 || events[1].Pause != 2*events[0].Pause || events[0].Err == nil {
				t.Errorf("events = %+v", events)
			}
		})
	}
}

func TestWait_notAskedFor(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		boot  sshserver.Boot
		check func(error) bool
	}{
		"refuse":   {sshserver.BootRefuse, isConnect(Refused)},
		"reset":    {sshserver.BootReset, isConnect(Dropped)},
		"silent":   {sshserver.BootSilent, isConnect(TimedOut)},
		"no login": {sshserver.BootNoLogin, func(err error) bool { var e *AuthError; return errors.As(err, &e) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := startHost(t, func(o *sshserver.Options, _ *sshserver.User) { o.Boot = test.boot })
			target := h.target
			target.ConnectTimeout = 300 * time.Millisecond
			if test.boot == sshserver.BootNoLogin {
				target.ConnectTimeout = 10 * time.Second
			}
			_, err := newPool(t, func(o *Options) { o.Sleep = noPause }).Read(testContext(t), target, nil, "~/f")
			if !test.check(err) {
				t.Errorf("error = %T %v", err, err)
			}
		})
	}
}

func TestConnect_errors(t *testing.T) {
	t.Parallel()
	target := Target{Host: "no-such-host.invalid", User: "gnss", Auth: credential.Source{NoAgent: true}}
	_, err := newPool(t, nil).Read(testContext(t), target, nil, "~/f")
	if !isConnect(Unresolvable)(err) {
		t.Errorf("error = %v, want %s", err, Unresolvable)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("interrupted by the user")
	cancel(cause)
	if _, err = newPool(t, nil).Read(ctx, target, nil, "~/f"); !errors.Is(err, cause) {
		t.Errorf("error = %v, want %v", err, cause)
	}
}
