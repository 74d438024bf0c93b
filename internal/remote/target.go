package remote

import (
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/credential"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/hostkey"
)

// Transport is how a host is reached.
type Transport string

// The transports.
const (
	// Native speaks SSH itself. It is meant when the transport is empty.
	Native Transport = "native"
	// OpenSSH runs this machine's ssh program, so that whatever `ssh HOST` can do
	// works: Kerberos, hardware keys, ProxyCommand, multiplexing. Passwords are
	// refused, since nobody is there to type them.
	OpenSSH Transport = "openssh"
	// Local works on this machine's own files, without SSH.
	Local Transport = "local"
)

// DefaultConnectTimeout bounds dialling and handshake of one hop.
const DefaultConnectTimeout = 30 * time.Second

// Target says how to reach a host. Values left empty are taken from the SSH
// configuration, then from OpenSSH's defaults.
type Target struct {
	// Host is a name, an address, or an alias of the SSH configuration.
	Host string
	// Port is the TCP port; 0 asks the configuration.
	Port int
	// User is the account; empty asks the configuration.
	User string
	// Auth are the credentials. Key files of the configuration are added to them.
	Auth credential.Source
	// JumpKeys are the keys that the jump hosts presented when they were trusted
	// at the first use. From then on a jump host for which none is pinned or known
	// has to present one of them.
	JumpKeys []string
	// HostKey says which host keys are trusted. If Files is empty, those of the
	// configuration are used.
	HostKey hostkey.Policy
	// Jumps are the hosts to go through, first hop first; nil asks the
	// configuration, an empty slice goes directly.
	Jumps []Hop
	// Transport is how to get there.
	Transport Transport
	// ConfigFile replaces the user's and the system's SSH configuration; "none"
	// reads none.
	ConfigFile string
	// ConnectTimeout bounds one attempt to reach one hop; 0 is
	// DefaultConnectTimeout.
	ConnectTimeout time.Duration
	// Wait says how long to wait for a host that is starting up.
	Wait Wait
}

// Hop is a jump host.
type Hop struct {
	// Host, Port and User are as in Target.
	Host string
	Port int
	User string
	// Auth are the hop's own credentials; nil means those of the target.
	Auth *credential.Source
	// HostKey is as in Target. A trusted first use is inherited from the target.
	HostKey hostkey.Policy
}

// Wait says how to treat a host that does not answer yet.
type Wait struct {
	// For is how long to go on trying, from the first attempt; 0 gives up at once
	// but for a server that drops connections because too many begin together.
	For time.Duration
	// AuthGrace is for how long of that time refused keys are retried too: a cloud
	// instance takes logins before its users' keys are installed. A refused
	// password and an untrusted host key are never retried.
	AuthGrace time.Duration
	// Progress is told before each pause; may be nil. It must not block.
	Progress func(WaitEvent)
}

// WaitEvent tells what is waited for.
type WaitEvent struct {
	// Address is the host and port.
	Address string
	// Attempt counts from 1.
	Attempt int
	// Elapsed is the time since the first attempt, Pause the time to the next.
	Elapsed, Pause time.Duration
	// Err is why the attempt failed.
	Err error
}

// HostKey is a key that a server presented and that was accepted.
type HostKey struct {
	// Address is "host:port" as dialled.
	Address string
	// Line is the public key line: algorithm and key, without comment.
	Line string
	// Fingerprint is the SHA256 fingerprint of it.
	Fingerprint string
}
