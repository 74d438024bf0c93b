package sshserver

import (
	"time"

	"golang.org/x/crypto/ssh"
)

// ExecMode says what an account's exec and shell requests lead to.
type ExecMode int

const (
	// ExecShell runs the command with the account's shell.
	ExecShell ExecMode = iota
	// ExecRefused refuses the request, as a server without any shell does.
	ExecRefused
	// ExecNoLogin accepts it and answers like a nologin shell: one sentence on
	// standard output and exit status 1.
	ExecNoLogin
	// ExecForceSFTP accepts it and speaks SFTP whatever was asked for, as
	// OpenSSH's "ForceCommand internal-sftp" does.
	ExecForceSFTP
)

// Noise is what an account's shell start-up and log-out files print around
// every command.
type Noise struct {
	BeforeStdout, BeforeStderr string
	AfterStdout, AfterStderr   string
}

// Prompt is one question of keyboard-interactive authentication (RFC 4256).
type Prompt struct {
	Text   string // what the client shows, such as "Verification code: "
	Answer string
	Echo   bool
}

// User is an account. Without keys, authorities, password and prompts nobody
// can log in to it.
type User struct {
	Keys        []ssh.PublicKey // what authorized_keys would list
	Authorities []ssh.PublicKey // whose user certificates are accepted (TrustedUserCAKeys)
	Password    string          // empty: passwords are refused
	Prompts     []Prompt        // keyboard-interactive, in one round
	OneByOne    bool            // each prompt in a round of its own, as PAM asks
	// Require lists the methods that must all succeed, in this order, such as
	// "publickey", "keyboard-interactive" (AuthenticationMethods of sshd).
	// Empty: any one of the methods that the account has is enough.
	Require []string

	Home      string // absolute; empty: a directory of its own, made on first use
	Shell     string // absolute; default /bin/sh, run with -c and the command
	Exec      ExecMode
	NoSFTP    bool // the subsystem is refused
	NoForward bool // direct-tcpip is refused
	Noise     Noise
}

// Limits are the limits of a stock sshd. A zero field means the stock value; a
// negative one means no limit.
type Limits struct {
	// Connections that have not logged in yet (MaxStartups, stock 10:30:100):
	// from StartupsBegin of them a new one is dropped with a probability of
	// StartupsRate percent, which grows to certainty at StartupsFull.
	StartupsBegin, StartupsRate, StartupsFull int
	Sessions                                  int           // per connection (MaxSessions, stock 10)
	AuthTries                                 int           // per connection (MaxAuthTries, stock 6)
	LoginGrace                                time.Duration // from accept to login, stock two minutes
}

// Boot is how far a host has come in starting up.
type Boot int

const (
	// Ready accepts connections and logins.
	Ready Boot = iota
	// BootRefuse has no listener yet: connecting is refused. The port stays
	// reserved where the system allows that (everywhere but on Windows).
	BootRefuse
	// BootReset resets every connection right after it was accepted.
	BootReset
	// BootSilent accepts connections and never says anything.
	BootSilent
	// BootNoLogin shakes hands and refuses every login, as PAM does while
	// /run/nologin exists.
	BootNoLogin
)

// Options configures a server. The zero value gives a server with a new
// Ed25519 host key, stock limits and no account.
type Options struct {
	Name    string // the host's name: in its certificate and in error texts; default "sandbox"
	Address string // loopback address to listen on, default "127.0.0.1:0"
	Root    string // directory for the homes, made when needed; default a temporary one, removed by Close
	Users   map[string]User

	HostKeys       []*Key   // default: one new Ed25519 key
	HostAuthority  *Key     // signs a certificate for every host key, when given
	HostPrincipals []string // names in that certificate, default Name, 127.0.0.1, ::1 and localhost

	// Forward lets accounts open direct-tcpip channels to loopback addresses
	// and to Routes, which makes the server a bastion. Routes gives loopback
	// addresses to names: "node1.example.org:22" to "127.0.0.1:40022".
	Forward bool
	Routes  map[string]string

	// Methods are the authentication methods that the server offers at all;
	// default "publickey", "password" and "keyboard-interactive".
	Methods   []string
	Limits    Limits
	Boot      Boot
	AuthDelay time.Duration // before each answer to a key, password or prompt
	Banner    string        // sent before authentication
	Version   string        // identification, default "SSH-2.0-sandbox"

	// Environment is added to what commands run with. Nothing of the calling
	// process's environment is passed on but a PATH for the system's tools.
	Environment map[string]string
	// AcceptEnv lists the names that env requests may set; a final * matches
	// any ending. Default LANG and LC_*, as Debian's sshd.
	AcceptEnv []string
	// Tools are executable scripts (with their #! line) found before the
	// system's, to imitate a missing right or a failing program.
	Tools map[string]string
	// HideTools are names that commands do not find, such as "flock".
	HideTools []string
	// SFTPExtensions are what the SFTP server announces and answers. Default:
	// posix-rename@openssh.com, hardlink@openssh.com and fsync@openssh.com, which
	// OpenSSH has; servers that have fewer are common. Give an empty slice for none.
	SFTPExtensions []string

	// DiskSize puts the homes on a small file system in memory of this many
	// bytes, so that a full or read-only disk gives the system's own errors. It
	// needs Linux and the right to mount; Start fails with ErrCannotMount
	// otherwise. 0: the homes are ordinary directories. See SetDisk.
	DiskSize int64
}

// withDefaults fills in what was left out.
func (o Options) withDefaults() Options {
	if o.Name == "" {
		o.Name = "sandbox"
	}
	if o.Address == "" {
		o.Address = "127.0.0.1:0"
	}
	if o.Version == "" {
		o.Version = "SSH-2.0-sandbox"
	}
	if o.Methods == nil {
		o.Methods = []string{"publickey", "password", "keyboard-interactive"}
	}
	if o.SFTPExtensions == nil {
		o.SFTPExtensions = []string{extensionPosixRename, extensionHardlink, extensionFsync}
	}
	if o.AcceptEnv == nil {
		o.AcceptEnv = []string{"LANG", "LC_*"}
	}
	if o.HostPrincipals == nil {
		o.HostPrincipals = []string{o.Name, "127.0.0.1", "::1", "localhost"}
	}
	o.Limits = o.Limits.withDefaults()
	return o
}

func (l Limits) withDefaults() Limits {
	l.StartupsBegin = stockUnlessSet(l.StartupsBegin, 10)
	l.StartupsRate = stockUnlessSet(l.StartupsRate, 30)
	l.StartupsFull = stockUnlessSet(l.StartupsFull, 100)
	l.Sessions = stockUnlessSet(l.Sessions, 10)
	l.AuthTries = stockUnlessSet(l.AuthTries, 6)
	l.LoginGrace = stockUnlessSet(l.LoginGrace, 2*time.Minute)
	return l
}

func stockUnlessSet[T int | time.Duration](value, stock T) T {
	if value == 0 {
		return stock
	}
	return value
}

// dropProbability gives the percentage of new connections that sshd drops while
// this many have not logged in (sshd_config(5), MaxStartups).
func (l Limits) dropProbability(waiting int) int {
	switch {
	case l.StartupsBegin < 0 || waiting < l.StartupsBegin:
		return 0
	case waiting >= l.StartupsFull || l.StartupsRate >= 100:
		return 100
	}
	span := l.StartupsFull - l.StartupsBegin
	return l.StartupsRate + (100-l.StartupsRate)*(waiting-l.StartupsBegin)/span
}
