package remote

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/credential"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/sshserver"
)

// TestPool_idleConnectionsAreBounded reaches more hosts than may stay connected:
// the descriptors stay flat, and a host whose connection went is reached again.
func TestPool_idleConnectionsAreBounded(t *testing.T) {
	t.Parallel()
	_, targets := startFleet(t, sshserver.FleetOptions{Hosts: 12})
	pool := newPool(t, func(o *Options) { o.MaxConnections, o.MaxIdle = 3, 4 })
	ctx := testContext(t)
	var most atomic.Int32
	var group sync.WaitGroup
	for range 2 {
		for _, target := range targets {
			group.Go(func() {
				if _, err := pool.Read(ctx, target, nil, "~/f"); err != nil {
					t.Error(err)
				}
				pool.mu.Lock()
				defer pool.mu.Unlock()
				most.Store(max(most.Load(), int32(len(pool.links))))
			})
		}
		group.Wait()
	}
	// Three in use, four idle, and the one to the bastion.
	if most.Load() > 3+4+1 {
		t.Errorf("%d connections at once, want at most 8", most.Load())
	}
	pool.mu.Lock()
	defer pool.mu.Unlock()
	if len(pool.idle) != 4 || len(pool.links) != 5 {
		t.Errorf("%d of %d connections are idle at the end, want 4 of 5", len(pool.idle), len(pool.links))
	}
}

// TestPool_readsAndParsesOnce counts what many hosts at once read from the disk and
// start, and how often an encrypted key is decrypted.
func TestPool_readsAndParsesOnce(t *testing.T) {
	t.Parallel()
	fleet, targets := startFleet(t, sshserver.FleetOptions{Hosts: 20})
	key, err := fleet.Key.WriteFiles(t.TempDir(), "encrypted", "passphrase")
	if err != nil {
		t.Fatal(err)
	}
	asked := filepath.Join(t.TempDir(), "asked")
	program := filepath.Join(t.TempDir(), "ssh")
	script := "#!/bin/sh\nfor host do :; done\necho \"$host\" >>" + asked + "\nprintf 'hostname %s\\nuser gnss\\nport 22\\n' \"$host\"\n"
	if err := os.WriteFile(program, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	var knownHosts atomic.Int32
	moment := time.Now()
	pool := newPool(t, func(o *Options) {
		o.SSHProgram = program
		o.Clock = func() time.Time { return moment }
		o.ReadFile = func(name string) ([]byte, error) {
			if name == fleet.KnownHostsFile {
				knownHosts.Add(1)
			}
			return os.ReadFile(name)
		}
	})
	ctx := testContext(t)
	var group sync.WaitGroup
	for _, target := range targets {
		target.Auth = credential.Source{KeyFiles: []string{key}, Passphrase: []byte("passphrase"), NoAgent: true}
		target.ConfigFile = "/dev/null"
		group.Go(func() {
			// The stand-in for ssh knows no ports, so only its questions count here.
			if _, err := pool.resolve(ctx, target); err != nil {
				t.Error(err)
			}
			if _, err := pool.Read(ctx, withoutConfig(target), nil, "~/f"); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if got := knownHosts.Load(); got != 1 {
		t.Errorf("known_hosts was read %d times, want once", got)
	}
	text, err := os.ReadFile(asked)
	if got := strings.Count(string(text), "\n"); err != nil || got != len(targets)+1 {
		t.Errorf("ssh was asked %d times for %d hosts and a bastion, %v", got, len(targets), err)
	}
}

func withoutConfig(target Target) Target {
	target.ConfigFile = "none"
	return target
}

// TestLookup_failureIsAskedAgain remembers no failure, and no cancelled question.
func TestLookup_failureIsAskedAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	program := filepath.Join(dir, "ssh")
	script := "#!/bin/sh\n[ -e " + dir + "/ok ] || { echo 'line 3: Bad configuration option: nonsense' >&2; exit 255; }\nprintf 'hostname h\\nuser u\\nport 22\\n'\n"
	if err := os.WriteFile(program, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	pool := newPool(t, func(o *Options) { o.SSHProgram = program })
	target := Target{Host: "h", ConfigFile: "/dev/null"}
	if _, _, err := pool.Effective(testContext(t), target); err == nil || !strings.Contains(err.Error(), "nonsense") {
		t.Errorf("error = %v, want ssh's complaint", err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := pool.Effective(cancelled, target); !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v, want %v", err, context.Canceled)
	}
	if err := os.WriteFile(dir+"/ok", nil, 0o600); err != nil && !errors.Is(err, fs.ErrExist) {
		t.Fatal(err)
	}
	if user, port, err := pool.Effective(testContext(t), target); err != nil || user != "u" || port != 22 {
		t.Errorf("user %q, port %d, %v", user, port, err)
	}
}
