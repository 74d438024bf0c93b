// Package sshconfig asks OpenSSH what its configuration says about a host.
// The files have conditions (Match), patterns and includes that only ssh itself
// evaluates exactly, so `ssh -G` does it.
package sshconfig

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// Settings are what the configuration says about one host. Values that it does
// not mention are OpenSSH's defaults, so the user and the port are always set.
type Settings struct {
	HostName         string
	HostKeyAlias     string
	User             string
	Port             int
	IdentityFiles    []string
	CertificateFiles []string
	IdentitiesOnly   bool
	// IdentityAgent is the agent's socket: a path, "none", or empty for the one
	// in SSH_AUTH_SOCK.
	IdentityAgent string
	// KnownHostsFiles are the user's files, then the system's.
	KnownHostsFiles []string
	// RevokedHostKeys are the files that list revoked host keys.
	RevokedHostKeys []string
	// ProxyJump lists the jump hosts as written ([user@]host[:port]), first hop
	// first; ProxyCommand is the command, if one is set instead.
	ProxyJump    []string
	ProxyCommand string
	// ControlPath is the socket of the user's own shared connection, if any.
	ControlPath string

	given string // the host as asked for
}

// Query names a host as a user would on ssh's command line.
type Query struct {
	Host, User string
	Port       int
	// ConfigFile replaces ~/.ssh/config and the system's file; "none" reads none.
	ConfigFile string
}

// Reader asks the ssh program.
type Reader struct {
	// Program is the path of ssh; empty if this machine has none.
	Program string
	// Home is the home directory that ~ stands for in the answer.
	Home string
	// LocalUser is the login name on this machine, for the token %u.
	LocalUser string
	// Environ is the environment for the program.
	Environ []string
}

// ErrNoProgram reports that there is no ssh program to ask.
var ErrNoProgram = errors.New("no ssh program on this machine, so ~/.ssh/config is not read")

// ConfigError reports a configuration that ssh itself refuses.
type ConfigError struct {
	// Host is the host asked for.
	Host string
	// Detail is ssh's complaint: file, line and keyword, never a secret.
	Detail string
}

// Error implements error.
func (e *ConfigError) Error() string {
	return fmt.Sprintf("ssh -G %s refuses the SSH configuration: %s; correct it, or name another configuration file", e.Host, e.Detail)
}

// Lookup returns what the configuration says. Errors: ErrNoProgram,
// *ConfigError, the context's error.
func (r Reader) Lookup(ctx context.Context, query Query) (Settings, error) {
	if r.Program == "" {
		return Settings{}, ErrNoProgram
	}
	if strings.HasPrefix(query.Host, "-") {
		return Settings{}, &ConfigError{Host: query.Host, Detail: "a host name can't start with a dash"}
	}
	arguments := []string{"-G"}
	if query.ConfigFile != "" {
		arguments = append(arguments, "-F", query.ConfigFile)
	}
	if query.User != "" {
		arguments = append(arguments, "-l", query.User)
	}
	if query.Port != 0 {
		arguments = append(arguments, "-p", strconv.Itoa(query.Port))
	}
	command := exec.CommandContext(ctx, r.Program, append(arguments, "--", query.Host)...) //nolint:gosec // no shell in between
	command.Env = r.Environ
	var complaint bytes.Buffer
	command.Stderr = &complaint
	output, err := command.Output()
	if ctx.Err() != nil {
		return Settings{}, context.Cause(ctx)
	}
	if err != nil {
		line, _, _ := strings.Cut(strings.TrimSpace(complaint.String()), "\n")
		return Settings{}, &ConfigError{Host: query.Host, Detail: line}
	}
	return r.parse(output), nil
}

// parse reads the answer: one keyword in lower case and its value per line.
func (r Reader) parse(output []byte) Settings {
	var s Settings
	lines := bufio.NewScanner(bytes.NewReader(output))
	for lines.Scan() {
		keyword, value, _ := strings.Cut(lines.Text(), " ")
		switch keyword {
		case "host":
			s.given = value
		case "hostname":
			s.HostName = value
		case "hostkeyalias":
			s.HostKeyAlias = value
		case "user":
			s.User = value
		case "port":
			s.Port, _ = strconv.Atoi(value)
		case "identityfile":
			s.IdentityFiles = append(s.IdentityFiles, value)
		case "certificatefile":
			s.CertificateFiles = append(s.CertificateFiles, value)
		case "identitiesonly":
			s.IdentitiesOnly = value == "yes"
		case "identityagent":
			s.IdentityAgent = value
		case "userknownhostsfile", "globalknownhostsfile":
			s.KnownHostsFiles = append(s.KnownHostsFiles, strings.Fields(value)...)
		case "revokedhostkeys":
			s.RevokedHostKeys = append(s.RevokedHostKeys, value)
		case "proxyjump":
			if value != "none" {
				s.ProxyJump = strings.Split(value, ",")
			}
		case "controlpath":
			if value != "none" {
				s.ControlPath = value
			}
		case "proxycommand":
			if value != "none" {
				s.ProxyCommand = value
			}
		}
	}
	for _, list := range []*[]string{&s.IdentityFiles, &s.CertificateFiles, &s.KnownHostsFiles, &s.RevokedHostKeys} {
		*list = r.expandAll(*list, s)
	}
	switch {
	case s.IdentityAgent == "SSH_AUTH_SOCK":
		s.IdentityAgent = ""
	case strings.HasPrefix(s.IdentityAgent, "$"):
		s.IdentityAgent = r.getenv(strings.Trim(s.IdentityAgent, "${}"))
	case s.IdentityAgent != "none" && s.IdentityAgent != "":
		s.IdentityAgent, _ = r.expand(s.IdentityAgent, s)
	}
	return s
}
