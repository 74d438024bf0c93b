package provider

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
)

// A token store that went after the host had renewed its token can't be
// repaired with the token that was pushed: it is spent.
func TestRemoteHost_renewedTokenLost(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{Rotating: true})
	p.login("default")
	first, second := p.server.Login(identity.DefaultUser()).RefreshToken, p.server.Login(identity.DefaultUser()).RefreshToken
	d := p.drive(nil)
	mustSucceed(t, d.apply(values{"refresh_token_wo": first}))
	p.renewOnHost()
	mustSucceed(t, d.refresh())
	if got := d.fileState("~/" + tokensOnHost); got != "rotated by the host" {
		t.Fatalf("state = %q", got)
	}
	if err := os.Remove(filepath.Join(p.hostHome(), tokensOnHost)); err != nil {
		t.Fatal(err)
	}
	mustSucceed(t, d.refresh())
	plan := d.plan(values{"refresh_token_wo": first})
	if got := mustBeOne(t, plan.Diagnostics); got.Summary != "Host Lost Its Renewed Token" || attributeOf(got) != "credential" {
		t.Errorf("got %s", describe(plan.Diagnostics))
	}
	mustSay(t, plan.Diagnostics, "missing", "es login", "refresh_token_wo_version")

	mustSucceed(t, d.apply(values{"refresh_token_wo": second})) // a new login
	mustSucceed(t, d.refresh())
	if plan := d.plan(values{"refresh_token_wo": second}); failed(plan.Diagnostics) || d.hasChange(plan) {
		t.Errorf("not settled: %s", describe(plan.Diagnostics))
	}
}

// A token that the host has renewed is brought nowhere else, and not pushed
// anew by a version alone; a new login is.
func TestRemoteHost_spentTokenIsPushedNowhere(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]values{
		"another path":        {"tokens_file": values{"path": "~/elsewhere/tokens.json"}},
		"an environment file": {"tokens_file": values{}, "environment_files": values{"~/es.env": values{}}},
		"a version":           {"refresh_token_wo_version": 1},
		"another profile":     {"profile": "stage"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newHostPlace(t, identity.Options{Rotating: true})
			p.login("default")
			spent, renewed := p.server.Login(identity.DefaultUser()).RefreshToken, p.server.Login(identity.DefaultUser()).RefreshToken
			d := p.drive(nil)
			mustSucceed(t, d.apply(values{"refresh_token_wo": spent}))
			p.renewOnHost()
			mustSucceed(t, d.refresh())
			change["refresh_token_wo"] = spent
			plan := d.plan(change)
			if got := mustBeOne(t, errorsOf(plan.Diagnostics)); got.Summary != "Token Spent by the Host" || attributeOf(got) != "refresh_token_wo" {
				t.Errorf("got %s", describe(plan.Diagnostics))
			}
			change["refresh_token_wo"] = renewed
			if plan := d.plan(change); failed(plan.Diagnostics) {
				t.Errorf("with a new login: %s", describe(plan.Diagnostics))
			}
		})
	}
}

// A jump host may come from a variable, and needs a name.
func TestRemoteHost_jumpHosts(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{})
	d := p.drive(nil)
	found := d.validateHost(values{"proxy_jump": []any{values{"port": 22}}})
	if got := mustBeOne(t, found); got.Summary != "Jump Host Without a Name" {
		t.Errorf("got %s", describe(found))
	}
	if found := d.validateHost(values{"proxy_jump": []any{unknown}}); failed(found) {
		t.Errorf("an element that is not known yet is refused: %s", describe(found))
	}
}
