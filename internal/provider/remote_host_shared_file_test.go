package provider

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
)

// named is the resource under another name.
func (p *hostPlace) named(name string, arguments ...string) string {
	return strings.Replace(p.resource(arguments...), `"node"`, fmt.Sprintf("%q", name), 1)
}

// Two profiles of one host, made at the same time in one config.toml, leave in
// any order, and nothing stays.
func TestAccRemoteHost_twoProfilesInOneConfig(t *testing.T) {
	t.Parallel()
	for _, last := range []string{"one", "two"} {
		t.Run(last+" is last", func(t *testing.T) {
			t.Parallel()
			p := newHostPlace(t, identity.Options{})
			p.login("default")
			before := p.hostFiles()
			both := p.block() + p.named("one", `profile = "one"`) + p.named("two", `profile = "two"`)
			resource.Test(t, resource.TestCase{
				ProtoV6ProviderFactories: p.factories(),
				Steps: []resource.TestStep{
					{Config: both, Check: p.checkHost(func() {
						config := p.readHost(".earthscope/config.toml")
						if !strings.Contains(config, "[profile.one]") || !strings.Contains(config, "[profile.two]") {
							t.Errorf("config.toml = %q", config)
						}
						if got := p.host.Counters().Connections; got != 1 {
							t.Errorf("%d connections for two resources of one host, want 1", got)
						}
					})},
					{Config: p.block() + p.named(last, fmt.Sprintf("profile = %q", last)), Check: p.checkHost(func() {
						config := p.readHost(".earthscope/config.toml")
						if strings.Count(config, "[profile.") != 1 || !strings.Contains(config, "[profile."+last+"]") {
							t.Errorf("config.toml = %q", config)
						}
					})},
					{Config: p.block(), Check: p.checkHost(func() { p.mustBeAsBefore(before) })},
				},
			})
		})
	}
}

// The same entries of one file twice is a plan error; a resource that is
// replaced, or forced to be, is not taken for two.
func TestAccRemoteHost_sameEntriesTwice(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{})
	p.login("default")
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: p.factories(),
		Steps: []resource.TestStep{
			{Config: p.block() + p.named("one") + p.named("two"), ExpectError: regexp.MustCompile(`(?s)Written by Two Resources.*tokens\.json`)},
			{Config: p.block() + p.resource()},
			{Taint: []string{hostAddress}, Config: p.block() + p.resource(), ConfigPlanChecks: changes(plancheck.ResourceActionReplace)},
			{ // replaced: planned twice, with one other profile
				Config: p.block() + p.resource(`profile = "stage"`), ConfigPlanChecks: changes(plancheck.ResourceActionReplace),
			},
			{Config: p.block() + p.resource(`profile = "stage"`) + p.named("two", `profile = "stage"`), ExpectError: regexp.MustCompile("Written by Two Resources")},
			{Config: p.block() + p.resource(`profile = "stage"`) + p.named("two")},
		},
	})
	if got := p.hostFiles(); len(got) != 0 {
		t.Errorf("after the destroy: %q", got)
	}
}

// Two names of one file are found out on the host, before anything is written.
func TestRemoteHost_oneFileUnderTwoNames(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{})
	p.login("default")
	d := p.drive(nil)
	before := p.hostFiles()
	diagnostics := d.apply(values{"environment_files": values{"~/a.env": values{}, p.hostHome() + "/a.env": values{}}})
	mustSay(t, diagnostics, "environment_files", "the same file under another name")
	p.mustBeAsBefore(before)
	if diagnostics := d.apply(values{"tokens_file": values{"path": p.hostHome() + "/" + tokensOnHost}}); failed(diagnostics) {
		t.Fatal(describe(diagnostics))
	}
	mustBeClean(t, "destroy", d.destroy())
	p.mustBeAsBefore(before)
}

// The token of one profile leaves a file in which another's stays: it stays
// closed, and the next plan is empty.
func TestAccRemoteHost_tokenLeavesASharedConfig(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{})
	p.login("default")
	p.writeHost(".earthscope/config.toml", "# ours\n", 0o644)
	mode := func(want string) resource.TestCheckFunc {
		return p.checkHost(func() {
			if got, _, _ := strings.Cut(p.hostFiles()[".earthscope/config.toml"], " "); got != want {
				t.Errorf("mode = %s, want %s", got, want)
			}
		})
	}
	one, two := p.named("one", `profile = "one"`, "config_file = {}"), p.named("two", `profile = "two"`, "config_file = {}")
	without := p.named("one", `profile = "one"`, "config_file = { include_token = false }", "tokens_file = {}")
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: p.factories(),
		Steps: []resource.TestStep{
			{Config: p.block() + one, Check: mode("0600")},
			{Config: p.block() + one + two, Check: mode("0600")},
			{Config: p.block() + without + two, Check: mode("0600")},
			{Config: p.block() + without, Check: mode("0644")},
			{Config: p.block() + one, Check: mode("0600")},
			{Config: p.block() + without, Check: mode("0644")},
		},
	})
}

// Another way to write the path of a file is no other file.
func TestRemoteHost_respelledPath(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{})
	p.login("default")
	p.writeHost("site.env", "A=1\n", 0o640)
	before := p.hostFiles()
	d := p.drive(nil)
	short := values{"environment_files": values{"~/site.env": values{}}}
	long := values{"environment_files": values{p.hostHome() + "/site.env": values{}}}
	mustSucceed(t, d.apply(short))
	written := p.hostFiles()
	for _, arguments := range []values{long, short} {
		mustSucceed(t, d.refresh())
		mustSucceed(t, d.apply(arguments))
		p.mustBeAsBefore(written)
		mustSucceed(t, d.refresh())
		if plan := d.plan(arguments); d.hasChange(plan) {
			t.Errorf("it does not converge: %s", describe(plan.Diagnostics))
		}
	}
	mustSucceed(t, d.apply(long))
	d.configure(nil)
	mustBeClean(t, "destroy", d.destroy())
	p.mustBeAsBefore(before)
}
