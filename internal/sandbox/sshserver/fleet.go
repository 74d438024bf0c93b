package sshserver

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/crypto/ssh"
)

// FleetOptions configures a fleet. The zero value is one bastion and no host.
type FleetOptions struct {
	Hosts    int    // behind the bastions
	Bastions int    // each is reached through the one before; default 1, negative for none
	User     string // the account on every machine, default "gnss"
	Domain   string // of the hosts' names, default "sandbox.test"
	// Configure changes the options of a machine before it starts, given its
	// name without the domain: "bastion1", "node1" and so on.
	Configure func(name string, options *Options)
	// Front gives the address by which clients reach a machine that is not
	// behind a bastion, such as that of a delaying proxy; nil: its own. The
	// files and SSHConfig use it.
	Front func(machine *Server) (string, error)
}

// Fleet is a number of hosts behind bastions, with the files that a client
// needs to reach them. All machines share one client key.
type Fleet struct {
	Bastions []*Server
	Hosts    []*Server
	Key      *Key
	User     string

	Directory      string // holds everything; Close removes it
	KeyFile        string // the client's private key
	ConfigFile     string // for ssh -F
	KnownHostsFile string

	domain string
	fronts map[*Server]string
}

// StartFleet starts the machines and writes the client's files. Hosts are named
// node1.DOMAIN and so on and answer on port 22 through the last bastion, which
// resolves these names; bastions are reached by their loopback address. A
// thousand hosts cost a listener and a few goroutines each; homes are made on
// first use.
func StartFleet(options FleetOptions) (*Fleet, error) {
	if options.User == "" {
		options.User = "gnss"
	}
	if options.Domain == "" {
		options.Domain = "sandbox.test"
	}
	if options.Bastions == 0 {
		options.Bastions = 1
	}
	directory, err := os.MkdirTemp("", "fleet-")
	if err != nil {
		return nil, fmt.Errorf("cannot make the fleet's directory: %w", err)
	}
	if resolved, err := filepath.EvalSymlinks(directory); err == nil {
		directory = resolved
	}
	fleet := &Fleet{User: options.User, Directory: directory, domain: options.Domain, fronts: map[*Server]string{}}
	if err := fleet.start(options); err != nil {
		return nil, errors.Join(err, fleet.Close())
	}
	return fleet, nil
}

func (f *Fleet) start(options FleetOptions) error {
	key, err := NewKey(Ed25519)
	if err != nil {
		return err
	}
	f.Key = key
	for i := range max(options.Bastions, 0) {
		server, err := f.startMachine("bastion"+strconv.Itoa(i+1), true, options)
		if err != nil {
			return err
		}
		f.Bastions = append(f.Bastions, server)
	}
	for i := range options.Hosts {
		server, err := f.startMachine("node"+strconv.Itoa(i+1), false, options)
		if err != nil {
			return err
		}
		f.Hosts = append(f.Hosts, server)
	}
	return f.writeFiles()
}

func (f *Fleet) startMachine(name string, bastion bool, options FleetOptions) (*Server, error) {
	settings := Options{
		Name: name + "." + f.domain, Root: filepath.Join(f.Directory, "machines", name), Forward: bastion,
		Users: map[string]User{f.User: {Keys: []ssh.PublicKey{f.Key.PublicKey()}}},
	}
	if options.Configure != nil {
		options.Configure(name, &settings)
	}
	server, err := Start(settings)
	if err != nil {
		return nil, fmt.Errorf("cannot start %s: %w", name, err)
	}
	if err := f.connect(server, bastion, options.Front); err != nil {
		return nil, errors.Join(fmt.Errorf("cannot make %s reachable: %w", name, err), server.Close())
	}
	return server, nil
}

// connect gives a new machine the address or the name by which it is reached.
func (f *Fleet) connect(machine *Server, bastion bool, front func(*Server) (string, error)) error {
	if last := len(f.Bastions) - 1; last >= 0 {
		if !bastion {
			f.Bastions[last].SetRoute(machine.Name()+":22", machine.Address())
		}
		return nil
	}
	if front == nil {
		return nil
	}
	address, err := front(machine)
	if err != nil {
		return err
	}
	if _, _, err := net.SplitHostPort(address); err != nil {
		return err
	}
	f.fronts[machine] = address
	return nil
}

// Address returns host:port by which clients reach a bastion, or a host that is
// not behind one.
func (f *Fleet) Address(machine *Server) string {
	if front, ok := f.fronts[machine]; ok {
		return front
	}
	return machine.Address()
}

func (f *Fleet) writeFiles() error {
	keyFile, err := f.Key.WriteFiles(f.Directory, "id_ed25519", "")
	if err != nil {
		return err
	}
	f.KeyFile = keyFile
	f.ConfigFile = filepath.Join(f.Directory, "ssh_config")
	f.KnownHostsFile = filepath.Join(f.Directory, "known_hosts")
	if err := os.WriteFile(f.KnownHostsFile, []byte(f.KnownHosts()), 0o600); err != nil {
		return fmt.Errorf("cannot write known_hosts: %w", err)
	}
	if err := os.WriteFile(f.ConfigFile, []byte(f.SSHConfig()), 0o600); err != nil {
		return fmt.Errorf("cannot write ssh_config: %w", err)
	}
	return nil
}

// KnownHosts returns the text of a known_hosts file for all machines as they
// are now: bastions by address, hosts behind them by name.
func (f *Fleet) KnownHosts() string {
	var text strings.Builder
	for _, machine := range append(append([]*Server(nil), f.Bastions...), f.Hosts...) {
		text.WriteString(machine.KnownHosts(f.Address(machine), machine.Name()))
	}
	return text.String()
}

// SSHConfig returns the text of an ssh_config file in which every machine goes
// by its name, with or without the domain. It checks host keys, reads no other
// file and never asks.
func (f *Fleet) SSHConfig() string {
	var text strings.Builder
	jump := ""
	for _, bastion := range f.Bastions {
		f.writeHost(&text, bastion, f.Address(bastion), jump)
		jump = f.shortName(bastion)
	}
	for _, host := range f.Hosts {
		if jump == "" {
			f.writeHost(&text, host, f.Address(host), "")
		} else {
			f.writeHost(&text, host, host.Name()+":22", jump)
		}
	}
	fmt.Fprintf(&text, "Host *\n  User %s\n  IdentityFile %q\n  IdentitiesOnly yes\n  IdentityAgent none\n"+
		"  UserKnownHostsFile %q\n  GlobalKnownHostsFile none\n  StrictHostKeyChecking yes\n  BatchMode yes\n",
		f.User, f.KeyFile, f.KnownHostsFile)
	return text.String()
}

func (f *Fleet) writeHost(text *strings.Builder, machine *Server, address, jump string) {
	host, port, _ := net.SplitHostPort(address) // checked when it was set
	fmt.Fprintf(text, "Host %s %s\n  HostName %s\n  Port %s\n", f.shortName(machine), machine.Name(), host, port)
	if jump != "" {
		fmt.Fprintf(text, "  ProxyJump %s\n", jump)
	}
	text.WriteString("\n")
}

func (f *Fleet) shortName(machine *Server) string {
	return strings.TrimSuffix(machine.Name(), "."+f.domain)
}

// Close ends all machines and removes the directory.
func (f *Fleet) Close() error {
	var problems []error
	for _, machine := range append(append([]*Server(nil), f.Hosts...), f.Bastions...) {
		problems = append(problems, machine.Close())
	}
	return errors.Join(append(problems, os.RemoveAll(f.Directory))...)
}
