package command_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/command"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
)

// A hundred callers at once, each a process of its own to the session, cost one
// refresh and print one token.
func TestToken_manyCallersOneRequest(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{Rotating: true})
	p.login()
	const callers = 100
	printed := make([]string, callers)
	var group sync.WaitGroup
	for i := range callers {
		group.Go(func() {
			var out, errs strings.Builder
			status := command.Run(t.Context(), []string{"token"}, command.Machine{Version: "1.2.3", Environ: p.environ, Stdout: &out, Stderr: &errs})
			if status != 0 || errs.String() != "" {
				t.Errorf("status %d, stderr %q", status, errs.String())
			}
			printed[i] = out.String()
		})
	}
	group.Wait()
	for _, token := range printed {
		if token == "" || token != printed[0] {
			t.Fatal("the callers got different tokens, or none")
		}
	}
	if n := p.server.Requests().TokenRequests(); n != 1 || len(p.server.SpentTwice()) != 0 {
		t.Errorf("%d token requests, want 1", n)
	}
}

// The token is as old as the settings allow: --min-ttl asks for more life.
func TestToken_minTTL(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{AccessTokenLifetime: time.Hour})
	p.login()
	first, _ := p.run(0, "token")
	again, _ := p.run(0, "token", "--min-ttl", "30m")
	if first != again {
		t.Error("a token with enough life was replaced")
	}
	out, stderr := p.run(0, "token", "--min-ttl", "2h")
	contains(t, stderr, "Warning: min_ttl Longer Than a Token Lives. ")
	if _, err := session.DecodeClaims(strings.TrimSpace(out)); err != nil {
		t.Error(err)
	}
	if n := p.server.Requests().TokenRequests(); n != 1 {
		t.Errorf("%d token requests, want 1: the token is new, and another would live no longer", n)
	}
}

// Where the token comes from is the settings' affair: variable, bootstrap
// settings, client credentials.
func TestToken_sources(t *testing.T) {
	t.Parallel()
	for name, environ := range map[string]func(server *identity.Server) string{
		"variable": func(s *identity.Server) string {
			return "ES_OAUTH2__REFRESH_TOKEN=" + s.Login(identity.DefaultUser()).RefreshToken
		},
		"JSON": func(s *identity.Server) string {
			return `ES_OAUTH2={"refresh_token":"` + s.Login(identity.DefaultUser()).RefreshToken + `"}`
		},
		"access": func(s *identity.Server) string {
			return "ES_OAUTH2__ACCESS_TOKEN=" + s.Login(identity.DefaultUser()).AccessToken
		},
		"bootstrap": func(s *identity.Server) string {
			return `ES_BOOTSTRAP_SETTINGS={"oauth2":{"refresh_token":"` + s.Login(identity.DefaultUser()).RefreshToken + `"}}`
		},
		"client": func(s *identity.Server) string {
			s.AddClient("machine", "made-up-secret")
			return `ES_OAUTH2={"client_id":"machine","client_secret":"made-up-secret"}`
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, identity.Options{Rotating: true})
			p.environ = append(p.environ, environ(p.server))
			first, stderr := p.run(0, "token")
			again, _ := p.run(0, "token")
			if first != again || stderr != "" {
				t.Errorf("two tokens, or stderr %q", stderr)
			}
			claims, err := session.DecodeClaims(strings.TrimSpace(first))
			if err != nil || !claims.ExpiresAt.After(p.server.Now()) {
				t.Errorf("claims until %v, %v", claims.ExpiresAt, err)
			}
			want := 1
			if name == "access" {
				want = 0
			}
			if n := p.server.Requests().TokenRequests(); n != want {
				t.Errorf("%d token requests, want %d", n, want)
			}
		})
	}
}

// A refused token is sent once, however often the command is tried, and each
// time the person hears why and what to do.
func TestToken_refusedIsSentOnce(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	set := p.login()
	p.server.RevokeRefreshToken(set.RefreshToken)
	for range 3 {
		for _, arguments := range [][]string{{"token"}, {"refresh"}, {"credential-process", "--role", "s3-miniseed-v2"}} {
			out, stderr := p.run(1, arguments...)
			contains(t, stderr, "Error: Refresh Token Refused. ", p.tokensFile(), `Run "es login"`)
			if out != "" || strings.Count(stderr, "\n") != 1 {
				t.Errorf("%v: stdout %q, stderr %q", arguments, out, stderr)
			}
		}
	}
	if n := p.server.Requests().TokenRequests(); n != 1 {
		t.Errorf("%d token requests, want 1", n)
	}
	p.login() // a new login is asked for at once
	p.run(0, "token")
}

// --config-dir moves everything.
func TestToken_configDir(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	set := p.server.Login(identity.DefaultUser())
	p.secrets = append(p.secrets, set.RefreshToken)
	folder := filepath.Join(t.TempDir(), "elsewhere")
	if err := os.MkdirAll(filepath.Join(folder, "default"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "default", "tokens.json"), []byte(`{"refresh_token":"`+set.RefreshToken+`"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	p.run(1, "token")
	p.run(0, "token", "--config-dir", folder)
	if _, err := os.Stat(filepath.Join(p.home, ".earthscope")); !os.IsNotExist(err) {
		t.Errorf("a folder was made in the home: %v", err)
	}
	report, _ := p.run(0, "doctor", "--config-dir", folder)
	contains(t, report, filepath.Join(folder, "default", "tokens.json")+": ")
}

// refresh gets a new token although the old one is good, unless that is new
// already, and says until when it is valid.
func TestRefresh_replacesAGoodToken(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	p.server.Advance(-12 * time.Hour)
	set := p.server.Login(identity.DefaultUser()) // half of its life is over
	p.server.Advance(12 * time.Hour)
	p.secrets = append(p.secrets, set.AccessToken, set.RefreshToken)
	if err := os.MkdirAll(filepath.Dir(p.tokensFile()), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p.tokensFile(), set.TokensFile(), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, _ := p.run(0, "token"); out != set.AccessToken+"\n" {
		t.Error("token replaced a token that is good")
	}
	out, stderr := p.run(0, "refresh")
	current := p.saved("default").AccessToken.Reveal()
	claims, err := session.DecodeClaims(current)
	if err != nil || current == set.AccessToken {
		t.Fatalf("refresh left the old token: %v", err)
	}
	if want := "The access token of profile default is valid until " + claims.ExpiresAt.UTC().Format(time.RFC3339) + ".\n"; out != want || stderr != "" {
		t.Errorf("stdout %q, want %q; stderr %q", out, want, stderr)
	}
}

// A schedule hears of a refresh that fails.
func TestRefresh_fails(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	p.noWait()
	p.login()
	p.server.Close()
	out, stderr := p.run(1, "refresh")
	contains(t, stderr, "Error: ", "127.0.0.1")
	if out != "" {
		t.Errorf("stdout %q", out)
	}
}
