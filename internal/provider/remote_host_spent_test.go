package provider

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
)

// renewOnHost is what the host's SDK does at its next refresh.
func (p *hostPlace) renewOnHost() {
	p.t.Helper()
	p.writeHost(tokensOnHost, usedTokenFile(p.server.Login(identity.DefaultUser()), "v1.only-the-host-knows"), 0o600)
}

// spentFiles are the names of the tokens that are remembered as spent.
func (p *hostPlace) spentFiles() []string {
	p.t.Helper()
	var names []string
	for name, text := range p.files() {
		if rest, ok := strings.CutPrefix(name, ".earthscope/.terraform-spent/"); ok {
			names = append(names, rest)
			if strings.Contains(text, "v1.") {
				p.t.Errorf("%s holds a token", name)
			}
		}
	}
	return names
}

// A create whose verification fails is replaced by the next run: not with the
// token that the host has renewed meanwhile.
func TestAccRemoteHost_verificationFailsAfterARenewal(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{Rotating: true})
	p.login("default")
	first, second := p.server.Login(identity.DefaultUser()).RefreshToken, p.server.Login(identity.DefaultUser()).RefreshToken
	configuration := func(token, command string) string {
		return p.block() + p.resource(fmt.Sprintf("refresh_token_wo = %q", token), fmt.Sprintf("verify_command = %q", command))
	}
	resource.Test(t, resource.TestCase{
		TerraformVersionChecks: writeOnlyCore, ProtoV6ProviderFactories: p.factories(),
		Steps: []resource.TestStep{
			{Config: configuration(first, "exit 3"), ExpectError: regexp.MustCompile("Verification Failed")},
			{
				PreConfig:   p.renewOnHost,
				Config:      configuration(first, "true"),
				ExpectError: regexp.MustCompile(`Token Spent by the Host(.|\n)*untaint"`),
			},
			{
				PreConfig: func() {
					if got := p.readHost(tokensOnHost); !strings.Contains(got, "v1.only-the-host-knows") {
						t.Error("the host's token was touched")
					}
				},
				Config: configuration(second, "true"),
				Check:  p.hostHolds(second),
			},
		},
	})
	if got := p.spentFiles(); len(got) != 1 || got[0] != session.Fingerprint(first) {
		t.Errorf("remembered as spent: %q", got)
	}
}

// A destroy sees the renewal where no refresh did, and the create that follows
// does not bring the spent token back; a new login is brought.
func TestRemoteHost_createAfterDestroyOfARenewedToken(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		block     values
		arguments values
		rotating  bool
		refused   bool
	}{
		"a token store":              {rotating: true, refused: true},
		"one that the SDK derived":   {arguments: values{"environment_files": values{"~/es.env": values{}}}, rotating: true, refused: true},
		"nothing is kept here":       {block: values{"persist_tokens": false}, rotating: true, refused: true},
		"a server that renews none":  {},
		"another login on that host": {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newHostPlace(t, identity.Options{Rotating: test.rotating})
			p.login("default")
			first, second := p.server.Login(identity.DefaultUser()).RefreshToken, p.server.Login(identity.DefaultUser()).RefreshToken
			d := p.drive(test.block)
			if _, diagnostics := d.read("earthscope_identity", nil); failed(diagnostics) { // refreshes
				t.Fatal(describe(diagnostics))
			}
			with := func(token string) values {
				arguments := values{"refresh_token_wo": token}
				for name, value := range test.arguments {
					arguments[name] = value
				}
				return arguments
			}
			mustSucceed(t, d.apply(with(first)))
			if name != "a server that renews none" {
				p.renewOnHost()
			}
			diagnostics := d.replace(with(first))
			if test.refused {
				if got := mustBeOne(t, errorsOf(diagnostics)); got.Summary != "Token Spent by the Host" || attributeOf(got) != "refresh_token_wo" {
					t.Errorf("got %s", describe(diagnostics))
				}
				if strings.Contains(fmt.Sprint(p.hostFiles()), first) {
					t.Error("the spent token is on the host")
				}
				mustSucceed(t, d.apply(with(second)))
				return
			}
			mustSucceed(t, diagnostics)
		})
	}
}

// replace is the apply of a resource that is to be destroyed and created anew,
// without a refresh in between.
func (d *driver) replace(arguments values) []*tfprotov6.Diagnostic {
	d.t.Helper()
	state := d.state
	d.state = tftypes.NewValue(d.schema.ValueType(), nil)
	plan := d.plan(arguments)
	mustSucceed(d.t, plan.Diagnostics)
	d.state = state
	mustSucceed(d.t, d.destroy())
	return d.applyPlan(plan, d.config(arguments))
}

// What is remembered goes when any refresh token has ended of itself.
func TestRemoteHost_spentTokensAreForgotten(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{Rotating: true})
	p.login("default")
	const old = ".earthscope/.terraform-spent/0123456789abcdef"
	p.write(old, "")
	past := p.dependencies().Now().AddDate(-2, 0, 0)
	if err := os.Chtimes(filepath.Join(p.home, old), past, past); err != nil {
		t.Fatal(err)
	}
	token := p.server.Login(identity.DefaultUser()).RefreshToken
	d := p.drive(nil)
	mustSucceed(t, d.apply(values{"refresh_token_wo": token}))
	p.renewOnHost()
	mustSucceed(t, d.refresh())
	if got := p.spentFiles(); len(got) != 1 || got[0] != session.Fingerprint(token) {
		t.Errorf("remembered as spent: %q", got)
	}
}

// A login that was given to a host, which has renewed its token, is not used up
// here: the host's session would end with it.
func TestRemoteHost_spentTokenIsNotRefreshedHere(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{Rotating: true})
	p.login("default")
	p.write(".earthscope/config.toml", fmt.Sprintf("[profile.node.oauth2]\ndomain = %q\n", p.server.URL()))
	own := p.server.Login(identity.DefaultUser())
	p.write(".earthscope/node/tokens.json", refreshTokenFile(own.RefreshToken)) // without an access token, it would be refreshed
	d := p.drive(nil)
	if _, diagnostics := d.read("earthscope_identity", nil); failed(diagnostics) { // shows that the server rotates
		t.Fatal(describe(diagnostics))
	}
	mustSucceed(t, d.apply(values{"refresh_token_wo": own.RefreshToken}))
	p.renewOnHost()
	mustSucceed(t, d.refresh())
	requests := p.server.Requests().TokenRequests()
	p.environ = append(p.environ, "ES_PROFILE=node")
	d.configure(nil)
	_, diagnostics := d.read("earthscope_access_token", nil)
	if got := mustBeOne(t, errorsOf(diagnostics)); got.Summary != "Refresh Token Spent by a Host" {
		t.Errorf("got %s", describe(diagnostics))
	}
	if got := p.server.Requests().TokenRequests(); got != requests {
		t.Errorf("%d token requests, want none", got-requests)
	}
}
