package command_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/command"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// noWait makes waiting for a person take no time.
func (p *place) noWait() {
	p.sleep = func(ctx context.Context, d time.Duration) error {
		p.server.Advance(d)
		return ctx.Err()
	}
}

// profile adds a table to config.toml.
func (p *place) profile(name string) {
	p.t.Helper()
	file := filepath.Join(p.home, ".earthscope", "config.toml")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("[profile."+name+"]\n"), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// saved reads a profile's login and adds its tokens to what nothing may print.
func (p *place) saved(profile string) settings.Tokens {
	p.t.Helper()
	data, err := os.ReadFile(filepath.Join(p.home, ".earthscope", profile, "tokens.json"))
	if err != nil {
		p.t.Fatal(err)
	}
	tokens, err := settings.ParseTokens(data)
	if err != nil {
		p.t.Fatal(err)
	}
	p.secrets = append(p.secrets, tokens.AccessToken.Reveal(), tokens.RefreshToken.Reveal())
	return tokens
}

// The prompt and what happens meanwhile is for the person: on standard error,
// so that a script that keeps the result does not swallow the code.
func TestLogin_promptOnStandardError(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{AutoApprove: true})
	p.noWait()
	if err := p.server.Fault(identity.Fault{Kind: identity.FaultHTML, Status: 502, Endpoint: identity.EndpointToken}); err != nil {
		t.Fatal(err)
	}
	out, stderr := p.run(0, "login")
	contains(t, stderr, "To log in to EarthScope, open\n\n    "+p.server.URL()+"activate?user_code=", "Waiting until ", "Still waiting; the code stays valid.")
	contains(t, out, "Logged in as "+identity.DefaultUser().Subject+" (profile default). The tokens are in "+p.tokensFile()+";")
	if strings.Contains(out, "user_code") || strings.Count(out, "\n") != 1 {
		t.Errorf("stdout %q", out)
	}
	p.saved("default")
	p.clean(out + stderr)
	if info, err := os.Stat(p.tokensFile()); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}

// Each profile has its login, and --profile, like ES_PROFILE, names it.
func TestLogin_ofAProfile(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{AutoApprove: true})
	p.noWait()
	p.profile("stage")
	out, _ := p.run(0, "login", "--profile", "stage")
	contains(t, out, "(profile stage)", filepath.Join(p.home, ".earthscope", "stage", "tokens.json"))
	if _, err := os.Stat(p.tokensFile()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the default profile got a login: %v", err)
	}
	first := p.saved("stage").AccessToken.Reveal()
	if out, _ := p.run(0, "token", "--profile", "stage"); out != first+"\n" {
		t.Error("token does not print the profile's token")
	}
	p.environ = append(p.environ, "ES_PROFILE=stage")
	if out, _ := p.run(0, "token"); out != first+"\n" {
		t.Error("ES_PROFILE is not followed")
	}
	p.run(1, "token", "--profile", "default")
}

// Whatever ends a login leaves the former one as it was.
func TestLogin_fails(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		decide func(server *identity.Server, code string) error
		want   string
	}{
		"denied":  {func(s *identity.Server, code string) error { return s.DenyDevice(code) }, "Login Denied"},
		"expired": {func(s *identity.Server, code string) error { return s.ExpireDevice(code) }, "Login Expired"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, identity.Options{})
			set := p.login()
			before, err := os.ReadFile(p.tokensFile())
			if err != nil {
				t.Fatal(err)
			}
			p.sleep = func(ctx context.Context, _ time.Duration) error {
				for _, code := range p.server.PendingDevices() {
					if err := test.decide(p.server, code); err != nil {
						t.Error(err)
					}
				}
				return ctx.Err()
			}
			out, stderr := p.run(1, "login", "--revoke-previous")
			contains(t, stderr, "Error: "+test.want+". ", "The former session is untouched.")
			if out != "" {
				t.Errorf("stdout %q", out)
			}
			if after, err := os.ReadFile(p.tokensFile()); err != nil || string(after) != string(before) || !p.server.RefreshTokenValid(set.RefreshToken) {
				t.Errorf("the former login was touched: %v", err)
			}
		})
	}
}

// Ctrl-C ends the command's context.
func TestLogin_interrupted(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	set := p.login()
	ctx, cancel := context.WithCancel(t.Context())
	var out, errs strings.Builder
	status := command.Run(ctx, []string{"login"}, command.Machine{
		Version: "1.2.3", Environ: p.environ, Stdout: &out, Stderr: &errs,
		Sleep: func(ctx context.Context, _ time.Duration) error {
			cancel()
			return ctx.Err()
		},
		UserHomeDir: func() (string, error) { return "", errors.New("none") },
	})
	contains(t, errs.String(), "Error: Login Interrupted. ", "Nothing was saved. The former session is untouched.")
	if status != 1 || out.String() != "" || !p.server.RefreshTokenValid(set.RefreshToken) {
		t.Errorf("status %d, stdout %q", status, out.String())
	}
}

// The new login is saved even though the former one could not be revoked; the
// status says that something is left to do, and "logout --revoke" does it.
func TestLogin_formerSessionStaysAlive(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{AutoApprove: true})
	p.noWait()
	former := p.login()
	if err := p.server.Fault(identity.Fault{Kind: identity.FaultStatus, Endpoint: identity.EndpointRevoke, Times: -1}); err != nil {
		t.Fatal(err)
	}
	out, stderr := p.run(1, "login", "--revoke-previous")
	fingerprint := session.Fingerprint(former.RefreshToken)
	contains(t, out, "Logged in as ", "(refresh token with fingerprint "+fingerprint+") lives on at the identity server.")
	contains(t, stderr, "Error: Former Session Still Alive. ", fingerprint, "logout --revoke")
	current := p.saved("default")
	if current.RefreshToken.Reveal() == former.RefreshToken {
		t.Fatal("the new login was not saved")
	}
	report, _ := p.run(1, "doctor")
	contains(t, report, "  ! 1 replaced session(s) still wait to be revoked")
	p.clean(report)
	p.server.ClearFaults()
	out, _ = p.run(0, "logout", "--revoke")
	contains(t, out, "Revoked the refresh token with fingerprint "+fingerprint, "Revoked the refresh token with fingerprint "+session.Fingerprint(current.RefreshToken.Reveal()))
	if p.server.ActiveRefreshTokens(identity.DefaultUser()) != 0 {
		t.Error("a session is alive")
	}
}

// A credential that outranks the login makes the login useless: it is told.
func TestLogin_anotherCredentialComesFirst(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{AutoApprove: true})
	p.noWait()
	other := p.server.Login(identity.DefaultUser())
	p.secrets = append(p.secrets, other.RefreshToken)
	p.environ = append(p.environ, "ES_OAUTH2__REFRESH_TOKEN="+other.RefreshToken)
	_, stderr := p.run(0, "login")
	contains(t, stderr, "Warning: Another Credential Comes First. ", "environment variable ES_OAUTH2__REFRESH_TOKEN")
	_, stderr = p.run(0, "logout")
	contains(t, stderr, "Warning: Another Credential Stays. ")
	if !p.server.RefreshTokenValid(other.RefreshToken) {
		t.Error("the other session was ended")
	}
}

// "logout --revoke" means the login, whatever else the settings would use.
func TestLogout_revokeMeansTheLogin(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	login, other := p.login(), p.server.Login(identity.DefaultUser())
	p.secrets = append(p.secrets, other.RefreshToken)
	p.environ = append(p.environ, "ES_OAUTH2__REFRESH_TOKEN="+other.RefreshToken)
	out, _ := p.run(0, "logout", "--revoke")
	contains(t, out, session.Fingerprint(login.RefreshToken), "Its local copy was in "+p.tokensFile())
	if p.server.RefreshTokenValid(login.RefreshToken) || !p.server.RefreshTokenValid(other.RefreshToken) {
		t.Error("another session than the login was revoked")
	}
}

// A revocation that is not confirmed removes nothing and names what is alive.
func TestLogout_revokeUnconfirmed(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]identity.Fault{
		"firewall":      {Kind: identity.FaultHTML, Status: 403},
		"refused":       {Kind: identity.FaultStatus, Status: 401, Body: `{"error":"invalid_client","error_description":"made-up-description"}`},
		"out of order":  {Kind: identity.FaultStatus},
		"no connection": {Kind: identity.FaultDrop},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, identity.Options{})
			p.noWait()
			set := p.login()
			fault.Endpoint, fault.Times = identity.EndpointRevoke, -1
			if err := p.server.Fault(fault); err != nil {
				t.Fatal(err)
			}
			out, stderr := p.run(1, "logout", "--revoke")
			contains(t, stderr, "Error: ", session.Fingerprint(set.RefreshToken), "must be taken for alive", p.tokensFile(), "Nothing was removed")
			if strings.Contains(out+stderr, "made-up-description") || out != "" {
				t.Errorf("stdout %q, stderr %q", out, stderr)
			}
			if p.saved("default").RefreshToken.Reveal() != set.RefreshToken {
				t.Error("the local copy is gone")
			}
		})
	}
}
