//go:build unix

package provider

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
)

// Numbers of accounts and groups that every Unix has besides root, and the
// names that Debian gives them.
const (
	daemonID, daemonName = 1, "daemon"
	binID, binName       = 2, "bin"
)

// An owner or group that somebody changed is named and repaired; one that is
// no longer asked for goes back to what it was.
func TestRemoteHost_ownerAndGroup(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("SKIPPED: only root gives files away")
	}
	p := newHostPlace(t, identity.Options{})
	p.login("default")
	p.writeHost("site.env", "A=1\n", 0o640)
	d := p.drive(nil)
	owned := values{
		"tokens_file": values{"owner": daemonName, "group": daemonName}, "environment_files": values{"~/site.env": values{"group": fmt.Sprint(daemonID)}},
	}
	mustSucceed(t, d.apply(owned))
	p.mustBelongTo(tokensOnHost, daemonID, daemonID)
	p.mustBelongTo("site.env", 0, daemonID)
	for _, drift := range []struct {
		file     string
		uid, gid int
		want     string
	}{
		{tokensOnHost, binID, daemonID, "owner differs: " + binName},
		{tokensOnHost, daemonID, binID, "group differs: " + binName},
		{"site.env", 0, binID, "group differs: " + binName},
	} {
		if err := os.Chown(filepath.Join(p.hostHome(), drift.file), drift.uid, drift.gid); err != nil {
			t.Fatal(err)
		}
		d.configure(nil)
		mustBeClean(t, "refresh", d.refresh())
		if got := d.fileState("~/" + drift.file); got != drift.want {
			t.Errorf("the state is %q, want %q", got, drift.want)
		}
		plan := d.plan(owned)
		if !d.hasChange(plan) {
			t.Error("nothing is planned")
		}
		mustSucceed(t, d.applyPlan(plan, d.config(owned)))
		p.mustBelongTo(tokensOnHost, daemonID, daemonID)
		p.mustBelongTo("site.env", 0, daemonID)
		mustBeClean(t, "refresh", d.refresh())
		if d.hasChange(d.plan(owned)) {
			t.Error("a second plan has changes")
		}
	}
	mustSucceed(t, d.apply(values{"tokens_file": values{}, "environment_files": values{"~/site.env": values{}}}))
	p.mustBelongTo("site.env", 0, 0)
	mustSucceed(t, d.apply(owned))
	mustBeClean(t, "destroy", d.destroy())
	p.mustBelongTo("site.env", 0, 0)
	if got := p.hostFiles(); len(got) != 1 || got["site.env"] != "0640 A=1\n" {
		t.Errorf("after the destroy: %q", got)
	}
}

func (p *hostPlace) mustBelongTo(file string, uid, gid int) {
	p.t.Helper()
	info, err := os.Stat(filepath.Join(p.hostHome(), file))
	if err != nil {
		p.t.Fatal(err)
	}
	if found := info.Sys().(*syscall.Stat_t); int(found.Uid) != uid || int(found.Gid) != gid {
		p.t.Errorf("%s belongs to %d:%d, want %d:%d", file, found.Uid, found.Gid, uid, gid)
	}
}
