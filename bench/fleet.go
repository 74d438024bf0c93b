package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/crypto/ssh"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/sshserver"
)

// fleetLoad is how many hosts are worked on, and how many at a time.
type fleetLoad struct{ hosts, parallelism int }

// usualParallelism is how many hosts at a time are worked on unless a table says otherwise; a refresh is measured with that.
const usualParallelism = 50

// fleet brings a token to many hosts behind one bastion, all of them in this process.
func (b *bench) fleet() error {
	loads := []fleetLoad{{25, 50}, {100, 50}, {400, 50}, {1000, 50}, {1000, 10}, {1000, 200}}
	if b.quick {
		loads = []fleetLoad{{10, 50}, {20, 50}, {20, 10}}
	}
	out := b.document.table("Fleet: hosts behind one bastion",
		"The hosts and the bastion run inside the benchmark, on the same processors. The limit is a handshake and one command with "+
			"golang.org/x/crypto/ssh alone over one connection to the bastion, to as many hosts at a time. Terraform alone is an apply of as "+
			"many `terraform_data`. From 400 hosts on the state is kept by Terraform's http backend, and what is measured is measured once. "+
			"The hosts' homes lie in memory where scripts/bench finds room. Memory and descriptors are the provider's.",
		"hosts", "at a time", "create, s", "ms a host", "limit, s", "Terraform alone, s", "create over limit", "over limit and Terraform",
		"refresh, s", "memory, MiB", "descriptors", "bastion connections")
	measured := map[fleetLoad]fleetFigures{}
	for _, l := range loads {
		figures, err := b.fleetOf(out, l)
		if err != nil {
			return err
		}
		measured[l] = figures
	}
	b.document.goal(goal{
		what: "1000 hosts: descriptors over those with 100", limit: 1.1, unit: "x",
		got: summarize(measured[fleetLoad{1000, 50}].descriptors).over(summarize(measured[fleetLoad{100, 50}].descriptors)),
	})
	return b.engine()
}

// fleetFigures are what one fleet cost, by round.
type fleetFigures struct {
	create, limit, floor, refresh, memory, descriptors, bastion []float64
}

func (b *bench) fleetOf(out *table, l fleetLoad) (fleetFigures, error) {
	var all fleetFigures
	fleet, err := sshserver.StartFleet(sshserver.FleetOptions{Hosts: l.hosts})
	if err != nil {
		return all, err
	}
	defer func() { _ = fleet.Close() }()
	rounds := 2
	if l.hosts >= manyInstances {
		rounds = 1 // a round of a thousand takes more than a minute, most of it Terraform's and the hosts'
	}
	for round := range b.rounds(rounds) {
		b.progress("fleet: %d hosts, parallelism %d, round %d", l.hosts, l.parallelism, round+1)
		if err := b.fleetRound(fleet, l.parallelism, &all); err != nil {
			return all, err
		}
	}
	create, limit, floor := summarize(all.create), summarize(all.limit), summarize(all.floor)
	out.row(fmt.Sprint(l.hosts), fmt.Sprint(l.parallelism), create.text(), number(create.median/float64(l.hosts)*1000), limit.text(), floor.text(),
		times(create.over(limit)), times(create.median/(limit.median+floor.median)), summarize(all.refresh).text(),
		summarize(all.memory).text(), summarize(all.descriptors).text(), summarize(all.bastion).text())
	if l.hosts >= 1000 {
		where := fmt.Sprintf("%d hosts, %d at a time: ", l.hosts, l.parallelism)
		b.document.goal(goal{what: where + "create over the limit", got: create.over(limit), limit: 1.3, unit: "x"})
		b.document.goal(goal{what: where + "memory", got: summarize(all.memory).most, limit: 150, unit: " MiB", short: l.parallelism == 50})
	}
	return all, nil
}

// fleetRound measures a create and a refresh, between them the limit and what Terraform takes alone.
func (b *bench) fleetRound(fleet *sshserver.Fleet, parallelism int, all *fleetFigures) error {
	w, err := b.fleetWorkspace(fleet, parallelism)
	if err != nil {
		return err
	}
	floor, err := b.workspace(w.home, floorConsumer(len(fleet.Hosts)))
	if err != nil {
		return err
	}
	if err := errors.Join(b.keepStateRemotely(w, len(fleet.Hosts)), b.keepStateRemotely(floor, len(fleet.Hosts))); err != nil {
		return err
	}
	width := fmt.Sprintf("-parallelism=%d", parallelism)
	before := fleet.Bastions[0].Counters().Connections
	var got metrics
	peak, err := watch(b.provider, func() error {
		var err error
		got, err = w.run("apply", "-input=false", "-auto-approve", width)
		return err
	})
	if err != nil {
		return err
	}
	all.create, all.memory = append(all.create, got[wallSeconds]), append(all.memory, peak.resident/(1<<20))
	all.descriptors = append(all.descriptors, peak.descriptors)
	all.bastion = append(all.bastion, float64(fleet.Bastions[0].Counters().Connections-before))
	if got, err = spent(func() error { return bareFleet(fleet, parallelism) }); err != nil {
		return err
	}
	all.limit = append(all.limit, got[wallSeconds])
	if got, err = floor.run("apply", "-input=false", "-auto-approve", width); err != nil {
		return err
	}
	all.floor = append(all.floor, got[wallSeconds])
	if parallelism == usualParallelism {
		if got, err = w.run("plan", "-input=false", "-detailed-exitcode", width); err != nil {
			return err
		}
		all.refresh = append(all.refresh, got[wallSeconds])
	}
	return clearFleet(fleet)
}

// clearFleet empties the homes of the hosts.
func clearFleet(fleet *sshserver.Fleet) error {
	var failures []error
	for _, host := range fleet.Hosts {
		home, err := host.Home(fleet.User)
		if err == nil {
			err = os.RemoveAll(filepath.Join(home, ".earthscope"))
		}
		failures = append(failures, err)
	}
	return errors.Join(failures...)
}

func (b *bench) fleetWorkspace(fleet *sshserver.Fleet, parallelism int) (*workspace, error) {
	home, err := b.freshHome()
	if err != nil {
		return nil, err
	}
	bastion := fleet.Bastions[0]
	return b.workspace(home, fmt.Sprintf(`
provider "earthscope" {
  ssh = { user = %q, private_key_file = %q, known_hosts_file = %q, config_file = "none", agent = false, max_connections = %d }
}
resource "earthscope_remote_host" "node" {
  count      = %d
  host       = "node${count.index + 1}.sandbox.test"
  proxy_jump = [{ host = %q, port = %s, user = %q }]
}
`, fleet.User, fleet.KeyFile, fleet.KnownHostsFile, parallelism, len(fleet.Hosts), bastion.Host(), bastion.Port(), fleet.User), "ES_OAUTH2__REFRESH_TOKEN="+benchToken)
}

// bareFleet makes a handshake and runs one command on every host, some at a time, through one connection to the bastion.
func bareFleet(fleet *sshserver.Fleet, parallelism int) error {
	trusted := map[string]bool{}
	for _, machine := range append(append([]*sshserver.Server{}, fleet.Bastions...), fleet.Hosts...) {
		trusted[string(machine.HostKeys()[0].PublicKey().Marshal())] = true
	}
	config := &ssh.ClientConfig{
		User: fleet.User, Auth: []ssh.AuthMethod{ssh.PublicKeys(fleet.Key.Signer())}, HostKeyAlgorithms: []string{ssh.KeyAlgoED25519},
		HostKeyCallback: func(_ string, _ net.Addr, key ssh.PublicKey) error {
			if !trusted[string(key.Marshal())] {
				return errors.New("another key")
			}
			return nil
		},
	}
	bastion, err := ssh.Dial("tcp", fleet.Bastions[0].Address(), config)
	if err != nil {
		return err
	}
	defer func() { _ = bastion.Close() }()
	failures := make([]error, len(fleet.Hosts))
	places := make(chan struct{}, parallelism)
	var group sync.WaitGroup
	for i, host := range fleet.Hosts {
		places <- struct{}{}
		group.Go(func() {
			defer func() { <-places }()
			failures[i] = bareHost(bastion, net.JoinHostPort(host.Name(), "22"), config)
		})
	}
	group.Wait()
	return errors.Join(failures...)
}

func bareHost(bastion *ssh.Client, address string, config *ssh.ClientConfig) error {
	conn, err := bastion.DialContext(context.Background(), "tcp", address)
	if err != nil {
		return err
	}
	secured, channels, requests, err := ssh.NewClientConn(conn, address, config)
	if err != nil {
		return err
	}
	client := ssh.NewClient(secured, channels, requests)
	defer func() { _ = client.Close() }()
	session, err := client.NewSession()
	if err != nil {
		return err
	}
	session.Stdin = strings.NewReader(benchToken)
	return session.Run("umask 077; mkdir -p ~/.bench; cat >~/.bench/token; mv ~/.bench/token ~/.bench/token.done")
}
