package provider

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
)

func TestParseImportID(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		"node1":                             "node1|0||",
		"node1:2222":                        "node1|2222||",
		"ubuntu@node1":                      "node1|0|ubuntu|",
		"ubuntu@node1.example.org:22#stage": "node1.example.org|22|ubuntu|stage",
		"me@corp@node1":                     "node1|0|me@corp|",
		"[2001:db8::1]:22":                  "2001:db8::1|22||",
		"[2001:db8::1]":                     "2001:db8::1|0||",
		"2001:db8::1":                       "2001:db8::1|0||",
		"node1#my profile":                  "node1|0||my profile",
		"node1#a#b":                         "node1|0||a#b",
		"":                                  "there is no host",
		"#stage":                            "there is no host",
		"node1#":                            "the profile after # is empty",
		"@node1":                            "the user before @ is empty",
		"node1:":                            "the port is empty",
		"[::1]:":                            "the port is empty",
		"[::1":                              "the bracket around the address is not closed",
		"[::1]x":                            "the bracket around the address is not closed",
		"node1:ssh":                         `"ssh" is no port`,
		"node1:0":                           `"0" is no port`,
		"node1:65536":                       `"65536" is no port`,
	} {
		got, err := parseImportID(id)
		text := fmt.Sprintf("%s|%d|%s|%s", got.Host.ValueString(), got.Port.ValueInt64(), got.User.ValueString(), got.Profile.ValueString())
		if err != nil {
			text = err.Error()
		}
		if text != want {
			t.Errorf("%q: got %q, want %q", id, text, want)
		}
	}
}

// What is accepted is written the same way again.
func FuzzParseImportID(f *testing.F) {
	for _, seed := range []string{"node1", "u@h:1#p", "[::1]:22", "::1", "a@b@c", "h#", "#", "@", ":", "[", "]:1", "u@[::1]:2#x#y"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, id string) {
		first, err := parseImportID(id)
		if err != nil {
			return
		}
		m := remoteHostModel{Host: first.Host, Port: first.Port, User: first.User, Profile: first.Profile}
		if strings.ContainsAny(first.Host.ValueString(), "[]") {
			return // no host name
		}
		second, err := parseImportID(m.importID())
		if err != nil {
			t.Fatalf("%q becomes %q: %v", id, m.importID(), err)
		}
		again := remoteHostModel{Host: second.Host, Port: second.Port, User: second.User, Profile: second.Profile}
		if again.importID() != m.importID() {
			t.Errorf("%q becomes %q, then %q", id, m.importID(), again.importID())
		}
	})
}

// An import, then an apply: everything is added, what was there is kept.
func TestAccRemoteHost_import(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{})
	set := p.login("default")
	p.writeHost(".earthscope/config.toml", configBefore, 0o644)
	before := p.hostFiles()
	id := fmt.Sprintf("%s@%s:%s#stage", hostUser, p.host.Host(), p.host.Port())
	imported := p.block() + p.resource(`profile = "stage"`) + fmt.Sprintf("import {\n  to = %s\n  id = %q\n}\n", hostAddress, id)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: p.factories(),
		Steps: []resource.TestStep{
			{
				Config: imported, ConfigPlanChecks: changes(plancheck.ResourceActionUpdate),
				Check: resource.ComposeAggregateTestCheckFunc(
					resource.TestCheckResourceAttr(hostAddress, "id", id),
					p.checkHost(func() {
						if got := p.readHost(".earthscope/stage/tokens.json"); got != refreshTokenFile(set.RefreshToken) {
							t.Errorf("tokens.json = %q", got)
						}
					}),
				),
			},
			{Config: p.block() + p.resource(`profile = "stage"`), ConfigPlanChecks: changes(plancheck.ResourceActionNoop)},
			{Config: p.block(), Check: p.checkHost(func() { p.mustBeAsBefore(before) })},
		},
	})
}

// By identity, which cores since 1.12 know, and with a warning that lists what
// the host has already.
func TestRemoteHost_importByIdentity(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{})
	p.login("default")
	p.writeHost(".earthscope/config.toml", configBefore, 0o644)
	d := p.drive(nil)
	schemas, err := d.server.GetResourceIdentitySchemas(t.Context(), &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil || schemas.IdentitySchemas[hostType] == nil {
		t.Fatalf("no identity schema: %v", err)
	}
	kind := schemas.IdentitySchemas[hostType].ValueType()
	id := built(t, kind, values{"host": p.host.Host(), "port": p.port(), "user": hostUser})
	response, err := d.server.ImportResourceState(t.Context(), &tfprotov6.ImportResourceStateRequest{
		TypeName: hostType, Identity: &tfprotov6.ResourceIdentityData{IdentityData: d.message(id)},
	})
	if err != nil {
		t.Fatal(err)
	}
	mustBeClean(t, "import", response.Diagnostics)
	d.state, d.private = d.value(response.ImportedResources[0].State), response.ImportedResources[0].Private
	diagnostics := d.refresh()
	if got := mustBeOne(t, diagnostics); got.Summary != "Imported Host Not Bootstrapped Yet" {
		t.Errorf("got %s", describe(diagnostics))
	}
	mustSay(t, diagnostics, "~/.earthscope/config.toml", "adopt = true")
	plan := d.plan(nil)
	mustBeClean(t, "plan", plan.Diagnostics)
	if !d.hasChange(plan) || len(plan.RequiresReplace) != 0 {
		t.Errorf("replaces: %v", plan.RequiresReplace)
	}
	if diagnostics := d.applyPlan(plan, d.config(nil)); failed(diagnostics) {
		t.Fatal(describe(diagnostics))
	}
	if got := text(t, fieldsOf(t, d.state), "id"); got != fmt.Sprintf("%s@%s:%d", hostUser, p.host.Host(), p.port()) {
		t.Errorf("id = %q", got)
	}
}

// Read and Update give the identity, as cores that know it demand.
func TestRemoteHost_identityInEveryAnswer(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{})
	p.login("default")
	d := p.drive(nil)
	if diagnostics := d.apply(values{"profile": "stage"}); failed(diagnostics) {
		t.Fatal(describe(diagnostics))
	}
	response, err := d.server.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{TypeName: hostType, CurrentState: d.message(d.state), Private: d.private})
	if err != nil || response.NewIdentity == nil {
		t.Fatalf("no identity: %v, %s", err, describe(response.Diagnostics))
	}
	schemas, err := d.server.GetResourceIdentitySchemas(t.Context(), &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		t.Fatal(err)
	}
	value, err := response.NewIdentity.IdentityData.Unmarshal(schemas.IdentitySchemas[hostType].ValueType())
	if err != nil {
		t.Fatal(err)
	}
	want := built(t, value.Type(), values{"host": p.host.Host(), "port": p.port(), "user": hostUser, "profile": "stage"})
	if !value.Equal(want) {
		t.Errorf("identity = %s, want %s", value, want)
	}
}

// A wrong id says how to write one.
func TestRemoteHost_importWrongID(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{})
	response, err := p.drive(nil).server.ImportResourceState(t.Context(), &tfprotov6.ImportResourceStateRequest{TypeName: hostType, ID: "node1:ssh"})
	if err != nil {
		t.Fatal(err)
	}
	mustBeOne(t, response.Diagnostics)
	mustSay(t, response.Diagnostics, "Invalid Import ID", "[user@]host[:port][#profile]")
}
