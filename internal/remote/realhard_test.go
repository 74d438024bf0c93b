package remote

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/sshserver"
)

// TestReal_secondFactor logs in at a server that wants a password after the key.
func TestReal_secondFactor(t *testing.T) {
	t.Parallel()
	d := startSSHD(t, "AuthenticationMethods publickey,password\n")
	a := makeAccount(t, "/bin/sh")
	mustRun(t, a.name+":right\n", "chpasswd")
	target := d.target(a)
	_, err := newPool(t, nil).Read(testContext(t), target, nil, "~/f")
	var refused *AuthError
	if !errors.As(err, &refused) || refused.Asked != SecondPassword || !slices.Equal(refused.Accepted, []string{"publickey"}) || refused.Password {
		t.Errorf("without a password: %v", err)
	}
	target.Auth.Password = []byte("SECRETwrong")
	_, err = newPool(t, nil).Read(testContext(t), target, nil, "~/f")
	if !errors.As(err, &refused) || !refused.Password || strings.Contains(err.Error(), "SECRET") || d.count(t, `^Failed password`) != 1 {
		t.Errorf("with a wrong one: %v, refused %d times", err, d.count(t, `^Failed password`))
	}
	target.Auth.Password = []byte("right")
	if _, err = newPool(t, nil).Read(testContext(t), target, nil, "~/f"); err != nil {
		t.Errorf("with both: %v", err)
	}
}

// TestReal_oneSessionPerConnection has a server that allows a single session.
func TestReal_oneSessionPerConnection(t *testing.T) {
	t.Parallel()
	d := startSSHD(t, "MaxSessions 1\n")
	a := makeAccount(t, "/bin/sh")
	pool := newPool(t, nil)
	ctx := testContext(t)
	var group sync.WaitGroup
	for range 6 {
		group.Go(func() {
			if _, err := pool.Read(ctx, d.target(a), nil, "~/f"); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if got := d.count(t, `^Accepted publickey`); got != 1 {
		t.Errorf("%d logins, want 1", got)
	}
}

// TestReal_manyProcesses has several pools, as several runs of Terraform, log in at
// once at a server that drops connections early. Dropped ones come back.
func TestReal_manyProcesses(t *testing.T) {
	t.Parallel()
	d := startSSHD(t, "MaxStartups 3:60:6\n")
	a := makeAccount(t, "/bin/sh")
	ctx := testContext(t)
	var group sync.WaitGroup
	for range 6 {
		pool := newPool(t, nil)
		target := d.target(a)
		target.Wait = Wait{For: time.Minute}
		group.Go(func() {
			if _, err := pool.Read(ctx, target, nil, "~/f"); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if got := d.count(t, `^Accepted publickey`); got != 6 {
		t.Errorf("%d logins, want 6", got)
	}
}

// TestReal_agentWithManyKeys holds ten keys in an agent, of which only the last is
// right, and which a key file points at.
func TestReal_agentWithManyKeys(t *testing.T) {
	t.Parallel()
	d := startSSHD(t, "MaxAuthTries 3\n")
	a := makeAccount(t, "/bin/sh")
	var keys []*sshserver.Key
	for range 9 {
		keys = append(keys, newKey(t, sshserver.Ed25519))
	}
	target := d.target(a)
	target.Auth.KeyFiles, target.Auth.NoAgent = nil, false
	target.Auth.AgentSocket = serveAgent(t, append(keys, a.key)...)
	_, err := newPool(t, nil).Read(testContext(t), target, nil, "~/f")
	var refused *AuthError
	if !errors.As(err, &refused) || !strings.Contains(err.Error(), "5 more keys were not offered") {
		t.Errorf("nothing points at the right key: %v", err)
	}
	// Only the public half lies in the file, as with a hardware key.
	pointer := filepath.Join(t.TempDir(), "id")
	if err := os.WriteFile(pointer+".pub", []byte(a.key.AuthorizedKey()), 0o600); err != nil {
		t.Fatal(err)
	}
	target.Auth.KeyFiles = []string{pointer}
	if _, err = newPool(t, nil).Read(testContext(t), target, nil, "~/f"); err != nil {
		t.Errorf("a file points at the right key: %v", err)
	}
	// A password behind wrong keys has to come through.
	mustRun(t, a.name+":right\n", "chpasswd")
	target.Auth.KeyFiles, target.Auth.AgentSocket, target.Auth.Password = nil, serveAgent(t, keys...), []byte("right")
	if _, err = newPool(t, nil).Read(testContext(t), target, nil, "~/f"); err != nil {
		t.Errorf("a password behind wrong keys: %v", err)
	}
}

// TestReal_dropbearAsJumpHost forwards through another server than OpenSSH. A host
// that is still starting is waited for all the same.
func TestReal_dropbearAsJumpHost(t *testing.T) {
	t.Parallel()
	a, via := startDropbear(t)
	h := startHost(t, func(o *sshserver.Options, _ *sshserver.User) { o.Boot = sshserver.BootRefuse })
	target := h.target
	target.Jumps = []Hop{{Host: via.Host, Port: via.Port, User: a.name, Auth: &via.Auth, HostKey: via.HostKey}}
	_, err := newPool(t, nil).Read(testContext(t), target, nil, "~/f")
	var away *ConnectError
	if !errors.As(err, &away) || away.Kind != Refused && away.Kind != NotForwarded || len(away.Via) != 1 {
		t.Errorf("error = %v, want %s, or %s of a version that says nothing", err, Refused, NotForwarded)
	}
	target.Wait = Wait{For: time.Minute, Progress: func(event WaitEvent) {
		if event.Attempt == 2 {
			if err := h.SetBoot(sshserver.Ready); err != nil {
				t.Error(err)
			}
		}
	}}
	if _, err = newPool(t, func(o *Options) { o.Sleep = noPause }).Read(testContext(t), target, nil, "~/f"); err != nil {
		t.Errorf("after it has started: %v", err)
	}
}
