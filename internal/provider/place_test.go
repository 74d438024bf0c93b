package provider

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/echoprovider"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
)

// place is a machine of its own for one test: a home, an environment, an
// identity server.
type place struct {
	t       *testing.T
	home    string
	server  *identity.Server
	environ []string
	now     func() time.Time
	sleep   func(context.Context, time.Duration) error
}

// newPlace starts an identity server and makes an empty home.
func newPlace(t *testing.T, options identity.Options) *place {
	t.Helper()
	server, err := identity.Start(options)
	if err != nil {
		t.Fatalf("start the identity server: %v", err)
	}
	t.Cleanup(server.Close)
	return &place{t: t, home: t.TempDir(), server: server, now: time.Now}
}

func (p *place) dependencies() Dependencies {
	return Dependencies{
		Environ: p.environ,
		UserHomeDir: func() (string, error) {
			if p.home == "" {
				return "", errNoHome
			}
			return p.home, nil
		},
		Now: func() time.Time { return p.now() }, Sleep: p.sleep,
	}
}

// set adds an environment variable of the form NAME=value.
func (p *place) set(assignment string) { p.environ = append(p.environ, assignment) }

// login puts a login of the default user into tokens.json, as "es login" does.
// The access token is left out, so that the first use refreshes.
func (p *place) login(profile string) identity.TokenSet {
	p.t.Helper()
	set := p.server.Login(identity.DefaultUser())
	p.write(filepath.Join(".earthscope", profile, "tokens.json"), fmt.Sprintf("{\n  \"refresh_token\": %q\n}", set.RefreshToken))
	return set
}

// write puts text into a file of the home.
func (p *place) write(name, text string) string {
	p.t.Helper()
	file := filepath.Join(p.home, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
	return file
}

// files returns every file of the home with its content.
func (p *place) files() map[string]string {
	p.t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(p.home, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(name)
		relative, _ := filepath.Rel(p.home, name)
		found[relative] = string(content)
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		p.t.Fatal(err)
	}
	return found
}

// factories are the providers of an acceptance test: ours and the one that
// shows ephemeral values.
func (p *place) factories() map[string]func() (tfprotov6.ProviderServer, error) {
	return map[string]func() (tfprotov6.ProviderServer, error){
		"earthscope": providerserver.NewProtocol6WithError(New("1.2.3", p.dependencies())()),
		"echo":       echoprovider.NewProviderServer(),
	}
}

// block is a provider block that points to the test's identity server.
func (p *place) block(arguments ...string) string {
	return fmt.Sprintf("provider \"earthscope\" {\n  domain = %q\n  %s\n}\n", p.server.URL(), strings.Join(arguments, "\n  "))
}
