package hostkey

import (
	"bytes"
	"fmt"
	"net"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
)

// Reason classifies a refused host key.
type Reason string

// The reasons.
const (
	Unknown Reason = "unknown"
	Changed Reason = "changed"
	Revoked Reason = "revoked"
)

// Error reports a refused host key. No credential has been offered.
type Error struct {
	// Reason is why.
	Reason Reason
	// Host and Port are the server, Alias the name looked up instead, if any.
	Host, Alias string
	Port        int
	// SeenType, SeenFingerprint and SeenLine describe the key that the server
	// presented: algorithm, SHA256 fingerprint, public key line.
	SeenType, SeenFingerprint, SeenLine string
	// Expected lists the fingerprints of the keys known for the host, with their
	// types and where they are stored.
	Expected []string
	// Files are the known_hosts files among those places.
	Files []string
}

// Error implements error.
func (e *Error) Error() string {
	text := fmt.Sprintf("host key of %s is %s", e.name(), e.Reason)
	if e.SeenFingerprint != "" {
		text += fmt.Sprintf(": it presents %s %s", e.SeenType, e.SeenFingerprint)
	}
	if len(e.Expected) > 0 {
		text += ", expected " + strings.Join(e.Expected, " or ")
	}
	return text + "; " + e.Remedy()
}

func (e *Error) name() string {
	if e.Port == 22 {
		return e.Host
	}
	return fmt.Sprintf("[%s]:%d", e.Host, e.Port)
}

// Remedy says what to do, including what to type.
func (e *Error) Remedy() string {
	switch e.Reason {
	case Revoked:
		return "the key was revoked: give the host a new one, and do not connect before"
	case Changed:
		if len(e.Files) == 0 {
			return "if the host was rebuilt, compare the fingerprint with the host's console and pin the new key" + e.line()
		}
		lookup := e.name()
		if e.Alias != "" {
			lookup = e.Alias
		}
		var commands []string
		for _, file := range e.Files {
			commands = append(commands, fmt.Sprintf("ssh-keygen -f '%s' -R '%s'", file, lookup))
		}
		return "somebody may be listening in; if the host was rebuilt, compare the fingerprint with the host's console, run " +
			strings.Join(commands, " and ") + ", then connect once with ssh"
	default:
		port := ""
		if e.Port != 22 {
			port = fmt.Sprintf("-p %d ", e.Port)
		}
		return fmt.Sprintf("compare the fingerprint with the host's console (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub), then run `ssh %s%s` once, or pin the key%s", port, e.Host, e.line())
	}
}

// line words the key that can be pinned; the openssh transport does not know it.
func (e *Error) line() string {
	if e.SeenLine == "" {
		return ""
	}
	return ": " + e.SeenLine
}

// Check is an ssh.HostKeyCallback. It returns an *Error for a key that is not
// trusted.
func (v *Verifier) Check(_ string, remote net.Addr, key ssh.PublicKey) error {
	v.seen = key
	plain := key
	certificate, isCertificate := key.(*ssh.Certificate)
	if isCertificate {
		plain = certificate.Key
		v.seen = plain
	}
	if listed(v.revoked, plain) || isCertificate && listed(v.revoked, certificate.SignatureKey) {
		return v.refuse(Revoked)
	}
	if isCertificate && v.certified(certificate, remote) {
		return nil
	}
	switch {
	case listed(v.trusted, plain), listed(v.portless, plain):
		return nil
	case len(v.trusted)+len(v.signers)+len(v.policy.Pinned) > 0:
		return v.refuse(Changed)
	case v.policy.TrustOnFirstUse:
		return nil
	}
	return v.refuse(Unknown)
}

// Reveal is an ssh.HostKeyCallback for a server that has no key of a known
// type. It refuses whatever key it sees.
func (v *Verifier) Reveal(_ string, _ net.Addr, key ssh.PublicKey) error {
	v.seen = key
	if listed(v.revoked, key) {
		return v.refuse(Revoked)
	}
	return v.refuse(Changed)
}

func (v *Verifier) certified(certificate *ssh.Certificate, remote net.Addr) bool {
	principal := v.host
	if v.policy.Alias != "" {
		principal = v.policy.Alias
	}
	checker := ssh.CertChecker{
		IsHostAuthority: func(authority ssh.PublicKey, _ string) bool { return listed(v.signers, authority) },
		Clock:           v.clock,
	}
	return checker.CheckHostKey(net.JoinHostPort(principal, "22"), remote, certificate) == nil
}

func listed(entries []entry, key ssh.PublicKey) bool {
	wire := key.Marshal()
	return slices.ContainsFunc(entries, func(e entry) bool { return bytes.Equal(e.key.Marshal(), wire) })
}

func (v *Verifier) refuse(reason Reason) *Error {
	line, fingerprint := v.Seen()
	refused := &Error{
		Reason: reason, Host: v.host, Port: v.port, Alias: v.policy.Alias,
		SeenType: v.seen.Type(), SeenFingerprint: fingerprint, SeenLine: line,
	}
	for _, e := range slices.Concat(v.trusted, v.signers) {
		kind := e.key.Type()
		if e.marker == authorityMarker {
			kind = "a certificate by the authority " + kind
		}
		refused.Expected = append(refused.Expected, fmt.Sprintf("%s %s (%s)", kind, ssh.FingerprintSHA256(e.key), e.source))
		if file, _, ok := strings.Cut(e.source, " line "); ok && !slices.Contains(refused.Files, file) {
			refused.Files = append(refused.Files, file)
		}
	}
	return refused
}
