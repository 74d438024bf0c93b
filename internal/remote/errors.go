package remote

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"

	"golang.org/x/crypto/ssh"
)

// ConnectKind classifies why a host could not be reached.
type ConnectKind string

// The kinds.
const (
	Unresolvable ConnectKind = "the name can't be resolved"
	Refused      ConnectKind = "connection refused"
	Unreachable  ConnectKind = "no route to the host"
	TimedOut     ConnectKind = "no answer in time"
	Dropped      ConnectKind = "the server closed the connection during the handshake"
	Closed       ConnectKind = "the server closed the connection"
	Incompatible ConnectKind = "no common SSH algorithm"
	NoForwarding ConnectKind = "the jump host refused to forward the connection"
	NotForwarded ConnectKind = "the jump host could not connect to it"
	NotSSH       ConnectKind = "no SSH server answers there"
	OtherConnect ConnectKind = "the connection failed"
)

// ConnectError reports a host, or a hop on the way, that could not be reached.
type ConnectError struct {
	// Kind is the class of the failure.
	Kind ConnectKind
	// Address is the "host:port" that failed, Via the hops before it.
	Address string
	Via     []string
	// Stage is "dial", "key exchange" or "login".
	Stage string
	// Err is the cause.
	Err error
}

// Error implements error.
func (e *ConnectError) Error() string {
	text := fmt.Sprintf("connect to %s%s: %s (%s)", e.Address, via(e.Via), e.Kind, e.Stage)
	if remedy := connectRemedies[e.Kind]; remedy != "" {
		text += "; " + remedy
	}
	return text
}

// Unwrap returns the cause.
func (e *ConnectError) Unwrap() error { return e.Err }

var connectRemedies = map[ConnectKind]string{
	Unresolvable: "check the host name, or add it to DNS or to the SSH configuration",
	Refused:      "check the port, and that sshd runs there",
	Unreachable:  "check the network, the VPN, and whether a jump host is needed",
	TimedOut:     "check firewall rules, whether a jump host is needed, and that the host is up",
	Dropped:      "too many connections at once, a ban after failed logins, or a host that is still starting",
	Closed:       "the server's log says why: a wrong chroot directory, a limit, a restart",
	Incompatible: "the server is too old or too restricted; the openssh transport may know its algorithms",
	NotForwarded: "check that the host is up, and that the jump host can reach it and resolve its name",
	NoForwarding: "check that the jump host reaches the address and allows TCP forwarding (AllowTcpForwarding)",
	NotSSH:       "check the port",
}

func via(hops []string) string {
	if len(hops) == 0 {
		return ""
	}
	return " via " + strings.Join(hops, ", ")
}

// TransportError reports that the transport can't do what was asked for.
type TransportError struct {
	// Transport is the transport, Detail what is wrong and what to do.
	Transport Transport
	Detail    string
}

// Error implements error.
func (e *TransportError) Error() string {
	return fmt.Sprintf("%s transport: %s", e.Transport, e.Detail)
}

// classifyDial names the kind of a failed TCP connect.
func classifyDial(err error) ConnectKind {
	var dns *net.DNSError
	var refused *ssh.OpenChannelError
	switch {
	case errors.As(err, &refused):
		return classifyForward(refused)
	case errors.As(err, &dns) && !dns.IsTimeout:
		return Unresolvable
	case errors.Is(err, syscall.ECONNREFUSED):
		return Refused
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EADDRNOTAVAIL):
		return Unreachable
	}
	return classifyStream(err)
}

// classifyForward reads a jump host's refusal. Servers word the cause as their
// connect() failed; there is no code for it (RFC 4254, section 5.1).
func classifyForward(refused *ssh.OpenChannelError) ConnectKind {
	words := strings.ToLower(refused.Message)
	switch {
	case strings.Contains(words, "refused"):
		return Refused
	case strings.Contains(words, "timed out"):
		return TimedOut
	case strings.Contains(words, "no route"), strings.Contains(words, "unreachable"):
		return Unreachable
	case strings.Contains(words, "name or service"), strings.Contains(words, "resolv"), strings.Contains(words, "name resolution"):
		return Unresolvable
	case refused.Reason == ssh.ConnectionFailed:
		return NotForwarded // some servers say nothing more
	}
	return NoForwarding
}

// classifyStream names the kind of a connection that broke while in use.
func classifyStream(err error) ConnectKind {
	var timeout net.Error
	var negotiation *ssh.AlgorithmNegotiationError
	switch {
	case errors.As(err, &negotiation):
		return Incompatible
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, syscall.ETIMEDOUT):
		return TimedOut
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET),
		errors.Is(err, syscall.EPIPE), errors.Is(err, syscall.ECONNABORTED):
		return Dropped
	case strings.Contains(err.Error(), "version string"), strings.Contains(err.Error(), "version line"):
		return NotSSH
	}
	return OtherConnect
}

// isNegotiation reports that client and server share no host key algorithm.
func isNegotiation(err error) bool {
	var negotiation *ssh.AlgorithmNegotiationError
	return errors.As(err, &negotiation) && strings.Contains(negotiation.What, "host key")
}

// temporary reports a name server that could not answer now.
func temporary(err error) bool {
	var dns *net.DNSError
	return errors.As(err, &dns) && dns.Temporary()
}
