// Package hostkey decides whether the key that an SSH server presents is the
// key of the host that was meant. It reads known_hosts files as OpenSSH does
// (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT), takes pinned keys and authorities,
// and accepts an unknown key only when first use is to be trusted.
package hostkey

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// Policy says which keys of a host are trusted.
type Policy struct {
	// Pinned are trusted keys, one each: a public key line ("ssh-ed25519 AAAA…"),
	// the same after "@cert-authority", or a whole known_hosts line. If there is
	// one, known_hosts files can only revoke, not add.
	Pinned []string
	// Files are known_hosts files. One that does not exist is skipped.
	Files []string
	// RevokedFiles list keys that are never accepted (RevokedHostKeys of
	// ssh_config). One that can't be read is an error: nothing is trusted then.
	RevokedFiles []string
	// TrustOnFirstUse accepts the key of a host of which no key is known.
	TrustOnFirstUse bool
	// Alias is looked up instead of the host's name (HostKeyAlias of ssh_config).
	Alias string
}

// Verifier checks the key of one host. It is for one connection attempt at a
// time.
type Verifier struct {
	policy  Policy
	host    string
	port    int
	clock   func() time.Time
	trusted []entry // keys of this very host
	signers []entry // authorities for it
	revoked []entry
	// portless are plain keys stored for the name without the port: they make a
	// host known, but another key does not make it changed, since several
	// machines can answer at several ports of one address.
	portless []entry
	seen     ssh.PublicKey
}

// Load reads what is known of one host, without remembering the files. Parameters
// and errors are those of NewStore and Store.Load.
func Load(policy Policy, host string, port int, clock func() time.Time, readFile func(string) ([]byte, error)) (*Verifier, error) {
	return NewStore(clock, readFile).Load(policy, host, port)
}

// Load reads what is known of host. Errors: *PinError for a pinned line that can't
// be parsed, *FileError for a file that exists and can't be read.
func (s *Store) Load(policy Policy, host string, port int) (*Verifier, error) {
	v := &Verifier{policy: policy, host: strings.ToLower(host), port: port, clock: s.clock}
	for i, line := range policy.Pinned {
		pinned, ok := parseLine(line)
		if !ok {
			return nil, &PinError{Index: i}
		}
		pinned.source = "pinned key"
		if len(pinned.patterns) == 0 || pinned.matches(v.names()...) {
			v.add(pinned)
		}
	}
	for _, name := range policy.RevokedFiles {
		revoked, err := s.revocations(name)
		if err != nil {
			return nil, err
		}
		v.revoked = append(v.revoked, revoked...)
	}
	var stored []*storedFile
	for _, name := range policy.Files {
		file, err := s.file(name)
		if err != nil {
			return nil, err
		}
		stored = append(stored, file)
	}
	v.addStored(stored)
	return v, nil
}

// PinError reports a pinned line that is no public key. It does not quote it.
type PinError struct {
	// Index is the position among the pinned lines, from 0.
	Index int
}

// Error implements error.
func (e *PinError) Error() string {
	return fmt.Sprintf("pinned host key %d can't be read; it must look like a line of ssh-keyscan or of /etc/ssh/ssh_host_ed25519_key.pub: \"ssh-ed25519 AAAA…\", or \"@cert-authority ssh-ed25519 AAAA…\"", e.Index+1)
}

// names returns the names under which the host is looked up, best first. A key
// stored without port also counts for other ports, as in OpenSSH.
func (v *Verifier) names() []string {
	if v.policy.Alias != "" {
		return []string{strings.ToLower(v.policy.Alias)}
	}
	if v.port == 22 {
		return []string{v.host}
	}
	return []string{"[" + v.host + "]:" + strconv.Itoa(v.port), v.host}
}

// addStored takes the lines that mean this host. The name without port counts
// for plain keys only if there is none under the exact name.
func (v *Verifier) addStored(stored []*storedFile) {
	pinned := len(v.policy.Pinned) > 0
	for position, name := range v.names() {
		exact := len(v.trusted) > 0
		for _, file := range stored {
			for _, candidate := range file.lookup(name) {
				switch {
				case pinned && candidate.marker != revokedMarker:
				case candidate.marker == "" && position > 0:
					if !exact {
						v.portless = append(v.portless, candidate)
					}
				default:
					v.add(candidate)
				}
			}
		}
	}
}

func (v *Verifier) add(e entry) {
	switch e.marker {
	case authorityMarker:
		v.signers = append(v.signers, e)
	case revokedMarker:
		v.revoked = append(v.revoked, e)
	default:
		v.trusted = append(v.trusted, e)
	}
}

// certificateAlgorithms and plainAlgorithms are offered in this order.
var (
	certificateAlgorithms = []string{
		ssh.CertAlgoED25519v01, ssh.CertAlgoECDSA256v01, ssh.CertAlgoECDSA384v01,
		ssh.CertAlgoECDSA521v01, ssh.CertAlgoRSASHA512v01, ssh.CertAlgoRSASHA256v01,
	}
	plainAlgorithms = []string{
		ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384,
		ssh.KeyAlgoECDSA521, ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256,
	}
)

// Algorithms returns the host key algorithms to negotiate: those of the keys
// that are known. A server has several keys, and would otherwise present one
// that nobody stored.
func (v *Verifier) Algorithms() []string {
	var algorithms []string
	if len(v.signers) > 0 {
		algorithms = append(algorithms, certificateAlgorithms...)
	}
	algorithms = append(algorithms, ofTypes(v.trusted)...)
	if len(v.trusted)+len(v.signers) == 0 {
		// Nothing is certain: prefer what would be recognised, take anything.
		algorithms = ofTypes(v.portless)
		for _, algorithm := range plainAlgorithms {
			if !slices.Contains(algorithms, algorithm) {
				algorithms = append(algorithms, algorithm)
			}
		}
	}
	return algorithms
}

// ofTypes returns the algorithms of the keys' types.
func ofTypes(entries []entry) []string {
	var algorithms []string
	for _, algorithm := range plainAlgorithms {
		keyType := algorithm
		if algorithm == ssh.KeyAlgoRSASHA256 || algorithm == ssh.KeyAlgoRSASHA512 {
			keyType = ssh.KeyAlgoRSA
		}
		if slices.ContainsFunc(entries, func(e entry) bool { return e.key.Type() == keyType }) {
			algorithms = append(algorithms, algorithm)
		}
	}
	return algorithms
}

// AllAlgorithms returns every algorithm, for a connection that only finds out
// which key the server has.
func AllAlgorithms() []string { return plainAlgorithms }

// Seen returns the key that the server presented, as a public key line without
// comment, and its fingerprint. Both are empty before the key exchange.
func (v *Verifier) Seen() (line, fingerprint string) {
	if v.seen == nil {
		return "", ""
	}
	return keyLine(v.seen), ssh.FingerprintSHA256(v.seen)
}

// Address returns host and port for display.
func (v *Verifier) Address() string { return net.JoinHostPort(v.host, strconv.Itoa(v.port)) }

func keyLine(key ssh.PublicKey) string {
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
}
