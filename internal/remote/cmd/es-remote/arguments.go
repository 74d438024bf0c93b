package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/process"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/sshconfig"
)

const usage = `es-remote puts, reads or removes one file on a host, and says how long it took.

Usage:
  es-remote put HOST PATH [options] < CONTENT   replace the file as a whole
  es-remote get HOST PATH [options] > CONTENT   print the file
  es-remote rm  HOST PATH [options]             remove the file

HOST is a name, an address or an alias of your SSH configuration, also as
user@host:port. PATH is absolute or starts with ~/ (quote it, or your own shell
expands it). The new file is written beside the old one with mode 0600 and takes
its place in one step; a broken connection leaves one or the other.

Options:
  -i FILE         private key; may be repeated. Default: your SSH configuration
                  and agent
  -J HOST,...     jump hosts, first hop first; "none" goes directly
  -p PORT         port
  -l USER         user
  --host-key KEY  trust this public key line (or "@cert-authority KEY") only
  --first-use     trust a host of which no key is known, and print its key
  --known-hosts FILE
                  use this known_hosts file instead of yours
  --transport T   native (default), openssh (runs ssh), or local (no SSH)
  --config FILE   use this SSH configuration; "none" reads none
  --become USER   work as another user, through sudo
  --mode MODE     octal mode of the file (put); default: as it was, or 0600
  --owner USER, --group GROUP
                  owner of the file (put); default: as it was
  --wait TIME     wait this long for a host that is starting up, such as 2m
  --timeout TIME  give up after this time; default 1m
  --repeat N      do it N times, to time a connection that is open
  -q              do not say on standard error what was done, and how long it
                  took
  --help          print this

Passphrase, password and sudo password are read from ES_REMOTE_PASSPHRASE,
ES_REMOTE_PASSWORD and ES_REMOTE_SUDO_PASSWORD, never from the command line.

Examples:
  es-remote get node1.example.org '~/.earthscope/config.toml'
  es-remote put gnss@10.0.0.7:2222 '~/app/.env' -J bastion.example.org < .env
  es-remote rm node1 /etc/gnss/token --become root

Exit status: 0 done, 1 failed, 2 wrong usage.
`

var errHelp = errors.New("help")

// call is a parsed command line.
type call struct {
	verb    string
	path    string
	target  remote.Target
	become  *process.Become
	mode    fs.FileMode
	owner   string
	group   string
	timeout time.Duration
	repeat  int
	quiet   bool
}

// stringList is a flag that may be repeated.
type stringList []string

func (l *stringList) String() string         { return strings.Join(*l, " ") }
func (l *stringList) Set(value string) error { *l = append(*l, value); return nil }

// given are options that need more than a place to be stored.
type given struct {
	keys, hostKeys, knownHosts stringList
	jumps, become, mode        string
	port                       int
}

// flags declares the options.
func (c *call) flags(g *given) *flag.FlagSet {
	flags := flag.NewFlagSet("es-remote", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Var(&g.keys, "i", "")
	flags.Var(&g.hostKeys, "host-key", "")
	flags.Var(&g.knownHosts, "known-hosts", "")
	flags.StringVar(&g.jumps, "J", "", "")
	flags.IntVar(&g.port, "p", 0, "")
	flags.StringVar(&g.become, "become", "", "")
	flags.StringVar(&g.mode, "mode", "", "")
	flags.StringVar(&c.target.User, "l", "", "")
	flags.BoolVar(&c.target.HostKey.TrustOnFirstUse, "first-use", false, "")
	flags.StringVar((*string)(&c.target.Transport), "transport", "", "")
	flags.StringVar(&c.target.ConfigFile, "config", "", "")
	flags.StringVar(&c.owner, "owner", "", "")
	flags.StringVar(&c.group, "group", "", "")
	flags.DurationVar(&c.target.Wait.For, "wait", 0, "")
	flags.DurationVar(&c.timeout, "timeout", time.Minute, "")
	flags.IntVar(&c.repeat, "repeat", 1, "")
	flags.BoolVar(&c.quiet, "q", false, "")
	return flags
}

// parse reads the command line. Options may stand anywhere.
func parse(args []string, options remote.Options, stderr io.Writer) (*call, error) {
	c := &call{}
	var g given
	words, err := interleaved(c.flags(&g), args)
	switch {
	case errors.Is(err, flag.ErrHelp), err == nil && len(args) == 0, len(words) == 1 && words[0] == "help":
		return nil, errHelp
	case err != nil:
		return nil, err
	case len(words) != 3:
		return nil, fmt.Errorf("three words are needed, VERB HOST PATH, there are %d", len(words))
	}
	c.verb, c.path = words[0], words[2]
	if c.verb != "put" && c.verb != "get" && c.verb != "rm" {
		return nil, fmt.Errorf("%q is none of put, get, rm", c.verb)
	}
	if err := c.reach(words[1], g.port, g.jumps); err != nil {
		return nil, err
	}
	if g.mode != "" {
		bits, err := strconv.ParseUint(g.mode, 8, 9)
		if err != nil {
			return nil, fmt.Errorf("--mode %s is no octal mode such as 0640", g.mode)
		}
		c.mode = fs.FileMode(bits)
	}
	c.target.Auth.KeyFiles = g.keys
	c.target.Auth.Passphrase = secret(options, "ES_REMOTE_PASSPHRASE")
	c.target.Auth.Password = secret(options, "ES_REMOTE_PASSWORD")
	c.target.HostKey.Pinned, c.target.HostKey.Files = g.hostKeys, g.knownHosts
	c.target.Wait.AuthGrace = c.target.Wait.For
	c.timeout += c.target.Wait.For
	c.target.Wait.Progress = func(event remote.WaitEvent) {
		_, _ = fmt.Fprintf(stderr, "es-remote: %v; next attempt in %s\n", event.Err, event.Pause)
	}
	if g.become != "" {
		c.become = &process.Become{User: g.become, Password: secret(options, "ES_REMOTE_SUDO_PASSWORD")}
	}
	return c, nil
}

// reach reads the host and the jump hosts.
func (c *call) reach(host string, port int, jumps string) error {
	hop, err := sshconfig.ParseHop(host)
	if err != nil {
		return err
	}
	c.target.Host, c.target.Port = hop.Host, hop.Port
	if port != 0 {
		c.target.Port = port
	}
	if c.target.User == "" {
		c.target.User = hop.User
	}
	switch jumps {
	case "":
		return nil
	case "none":
		c.target.Jumps = []remote.Hop{}
		return nil
	}
	for _, text := range strings.Split(jumps, ",") {
		jump, err := sshconfig.ParseHop(text)
		if err != nil {
			return err
		}
		c.target.Jumps = append(c.target.Jumps, remote.Hop{Host: jump.Host, Port: jump.Port, User: jump.User})
	}
	return nil
}

// interleaved parses flags wherever they stand and returns the other words.
func interleaved(flags *flag.FlagSet, args []string) (words []string, err error) {
	for {
		if err := flags.Parse(args); err != nil {
			return nil, err
		}
		if flags.NArg() == 0 {
			return words, nil
		}
		words = append(words, flags.Arg(0))
		args = flags.Args()[1:]
	}
}

func secret(options remote.Options, name string) []byte {
	for _, variable := range options.Environ {
		if value, ok := strings.CutPrefix(variable, name+"="); ok && value != "" {
			return []byte(value)
		}
	}
	return nil
}
