package sshserver

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/crypto/ssh"
)

// KeyKind names an algorithm of host and client keys.
type KeyKind string

// The key kinds that NewKey makes.
const (
	Ed25519 KeyKind = "ed25519"
	ECDSA   KeyKind = "ecdsa" // on the curve P-256
	RSA     KeyKind = "rsa"   // 2048 bits, slow to make: share it between servers
)

// Key is a private key made for a test, with its SSH forms.
type Key struct {
	kind    KeyKind
	private crypto.Signer
	signer  ssh.Signer
}

// NewKey makes a key of the given kind. It fails for an unknown kind or when
// the system has no randomness.
func NewKey(kind KeyKind) (*Key, error) {
	var private crypto.Signer
	var err error
	switch kind {
	case Ed25519:
		_, private, err = ed25519.GenerateKey(rand.Reader)
	case ECDSA:
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case RSA:
		private, err = rsa.GenerateKey(rand.Reader, 2048)
	default:
		return nil, fmt.Errorf("unknown key kind %q: use ed25519, ecdsa or rsa", kind)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot make an %s key: %w", kind, err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		return nil, fmt.Errorf("cannot use the new %s key for SSH: %w", kind, err)
	}
	return &Key{kind: kind, private: private, signer: signer}, nil
}

// ParseKey takes an Ed25519 key that others made, in OpenSSH's format without a
// passphrase. It fails for anything else.
func ParseKey(pem []byte) (*Key, error) {
	raw, err := ssh.ParseRawPrivateKey(pem)
	if err != nil {
		return nil, fmt.Errorf("cannot read the key: %w", err)
	}
	private, ok := raw.(*ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("cannot use a key of type %T: use %s", raw, Ed25519)
	}
	signer, err := ssh.NewSignerFromKey(*private)
	if err != nil {
		return nil, fmt.Errorf("cannot use the %s key for SSH: %w", Ed25519, err)
	}
	return &Key{kind: Ed25519, private: *private, signer: signer}, nil
}

// Kind returns the key's algorithm.
func (k *Key) Kind() KeyKind { return k.kind }

// Signer returns the key in the form that an SSH client or server takes.
func (k *Key) Signer() ssh.Signer { return k.signer }

// Private returns the key in the form that an SSH agent takes.
func (k *Key) Private() crypto.Signer { return k.private }

// PublicKey returns the public half.
func (k *Key) PublicKey() ssh.PublicKey { return k.signer.PublicKey() }

// AuthorizedKey returns the line for an authorized_keys file, ending in a
// newline.
func (k *Key) AuthorizedKey() string { return string(ssh.MarshalAuthorizedKey(k.PublicKey())) }

// PEM returns the private key in OpenSSH's own format, encrypted unless the
// passphrase is empty.
func (k *Key) PEM(passphrase string) ([]byte, error) {
	var block *pem.Block
	var err error
	if passphrase == "" {
		block, err = ssh.MarshalPrivateKey(k.private, "sandbox")
	} else {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(k.private, "sandbox", []byte(passphrase))
	}
	if err != nil {
		return nil, fmt.Errorf("cannot encode the %s key: %w", k.kind, err)
	}
	return pem.EncodeToMemory(block), nil
}

// WriteFiles writes the private key to directory/name with mode 0600 and the
// public key to directory/name.pub, as ssh-keygen does, and returns the path of
// the private key.
func (k *Key) WriteFiles(directory, name, passphrase string) (string, error) {
	private, err := k.PEM(passphrase)
	if err != nil {
		return "", err
	}
	path := filepath.Join(directory, name)
	if err := os.WriteFile(path, private, 0o600); err != nil {
		return "", fmt.Errorf("cannot write the private key: %w", err)
	}
	if err := os.WriteFile(path+".pub", []byte(k.AuthorizedKey()), 0o644); err != nil {
		return "", fmt.Errorf("cannot write the public key: %w", err)
	}
	return path, nil
}

// Certificate is what an authority vouches for when it signs a key.
type Certificate struct {
	Principals  []string  // user names, or host names for a host certificate; empty means any
	ValidAfter  time.Time // zero: from the beginning of time
	ValidBefore time.Time // zero: for ever
	Serial      uint64
	Options     map[string]string // critical options, such as force-command
}

// SignUser makes a user certificate for the key, signed by the authority.
func (k *Key) SignUser(subject *Key, content Certificate) (*ssh.Certificate, error) {
	return k.sign(subject, content, ssh.UserCert)
}

// SignHost makes a host certificate for the key, signed by the authority.
func (k *Key) SignHost(subject *Key, content Certificate) (*ssh.Certificate, error) {
	return k.sign(subject, content, ssh.HostCert)
}

func (k *Key) sign(subject *Key, content Certificate, kind uint32) (*ssh.Certificate, error) {
	certificate := &ssh.Certificate{
		Key:             subject.PublicKey(),
		Serial:          content.Serial,
		CertType:        kind,
		KeyId:           "sandbox",
		ValidPrincipals: content.Principals,
		ValidBefore:     ssh.CertTimeInfinity,
		Permissions:     ssh.Permissions{CriticalOptions: content.Options},
	}
	if !content.ValidAfter.IsZero() {
		certificate.ValidAfter = uint64(content.ValidAfter.Unix())
	}
	if !content.ValidBefore.IsZero() {
		certificate.ValidBefore = uint64(content.ValidBefore.Unix())
	}
	if kind == ssh.UserCert {
		certificate.Extensions = map[string]string{"permit-pty": "", "permit-port-forwarding": ""}
	}
	if err := certificate.SignCert(rand.Reader, k.signer); err != nil {
		return nil, fmt.Errorf("cannot sign the certificate: %w", err)
	}
	return certificate, nil
}

// WriteCertificate writes the certificate beside a private key, under the name
// that ssh looks for (the key's path followed by "-cert.pub"), and returns the
// path.
func WriteCertificate(privateKeyPath string, certificate *ssh.Certificate) (string, error) {
	path := privateKeyPath + "-cert.pub"
	if err := os.WriteFile(path, ssh.MarshalAuthorizedKey(certificate), 0o644); err != nil {
		return "", fmt.Errorf("cannot write the certificate: %w", err)
	}
	return path, nil
}
