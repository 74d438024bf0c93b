// Command earthscope-ssh-sandbox runs made-up hosts behind a bastion on this
// machine and prints how to reach them with ssh, so that a person or a script can
// try what the provider does on hosts.
//
//	go run ./internal/sandbox/cmd/earthscope-ssh-sandbox --help
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/delayproxy"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/sshserver"
)

const introduction = `earthscope-ssh-sandbox runs hosts behind a bastion on this machine until SIGINT
or SIGTERM, then prints what was done to them and removes everything. Commands
run on them as the user who started it: they are not confined.

Flags:
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout)
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		_, _ = fmt.Fprintf(os.Stderr, "earthscope-ssh-sandbox: %v\n", err) // nobody else to tell
		os.Exit(1)
	}
}

// settings are the flags.
type settings struct {
	hosts, bastions int
	user, domain    string
	rtt             time.Duration
	readyFile       string
}

func parse(arguments []string, output io.Writer) (settings, error) {
	var chosen settings
	flags := flag.NewFlagSet("earthscope-ssh-sandbox", flag.ContinueOnError)
	flags.SetOutput(output)
	flags.Usage = func() {
		_, _ = io.WriteString(output, introduction) // a lost help text is no failure
		flags.PrintDefaults()
	}
	flags.IntVar(&chosen.hosts, "hosts", 2, "number of hosts")
	flags.IntVar(&chosen.bastions, "bastions", 1, "bastions to pass, one through the other; 0 for none")
	flags.StringVar(&chosen.user, "user", "gnss", "account on every machine")
	flags.StringVar(&chosen.domain, "domain", "sandbox.test", "domain of the hosts' names")
	flags.DurationVar(&chosen.rtt, "rtt", 0, "round-trip time to add in front of the first machine, such as 100ms")
	flags.StringVar(&chosen.readyFile, "ready-file", "", "file to write the path of the ssh_config to once everything runs")
	if err := flags.Parse(arguments); err != nil {
		return settings{}, err
	}
	if flags.NArg() > 0 || chosen.hosts < 0 || chosen.bastions < 0 || chosen.rtt < 0 {
		return settings{}, errors.New("takes no arguments and no negative numbers; see --help")
	}
	return chosen, nil
}

// run starts everything, prints how to reach it, and waits for the context.
func run(ctx context.Context, arguments []string, output io.Writer) (err error) {
	chosen, err := parse(arguments, output)
	if err != nil {
		return err
	}
	var proxies []*delayproxy.Proxy
	defer func() {
		for _, proxy := range proxies {
			err = errors.Join(err, proxy.Close())
		}
	}()
	options := sshserver.FleetOptions{
		Hosts: chosen.hosts, Bastions: chosen.bastions, User: chosen.user, Domain: chosen.domain,
	}
	if chosen.bastions == 0 {
		options.Bastions = -1
	}
	if chosen.rtt > 0 {
		//nolint:contextcheck // a proxy lives until its Close, not until the signal: the summary comes after it
		options.Front = func(machine *sshserver.Server) (string, error) {
			proxy, err := delayproxy.Start(machine.Address(), delayproxy.Options{RTT: chosen.rtt})
			if err != nil {
				return "", err
			}
			proxies = append(proxies, proxy)
			return proxy.Address(), nil
		}
	}
	//nolint:contextcheck // the same
	fleet, err := sshserver.StartFleet(options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, fleet.Close()) }()
	if err := introduce(fleet, output); err != nil {
		return err
	}
	if chosen.readyFile != "" {
		if err := os.WriteFile(chosen.readyFile, []byte(fleet.ConfigFile+"\n"), 0o600); err != nil {
			return fmt.Errorf("cannot write the ready file: %w", err)
		}
	}
	<-ctx.Done()
	return summarize(fleet, proxies, output)
}

func introduce(fleet *sshserver.Fleet, output io.Writer) error {
	_, err := fmt.Fprintf(output, "ssh_config   %s\nknown_hosts  %s\nprivate key  %s\n\n%s\n",
		fleet.ConfigFile, fleet.KnownHostsFile, fleet.KeyFile, fleet.SSHConfig())
	if err != nil {
		return fmt.Errorf("write to standard output: %w", err)
	}
	for _, machine := range append(append([]*sshserver.Server(nil), fleet.Bastions...), fleet.Hosts...) {
		if _, err := fmt.Fprintf(output, "ssh -F %s %s\n", fleet.ConfigFile, machine.Name()); err != nil {
			return fmt.Errorf("write to standard output: %w", err)
		}
	}
	return nil
}

// summarize prints what every machine and the proxies counted.
func summarize(fleet *sshserver.Fleet, proxies []*delayproxy.Proxy, output io.Writer) error {
	for _, machine := range append(append([]*sshserver.Server(nil), fleet.Bastions...), fleet.Hosts...) {
		counters := machine.Counters()
		if _, err := fmt.Fprintf(output, "%s: %d connections, %d logins, %d sessions, %d forwarded, at most %d sessions at once\n",
			machine.Name(), counters.Connections, counters.Logins, counters.Channels["session"],
			counters.Channels["direct-tcpip"], counters.PeakSessions); err != nil {
			return fmt.Errorf("write to standard output: %w", err)
		}
	}
	for _, proxy := range proxies {
		counters := proxy.Counters()
		if _, err := fmt.Fprintf(output, "proxy %s: %d connections, %d round trips\n",
			proxy.Address(), counters.Connections, counters.RoundTrips); err != nil {
			return fmt.Errorf("write to standard output: %w", err)
		}
	}
	return nil
}
