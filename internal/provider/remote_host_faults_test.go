package provider

import (
	"fmt"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/sshserver"
)

// The life of a resource, in which one step loses its connection.
var brokenSteps = []string{"create", "update", "destroy"}

// A cut at any place of any step: the next run brings everything about, and in
// the end nothing is left.
func TestRemoteHost_cutConnection(t *testing.T) {
	t.Parallel()
	for _, step := range brokenSteps {
		for _, fault := range []sshserver.Fault{
			{Point: sshserver.Stdin, After: 50},
			{Point: sshserver.Stdin, After: 3000},
			{Point: sshserver.Stdin, After: 12000},
			{Point: sshserver.Stdout, After: 0},
			{Point: sshserver.Stdout, After: 120},
			{Point: sshserver.Stdout, After: 260},
			{Point: sshserver.Stdout, After: 400},
			{Point: sshserver.Stdout, After: 700},
		} {
			t.Run(fmt.Sprintf("%s, point %d, byte %d", step, fault.Point, fault.After), func(t *testing.T) {
				t.Parallel()
				testCut(t, step, fault)
			})
		}
	}
}

func testCut(t *testing.T, broken string, fault sshserver.Fault) {
	p := newHostPlace(t, identity.Options{})
	p.login("default")
	p.writeHost("site.env", "A=1", 0o640)
	before := p.hostFiles()
	d := p.drive(nil)
	first := values{"tokens_file": values{}, "config_file": values{}, "environment_files": values{"~/site.env": values{}}}
	second := values{"tokens_file": values{}, "environment_files": values{"~/new/node.env": values{"style": "bootstrap"}}}
	during := func(step string, run func()) {
		if step != broken {
			run()
			return
		}
		p.host.SetFaults(fault)
		run()
		p.host.ClearFaults()
		p.host.DropConnections()
		if err := p.host.WaitIdle(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	during("create", func() { _ = d.apply(first) })
	if broken == "create" {
		if !d.state.IsNull() { // tainted: Terraform replaces it
			d.configure(nil)
			mustSucceed(t, d.destroy())
		}
		mustSucceed(t, d.apply(first))
	}
	during("update", func() { _ = d.apply(second) })
	mustSucceed(t, d.refresh())
	mustSucceed(t, d.apply(second))
	mustSucceed(t, d.refresh())
	if plan := d.plan(second); d.hasChange(plan) {
		t.Errorf("it does not converge: %s, %q", describe(plan.Diagnostics), p.hostFiles())
	}
	d.configure(nil)
	during("destroy", func() { _ = d.destroy() })
	if !d.state.IsNull() {
		d.configure(nil)
		mustSucceed(t, d.destroy())
	}
	p.mustBeAsBefore(before)
}

// A run that was killed after its write left no state: the next one takes its
// work over, and a destroy leaves nothing.
func TestRemoteHost_killedBeforeStateWasSaved(t *testing.T) {
	t.Parallel()
	for name, arguments := range map[string]values{
		"the usual":     nil,
		"a named one":   {"profile": "stage"},
		"config only":   {"config_file": values{}},
		"environment":   {"environment_files": values{"~/a.env": values{}, "~/b.sh": values{"format": "shell", "style": "bootstrap"}}},
		"compose":       {"compose_files": values{"~/new.yaml": values{"services": []any{"web"}}}},
		"access token":  {"credential": "access_token"},
		"site's config": {"config_file": values{}, "settings": values{"http.timeout_read": "7"}},
	} {
		for _, noted := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, noted %v", name, noted), func(t *testing.T) {
				t.Parallel()
				p := newHostPlace(t, identity.Options{})
				p.login("default")
				if name == "site's config" {
					p.writeHost(".earthscope/config.toml", configBefore, 0o600)
				}
				before := p.hostFiles()
				mustSucceed(t, p.drive(nil).apply(arguments))
				if got := len(p.notes()); got != 1 {
					t.Errorf("%d notes, want 1", got)
				}
				if !noted { // as on another machine
					p.dropNotes()
				}
				complete := p.hostFiles()
				d := p.drive(nil)
				mustSucceed(t, d.apply(arguments))
				p.mustBeAsBefore(complete)
				mustSucceed(t, d.refresh())
				if d.hasChange(d.plan(arguments)) {
					t.Error("a second plan has changes")
				}
				mustSucceed(t, d.destroy())
				p.mustBeAsBefore(before)
				if got := p.notes(); len(got) != 0 {
					t.Errorf("notes are left: %v", got)
				}
			})
		}
	}
}

// Where one file can't be written, the others are in state.
func TestRemoteHost_partialWrite(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{})
	p.login("default")
	before := p.hostFiles()
	d := p.drive(nil)
	diagnostics := d.apply(values{"tokens_file": values{}, "environment_files": values{"~/z.env": values{"owner": "nobody-of-that-name"}}})
	mustBeOne(t, errorsOf(diagnostics))
	if !d.state.IsNull() {
		d.configure(nil)
		mustSucceed(t, d.destroy())
	}
	p.mustBeAsBefore(before)
}
