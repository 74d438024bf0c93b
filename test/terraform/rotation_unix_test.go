//go:build unix

package terraform_test

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/sshserver"
	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"

	testlab "github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/lab"
)

// rotationLab runs the guide to rotation: two hosts, and the profiles blue and
// green on this machine.
type rotationLab struct {
	*workspace

	fleet      *sshserver.Fleet
	generation int
	// login and revoke are the two ways of the guide.
	login, revoke func(profile string)
}

// newRotationLab takes the guide's configuration as it stands, but for the
// program that checks a host: these have no EarthScope CLI.
func newRotationLab(t *testing.T, options identity.Options, actions bool) *rotationLab {
	t.Helper()
	options.AutoApprove, options.DeviceInterval = true, time.Second
	if actions {
		needActions(t)
	}
	l := newLab(t, options)
	fleet, err := sshserver.StartFleet(sshserver.FleetOptions{Hosts: 2, Bastions: -1, Domain: "example.org"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := fleet.Close(); err != nil {
			t.Error(err)
		}
	})
	content, err := os.ReadFile(filepath.Join("..", "..", "examples", "guides", "rotation", "main.tf"))
	if err != nil {
		t.Fatal(err)
	}
	configuration := strings.Replace(string(content), `"es user get-profile"`, `"test -s ~/.earthscope/default/tokens.json"`, 1)
	configuration = regexp.MustCompile(`(?ms)^terraform \{.*?^\}\n`).ReplaceAllString(configuration, "")
	if !actions {
		configuration = regexp.MustCompile(`(?ms)^action .*?^\}\n`).ReplaceAllString(configuration, "")
	}
	r := &rotationLab{workspace: l.workspace(configuration), fleet: fleet}
	r.reach()
	writeHost(t, l.home, ".earthscope/config.toml", "[profile.blue]\n[profile.green]\n", 0o600)
	if actions {
		r.login = func(profile string) { r.must(invoke("earthscope_login." + profile)...) }
		r.revoke = func(profile string) { r.must(invoke("earthscope_revoke_refresh_token." + profile)...) }
	} else {
		r.login = func(profile string) { r.helper("login", "--profile", profile) }
		r.revoke = func(profile string) { r.helper("logout", "--revoke", "--profile", profile) }
	}
	return r
}

// reach lets this machine's SSH configuration know the guide's hosts.
func (r *rotationLab) reach() {
	r.t.Helper()
	config, err := os.ReadFile(r.fleet.ConfigFile)
	if err != nil {
		r.t.Fatal(err)
	}
	writeHost(r.t, r.home, ".ssh/config", string(config), 0o600)
	writeHost(r.t, r.home, ".ssh/known_hosts", r.fleet.KnownHosts(), 0o600)
}

// helper runs the shipped binary by hand.
func (r *rotationLab) helper(arguments ...string) {
	r.t.Helper()
	binary := filepath.Join(filepath.Dir(overrides), testlab.Executable("terraform-provider-earthscope"))
	output, status := testlab.Run(r.t, r.folder, r.env, binary, arguments...)
	if status != 0 {
		r.t.Fatalf("%v: exit status %d\n%s", arguments, status, output)
	}
	r.clean("the output of "+arguments[0], []byte(output))
}

// turn does the guide's four steps: log in to the profile that is not in use,
// push, check, revoke the old one. It returns the new session's refresh token.
func (r *rotationLab) turn(next, former string) string {
	r.t.Helper()
	r.login(next)
	token := r.loginOf(next)
	r.generation++
	variables := []string{"-input=false", "-var=profile=" + next, "-var=login_generation=" + string(rune('0'+r.generation))}
	r.must(append([]string{"apply", "-auto-approve"}, variables...)...)
	for number := range r.fleet.Hosts {
		if got := r.hostToken(number); got != token {
			r.t.Errorf("host %d does not hold the session of %s", number+1, next)
		}
	}
	if output, status := r.run(append([]string{"plan", "-detailed-exitcode"}, variables...)...); status != 0 {
		r.t.Errorf("the plan after the push is not empty (exit status %d):\n%s", status, output)
	}
	if former != "" {
		dead := r.loginOf(former)
		r.revoke(former)
		if r.server.RefreshTokenValid(dead) {
			r.t.Errorf("the session of %s is alive", former)
		}
		if _, err := os.Stat(filepath.Join(r.home, ".earthscope", former, "tokens.json")); !errors.Is(err, os.ErrNotExist) {
			r.t.Errorf("the login of %s is still there: %v", former, err)
		}
	}
	if !r.server.RefreshTokenValid(token) {
		r.t.Errorf("the session of %s is dead", next)
	}
	if output, status := r.run(append([]string{"plan", "-detailed-exitcode"}, variables...)...); status != 0 {
		r.t.Errorf("the plan after the revocation is not empty (exit status %d):\n%s", status, output)
	}
	return token
}

// loginOf is the refresh token of a profile on this machine.
func (r *rotationLab) loginOf(profile string) string {
	r.t.Helper()
	return r.tokenIn(filepath.Join(r.home, ".earthscope", profile, "tokens.json"))
}

func (r *rotationLab) hostToken(number int) string {
	r.t.Helper()
	home, err := r.fleet.Hosts[number].Home(r.fleet.User)
	if err != nil {
		r.t.Fatal(err)
	}
	return r.tokenIn(filepath.Join(home, hostTokens))
}

func (r *rotationLab) tokenIn(file string) string {
	r.t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		r.t.Fatal(err)
	}
	tokens, err := settings.ParseTokens(data)
	if err != nil {
		r.t.Fatal(err)
	}
	r.secret = append(r.secret, tokens.RefreshToken.Reveal(), tokens.AccessToken.Reveal())
	return tokens.RefreshToken.Reveal()
}

// The whole cycle of the guide and back again, by either of its ways. However
// often it turns, one session is alive at the end of each turn, so that the
// limit of live sessions, here 3, never ends one that is in use.
func TestRotation_wholeCycle(t *testing.T) {
	for name, actions := range map[string]bool{"helper commands": false, "actions": true} {
		t.Run(name, func(t *testing.T) {
			const limit = 3
			r := newRotationLab(t, identity.Options{MaxRefreshTokens: limit}, actions)
			elsewhere := r.server.Login(identity.User{}) // of the same user, on another machine
			former := ""
			for _, next := range []string{"blue", "green", "blue"} {
				r.turn(next, former)
				former = next
				if n := r.server.ActiveRefreshTokens(identity.DefaultUser()); n != 2 {
					t.Errorf("%d sessions are alive, want 2", n)
				}
			}
			if !r.server.RefreshTokenValid(elsewhere.RefreshToken) {
				t.Error("the session on another machine has ended")
			}
			state, err := os.ReadFile(filepath.Join(r.folder, "terraform.tfstate"))
			if err != nil {
				t.Fatal(err)
			}
			r.clean("the state", state)
			r.must("destroy", "-auto-approve", "-input=false", "-var=profile="+former)
		})
	}
}

// Logging in without revoking ends, some day, a session that is in use: what
// the guide warns of.
func TestRotation_withoutRevokingTheLimitEndsSessions(t *testing.T) {
	const limit = 3
	r := newRotationLab(t, identity.Options{MaxRefreshTokens: limit}, false)
	r.helper("login", "--profile", "blue")
	inUse := r.loginOf("blue")
	for range limit {
		r.helper("login", "--profile", "green")
	}
	if r.server.RefreshTokenValid(inUse) {
		t.Error("the sandbox does not keep the limit that the guide tells of")
	}
	for range limit + 1 {
		r.helper("login", "--profile", "green", "--revoke-previous")
	}
	if n := r.server.ActiveRefreshTokens(identity.DefaultUser()); n > limit {
		t.Errorf("%d sessions are alive", n)
	}
}
