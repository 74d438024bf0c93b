package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
)

// Where a host keeps what it was given, below its home.
const (
	hostTokens = ".earthscope/default/tokens.json"
	hostConfig = ".earthscope/config.toml"
)

// bootstrapHosts gives two hosts their credentials and shows what arrived.
func (d *demo) bootstrapHosts(ctx context.Context) error {
	if err := d.startFleet(); err != nil { //nolint:contextcheck // the hosts live until they are closed
		return err
	}
	var err error
	if d.before, err = d.hostSnapshots(); err != nil {
		return err
	}
	if d.hosts, err = d.newConfiguration("hosts"); err != nil {
		return err
	}
	d.hosts.logs = d.work.path("logs", "hosts.log")
	if d.hosts.variables, err = d.hostVariables(); err != nil {
		return err
	}
	if _, _, err := d.terraformStep(ctx, d.hosts, "init"); err != nil {
		return err
	}
	if _, _, err := d.terraformStep(ctx, d.hosts, "plan", "-out="+planFile); err != nil {
		return err
	}
	counted := d.connections()
	d.server.ResetRequests()
	if _, _, err := d.terraformStep(ctx, d.hosts, "apply", planFile); err != nil {
		return err
	}
	if err := d.oneConnectionEach(counted); err != nil {
		return err
	}
	if err := d.verifiedOnHosts(len(d.fleet.Hosts)); err != nil {
		return err
	}
	if d.arrived, err = d.hostSnapshots(); err != nil {
		return err
	}
	return d.showHostFiles()
}

// verifiedOnHosts checks that verify_command ran on every host and that the
// API answered: one call each, and so many refreshes before.
func (d *demo) verifiedOnHosts(refreshes int) error {
	defer d.server.ResetRequests()
	requests, calls := d.server.Requests(), 0
	for _, request := range d.server.RequestLog() {
		if request.Endpoint == identity.EndpointUserProfile && request.Outcome == identity.OutcomeGranted {
			calls++
		}
	}
	d.out.fact("verified", "\"es user get-profile\" ran on both hosts; the API answered %d of %d", calls, len(d.fleet.Hosts))
	if refreshes > 0 {
		d.out.fact("token requests", "%d, one by each host with a session of its own", requests.TokenRequests())
	}
	switch {
	case calls != len(d.fleet.Hosts):
		return errors.New("verify_command did not get through to the API on every host")
	case requests.TokenRequests() != refreshes || requests.Refreshes() != refreshes:
		return fmt.Errorf("there were %d token requests; %d are enough", requests.TokenRequests(), refreshes)
	case len(d.server.SpentTwice()) > 0:
		return errors.New("a refresh token was sent twice")
	}
	return nil
}

// showHostFiles lists what was put on the hosts, by the names of the entries.
func (d *demo) showHostFiles() error {
	for number, host := range hostNames {
		home, err := d.hostHome(number)
		if err != nil {
			return err
		}
		for _, file := range []string{hostTokens, hostConfig} {
			at := filepath.Join(home, filepath.FromSlash(file))
			info, err := os.Stat(at)
			if err != nil {
				return fmt.Errorf("%s was not written on %s", file, host)
			}
			content, err := os.ReadFile(at)
			if err != nil {
				return err
			}
			d.out.fact(host, "%04o ~/%s: %s", info.Mode().Perm(), file, strings.Join(entryNames(file, content), ", "))
			host = ""
			if info.Mode().Perm() != 0o600 {
				return fmt.Errorf("%s is not for its owner alone", file)
			}
			if found := d.secrets.find(content); file == hostConfig && len(found) > 0 {
				return fmt.Errorf("%s holds a token, which would outrank a newer one: %s", file, strings.Join(found, ", "))
			}
		}
	}
	if !strings.HasPrefix(d.arrived[1][hostConfig], d.before[1][hostConfig]) {
		return errors.New("what the user of node2 had in config.toml changed")
	}
	d.out.fact("", "node2's own lines in config.toml are still there")
	return nil
}

// entryNames are the names of what a file holds, never a value.
func entryNames(file string, content []byte) []string {
	var tokens map[string]string
	if file == hostTokens && json.Unmarshal(content, &tokens) == nil {
		return slices.Sorted(maps.Keys(tokens))
	}
	var names []string
	for line := range strings.Lines(string(content)) {
		if name, _, found := strings.Cut(line, " = "); found && !strings.HasPrefix(line, "#") {
			names = append(names, name)
		}
	}
	return names
}

// searchHostRuns searches what Terraform wrote about the hosts, and what they
// were told to run.
func (d *demo) searchHostRuns(context.Context) error {
	problem := d.searchRun(d.hosts)
	commands, count := d.commandsOnHosts()
	found := d.secrets.find(commands)
	d.out.fact("on the hosts", "%s %d command lines", howMany(len(found)), count)
	if count == 0 {
		return errors.New("the hosts counted no command, so that searching them proves nothing")
	}
	d.out.fact("looked for", "%d secrets: the hosts' tokens, old and new, and the SSH key too", len(d.secrets))
	if len(found) > 0 {
		problem = errors.Join(problem, fmt.Errorf("a command line on a host holds %s", strings.Join(found, ", ")))
	}
	return problem
}

// removeFromHosts destroys it all and compares the homes with the start.
func (d *demo) removeFromHosts(ctx context.Context) error {
	if _, _, err := d.terraformStep(ctx, d.hosts, "destroy", "-auto-approve"); err != nil {
		return err
	}
	now, err := d.hostSnapshots()
	if err != nil {
		return err
	}
	for number, host := range hostNames {
		if left := d.before[number].differences(now[number]); len(left) > 0 {
			return fmt.Errorf("on %s not as it was: %s", host, strings.Join(left, ", "))
		}
	}
	d.out.fact("node1", "empty, as it was")
	d.out.fact("node2", "its own config.toml, byte for byte as it was, and nothing else")
	return nil
}
