package main

import (
	"strings"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/sshserver"
)

// The command line names the key's file, never the key, and nothing of this
// machine's own SSH setup is used.
func TestRemoteArguments_onlyTheSandbox(t *testing.T) {
	t.Parallel()
	fleet, err := sshserver.StartFleet(sshserver.FleetOptions{Hosts: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = fleet.Close() })
	got := strings.Join(remoteArguments(fleet, fleet.Hosts[0], "put"), " ")
	want := "put gnss@node1.sandbox.test ~/hello -J gnss@" + fleet.Bastions[0].Address() + " -i " + fleet.KeyFile +
		" --known-hosts " + fleet.KnownHostsFile + " --config none"
	if got != want {
		t.Errorf("arguments = %s\nwant %s", got, want)
	}
}
