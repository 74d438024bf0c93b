package interop_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/sshserver"
	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// way is one way in which earthscope_remote_host gives a host its session.
type way struct {
	arguments map[string]any // of the resource
	// es runs the real CLI on the host with what it was given, and nothing else.
	es func(h *host, arguments ...string) (string, error)
	// survives says that the session outlives several rotations.
	survives bool
}

func ways(c *containers) map[string]way {
	environment := func(format, style string) map[string]any {
		return map[string]any{"environment_files": map[string]any{"~/app.env": map[string]any{"format": format, "style": style}}}
	}
	compose := func(file, style string) map[string]any {
		return map[string]any{"compose_files": map[string]any{"~/" + file: map[string]any{"services": []string{"web"}, "style": style}}}
	}
	inShell := func(h *host, arguments ...string) (string, error) {
		return h.es(sourced(h.t, filepath.Join(h.home, "app.env")), arguments...)
	}
	onHost := func(h *host, arguments ...string) (string, error) { return h.es(nil, arguments...) }
	return map[string]way{
		"tokens_file":                  {map[string]any{"tokens_file": map[string]any{}}, onHost, true},
		"config_file":                  {map[string]any{"config_file": map[string]any{}}, onHost, false},
		"shell_variables":              {environment("shell", "variables"), inShell, false},
		"shell_bootstrap":              {environment("shell", "bootstrap"), inShell, true},
		"docker_variables":             {environment("dotenv", "variables"), c.withEnvFile, false},
		"docker_bootstrap":             {environment("dotenv", "bootstrap"), c.withEnvFile, true},
		"compose_variables_map":        {compose("compose-map.yml", "variables"), c.composed("compose-map.yml"), false},
		"compose_variables_list":       {compose("compose-list.yml", "variables"), c.composed("compose-list.yml"), false},
		"compose_bootstrap_map":        {compose("compose-map.yml", "bootstrap"), c.composed("compose-map.yml"), true},
		"compose_bootstrap_list":       {compose("compose-list.yml", "bootstrap"), c.composed("compose-list.yml"), true},
		"compose_bootstrap_homes_lost": {compose("compose-no-home.yml", "bootstrap"), c.composed("compose-no-home.yml"), false},
	}
}

// One apply by the real terraform, over the real sshd, gives every host a
// session of its own, from a profile of this machine, each in another way. The
// real CLI then works there, in real containers
// where the way is made for them; where the identity server replaces refresh
// tokens, the ways that are said to survive do, and the others break as the
// plan warned. No plan wants to change what the hosts did, and a destroy
// leaves every home as it was.
func TestBootstrapped_byTerraform(t *testing.T) {
	t.Parallel()
	_, _ = python(t), cli(t) // before anything is started
	c := newContainers(t)
	w := newWorld(t, identity.Options{Rotating: true, AccessTokenLifetime: shortLived})
	fleet, all := newRemoteHosts(t, w), ways(c)
	for name, way := range all {
		fleet.add(name, way.arguments)
	}
	fleet.profiles()
	applied := fleet.terraform("apply", "-auto-approve", "-no-color")
	if !strings.Contains(applied, "Warning: Placement Breaks When Tokens Are Replaced") {
		t.Errorf("no warning of placements that break:\n%s", applied)
	}
	t.Run("hosts", func(t *testing.T) {
		for name, way := range all {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				h := *fleet.hosts[name]
				h.t = t
				h.worksWith(way, emailOf(name))
			})
		}
	})
	if output, status := fleet.run("plan", "-detailed-exitcode", "-no-color"); status != 0 {
		t.Errorf("a plan wants to change hosts whose SDK renewed its token (exit status %d):\n%s", status, output)
	}
	fleet.terraform("destroy", "-auto-approve", "-no-color")
	for name, h := range fleet.hosts {
		// What the SDK keeps inside a container is the container's.
		if err := os.RemoveAll(filepath.Join(h.home, "inside", ".earthscope")); err != nil {
			t.Error(err)
		}
		if !h.asBefore() {
			t.Errorf("that was %s", name)
		}
		if strings.Contains(applied, h.login.RefreshToken) {
			t.Errorf("terraform shows the token of %s", name)
		}
	}
}

// emailOf is by whom a host is used. Every host has a person of its own, since
// a token that is sent twice ends all sessions of its user.
func emailOf(host string) string { return host + "@example.org" }

// worksWith asserts that the CLI authenticates with what the host was given,
// as the host's user, and for how many refreshes.
func (h *host) worksWith(w way, email string) {
	h.t.Helper()
	profile, err := w.es(h, "user", "get-profile")
	if err != nil || !strings.Contains(profile, email) {
		h.t.Fatalf("es user get-profile: %v, without %q", err, email)
	}
	if !w.survives {
		if _, err := w.es(h, "user", "get-access-token"); err == nil || !h.server.FamilyRevoked(h.login.RefreshToken) {
			h.t.Errorf("the second refresh ended with %v; the plan need not have warned", err)
		}
		return
	}
	for range 2 {
		if _, err := w.es(h, "user", "get-access-token"); err != nil {
			h.t.Fatalf("es user get-access-token: %v", err)
		}
	}
	if h.server.FamilyRevoked(h.login.RefreshToken) || h.server.RefreshTokenValid(h.login.RefreshToken) {
		h.t.Error("the session was lost, or its token was never replaced")
	}
}

// remoteHosts are homes behind the real sshd, and the configuration that gives
// them their sessions.
type remoteHosts struct {
	t         *testing.T
	world     *world
	folder    string
	overrides string
	key       *sshserver.Key
	keyFile   string
	account   string

	hosts     map[string]*host
	resources map[string]any
}

func newRemoteHosts(t *testing.T, w *world) *remoteHosts {
	t.Helper()
	tool(t, "terraform", "bootstrapping with the real terraform")
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	f := &remoteHosts{t: t, world: w, folder: t.TempDir(), account: me.Username, hosts: map[string]*host{}, resources: map[string]any{}}
	if f.key, err = sshserver.NewKey(sshserver.Ed25519); err != nil {
		t.Fatal(err)
	}
	if f.keyFile, err = f.key.WriteFiles(t.TempDir(), "id", ""); err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(t.TempDir(), "terraform-provider-earthscope")
	output(t, os.Environ(), tool(t, "go", "building the provider"), "build", "-o", binary, "github.com/EarthScope/terraform-provider-earthscope")
	f.overrides = filepath.Join(f.folder, "terraform.rc")
	writeFile(t, f.overrides, "provider_installation {\n  dev_overrides {\n    \"earthscope/earthscope\" = "+strconv.Quote(filepath.Dir(binary))+"\n  }\n  direct {}\n}\n")
	return f
}

// add makes a home with an sshd of its own, and a resource for it.
func (f *remoteHosts) add(name string, arguments map[string]any) {
	f.t.Helper()
	person := identity.User{Subject: "auth0|" + name, PrimaryEmail: emailOf(name)}
	h := &host{t: f.t, server: f.world.server, home: f.t.TempDir(), tools: f.world.tools, login: f.world.server.Login(person)}
	for file, text := range othersFiles {
		writeFile(f.t, filepath.Join(h.home, file), text)
	}
	for file, text := range composeFiles(f.t, h.home) {
		writeFile(f.t, filepath.Join(h.home, file), text)
	}
	h.before = homeOf(f.t, h.home)
	f.hosts[name] = h
	// "es login -p NAME" on this machine, for that host alone.
	f.world.write(string(h.login.TokensFile()), settings.Slug(name), "tokens.json")
	port, hostKey := f.sshd(h.home)
	resource := map[string]any{
		"host": "127.0.0.1", "port": port, "host_key": hostKey,
		"refresh_token_wo": "${ephemeral.earthscope_refresh_token.host[" + strconv.Quote(name) + "].refresh_token}",
	}
	for argument, value := range arguments {
		resource[argument] = value
	}
	f.resources[name] = resource
}

// profiles are the tables without which no profile is known.
func (f *remoteHosts) profiles() {
	f.t.Helper()
	var tables strings.Builder
	for name := range f.hosts {
		tables.WriteString("[profile." + name + "]\n")
	}
	f.world.write(tables.String(), "config.toml")
}

// sshd starts the real one for this account, whose sessions have another HOME.
func (f *remoteHosts) sshd(home string) (port int, hostKey string) {
	f.t.Helper()
	program := tool(f.t, "/usr/sbin/sshd", "bootstrapping over the real sshd")
	folder := f.t.TempDir()
	key, err := sshserver.NewKey(sshserver.Ed25519)
	if err != nil {
		f.t.Fatal(err)
	}
	file, err := key.WriteFiles(folder, "host", "")
	if err != nil {
		f.t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
			f.t.Fatal(err)
		}
	}
	port = freePort(f.t)
	writeFile(f.t, filepath.Join(folder, "authorized_keys"), f.key.AuthorizedKey())
	writeFile(f.t, filepath.Join(folder, "config"), "ListenAddress 127.0.0.1:"+strconv.Itoa(port)+"\nHostKey "+file+"\nPidFile none\nUsePAM no\nUseDNS no\n"+
		"StrictModes no\nAuthorizedKeysFile "+filepath.Join(folder, "authorized_keys")+"\nSetEnv HOME="+home+"\nSubsystem sftp internal-sftp\n")
	command := exec.Command(program, "-D", "-f", filepath.Join(folder, "config"), "-E", filepath.Join(folder, "log"))
	if err := command.Start(); err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	listening(f.t, port)
	return port, strings.TrimSpace(key.AuthorizedKey())
}

func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().(*net.TCPAddr).Port
}

func listening(t *testing.T, port int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for tick := time.NewTicker(10 * time.Millisecond); ; {
		if connection, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil {
			_ = connection.Close()
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("sshd does not listen")
		}
	}
}

// run runs terraform with the configuration, and returns what it prints.
func (f *remoteHosts) run(arguments ...string) (string, int) {
	f.t.Helper()
	names := slices.Sorted(maps.Keys(f.hosts))
	configuration, err := json.Marshal(map[string]any{
		"terraform": map[string]any{"required_providers": map[string]any{"earthscope": map[string]any{"source": "earthscope/earthscope"}}},
		"ephemeral": map[string]any{"earthscope_refresh_token": map[string]any{"host": map[string]any{
			"for_each": "${toset([\"" + strings.Join(names, "\", \"") + "\"])}", "profile": "${each.key}",
		}}},
		"provider": map[string]any{"earthscope": map[string]any{"ssh": map[string]any{
			"user": f.account, "private_key_file": f.keyFile, "config_file": "none", "agent": false,
		}}},
		"resource": map[string]any{"earthscope_remote_host": f.resources},
	})
	if err != nil {
		f.t.Fatal(err)
	}
	writeFile(f.t, filepath.Join(f.folder, "main.tf.json"), string(configuration))
	command := exec.CommandContext(f.t.Context(), tool(f.t, "terraform", "bootstrapping"), arguments...)
	command.Dir = f.folder
	command.Env = []string{
		"HOME=" + f.world.home, "PATH=" + os.Getenv("PATH"), "TF_CLI_CONFIG_FILE=" + f.overrides, "TF_IN_AUTOMATION=1", "CHECKPOINT_DISABLE=1",
		"ES_OAUTH2__DOMAIN=" + f.world.server.URL(), "ES_RESOURCES__API_URL=" + f.world.server.URL(),
	}
	printed, err := command.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		f.t.Fatal(err)
	}
	return string(printed), command.ProcessState.ExitCode()
}

func (f *remoteHosts) terraform(arguments ...string) string {
	f.t.Helper()
	printed, status := f.run(arguments...)
	if status != 0 {
		f.t.Fatalf("terraform %s: exit status %d\n%s", arguments[0], status, printed)
	}
	return printed
}
