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
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/credential"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/hostkey"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/sshserver"
)

// host is a sandbox server with one account, and what a client needs for it.
type host struct {
	*sshserver.Server
	key    *sshserver.Key
	target Target
	home   string
}

// startHost starts a server with the account gnss; change may adapt it.
func startHost(t testing.TB, change func(*sshserver.Options, *sshserver.User)) *host {
	t.Helper()
	key, err := sshserver.NewKey(sshserver.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	account := sshserver.User{Keys: []ssh.PublicKey{key.PublicKey()}}
	options := sshserver.Options{}
	if change != nil {
		change(&options, &account)
	}
	options.Users = map[string]sshserver.User{"gnss": account}
	server, err := sshserver.Start(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Errorf("close the server: %v", err)
		}
	})
	home, err := server.Home("gnss")
	if err != nil {
		t.Fatal(err)
	}
	h := &host{Server: server, key: key, home: home}
	h.target = h.targetAt(t, server.Address())
	return h
}

// targetAt reaches the server under another address, such as a proxy's.
func (h *host) targetAt(t testing.TB, address string) Target {
	t.Helper()
	name, portText, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		t.Fatal(err)
	}
	pem, err := h.key.PEM("")
	if err != nil {
		t.Fatal(err)
	}
	return Target{
		Host: name, Port: port, User: "gnss",
		Auth:    credential.Source{PrivateKeys: [][]byte{pem}, NoAgent: true},
		HostKey: hostkey.Policy{Pinned: []string{strings.TrimSpace(string(ssh.MarshalAuthorizedKey(h.HostKeys()[0].PublicKey())))}},
	}
}

// newPool returns a pool that knows nothing of this machine's SSH setup.
func newPool(t testing.TB, change func(*Options)) *Pool {
	t.Helper()
	options := Options{Home: t.TempDir(), LocalUser: "tester"}
	if change != nil {
		change(&options)
	}
	pool := NewPool(options)
	t.Cleanup(func() {
		if err := pool.Close(); err != nil {
			t.Errorf("close the pool: %v", err)
		}
	})
	return pool
}

func testContext(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// write is an edit that gives every file the same content.
func write(content string) files.Edit {
	return func(states []files.State) ([]files.Change, error) {
		var changes []files.Change
		for _, state := range states {
			changes = append(changes, files.Change{Path: state.Path, Content: []byte(content)})
		}
		return changes, nil
	}
}

var threeFiles = []string{"~/.earthscope/default/tokens.json", "~/.earthscope/config.toml", "~/app/.env"}

func TestTransact_overSSH(t *testing.T) {
	t.Parallel()
	h := startHost(t, nil)
	pool := newPool(t, nil)
	report, err := pool.Transact(testContext(t), h.target, Transaction{Paths: threeFiles, Edit: write("secret")})
	if err != nil {
		t.Fatal(err)
	}
	for _, result := range report.Results {
		if result.Outcome != files.Written {
			t.Errorf("%s: %s", result.Path, result.Outcome)
		}
	}
	if len(report.HostKeys) != 1 || report.HostKeys[0].Line != h.target.HostKey.Pinned[0] {
		t.Errorf("host keys = %v", report.HostKeys)
	}
	report, err = pool.Read(testContext(t), h.target, nil, threeFiles...)
	if err != nil {
		t.Fatal(err)
	}
	for _, state := range report.States {
		if string(state.Content) != "secret" || state.Mode != 0o600 {
			t.Errorf("%s = %q, mode %o, %v", state.Path, state.Content, state.Mode, state.Err)
		}
	}
	counters := h.Counters()
	if counters.Connections != 1 || counters.Logins != 1 {
		t.Errorf("%d connections, %d logins, want one of each", counters.Connections, counters.Logins)
	}
	for _, command := range h.Commands() {
		if strings.Contains(command.Text, "secret") {
			t.Errorf("the secret is on a command line: %.80s", command.Text)
		}
	}
}

func TestTransact_conflictIsRetriedAndTheirEditKept(t *testing.T) {
	t.Parallel()
	h := startHost(t, nil)
	pool := newPool(t, nil)
	path := filepath.Join(h.home, "f")
	calls := 0
	report, err := pool.Transact(testContext(t), h.target, Transaction{Paths: []string{"~/f"}, Edit: func(states []files.State) ([]files.Change, error) {
		if calls++; calls == 1 {
			if err := os.WriteFile(path, []byte("theirs\n"), 0o600); err != nil {
				return nil, err
			}
		}
		return []files.Change{{Path: "~/f", Content: append(bytes.Clone(states[0].Content), "ours\n"...)}}, nil
	}})
	if err != nil || calls != 2 || report.Results[0].Outcome != files.Written {
		t.Fatalf("calls = %d, report = %+v, error = %v", calls, report.Results, err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "theirs\nours\n" {
		t.Errorf("content = %q, %v", got, err)
	}
}

func TestTransact_editErrorChangesNothing(t *testing.T) {
	t.Parallel()
	h := startHost(t, nil)
	want := errors.New("line 3: not TOML")
	_, err := newPool(t, nil).Transact(testContext(t), h.target, Transaction{Paths: threeFiles, Edit: func([]files.State) ([]files.Change, error) { return nil, want }})
	if !errors.Is(err, want) {
		t.Errorf("error = %v, want %v", err, want)
	}
	if err := h.WaitIdle(testContext(t)); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(h.home); err != nil || len(entries) != 0 {
		t.Errorf("home holds %v, %v", entries, err)
	}
}

func TestTransact_twentyWritersOneFile(t *testing.T) {
	t.Parallel()
	h := startHost(t, nil)
	pool := newPool(t, nil)
	failures := make(chan error, 20)
	for i := range 20 {
		go func() {
			_, err := pool.Transact(testContext(t), h.target, Transaction{Paths: []string{"~/.earthscope/config.toml"}, Edit: func(states []files.State) ([]files.Change, error) {
				return []files.Change{{Path: states[0].Path, Content: fmt.Appendf(bytes.Clone(states[0].Content), "[profile.p%d]\n", i)}}, nil
			}})
			failures <- err
		}()
	}
	for range 20 {
		if err := <-failures; err != nil {
			t.Error(err)
		}
	}
	content, err := os.ReadFile(filepath.Join(h.home, ".earthscope/config.toml"))
	if err != nil || strings.Count(string(content), "[profile.") != 20 {
		t.Errorf("%d entries arrived, %v", strings.Count(string(content), "[profile."), err)
	}
	if c := h.Counters(); c.Connections != 1 || c.PeakSessionsPerConnection > 8 {
		t.Errorf("connections = %d, sessions at once = %d", c.Connections, c.PeakSessionsPerConnection)
	}
}

func noPause(context.Context, time.Duration) {}

func contextWithTimeout(t *testing.T, limit time.Duration) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithTimeout(t.Context(), limit)
}
