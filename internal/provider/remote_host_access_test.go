package provider

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
)

// An access token on a host stays while it lives, whatever the provider has
// meanwhile, and is replaced when too little of its life is left.
func TestAccRemoteHost_accessToken(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{Rotating: true, AccessTokenLifetime: time.Hour})
	p.login("default")
	later := time.Duration(0)
	p.now = func() time.Time { return time.Now().Add(later) }
	p.server.SetNow(p.now)
	configuration := p.block() + p.resource(`credential = "access_token"`, `min_ttl = "10m"`)
	var first string
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: p.factories(),
		Steps: []resource.TestStep{
			{Config: configuration, Check: p.checkHost(func() {
				first = p.readHost(tokensOnHost)
				if !strings.HasPrefix(first, "{\n  \"access_token\": \"ey") || strings.Contains(first, "refresh_token") {
					t.Errorf("tokens.json = %q", first)
				}
			})},
			{ // the provider refreshes for its own sake, twice
				PreConfig: func() { p.refreshHere(); p.refreshHere() },
				Config:    configuration, ConfigPlanChecks: changes(plancheck.ResourceActionNoop),
			},
			{
				PreConfig: func() { later = 45 * time.Minute },
				Config:    configuration, ConfigPlanChecks: changes(plancheck.ResourceActionNoop),
			},
			{
				PreConfig: func() { later = 51 * time.Minute },
				Config:    configuration, ConfigPlanChecks: changes(plancheck.ResourceActionUpdate),
				Check: p.checkHost(func() {
					if got := p.readHost(tokensOnHost); got == first {
						t.Error("the token on the host was not replaced")
					}
				}),
			},
		},
	})
	if spent := p.server.SpentTwice(); len(spent) != 0 {
		t.Errorf("spent twice: %v", spent)
	}
}

// A larger min_ttl holds at once, although the refresh before the plan knows
// only the former one; the same or a smaller one looks at no host again.
func TestAccRemoteHost_moreLifeAskedFor(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{})
	p.login("default")
	later := time.Duration(0)
	p.now = func() time.Time { return time.Now().Add(later) }
	p.server.SetNow(p.now)
	asking := func(life string) string {
		return p.block() + p.resource(`credential = "access_token"`, `min_ttl = "`+life+`"`)
	}
	var first string
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: p.factories(),
		Steps: []resource.TestStep{
			{Config: asking("12h"), Check: p.checkHost(func() { first = p.readHost(tokensOnHost) })},
			{ // 13 hours are left
				PreConfig: func() { later = 11 * time.Hour },
				Config:    asking("10h"), Check: p.checkHost(func() {
					if p.readHost(tokensOnHost) != first {
						t.Error("a token with enough life was replaced")
					}
				}),
			},
			{
				Config: asking("14h"), Check: p.checkHost(func() {
					if p.readHost(tokensOnHost) == first {
						t.Error("the host keeps a token with less life than is asked for")
					}
				}),
			},
			{Config: asking("14h"), ConfigPlanChecks: changes(plancheck.ResourceActionNoop)},
		},
	})
}

// refreshHere makes the provider's session get another access token.
func (p *hostPlace) refreshHere() {
	p.t.Helper()
	w := p.configured(values{"refresh_threshold": "59m59s"})
	if _, response := w.open("earthscope_access_token", nil); failed(response.Diagnostics) {
		p.t.Fatal(describe(response.Diagnostics))
	}
}

// Another user's session at the provider is pushed at once.
func TestRemoteHost_accessTokenOfAnotherUser(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{})
	p.login("default")
	d := p.drive(nil)
	arguments := values{"credential": "access_token"}
	if diagnostics := d.apply(arguments); failed(diagnostics) {
		t.Fatal(describe(diagnostics))
	}
	other := p.server.Login(identity.User{Subject: personA})
	p.write(tokensOnHost, usedTokenFile(other, other.RefreshToken))
	d.configure(nil)
	mustBeClean(t, "refresh", d.refresh())
	if !d.hasChange(d.plan(arguments)) {
		t.Fatal("nothing is planned")
	}
	if diagnostics := d.apply(arguments); failed(diagnostics) {
		t.Fatal(describe(diagnostics))
	}
	if got := p.readHost(tokensOnHost); !strings.Contains(got, other.AccessToken) {
		t.Error("the host has the former user's token")
	}
}

// A client's id and secret go where the SDK reads them; a new secret of the
// provider is noticed, one of the host's own follows its version.
func TestAccRemoteHost_clientCredentials(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{})
	p.server.AddClient("machine", "the-first-secret")
	block := func(secret string) string {
		return p.block(`client_id = "machine"`, fmt.Sprintf("client_secret = %q", secret))
	}
	where := []string{`credential = "client_credentials"`, `config_file = {}`, `environment_files = { "~/m.env" = {} }`}
	own := func(secret string, version int) []string {
		return append(where, fmt.Sprintf("client_secret_wo = %q", secret), fmt.Sprintf("client_secret_wo_version = %d", version))
	}
	holds := func(secret string) resource.TestCheckFunc {
		return resource.ComposeAggregateTestCheckFunc(
			resource.TestCheckNoResourceAttr(hostAddress, "credential_fingerprint"),
			p.checkHost(func() {
				for file, want := range map[string]string{
					".earthscope/config.toml": "oauth2.client_secret = \"" + secret + "\"", "m.env": "ES_OAUTH2__CLIENT_SECRET=" + secret + "\n",
				} {
					if got := p.hostFiles()[file]; !strings.Contains(got, want) || !strings.HasPrefix(got, "0600 ") || !strings.Contains(got, "machine") {
						t.Errorf("%s = %q, want %q", file, got, want)
					}
				}
			}),
		)
	}
	update := changes(plancheck.ResourceActionUpdate)
	resource.Test(t, resource.TestCase{
		TerraformVersionChecks: writeOnlyCore, ProtoV6ProviderFactories: p.factories(),
		Steps: []resource.TestStep{
			{Config: block("the-first-secret") + p.resource(where...), Check: holds("the-first-secret")},
			{Config: block("the-second-secret") + p.resource(where...), ConfigPlanChecks: update, Check: holds("the-second-secret")},
			{Config: block("the-second-secret") + p.resource(own("of-the-host", 1)...), ConfigPlanChecks: update, Check: holds("of-the-host")},
			{
				Config: block("the-second-secret") + p.resource(own("not-yet", 1)...), ConfigPlanChecks: changes(plancheck.ResourceActionNoop),
				Check: holds("of-the-host"),
			},
			{Config: block("the-second-secret") + p.resource(own("the-next", 2)...), ConfigPlanChecks: update, Check: holds("the-next")},
		},
	})
	if got := p.server.Requests().Total; got != 0 {
		t.Errorf("%d requests to the identity server, want none", got)
	}
	if got := p.hostFiles(); len(got) != 0 {
		t.Errorf("after the destroy: %q", got)
	}
}

// What the SDK made on the host of a token in the environment goes too; what
// somebody else put there stays.
func TestRemoteHost_derivedTokenStore(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		own   bool // a session that the provider does not work with
		here  bool // which was begun on this machine, by a profile
		store func(p *hostPlace, pushed identity.TokenSet) string
		seen  bool // by a refresh before the destroy
		goes  bool
	}{
		"same token":    {store: func(_ *hostPlace, s identity.TokenSet) string { return usedTokenFile(s, s.RefreshToken) }, goes: true},
		"successor":     {store: func(p *hostPlace, _ identity.TokenSet) string { return p.used(identity.DefaultUser()) }, goes: true},
		"another user":  {store: func(p *hostPlace, _ identity.TokenSet) string { return p.used(identity.User{Subject: personA}) }},
		"own, the same": {own: true, store: func(_ *hostPlace, s identity.TokenSet) string { return usedTokenFile(s, s.RefreshToken) }, goes: true},
		"own, a successor of what was seen": {
			own: true, seen: true, store: func(p *hostPlace, _ identity.TokenSet) string { return p.used(identity.User{Subject: personA}) }, goes: true,
		},
		"own, of a profile here": {
			own: true, here: true, store: func(p *hostPlace, _ identity.TokenSet) string { return p.used(identity.User{Subject: personA}) }, goes: true,
		},
		"own, somebody else's": {own: true, store: func(p *hostPlace, _ identity.TokenSet) string { return p.used(identity.DefaultUser()) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newHostPlace(t, identity.Options{})
			pushed := p.login("default")
			arguments := values{"environment_files": values{"~/node.env": values{}}}
			if test.own {
				pushed = p.server.Login(identity.User{Subject: personA})
				arguments["refresh_token_wo"] = pushed.RefreshToken
			}
			if test.here {
				p.write(".earthscope/node/tokens.json", usedTokenFile(pushed, pushed.RefreshToken))
			}
			before := p.hostFiles()
			d := p.drive(nil)
			if diagnostics := d.apply(arguments); failed(diagnostics) {
				t.Fatal(describe(diagnostics))
			}
			if test.seen {
				p.writeHost(tokensOnHost, usedTokenFile(pushed, pushed.RefreshToken), 0o600)
				mustBeClean(t, "refresh", d.refresh())
			}
			p.writeHost(tokensOnHost, test.store(p, pushed), 0o600)
			if !test.goes {
				before = p.hostFiles()
				delete(before, "node.env")
			}
			d.configure(nil)
			diagnostics := d.destroy()
			if test.own && !test.goes {
				if got := mustBeOne(t, diagnostics); got.Summary != "Token Store Left on the Host" {
					t.Errorf("got %s", describe(diagnostics))
				}
				mustSay(t, diagnostics, "~/"+tokensOnHost, "es user revoke-refresh-token")
			} else {
				mustBeClean(t, "destroy", diagnostics)
			}
			p.mustBeAsBefore(before)
		})
	}
}

// used is a tokens.json of a login that is not known here.
func (p *hostPlace) used(user identity.User) string {
	set := p.server.Login(user)
	return usedTokenFile(set, "v1.known-to-the-host-only")
}

// What is there with another value is refused; adopt takes it over, and then
// it goes with the resource.
func TestRemoteHost_adopt(t *testing.T) {
	t.Parallel()
	everywhere := func(adopt bool) values {
		return values{"adopt": adopt, "config_file": values{}, "tokens_file": values{}, "environment_files": values{"~/node.env": values{}}}
	}
	for file, theirs := range map[string]string{
		tokensOnHost:              refreshTokenFile("v1.the-login-of-somebody"),
		".earthscope/config.toml": "[profile.default.oauth2]\nrefresh_token = \"v1.somebody\"\n",
		"node.env":                "ES_OAUTH2__REFRESH_TOKEN=v1.somebody\n",
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			p := newHostPlace(t, identity.Options{})
			mine := p.login("default")
			p.writeHost(file, theirs, 0o600)
			before := p.hostFiles()
			d := p.drive(nil)
			diagnostics := d.apply(everywhere(false))
			if got := mustBeOne(t, errorsOf(diagnostics)); got.Summary != "Already There With Another Value" || !d.state.IsNull() {
				t.Errorf("got %s", describe(diagnostics))
			}
			mustSay(t, diagnostics, "adopt = true", file)
			if strings.Contains(describe(diagnostics), "v1.") {
				t.Errorf("a token shows: %s", describe(diagnostics))
			}
			p.mustBeAsBefore(before)
			if diagnostics := d.apply(everywhere(true)); failed(diagnostics) {
				t.Fatal(describe(diagnostics))
			}
			if got := p.readHost(file); !strings.Contains(got, mine.RefreshToken) || strings.Contains(got, "somebody") {
				t.Errorf("%s = %q", file, got)
			}
			mustBeClean(t, "destroy", d.destroy())
			for name, text := range p.hostFiles() {
				if strings.Contains(text, "v1.") || strings.Contains(text, session.Fingerprint(mine.RefreshToken)) || name == tokensOnHost {
					t.Errorf("%s = %q", name, text)
				}
			}
		})
	}
}

// A refresh token that was pushed before does not stay beside an access token
// that is to replace it, although the host's SDK has put a live one there.
func TestRemoteHost_accessTokenReplacesARefreshToken(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{})
	set := p.login("default")
	d := p.drive(nil)
	mustSucceed(t, d.apply(nil))
	p.writeHost(tokensOnHost, usedTokenFile(set, set.RefreshToken), 0o600)
	mustSucceed(t, d.refresh())
	mustSucceed(t, d.apply(values{"credential": "access_token"}))
	if strings.Contains(p.readHost(tokensOnHost), set.RefreshToken) {
		t.Error("the refresh token stays on the host")
	}
	mustSucceed(t, d.refresh())
	if d.hasChange(d.plan(values{"credential": "access_token"})) {
		t.Error("a second plan has changes")
	}
}
