package interop_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// world is one home directory and the identity server that everything in it
// talks to.
type world struct {
	t      *testing.T
	server *identity.Server
	home   string
	tools  string // the PATH of the programs that are started
}

// lifetime of access tokens in these tests.
const lifetime = time.Hour

func newWorld(t *testing.T, options identity.Options) *world {
	t.Helper()
	if options.AccessTokenLifetime == 0 {
		options.AccessTokenLifetime = lifetime
	}
	server, err := identity.Start(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	w := &world{t: t, server: server, home: t.TempDir(), tools: t.TempDir()}
	// A login shows its page in a browser; these stand in for one.
	for _, name := range []string{"open", "xdg-open"} {
		if err := os.WriteFile(filepath.Join(w.tools, name), []byte("#!/bin/sh\nexit 0\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// expiring makes the server issue tokens that have half a minute left: new
// ones from a server whose clock is behind. Everybody refreshes those.
func (w *world) expiring() { w.server.Advance(-lifetime + 30*time.Second) }

// lasting undoes expiring.
func (w *world) lasting() { w.server.Advance(lifetime - 30*time.Second) }

// environment is what a program in this world sees, more coming last.
func (w *world) environment(more ...string) []string {
	return append([]string{
		"HOME=" + w.home,
		"PATH=" + w.tools,
		"ES_OAUTH2__DOMAIN=" + w.server.URL(),
		"ES_RESOURCES__API_URL=" + w.server.URL(),
		`ES_OAUTH2__ALLOWED_HOSTS=["127.0.0.1"]`,
	}, more...)
}

func (w *world) path(parts ...string) string {
	return filepath.Join(append([]string{w.home, ".earthscope"}, parts...)...)
}

func (w *world) write(text string, parts ...string) {
	w.t.Helper()
	writeFile(w.t, w.path(parts...), text)
}

func writeFile(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (w *world) read(parts ...string) string {
	w.t.Helper()
	data, err := os.ReadFile(w.path(parts...))
	if err != nil {
		w.t.Fatal(err)
	}
	return string(data)
}

// stored reads a profile's tokens.json.
func (w *world) stored(profile string) tokens {
	w.t.Helper()
	parsed, err := settings.ParseTokens([]byte(w.read(profile, "tokens.json")))
	if err != nil {
		w.t.Fatal(err)
	}
	return tokens{Access: parsed.AccessToken.Reveal(), ID: parsed.IDToken.Reveal(), Refresh: parsed.RefreshToken.Reveal()}
}

// tokens are what somebody works with. They are compared, never printed.
type tokens struct {
	Access  string `json:"access_token,omitempty"`
	ID      string `json:"id_token,omitempty"`
	Refresh string `json:"refresh_token,omitempty"`
}

// login writes a login of the server into a profile's tokens.json.
func (w *world) login(profile string, user identity.User) identity.TokenSet {
	w.t.Helper()
	set := w.server.Login(user)
	w.write(string(set.TokensFile()), profile, "tokens.json")
	return set
}

// loginExpired is login with an access token that has just expired.
func (w *world) loginExpired(profile string, user identity.User) identity.TokenSet {
	w.t.Helper()
	w.server.Advance(-lifetime)
	defer w.server.Advance(lifetime)
	return w.login(profile, user)
}

// es runs the real CLI and returns what it prints, which must be a success.
func (w *world) es(env []string, arguments ...string) string {
	w.t.Helper()
	command, stdout, stderr := w.program(cli(w.t), env, arguments...)
	if err := command.Run(); err != nil {
		w.t.Fatalf("es %s: %v\n%s%s", strings.Join(arguments, " "), err, stdout, stderr)
	}
	return strings.TrimSuffix(stdout.String(), "\n")
}

// program prepares a process in this world's environment.
func (w *world) program(name string, env []string, arguments ...string) (command *exec.Cmd, stdout, stderr *bytes.Buffer) {
	w.t.Helper()
	stdout, stderr = &bytes.Buffer{}, &bytes.Buffer{}
	command = exec.CommandContext(w.t.Context(), name, arguments...)
	command.Env = w.environment(env...)
	command.Dir = w.home
	command.Stdout, command.Stderr = stdout, stderr
	return command, stdout, stderr
}

// open makes a session as a provider process in this world would.
func (w *world) open(env ...string) (*session.Session, error) {
	w.t.Helper()
	environ := w.environment(env...)
	loaded, _, err := settings.Load(settings.Request{Environ: environ})
	if err != nil {
		return nil, err
	}
	return session.New(session.Options{Settings: loaded, Persist: true, Environ: environ, Sleep: noWait})
}

// noWait replaces the wait before a retry; these tests have none to wait for.
func noWait(ctx context.Context, _ time.Duration) error { return ctx.Err() }

// ours gets an access token with a new session.
func (w *world) ours(env ...string) string {
	w.t.Helper()
	opened, err := w.open(env...)
	if err != nil {
		w.t.Fatal(err)
	}
	token, err := opened.Token(w.t.Context(), 0)
	if err != nil {
		w.t.Fatal(err)
	}
	return token.AccessToken.Reveal()
}

// requests asserts how many token requests there were since the last call.
func (w *world) requests(want int) {
	w.t.Helper()
	if got := w.server.Requests().TokenRequests(); got != want {
		w.t.Errorf("token requests = %d, want %d", got, want)
	}
	w.neverTwice()
	w.server.ResetRequests()
}

// neverTwice asserts that nobody sent a refresh token that had a successor.
func (w *world) neverTwice() {
	w.t.Helper()
	if spent := w.server.SpentTwice(); len(spent) != 0 {
		w.t.Errorf("refresh tokens sent after they had a successor: %v", spent)
	}
}

// same compares two secrets without printing them.
func same(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %s, want %s", what, name(got), name(want))
	}
}

func name(secret string) string {
	if secret == "" {
		return "none"
	}
	return session.Fingerprint(secret)
}

// rotations runs a test against a server of either kind.
func rotations(t *testing.T, test func(t *testing.T, rotating bool)) {
	for title, rotating := range map[string]bool{"not rotating": false, "rotating": true} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			test(t, rotating)
		})
	}
}
