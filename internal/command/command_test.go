package command_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/command"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
)

// place is a machine with a home and an identity server.
type place struct {
	t       *testing.T
	home    string
	server  *identity.Server
	environ []string
	sleep   func(context.Context, time.Duration) error
	secrets []string
	client  *http.Client
	stdout  io.Writer // in the place of the one whose text is returned
}

func newPlace(t *testing.T, options identity.Options) *place {
	t.Helper()
	server, err := identity.Start(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	p := &place{t: t, home: t.TempDir(), server: server}
	p.environ = []string{
		"HOME=" + p.home, "ES_OAUTH2__DOMAIN=" + server.URL(), "ES_RESOURCES__API_URL=" + server.URL(), `ES_OAUTH2__ALLOWED_HOSTS=["127.0.0.1"]`,
	}
	return p
}

func (p *place) tokensFile() string {
	return filepath.Join(p.home, ".earthscope", "default", "tokens.json")
}

// login puts a login into tokens.json without its access token.
func (p *place) login() identity.TokenSet {
	p.t.Helper()
	set := p.server.Login(identity.DefaultUser())
	p.secrets = append(p.secrets, set.AccessToken, set.RefreshToken)
	if err := os.MkdirAll(filepath.Dir(p.tokensFile()), 0o700); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(p.tokensFile(), []byte(`{"refresh_token":"`+set.RefreshToken+`"}`), 0o600); err != nil {
		p.t.Fatal(err)
	}
	return set
}

// run runs a command and returns what it wrote.
func (p *place) run(want int, arguments ...string) (stdout, stderr string) {
	p.t.Helper()
	got, stdout, stderr := p.try(arguments...)
	if got != want {
		p.t.Errorf("%v: status %d, want %d\n%s%s", arguments, got, want, stdout, stderr)
	}
	return stdout, stderr
}

// try runs a command and returns its status and what it wrote.
func (p *place) try(arguments ...string) (status int, stdout, stderr string) {
	p.t.Helper()
	var out, errs strings.Builder
	machine := command.Machine{
		Version: "1.2.3", Environ: p.environ, Stdout: &out, Stderr: &errs, Sleep: p.sleep, HTTPClient: p.client,
		UserHomeDir: func() (string, error) { return "", errors.New("none") },
	}
	if p.stdout != nil {
		machine.Stdout = p.stdout
	}
	status = command.Run(p.t.Context(), arguments, machine)
	p.clean(errs.String())
	return status, out.String(), errs.String()
}

// clean fails if a text holds a token.
func (p *place) clean(text string) {
	p.t.Helper()
	for _, secret := range p.secrets {
		if strings.Contains(text, secret) {
			p.t.Errorf("a secret in %q", text)
		}
	}
	if strings.Contains(text, "eyJ") {
		p.t.Errorf("an access token in %q", text)
	}
}

func contains(t *testing.T, text string, wanted ...string) {
	t.Helper()
	for _, want := range wanted {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in:\n%s", want, text)
		}
	}
}

func TestToken_printsAFreshOne(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	p.login()
	first, stderr := p.run(0, "token")
	second, _ := p.run(0, "token", "--min-ttl", "1h")
	if first != second || strings.Count(first, "\n") != 1 || !strings.HasSuffix(first, "\n") || stderr != "" {
		t.Errorf("%q then %q, stderr %q", first, second, stderr)
	}
	if _, err := session.DecodeClaims(strings.TrimSpace(first)); err != nil {
		t.Error(err)
	}
	if n := p.server.Requests().TokenRequests(); n != 1 {
		t.Errorf("%d token requests, want 1", n)
	}
}

func TestToken_failures(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	stdout, stderr := p.run(1, "token")
	contains(t, stderr, "No EarthScope Credentials", "es login")
	if stdout != "" {
		t.Errorf("stdout = %q", stdout)
	}
	_, stderr = p.run(1, "token", "--profile", "nowhere")
	contains(t, stderr, "nowhere")
	_, stderr = p.run(2, "token", "--min-ttl", "soon")
	contains(t, stderr, "token --help")
	p.run(2, "token", "--min-ttl", "-1s")
	p.run(2, "token", "more")
	p.run(2, "frob")
	set := p.login()
	p.server.RevokeRefreshToken(set.RefreshToken)
	_, stderr = p.run(1, "token")
	contains(t, stderr, "Refresh Token Refused", p.tokensFile())
}

func TestRefresh(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{Rotating: true})
	set := p.login()
	out, stderr := p.run(0, "refresh")
	contains(t, out, "The access token of profile default is valid until ")
	p.clean(out)
	data, err := os.ReadFile(p.tokensFile())
	if err != nil || strings.Contains(string(data), set.RefreshToken) || stderr != "" {
		t.Errorf("tokens.json was not rotated: %v, %q", err, stderr)
	}
	p.run(0, "refresh") // new already
	if n := p.server.Requests().TokenRequests(); n != 1 {
		t.Errorf("%d token requests, want 1", n)
	}
}

func TestLoginThenLogout(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{AutoApprove: true})
	p.sleep = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	out, stderr := p.run(0, "login")
	contains(t, stderr, p.server.URL()+"activate?user_code=", "confirm the code ")
	contains(t, out, "Logged in as "+identity.DefaultUser().Subject)
	p.clean(out)
	out, _ = p.run(0, "login", "--revoke-previous")
	contains(t, out, "is revoked.")
	if n := p.server.ActiveRefreshTokens(identity.DefaultUser()); n != 1 {
		t.Errorf("%d live sessions, want 1", n)
	}
	out, _ = p.run(0, "logout")
	contains(t, out, "Nothing was revoked", p.tokensFile())
	if _, err := os.Stat(p.tokensFile()); !errors.Is(err, os.ErrNotExist) || p.server.ActiveRefreshTokens(identity.DefaultUser()) != 1 {
		t.Errorf("logout: %v", err)
	}
	out, _ = p.run(0, "logout")
	contains(t, out, "There is no login")
	set := p.login()
	out, stderr = p.run(0, "logout", "--revoke")
	contains(t, out, "Revoked the refresh token with fingerprint "+session.Fingerprint(set.RefreshToken))
	contains(t, stderr, "ends too, on every machine")
	if p.server.RefreshTokenValid(set.RefreshToken) {
		t.Error("the session is alive")
	}
	_, stderr = p.run(1, "logout", "--revoke")
	contains(t, stderr, "Nothing to Revoke")
}

func TestCredentialProcess(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	p.login()
	out, stderr := p.run(0, "credential-process", "--role", "s3-miniseed-v2", "--network", "FDSN:IU", "--parameter", "a=b")
	var got map[string]any
	if err := json.Unmarshal([]byte(out), &got); err != nil || stderr != "" {
		t.Fatalf("%q, %v, %q", out, err, stderr)
	}
	if len(got) != 5 || got["Version"] != 1.0 {
		t.Errorf("keys of %v", got)
	}
	for _, key := range []string{"AccessKeyId", "SecretAccessKey", "SessionToken"} {
		if value, _ := got[key].(string); value == "" {
			t.Errorf("%s is missing", key)
		}
	}
	if at, err := time.Parse(time.RFC3339, got["Expiration"].(string)); err != nil || !at.After(p.server.Now()) {
		t.Errorf("Expiration: %v, %v", at, err)
	}
	for arguments, want := range map[string]string{
		"":                                     "--role is missing",
		"--role r --network nonsense!":         "--network",
		"--role r --network FDSN:XA":           "add --year",
		"--role r --parameter novalue":         "NAME=VALUE",
		"--role r --parameter network=FDSN:IU": "NAME=VALUE",
	} {
		_, stderr := p.run(2, append([]string{"credential-process"}, strings.Fields(arguments)...)...)
		contains(t, stderr, want)
	}
	p.server.DenyRole(identity.DefaultUser().Subject, "s3-miniseed-v2")
	out, stderr = p.run(1, "credential-process", "--role", "s3-miniseed-v2", "--network", "FDSN:IU")
	contains(t, stderr, "s3-miniseed-v2")
	if out != "" {
		t.Errorf("stdout = %q", out)
	}
}

func TestDoctor(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	out, _ := p.run(1, "doctor")
	contains(t, out, "No EarthScope Credentials", "is not there yet", "1 finding(s)")
	if _, err := os.Stat(filepath.Join(p.home, ".earthscope")); !errors.Is(err, os.ErrNotExist) {
		t.Error("doctor made a folder")
	}
	set := p.login()
	p.environ = append(p.environ, "HTTPS_PROXY=http://user:made-up-password@127.0.0.1:1", "NO_PROXY=127.0.0.1", "ES_HTTP__EXTRA_HEADERS={\"X-Key\":\"made-up-key\"}")
	out, _ = p.run(0, "doctor")
	contains(t, out, "terraform-provider-earthscope 1.2.3", "oauth2.refresh_token = (sensitive) ("+p.tokensFile()+")",
		"oauth2.domain = "+p.server.URL()+" (environment variable ES_OAUTH2__DOMAIN)", "lock: free", "flow: refresh_token, from "+p.tokensFile(),
		"fingerprint "+session.Fingerprint(set.RefreshToken), "clock: agrees", "API at ", "HTTPS_PROXY, NO_PROXY", "Nothing is wrong.")
	p.clean(out)
	for _, secret := range []string{"made-up-password", "made-up-key"} {
		if strings.Contains(out, secret) {
			t.Errorf("%s is in the report", secret)
		}
	}
	if n := p.server.Requests().TokenRequests(); n != 0 {
		t.Errorf("%d token requests", n)
	}
	if err := os.Chmod(p.tokensFile(), 0o644); err != nil {
		t.Fatal(err)
	}
	p.server.Advance(-10 * time.Minute)
	out, _ = p.run(1, "doctor", "--all")
	contains(t, out, "run chmod 600", "ahead of the identity server's", "http.retry.attempts = 3 (built-in default)")
	p.server.Close()
	out, _ = p.run(1, "doctor")
	contains(t, out, "identity server at 127.0.0.1:", "not reached", "API at 127.0.0.1:")
}
