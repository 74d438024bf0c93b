package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/sshserver"
)

// remoteFile is what the small command puts on the hosts, and remoteContent what
// it puts there.
const (
	remoteFile    = "~/hello"
	remoteContent = "hello from the demo\n"
)

// useRemoteCommand puts, reads and removes a file on each host with es-remote:
// the same engine, without Terraform.
func (d *demo) useRemoteCommand(ctx context.Context) error {
	program := d.work.path("bin", "es-remote"+executableSuffix())
	if err := d.timed("go build ./internal/remote/cmd/es-remote", func() error {
		return d.work.build(ctx, program, "./internal/remote/cmd/es-remote")
	}); err != nil {
		return err
	}
	d.out.fact("typed", "es-remote put %s '%s' -J %s -i KEY --known-hosts FILE", d.fleet.User+"@"+d.fleet.Hosts[0].Name(), remoteFile, d.fleet.Address(d.fleet.Bastions[0]))
	for number, host := range hostNames {
		before := d.connections()
		for _, verb := range []string{"put", "get", "rm"} {
			arguments := remoteArguments(d.fleet, d.fleet.Hosts[number], verb)
			content, said, err := runRemote(ctx, program, arguments)
			if err != nil {
				return fmt.Errorf("es-remote %s on %s: %w\n%s", verb, host, err, said)
			}
			d.out.fact(host, "%s: %s", verb, said)
			if verb == "get" && content != remoteContent {
				return fmt.Errorf("es-remote get on %s does not print what was put there", host)
			}
		}
		if now := d.connections(); now[number+1]-before[number+1] != 3 || now[0]-before[0] != 3 {
			return errors.New("a call made more than one connection to a machine")
		}
	}
	d.out.fact("SSH connections", "one to each machine in each call, counted there")
	now, err := d.hostSnapshots()
	if err != nil {
		return err
	}
	for number, host := range hostNames {
		if left := d.before[number].differences(now[number]); len(left) > 0 {
			return fmt.Errorf("on %s not as it was: %s", host, strings.Join(left, ", "))
		}
	}
	return nil
}

// remoteArguments is the command line for one host: through the bastion, with the
// key and the known_hosts file of the sandbox and nothing of this machine's own.
func remoteArguments(fleet *sshserver.Fleet, host *sshserver.Server, verb string) []string {
	return []string{
		verb, fleet.User + "@" + host.Name(), remoteFile,
		"-J", fleet.User + "@" + fleet.Address(fleet.Bastions[0]), "-i", fleet.KeyFile,
		"--known-hosts", fleet.KnownHostsFile, "--config", "none",
	}
}

// runRemote runs the command and returns what it printed and what it said.
func runRemote(ctx context.Context, program string, arguments []string) (content, said string, err error) {
	command := exec.CommandContext(ctx, program, arguments...)
	command.Env = []string{"HOME=/nonexistent"}
	command.Stdin = strings.NewReader(remoteContent)
	stopGently(command)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	err = command.Run()
	return stdout.String(), strings.TrimSpace(stderr.String()), err
}
