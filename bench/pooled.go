package main

import (
	"fmt"
	"time"
)

// pooledOn counts what another resource costs on a host that is connected already, as the difference of two applies.
func (b *bench) pooledOn(delay time.Duration) error {
	hosts, err := b.startHosts(1, delay)
	if err != nil {
		return err
	}
	defer hosts.close()
	second := fmt.Sprintf(`resource "earthscope_remote_host" "second" {
  host        = "127.0.0.1"
  port        = %d
  profile     = "second"
  tokens_file = {}
}
`, hosts.hosts[0].port)
	var contenders []contender
	for _, c := range []struct{ name, further string }{{"one resource", ""}, {"two resources", second}} {
		w, err := b.ours(hosts, c.name, "native", oneFile.arguments(), c.further)
		if err != nil {
			return err
		}
		contenders = append(contenders, contender{
			name: w.name, prepare: w.reset, run: func() (metrics, error) { return hosts.counted(w.create) },
		})
	}
	outcomes, err := b.compete(fmt.Sprintf("bootstrap, resources of one host, %s", delay), b.rounds(3), contenders...)
	if err != nil {
		return err
	}
	out := b.document.table(fmt.Sprintf("Another resource on the same host, %s added", delay),
		"Resources of one host share a connection: the second, a profile of its own, pays no handshake.",
		"on one host", "wall, s", "connections", "round trips")
	for _, o := range outcomes {
		out.row(o.name, o.figure(wallSeconds).text(), o.figure(connections).text(), o.figure(roundTrips).text())
	}
	b.document.goal(goal{
		what: "one more resource on a connected host: round trips", limit: 3.5,
		got: outcomes[1].figure(roundTrips).median - outcomes[0].figure(roundTrips).median,
	})
	return nil
}
