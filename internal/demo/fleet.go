package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/sshserver"
)

// hostNames are the hosts and the profiles whose sessions they get.
var hostNames = []string{"node1", "node2"}

// ownConfig is what the user of the second host had in config.toml before; it
// must come through it all byte for byte.
const ownConfig = "# my own settings\n[default.http]\ntimeout_read = 30 # slow link"

// startFleet starts the bastion and the hosts, and logs in once for each host.
func (d *demo) startFleet() error {
	tool, err := hostTool()
	if err != nil {
		return err
	}
	d.fleet, err = sshserver.StartFleet(sshserver.FleetOptions{
		Hosts:     len(hostNames),
		Configure: func(_ string, o *sshserver.Options) { o.Tools = map[string]string{"es": tool} },
	})
	if err != nil {
		return fmt.Errorf("start the hosts: %w", err)
	}
	if err := d.learnKey(); err != nil {
		return err
	}
	var profiles strings.Builder
	for _, name := range hostNames {
		folder := filepath.Join(d.work.home(), ".earthscope", name)
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return err
		}
		tokens := d.server.Login(identity.DefaultUser())
		if err := os.WriteFile(filepath.Join(folder, "tokens.json"), tokens.TokensFile(), 0o600); err != nil {
			return err
		}
		fmt.Fprintf(&profiles, "[profile.%s]\n", name)
	}
	if err := os.WriteFile(filepath.Join(d.work.home(), ".earthscope", "config.toml"), []byte(profiles.String()), 0o600); err != nil {
		return err
	}
	home, err := d.hostHome(1)
	if err != nil {
		return err
	}
	if err := os.Mkdir(filepath.Join(home, ".earthscope"), 0o750); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(home, ".earthscope", "config.toml"), []byte(ownConfig), 0o600)
}

// learnKey adds the SSH key to the secrets: the whole of it, as base64 in PEM
// has it, and every line of the part that is private.
func (d *demo) learnKey() error {
	pem, err := os.ReadFile(d.fleet.KeyFile)
	if err != nil {
		return fmt.Errorf("read the SSH key: %w", err)
	}
	d.secrets.add("SSH key", string(pem))
	lines := strings.Split(strings.TrimSpace(string(pem)), "\n")
	const publicLines = 3 // the header of PEM, and a length, a name and the public key
	for _, line := range lines[min(publicLines, len(lines)) : len(lines)-1] {
		if len(line) >= leastPart {
			d.secrets.add("SSH key", line)
		}
	}
	return nil
}

// hostVariables are what examples/demo/hosts asks for.
func (d *demo) hostVariables() (map[string]string, error) {
	pem, err := os.ReadFile(d.fleet.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("read the SSH key: %w", err)
	}
	address, portText, err := net.SplitHostPort(d.fleet.Address(d.fleet.Bastions[0]))
	if err != nil {
		return nil, err
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return nil, err
	}
	bastion, err := json.Marshal(map[string]any{"host": address, "port": port})
	if err != nil {
		return nil, err
	}
	hosts, err := json.Marshal(hostNames)
	if err != nil {
		return nil, err
	}
	return map[string]string{
		"ssh_private_key": string(pem), "known_hosts_file": d.fleet.KnownHostsFile, "bastion": string(bastion), "hosts": string(hosts),
	}, nil
}

// hostHome is the home directory of the account on a host.
func (d *demo) hostHome(number int) (string, error) {
	return d.fleet.Hosts[number].Home(d.fleet.User)
}

// snapshot is a home directory: mode and content by path.
type snapshot map[string]string

// hostSnapshots reads the homes of all hosts.
func (d *demo) hostSnapshots() ([]snapshot, error) {
	var all []snapshot
	for number := range d.fleet.Hosts {
		home, err := d.hostHome(number)
		if err != nil {
			return nil, err
		}
		found, err := takeSnapshot(home)
		if err != nil {
			return nil, fmt.Errorf("read the home of %s: %w", hostNames[number], err)
		}
		all = append(all, found)
	}
	return all, nil
}

func takeSnapshot(home string) (snapshot, error) {
	found := snapshot{}
	err := filepath.WalkDir(home, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || name == home {
			return err
		}
		relative, err := filepath.Rel(home, name)
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		var content []byte
		if info.Mode().IsRegular() {
			if content, err = os.ReadFile(name); err != nil {
				return err
			}
		}
		found[filepath.ToSlash(relative)] = info.Mode().String() + " " + string(content)
		return nil
	})
	return found, err
}

// differences names what is not the same in two homes.
func (s snapshot) differences(other snapshot) []string {
	var names []string
	for name := range s {
		if s[name] != other[name] {
			names = append(names, name)
		}
	}
	for name := range other {
		if _, ok := s[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// connections are what the machines counted so far: bastion first.
func (d *demo) connections() []int {
	counts := []int{d.fleet.Bastions[0].Counters().Connections}
	for _, host := range d.fleet.Hosts {
		counts = append(counts, host.Counters().Connections)
	}
	return counts
}

// oneConnectionEach checks what came since the counts before.
func (d *demo) oneConnectionEach(before []int) error {
	now := d.connections()
	for i := range now {
		now[i] -= before[i]
	}
	d.out.fact("SSH connections", "%d to the bastion, %d to node1, %d to node2, counted there", now[0], now[1], now[2])
	if slices.ContainsFunc(now, func(count int) bool { return count != 1 }) {
		return errors.New("one connection to each machine is enough")
	}
	return nil
}

// hostTokenFiles are the token stores on the hosts, to learn secrets from.
func (d *demo) hostTokenFiles() []string {
	if d.fleet == nil {
		return nil
	}
	var files []string
	for number := range d.fleet.Hosts {
		if home, err := d.hostHome(number); err == nil {
			files = append(files, filepath.Join(home, ".earthscope", "default", "tokens.json"))
		}
	}
	return files
}

// commandsOnHosts is every command line that the machines were given.
func (d *demo) commandsOnHosts() (text []byte, count int) {
	var all bytes.Buffer
	for _, machine := range slices.Concat(d.fleet.Bastions, d.fleet.Hosts) {
		for _, command := range machine.Commands() {
			count++
			all.WriteString(command.Text + "\n")
			for _, name := range slices.Sorted(maps.Keys(command.Environment)) {
				all.WriteString(name + "=" + command.Environment[name] + "\n")
			}
		}
	}
	return all.Bytes(), count
}
