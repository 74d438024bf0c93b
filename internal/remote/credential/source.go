// Package credential collects what proves our identity to an SSH server: keys
// in memory and in files, certificates, an agent, a password. All keys end up
// in one list, because golang.org/x/crypto/ssh tries each method name once.
package credential

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// MaxOffered is how many keys are offered at most. Stock servers end the
// connection after six failed attempts (MaxAuthTries of sshd_config).
const MaxOffered = 5

// maxBesidePassword is how many keys that nobody named are offered before a
// password. Each refused one is a failed attempt, of which hardened servers allow
// three or four in all.
const maxBesidePassword = 2

// Source names the credentials to use. The zero value has none.
type Source struct {
	// PrivateKeys are keys in memory, in PEM or OpenSSH format.
	PrivateKeys [][]byte
	// KeyFiles are files of private keys that must be there.
	KeyFiles []string
	// DefaultKeyFiles are tried if they exist and can be used.
	DefaultKeyFiles []string
	// Passphrase decrypts any of the keys.
	Passphrase []byte
	// Certificate is a user certificate for one of the keys, as a line of an
	// OpenSSH "-cert.pub" file. Such a file beside a key file is found by itself.
	Certificate []byte
	// CertificateFiles are files with further certificates.
	CertificateFiles []string
	// AgentSocket is the path of an SSH agent's socket. Load uses none if it is
	// empty; a pool then takes the one of the configuration or of SSH_AUTH_SOCK,
	// unless NoAgent is set.
	AgentSocket string
	// NoAgent keeps a pool from looking for an agent.
	NoAgent bool
	// AgentRequired makes an unreachable agent an error.
	AgentRequired bool
	// IdentitiesOnly offers an agent's keys only if one of the files names them.
	IdentitiesOnly bool
	// Password answers password and keyboard-interactive authentication.
	Password []byte
}

// Reader reads files and reaches an agent; the system's own outside of tests.
type Reader struct {
	// ReadFile is os.ReadFile.
	ReadFile func(string) ([]byte, error)
	// DialAgent connects to an agent's socket.
	DialAgent func(path string) (net.Conn, error)
	// Keys remembers parsed keys; nil parses each time.
	Keys *Keys
}

// Set is what Load found. Close it after the handshake.
type Set struct {
	// Signers are the keys to offer, best first.
	Signers []ssh.Signer
	// Notes say in a sentence each what was skipped and why.
	Notes []string
	// Password is as given.
	Password []byte

	agent io.Closer
}

// Close lets go of the agent.
func (s *Set) Close() error {
	if s.agent == nil {
		return nil
	}
	return s.agent.Close()
}

// Load reads the keys that source names: explicit ones first, those of the
// agent that belong to a key file with them, then the agent's others, then the
// default files. Errors: *KeyError, *AgentError, or a file that can't be read.
func Load(source Source, reader Reader) (*Set, error) {
	l := &loader{source: source, reader: reader, set: &Set{Password: source.Password}}
	if err := l.load(); err != nil {
		_ = l.set.Close()
		return nil, err
	}
	l.finish()
	return l.set, nil
}

type loader struct {
	source       Source
	reader       Reader
	set          *Set
	agentKeys    []ssh.Signer
	certificates []*ssh.Certificate
	explicit     []ssh.Signer
	defaults     []ssh.Signer
	named        map[string]bool // public keys that a file names
}

func (l *loader) load() error {
	l.named = make(map[string]bool)
	if err := l.openAgent(); err != nil {
		return err
	}
	if len(l.source.Certificate) > 0 {
		certificate := parseCertificate(l.source.Certificate)
		if certificate == nil {
			return &KeyError{Name: "certificate", Reason: CertificateUnparsable}
		}
		l.certificates = append(l.certificates, certificate)
	}
	for _, file := range l.source.CertificateFiles {
		if text, err := l.reader.ReadFile(file); err == nil {
			l.addCertificate(text)
		}
	}
	for i, text := range l.source.PrivateKeys {
		name := "private key"
		if len(l.source.PrivateKeys) > 1 {
			name = fmt.Sprintf("private key %d", i+1)
		}
		signer, err := l.parse(name, text)
		if err != nil {
			return err
		}
		l.explicit = append(l.explicit, signer)
	}
	for _, file := range l.source.KeyFiles {
		signer, err := l.readKey(file)
		if err != nil {
			return err
		}
		l.explicit = append(l.explicit, signer)
	}
	for _, file := range l.source.DefaultKeyFiles {
		signer, err := l.readKey(file)
		switch {
		case err == nil:
			l.defaults = append(l.defaults, signer)
		case !isMissing(err):
			l.set.Notes = append(l.set.Notes, fmt.Sprintf("%s was not tried: %v", file, err))
		}
	}
	return nil
}

func (l *loader) openAgent() error {
	if l.source.AgentSocket == "" {
		return nil
	}
	conn, err := l.reader.DialAgent(l.source.AgentSocket)
	if err == nil {
		l.set.agent = conn
		l.agentKeys, err = agent.NewClient(conn).Signers()
	}
	if err == nil {
		return nil
	}
	failure := &AgentError{Socket: l.source.AgentSocket, Err: err}
	if l.source.AgentRequired {
		return failure
	}
	l.set.Notes = append(l.set.Notes, failure.Error())
	return nil
}

func (l *loader) readKey(file string) (ssh.Signer, error) {
	text, err := l.reader.ReadFile(file)
	if err != nil {
		// A key that only the agent holds (a hardware key, say) may leave just its
		// public half in a file.
		if signer := l.fromAgent(file); signer != nil {
			return signer, nil
		}
		return nil, &fileError{name: file, err: err}
	}
	defer clear(text)
	if certificate, err := l.reader.ReadFile(file + "-cert.pub"); err == nil {
		l.addCertificate(certificate)
	}
	signer, err := l.parse(file, text)
	if err == nil {
		return signer, nil
	}
	if signer := l.fromAgent(file); signer != nil {
		return signer, nil
	}
	return nil, err
}

// fromAgent finds the agent's key whose public half lies beside a key file.
func (l *loader) fromAgent(file string) ssh.Signer {
	text, err := l.reader.ReadFile(file + ".pub")
	if err != nil {
		return nil
	}
	public, _, _, _, err := ssh.ParseAuthorizedKey(text)
	if err != nil {
		return nil
	}
	return l.held(public)
}

func (l *loader) held(public ssh.PublicKey) ssh.Signer {
	for _, signer := range l.agentKeys {
		if string(signer.PublicKey().Marshal()) == string(public.Marshal()) {
			return signer
		}
	}
	return nil
}

func (l *loader) addCertificate(text []byte) {
	if certificate := parseCertificate(text); certificate != nil {
		l.certificates = append(l.certificates, certificate)
	}
}

// finish orders the signers, puts certificates before their keys, drops
// repetitions and applies the limit.
func (l *loader) finish() {
	for _, signer := range append(append([]ssh.Signer{}, l.explicit...), l.defaults...) {
		l.named[string(signer.PublicKey().Marshal())] = true
	}
	ordered := append([]ssh.Signer{}, l.explicit...)
	for _, signer := range l.agentKeys {
		if !l.source.IdentitiesOnly || l.named[string(signer.PublicKey().Marshal())] {
			ordered = append(ordered, signer)
		}
	}
	ordered = append(ordered, l.defaults...)
	seen := make(map[string]bool)
	skipped, unnamed := 0, 0
	offer := func(signer ssh.Signer, named bool) {
		wire := string(signer.PublicKey().Marshal())
		switch {
		case seen[wire]:
		case len(l.set.Signers) == MaxOffered, !named && unnamed == maxBesidePassword && len(l.source.Password) > 0:
			skipped++
		default:
			if !named {
				unnamed++
			}
			l.set.Signers = append(l.set.Signers, signer)
		}
		seen[wire] = true
	}
	for i, signer := range ordered {
		named := i < len(l.explicit)
		for _, certificate := range l.certificates {
			if certified, err := ssh.NewCertSigner(certificate, signer); err == nil {
				offer(certified, named)
			}
		}
		offer(signer, named)
	}
	if skipped > 0 {
		l.set.Notes = append(l.set.Notes, fmt.Sprintf("%d more keys were not offered: servers end the connection after a few; name the right key", skipped))
	}
}

func parseCertificate(text []byte) *ssh.Certificate {
	public, _, _, _, err := ssh.ParseAuthorizedKey([]byte(strings.TrimSpace(string(text))))
	if err != nil {
		return nil
	}
	certificate, ok := public.(*ssh.Certificate)
	if !ok || certificate.CertType != ssh.UserCert {
		return nil
	}
	return certificate
}

func isMissing(err error) bool {
	var failure *fileError
	return errors.As(err, &failure) && errors.Is(failure.err, fs.ErrNotExist)
}
