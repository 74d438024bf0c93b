package command_test

import (
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
)

// A report is pasted into issues: whatever holds a secret on this machine, it
// shows none. Every place that a secret can come from is filled here.
func TestDoctor_reportHoldsNoSecret(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	set := p.login()
	made := map[string]string{}
	secret := func(name string) string {
		made[name] = "made-up-" + name + "-4b1f"
		return made[name]
	}
	files := map[string]string{
		".earthscope/config.toml": "[default.oauth2]\nid_token = \"" + secret("config-id") + "\"\n[profile.other.oauth2]\nclient_secret = \"" + secret("config-client") +
			"\"\nrefresh_token = \"" + secret("config-refresh") + "\"\n[profile.other.http.extra_headers]\nX-Key = \"" + secret("config-header") + "\"\n",
		".config/earthscope-cli/sso_tokens.json": `{"access_token":"` + secret("legacy-access") + `","refresh_token":"` + secret("legacy-refresh") + `"}`,
	}
	for name, content := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(p.home, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(p.home, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p.environ = append(p.environ,
		`ES_BOOTSTRAP_SETTINGS={"oauth2":{"refresh_token":"`+secret("bootstrap")+`"}}`,
		`ES_HTTP__EXTRA_HEADERS={"Authorization":"`+secret("header")+`"}`,
		"HTTP_PROXY=http://user:"+secret("proxy")+"@127.0.0.1:1", "NO_PROXY=127.0.0.1", "TF_VAR_refresh_token="+secret("variable"))
	for _, arguments := range [][]string{{"doctor"}, {"doctor", "--all"}, {"doctor", "--all", "--profile", "other"}} {
		status, out, stderr := p.try(arguments...)
		if status != 0 && status != 1 {
			t.Errorf("%v: status %d", arguments, status)
		}
		for name, value := range made {
			if strings.Contains(out+stderr, value) {
				t.Errorf("%v: the report holds the secret of %s", arguments, name)
			}
		}
		p.clean(out)
		if strings.Contains(out, set.RefreshToken[:12]) {
			t.Errorf("%v: the report holds a part of the token", arguments)
		}
	}
	if n := p.server.Requests().TokenRequests(); n != 0 {
		t.Errorf("%d token requests", n)
	}
}

// It spends and changes nothing, whatever it finds.
func TestDoctor_changesNothing(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{Rotating: true})
	set := p.login()
	before, err := os.ReadFile(p.tokensFile())
	if err != nil {
		t.Fatal(err)
	}
	out, stderr := p.run(0, "doctor")
	after, err := os.ReadFile(p.tokensFile())
	if err != nil || string(after) != string(before) || !p.server.RefreshTokenValid(set.RefreshToken) {
		t.Errorf("the login changed: %v", err)
	}
	if stderr != "" {
		t.Errorf("stderr %q", stderr)
	}
	for _, r := range p.server.RequestLog() {
		if r.HasAuthorization || r.Method != http.MethodGet {
			t.Errorf("asked %s %s", r.Method, r.Path)
		}
	}
	sections := []string{"terraform-provider-earthscope 1.2.3\n", "\nSettings\n", "\nStore\n", "\nSession\n", "\nNetwork\n", "\nNothing is wrong.\n"}
	last := -1
	for _, section := range sections {
		at := strings.Index(out, section)
		if at <= last {
			t.Errorf("%q is missing or out of order in:\n%s", section, out)
		}
		last = at
	}
}

// What is known of a session grows with its use.
func TestDoctor_session(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{Rotating: true})
	p.login()
	out, _ := p.run(0, "doctor")
	contains(t, out, "  user: not known yet\n", "  rotation of refresh tokens: not known yet\n")
	p.run(0, "refresh")
	current := p.saved("default")
	out, _ = p.run(0, "doctor")
	contains(t, out, "  user: "+identity.DefaultUser().Subject+"\n", "  rotation of refresh tokens: seen\n",
		"  refresh token: fingerprint "+session.Fingerprint(current.RefreshToken.Reveal())+"\n",
		"  identity server: "+p.server.URL()+", client "+identity.DefaultClientID+"\n")
	p.clean(out)

	p.environ = append(p.environ, "ES_OAUTH2__CLIENT_SECRET=made-up-secret")
	out, _ = p.run(0, "doctor")
	contains(t, out, "  flow: client_credentials, from environment variable ES_OAUTH2__CLIENT_SECRET\n")
	if strings.Contains(out, "refresh token: fingerprint") || strings.Contains(out, "made-up-secret") {
		t.Errorf("report:\n%s", out)
	}
}

// Warnings of the settings are findings.
func TestDoctor_settingsWarnings(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	p.login()
	p.environ = append(p.environ, "ES_OAUTH2__REFRESH_TOKEN=")
	out, _ := p.run(1, "doctor")
	contains(t, out, "  ! Empty Token Hides Another. ", "finding(s) marked with ! need attention.")
}

func TestDoctor_emptyProfile(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	p.environ = append(p.environ, "ES_PROFILE=")
	out, _ := p.run(1, "doctor")
	contains(t, out, "  ! Empty EarthScope Profile. ", "ES_PROFILE", "Unset it")
}

func TestDoctor_lock(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	p.login()
	p.run(0, "refresh") // makes the folder of the lock
	store := session.NewFileStore(filepath.Join(p.home, ".earthscope"))
	lock, err := store.Lock(t.Context(), store.Login("default"))
	if err != nil {
		t.Fatal(err)
	}
	out, _ := p.run(1, "doctor")
	contains(t, out, "  ! lock: another process holds the lock")
	lock.Release()
	out, _ = p.run(0, "doctor")
	contains(t, out, "  lock: free, and the folder can be written\n")
}

func TestDoctor_noHome(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	p.environ = append(p.environ[1:], "ES_OAUTH2__REFRESH_TOKEN="+p.server.Login(identity.DefaultUser()).RefreshToken)
	out, _ := p.run(1, "doctor")
	contains(t, out, "  ! There is no home directory; tokens are kept in memory only.")
}

func TestDoctor_openFile(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("permissions are not in the mode of a file there")
	}
	p := newPlace(t, identity.Options{})
	p.login()
	for mode, wrong := range map[os.FileMode]bool{0o600: false, 0o400: false, 0o640: true, 0o604: true} {
		if err := os.Chmod(p.tokensFile(), mode); err != nil {
			t.Fatal(err)
		}
		_, out, _ := p.try("doctor")
		if got := strings.Contains(out, "lets others read it; run chmod 600"); got != wrong {
			t.Errorf("mode %04o: reported %v, want %v\n%s", mode, got, wrong, out)
		}
	}
}

// The clocks are compared with the server's own Date.
func TestDoctor_clock(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		move   time.Duration
		status int
		want   string
	}{
		"agrees":       {0, 0, "  clock: agrees with the identity server's\n"},
		"a bit behind": {20 * time.Second, 0, "  clock: agrees with the identity server's\n"},
		"behind":       {time.Hour, 1, "behind the identity server's; set it"},
		"ahead":        {-time.Hour, 1, "ahead of the identity server's; set it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, identity.Options{})
			p.login()
			p.server.Advance(test.move)
			out, _ := p.run(test.status, "doctor")
			contains(t, out, test.want)
		})
	}
}

func TestDoctor_servers(t *testing.T) {
	t.Parallel()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://" + closed.Addr().String() + "/"
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		environ   []string
		arguments []string
		wanted    []string
	}{
		"nobody listens": {
			environ: []string{"ES_RESOURCES__API_URL=" + nobody},
			wanted:  []string{"  ! API at " + strings.TrimSuffix(strings.TrimPrefix(nobody, "http://"), "/") + ": not reached (", "connection refused"},
		},
		"no proxy's address": {
			environ: []string{"HTTP_PROXY=http://user:made-up@[::1", "ES_RESOURCES__API_URL=http://api.example.org/"},
			wanted:  []string{"  proxy variables that are set: HTTP_PROXY\n", "  ! API at api.example.org: not reached (the environment variable HTTP_PROXY is not the address of a proxy"},
		},
		"no certificate": {
			arguments: []string{"--ca-cert-file", filepath.Join(t.TempDir(), "none.pem")},
			wanted:    []string{"Unusable CA Certificate File", "the certificate file cannot be read"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, identity.Options{})
			p.login()
			p.environ = override(p.environ, test.environ)
			out, _ := p.run(1, append([]string{"doctor"}, test.arguments...)...)
			contains(t, out, test.wanted...)
			if strings.Contains(out, "made-up") {
				t.Errorf("a proxy's password is in:\n%s", out)
			}
		})
	}
}

// override puts assignments in the place of those of the same name.
func override(environ, with []string) []string {
	kept := with
	for _, assignment := range environ {
		name, _, _ := strings.Cut(assignment, "=")
		replaced := false
		for _, other := range with {
			replaced = replaced || strings.HasPrefix(other, name+"=")
		}
		if !replaced {
			kept = append(kept, assignment)
		}
	}
	return kept
}

// A result that nobody could read is no success.
func TestRun_brokenPipe(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	p.login()
	p.stdout = brokenPipe{}
	if status, _, _ := p.try("token"); status != 1 {
		t.Errorf("token: status %d for a token that went nowhere, want 1", status)
	}
	if status, _, _ := p.try("credential-process", "--role", "s3-miniseed-v2"); status != 1 {
		t.Errorf("credential-process: status %d, want 1", status)
	}
	if status, _, _ := p.try("refresh"); status != 1 {
		t.Errorf("refresh: status %d, want 1", status)
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }
