package sshserver

import (
	"fmt"
	"net"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// setHostKeys replaces the host keys and signs certificates for them.
func (s *Server) setHostKeys(keys []*Key) error {
	var certified []ssh.Signer
	if authority := s.options.HostAuthority; authority != nil {
		for _, key := range keys {
			certificate, err := authority.SignHost(key, Certificate{Principals: s.options.HostPrincipals})
			if err != nil {
				return err
			}
			signer, err := ssh.NewCertSigner(certificate, key.Signer())
			if err != nil {
				return fmt.Errorf("cannot use the host certificate: %w", err)
			}
			certified = append(certified, signer)
		}
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.hostKeys, s.certificate = keys, certified
	return nil
}

// SetHostKeys makes the host present other keys to new connections, one of each
// kind at most.
func (s *Server) SetHostKeys(keys ...*Key) error { return s.setHostKeys(keys) }

// RotateHostKeys replaces every host key by a new one of its kind, as when a
// machine was installed anew or somebody else answers in its place.
func (s *Server) RotateHostKeys() error {
	current := s.HostKeys()
	fresh := make([]*Key, len(current))
	for i, old := range current {
		key, err := NewKey(old.Kind())
		if err != nil {
			return err
		}
		fresh[i] = key
	}
	return s.setHostKeys(fresh)
}

// HostKeys returns the keys that the host presents now.
func (s *Server) HostKeys() []*Key {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return append([]*Key(nil), s.hostKeys...)
}

// KnownHosts returns known_hosts lines for the current host keys, one for each,
// under the server's address and any further names ("host" or "host:port").
func (s *Server) KnownHosts(names ...string) string {
	var text strings.Builder
	for _, key := range s.HostKeys() {
		text.WriteString(knownhosts.Line(append([]string{s.address}, names...), key.PublicKey()) + "\n")
	}
	return text.String()
}

// HashedKnownHosts is KnownHosts with hashed names (HashKnownHosts yes): one
// line for each name and key.
func (s *Server) HashedKnownHosts(names ...string) string {
	var text strings.Builder
	for _, key := range s.HostKeys() {
		for _, name := range append([]string{s.address}, names...) {
			hashed := knownhosts.HashHostname(knownhosts.Normalize(name))
			text.WriteString(hashed + " " + keyField(key.PublicKey()) + "\n")
		}
	}
	return text.String()
}

// AuthorityLine returns the @cert-authority line by which a client trusts every
// host whose certificate the authority signed. The patterns are those of
// known_hosts, such as "*.example.org" or "[127.0.0.1]:*".
func AuthorityLine(authority *Key, patterns ...string) string {
	return "@cert-authority " + strings.Join(patterns, ",") + " " + keyField(authority.PublicKey()) + "\n"
}

// RevokedLine returns the @revoked line for a key and patterns.
func RevokedLine(key ssh.PublicKey, patterns ...string) string {
	return "@revoked " + strings.Join(patterns, ",") + " " + keyField(key) + "\n"
}

// keyField is the "type base64" part of a line.
func keyField(key ssh.PublicKey) string {
	return strings.TrimSuffix(string(ssh.MarshalAuthorizedKey(key)), "\n")
}

// BracketedAddress writes host:port as known_hosts does: [host]:port.
func BracketedAddress(address string) (string, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", fmt.Errorf("cannot split %q: %w", address, err)
	}
	return "[" + host + "]:" + port, nil
}
