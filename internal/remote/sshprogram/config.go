// Package sshprogram reaches hosts with this machine's own ssh program, so that
// whatever `ssh HOST` can do works: Kerberos, hardware keys, ProxyCommand, a
// connection that the user shares. It writes a configuration file of its own
// before the user's, keeps keys that are in memory in an agent of its own, and
// shares one connection per host.
package sshprogram

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/credential"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/hostkey"
)

// Hop is a server on the way; the last one is the host itself. Empty values are
// left to the user's configuration.
type Hop struct {
	Host, User string
	Port       int
	Auth       credential.Source
	HostKey    hostkey.Policy
}

// Route says how to reach a host.
type Route struct {
	// Hops are the jump hosts, first one first, and the host. With Configured the
	// jump hosts are those of the user's configuration, and Hops has one element.
	Hops       []Hop
	Configured bool
	// ConfigFile replaces the user's and the system's configuration; "none" reads
	// none.
	ConfigFile string
	// Timeout bounds the TCP connect to each hop.
	Timeout time.Duration
}

func (r Route) target() Hop { return r.Hops[len(r.Hops)-1] }

// ConfigError reports a value that can't stand in an SSH configuration file, or
// that this transport can't use.
type ConfigError struct{ Detail string }

// Error implements error.
func (e *ConfigError) Error() string { return "openssh transport: " + e.Detail }

var (
	plainHost = regexp.MustCompile(`^[A-Za-z0-9_:\[][A-Za-z0-9._:%\]-]*$`)
	plainUser = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.@+$\\-]*$`)
)

func (r Route) check() error {
	seen := make(map[string]bool)
	for _, hop := range r.Hops {
		switch {
		case !plainHost.MatchString(hop.Host):
			return &ConfigError{fmt.Sprintf("host %q has characters that no host name has", hop.Host)}
		case hop.User != "" && !plainUser.MatchString(hop.User):
			return &ConfigError{fmt.Sprintf("user %q has characters that no user name has", hop.User)}
		case len(hop.Auth.Password) > 0:
			return &ConfigError{"it takes no password, since nobody is there to type it; use a key, an agent, or the native transport"}
		case seen[hop.Host]:
			return &ConfigError{fmt.Sprintf("two hops are called %s; give one of them an alias in the SSH configuration", hop.Host)}
		}
		seen[hop.Host] = true
	}
	return nil
}

// hopFiles are the files made for one hop.
type hopFiles struct{ agentSocket, knownHosts string }

// writeConfig words a configuration that puts what was asked for before what
// the user's and the system's say: ssh takes the first value that it finds.
func (r Route) writeConfig(made []hopFiles, userFiles []string) string {
	var text strings.Builder
	for i, hop := range r.Hops {
		fmt.Fprintf(&text, "Host %s\n", hop.Host)
		setting := func(keyword, value string) {
			if value != "" {
				fmt.Fprintf(&text, "  %s %s\n", keyword, value)
			}
		}
		setting("User", hop.User)
		if hop.Port != 0 {
			setting("Port", fmt.Sprint(hop.Port))
		}
		switch {
		case i > 0 && !r.Configured:
			setting("ProxyJump", r.Hops[i-1].Host)
		case i == 0 && !r.Configured:
			setting("ProxyJump", "none")
		}
		setting("IdentityAgent", agentSetting(made[i], hop.Auth))
		if len(hop.HostKey.Pinned) > 0 {
			setting("UserKnownHostsFile", quote(made[i].knownHosts))
			setting("GlobalKnownHostsFile", "/dev/null")
		} else {
			setting("UserKnownHostsFile", quoteAll(made[i].knownHosts, hop.HostKey.Files))
		}
		if hop.HostKey.Alias != "" {
			setting("HostKeyAlias", quote(hop.HostKey.Alias))
		}
		// Never weaker than this, whatever the user's configuration says.
		if hop.HostKey.TrustOnFirstUse && len(hop.HostKey.Pinned) == 0 {
			setting("StrictHostKeyChecking", "accept-new")
		} else {
			setting("StrictHostKeyChecking", "yes")
		}
		setting("BatchMode", "yes")
	}
	text.WriteString("Match all\n  StrictHostKeyChecking yes\n  BatchMode yes\n")
	for _, file := range userFiles {
		fmt.Fprintf(&text, "Include %s\n", quote(file))
	}
	return text.String()
}

func agentSetting(made hopFiles, auth credential.Source) string {
	switch {
	case made.agentSocket != "":
		return quote(made.agentSocket)
	case auth.AgentSocket != "":
		return quote(auth.AgentSocket)
	case auth.NoAgent:
		return "none"
	}
	return ""
}

// quoteAll words a list of files. A file of ours needs the user's own after it,
// which it would hide.
func quoteAll(first string, others []string) string {
	var list []string
	if first != "" && len(others) == 0 {
		others = []string{"~/.ssh/known_hosts", "~/.ssh/known_hosts2"}
	}
	for _, file := range append([]string{first}, others...) {
		if file != "" {
			list = append(list, quote(file))
		}
	}
	return strings.Join(list, " ")
}

// quote writes a file name as one argument of ssh_config(5); % is its escape.
func quote(file string) string {
	if file == "" {
		return ""
	}
	return `"` + strings.NewReplacer(`%`, `%%`, `"`, `\"`).Replace(file) + `"`
}

// knownHostsText words pinned keys for whatever name the host is looked up
// under: the file is for this one hop only.
func knownHostsText(pinned []string) string {
	var text strings.Builder
	for _, line := range pinned {
		fields := strings.Fields(line)
		marker := ""
		if len(fields) > 0 && strings.HasPrefix(fields[0], "@") {
			marker, fields = fields[0]+" ", fields[1:]
		}
		for len(fields) > 2 && !strings.HasPrefix(fields[1], "AAAA") {
			fields = fields[1:] // a whole known_hosts line: the names go
		}
		if len(fields) >= 2 {
			fmt.Fprintf(&text, "%s* %s %s\n", marker, fields[0], fields[1])
		}
	}
	return text.String()
}
