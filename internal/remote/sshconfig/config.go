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
	"path/filepath"
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
	// ProxyJump lists the jump hosts as written ([user@]host[:port]), first hop
	// first; ProxyCommand is the command, if one is set instead.
	ProxyJump    []string
	ProxyCommand string
	// ControlPath is the socket of the user's own shared connection, if any.
	ControlPath string
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
	for _, list := range []*[]string{&s.IdentityFiles, &s.CertificateFiles, &s.KnownHostsFiles} {
		*list = r.expandAll(*list, s)
	}
	if s.IdentityAgent == "SSH_AUTH_SOCK" {
		s.IdentityAgent = ""
	} else if s.IdentityAgent != "none" && s.IdentityAgent != "" {
		s.IdentityAgent, _ = r.expand(s.IdentityAgent, s)
	}
	return s
}

func (r Reader) expandAll(paths []string, s Settings) []string {
	var expanded []string
	for _, path := range paths {
		if full, ok := r.expand(strings.Trim(path, `"`), s); ok && path != "none" {
			expanded = append(expanded, full)
		}
	}
	return expanded
}

// expand resolves ~ and the tokens of ssh_config(5) that a path may hold. ok is
// false for a token that is not known here.
func (r Reader) expand(path string, s Settings) (full string, ok bool) {
	if rest, found := strings.CutPrefix(path, "~/"); found {
		path = filepath.Join(r.Home, rest)
	}
	var out strings.Builder
	for i := 0; i < len(path); i++ {
		if path[i] != '%' || i+1 == len(path) {
			out.WriteByte(path[i])
			continue
		}
		i++
		switch path[i] {
		case '%':
			out.WriteByte('%')
		case 'd':
			out.WriteString(r.Home)
		case 'h':
			out.WriteString(s.HostName)
		case 'r':
			out.WriteString(s.User)
		case 'p':
			out.WriteString(strconv.Itoa(s.Port))
		default:
			return "", false
		}
	}
	return out.String(), true
}

// Hop is one element of a ProxyJump list.
type Hop struct {
	User, Host string
	Port       int // 0 if not given
}

// ParseHop reads [user@]host[:port] or ssh://[user@]host[:port], with brackets
// around an IPv6 address that has a port.
func ParseHop(text string) (Hop, error) {
	rest := strings.TrimSuffix(strings.TrimPrefix(text, "ssh://"), "/")
	var hop Hop
	if at := strings.LastIndex(rest, "@"); at >= 0 {
		hop.User, rest = rest[:at], rest[at+1:]
	}
	hop.Host = rest
	if colon := strings.LastIndex(rest, ":"); colon >= 0 && (strings.Count(rest, ":") == 1 || strings.HasPrefix(rest, "[")) && !strings.HasSuffix(rest, "]") {
		port, err := strconv.Atoi(rest[colon+1:])
		if err != nil || port < 1 || port > 65535 {
			return Hop{}, fmt.Errorf("jump host %q: the port is no number from 1 to 65535", text)
		}
		hop.Host, hop.Port = rest[:colon], port
	}
	hop.Host = strings.TrimSuffix(strings.TrimPrefix(hop.Host, "["), "]")
	if hop.Host == "" {
		return Hop{}, fmt.Errorf("jump host %q: the host is missing", text)
	}
	return hop, nil
}
