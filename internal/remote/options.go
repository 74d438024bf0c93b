package remote

import (
	"context"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/credential"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/sshconfig"
)

// Options are a pool's limits and its view of this machine. Zero values of the
// limits mean the defaults.
type Options struct {
	// Home is the home directory: ~/.ssh lies there.
	Home string
	// Environ is the environment in the form of os.Environ.
	Environ []string
	// SSHProgram is the path of the ssh program; empty if there is none.
	SSHProgram string
	// LocalUser is the login name where no other is configured.
	LocalUser string
	// Clock is time.Now.
	Clock func() time.Time
	// ReadFile is os.ReadFile.
	ReadFile func(string) ([]byte, error)
	// DialContext connects over TCP, as net.Dialer does.
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)
	// Sleep pauses between attempts and returns early when ctx ends.
	Sleep func(ctx context.Context, pause time.Duration)

	// IdleTimeout is how long an unused connection stays open (60 s).
	IdleTimeout time.Duration
	// Keepalive is the pause between signs of life (15 s). A server that misses
	// four of them is given up.
	Keepalive time.Duration
	// MaxSessions is how many commands run on one connection at a time (8; stock
	// servers refuse the 11th, MaxSessions of sshd_config).
	MaxSessions int
	// MaxConnections is how many hosts are worked on at a time (32).
	MaxConnections int
	// MaxIdle is how many connections that nobody uses stay open at a time (twice
	// MaxConnections). Those to jump hosts in use do not count.
	MaxIdle int
	// MaxStarting is how many connections to one address are logging in at a time
	// (8; stock servers begin to drop at 10, MaxStartups of sshd_config).
	MaxStarting int
}

// SystemOptions describes this machine as it is.
func SystemOptions() Options {
	options := Options{Environ: os.Environ(), Clock: time.Now} //nolint:forbidigo // called by main functions only
	options.Home, _ = os.UserHomeDir()                         //nolint:forbidigo // the same
	options.SSHProgram, _ = exec.LookPath("ssh")
	return options
}

func (o Options) withDefaults() Options {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.ReadFile == nil {
		o.ReadFile = os.ReadFile
	}
	if o.DialContext == nil {
		o.DialContext = (&net.Dialer{}).DialContext
	}
	if o.Sleep == nil {
		o.Sleep = pause
	}
	if o.LocalUser == "" {
		o.LocalUser = localUser(o)
	}
	for _, limit := range []struct {
		value *int
		usual int
	}{{&o.MaxSessions, 8}, {&o.MaxConnections, 32}, {&o.MaxStarting, 8}} {
		if *limit.value == 0 {
			*limit.value = limit.usual
		}
	}
	if o.MaxIdle == 0 {
		o.MaxIdle = 2 * o.MaxConnections
	}
	if o.IdleTimeout == 0 {
		o.IdleTimeout = time.Minute
	}
	if o.Keepalive == 0 {
		o.Keepalive = 15 * time.Second
	}
	return o
}

func pause(ctx context.Context, duration time.Duration) {
	timer := time.NewTimer(duration)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

func localUser(o Options) string {
	if account, err := user.Current(); err == nil {
		return account.Username
	}
	for _, name := range []string{"USER", "LOGNAME", "USERNAME"} {
		if value := o.getenv(name); value != "" {
			return value
		}
	}
	return ""
}

func (o Options) getenv(name string) string {
	for i := len(o.Environ) - 1; i >= 0; i-- {
		if value, ok := strings.CutPrefix(o.Environ[i], name+"="); ok {
			return value
		}
	}
	return ""
}

func (o Options) configReader() sshconfig.Reader {
	return sshconfig.Reader{Program: o.SSHProgram, Home: o.Home, LocalUser: o.LocalUser, Environ: o.Environ}
}

// configFile returns the -F argument for ssh. The program looks in the home
// directory of the password database; where Home is another one, its file is
// named, or none.
func (o Options) configFile(chosen string) string {
	if chosen != "" {
		return o.expandHome(chosen)
	}
	if account, err := user.Current(); err == nil && account.HomeDir == o.Home {
		return ""
	}
	file := filepath.Join(o.Home, ".ssh", "config")
	if _, err := o.ReadFile(file); err != nil {
		return "none"
	}
	return file
}

func (o Options) expandHome(path string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		return filepath.Join(o.Home, rest)
	}
	return path
}

func (o Options) credentialReader(ctx context.Context) credential.Reader {
	return credential.Reader{ReadFile: o.ReadFile, DialAgent: func(path string) (net.Conn, error) { return dialAgent(ctx, path) }}
}
