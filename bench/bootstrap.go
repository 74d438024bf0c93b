package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"time"
)

// bootstrap brings one file, then three, to one and ten hosts by every way, near and far.
func (b *bench) bootstrap() error {
	if b.sshd == "" || b.ssh == "" {
		b.skip("bootstrap: there is no OpenSSH server or client here")
		return nil
	}
	if b.ansible == "" {
		b.skip("ansible: scripts/bench could not install it")
	}
	out := b.document.table("Bootstrap: a token file on new hosts, real OpenSSH servers on loopback",
		"The round trip is added by a proxy in front of each server. Connections, logins and round trips are those of one host. "+
			"The limit is a handshake and one command with golang.org/x/crypto/ssh alone, to all hosts at once. `ssh` in a loop was run "+
			"for ten hosts without added delay only. The provisioners do nothing when the token changes.",
		"hosts", "added round trip", "way", "wall, s", "cpu, s", "connections", "logins", "round trips", "wall over ours")
	for _, delay := range []time.Duration{0, 50 * time.Millisecond, 200 * time.Millisecond} {
		for _, count := range []int{1, 10} {
			if b.quick && (delay > 0 || count > 1) {
				continue
			}
			if err := b.createOn(out, count, delay); err != nil {
				return err
			}
		}
	}
	if err := b.pooledOn(200 * time.Millisecond); err != nil || b.quick {
		return err
	}
	return b.lifeOn(10, 50*time.Millisecond)
}

func (b *bench) createOn(out *table, count int, delay time.Duration) error {
	hosts, err := b.startHosts(count, delay)
	if err != nil {
		return err
	}
	defer hosts.close()
	ways, err := b.ways(hosts, oneFile)
	if err != nil {
		return err
	}
	var contenders []contender
	for _, w := range ways {
		if w.name == sshLoop && count > 1 && delay > 0 {
			continue
		}
		contenders = append(contenders, contender{
			name: w.name, prepare: w.reset, run: func() (metrics, error) { return hosts.counted(w.create) },
		})
	}
	rounds := 5
	switch {
	case delay > 0:
		rounds = 2 // the slowest of them take half a minute
	case count > 1:
		rounds = 3
	}
	outcomes, err := b.compete(fmt.Sprintf("bootstrap, %d hosts, %s", count, delay), b.rounds(rounds), contenders...)
	if err != nil {
		return err
	}
	for _, o := range outcomes {
		f := o.figure
		out.row(fmt.Sprint(count), delay.String(), o.name, f(wallSeconds).text(), f(cpuSeconds).text(), f(connections).text(), f(logins).text(),
			f(roundTrips).text(), times(f(wallSeconds).over(outcomes[0].figure(wallSeconds))))
	}
	b.bootstrapGoals(count, delay, outcomes)
	return nil
}

// bootstrapGoals holds the figures against what is to be reached.
func (b *bench) bootstrapGoals(count int, delay time.Duration, outcomes []outcome) {
	over := func(name string) float64 {
		for _, o := range outcomes {
			if o.name == name {
				return o.figure(wallSeconds).over(outcomes[0].figure(wallSeconds))
			}
		}
		return math.NaN()
	}
	where := fmt.Sprintf("hosts: %d, %s added: time of ", count, delay)
	want := map[time.Duration]struct{ ansible, provisioners float64 }{
		0: {7, 1}, 50 * time.Millisecond: {4, 2}, 200 * time.Millisecond: {4, 2.6},
	}[delay]
	short := count == 10 && delay == 50*time.Millisecond
	b.document.goal(goal{what: where + "ansible over ours", got: over(ansibleWay), limit: want.ansible, atLeast: true, unit: "x", short: short})
	b.document.goal(goal{what: where + "the provisioners over ours", got: over(provisioners), limit: want.provisioners, atLeast: true, unit: "x", short: short})
	if count == 1 && delay == 200*time.Millisecond {
		b.document.goal(goal{what: "one cold host: round trips", got: outcomes[0].figure(roundTrips).median, limit: 11.5, short: true})
	}
}

// lifeOn goes through the whole life of three files on hosts.
func (b *bench) lifeOn(count int, delay time.Duration) error {
	hosts, err := b.startHosts(count, delay)
	if err != nil {
		return err
	}
	defer hosts.close()
	ways, err := b.ways(hosts, threeFiles)
	if err != nil {
		return err
	}
	out := b.document.table(fmt.Sprintf("Life of three files on %d hosts, %s added", count, delay),
		"Configuration, environment file and Compose file. Drift is a changed mode on one host. Provisioners and `ssh` know neither drift nor removal.",
		"way", "create, s", "round trips", "no change, s", "round trips", "repair, s", "destroy, s")
	unchanged := map[string]figure{}
	for _, w := range ways {
		if w.unchanged == nil {
			continue
		}
		steps, err := b.lifeOf(hosts, w)
		if err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
		unchanged[w.name] = steps["no change"]
		out.row(w.name, steps["create"].text(), steps["create trips"].text(), steps["no change"].text(), steps["no change trips"].text(),
			steps["repair"].text(), steps["destroy"].text())
	}
	if peer, measured := unchanged[ansibleWay]; measured {
		b.document.goal(goal{
			what: fmt.Sprintf("%d hosts without a change, all looked at: time of ansible over ours", count), limit: 10, atLeast: true, unit: "x", short: true,
			got: peer.over(unchanged[oursNative]),
		})
	}
	return nil
}

// lifeOf measures create, no change, repair and destroy of one way.
func (b *bench) lifeOf(hosts *realHosts, w *way) (map[string]figure, error) {
	values := map[string][]float64{}
	rounds := 1 // of ways that take long
	if w.name == oursNative {
		rounds = 2
	}
	for round := range b.rounds(rounds) {
		b.progress("life of %s, round %d", w.name, round+1)
		if err := w.reset(); err != nil {
			return nil, err
		}
		for _, step := range []struct {
			name string
			run  func() (metrics, error)
		}{
			{"create", w.create}, {"no change", w.unchanged}, {"repair", w.repair(hosts)}, {"destroy", w.destroy},
		} {
			if step.run == nil {
				continue
			}
			got, err := hosts.counted(step.run)
			if err != nil {
				return nil, err
			}
			values[step.name] = append(values[step.name], got[wallSeconds])
			values[step.name+" trips"] = append(values[step.name+" trips"], got[roundTrips])
		}
	}
	figures := map[string]figure{"destroy": summarize(nil)}
	for name, all := range values {
		figures[name] = summarize(all)
	}
	return figures, nil
}

// repair changes a mode by hand and lets the way mend it.
func (w *way) repair(hosts *realHosts) func() (metrics, error) {
	return func() (metrics, error) {
		file := filepath.Join(hosts.hosts[0].home, configFile)
		if err := os.Chmod(file, 0o644); err != nil { //nolint:gosec // the very drift that is to be mended
			return nil, err
		}
		got, err := w.create()
		if err != nil {
			return nil, err
		}
		info, err := os.Stat(file)
		if err == nil && info.Mode().Perm() != 0o600 {
			err = fmt.Errorf("%s did not mend the mode", w.name)
		}
		return got, err
	}
}
