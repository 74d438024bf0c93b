package sshprogram

import (
	"crypto/rand"
	"errors"
	"net"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// keyAgent is an SSH agent that holds some keys and does nothing but sign with
// them. It lets the ssh program use keys that must not be written to a file.
type keyAgent struct{ signers []ssh.Signer }

var errReadOnly = errors.New("this agent only signs")

// serve answers on the listener until it is closed.
func (a keyAgent) serve(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			_ = agent.ServeAgent(a, conn) // ends with the client
			_ = conn.Close()
		}()
	}
}

// List implements agent.Agent.
func (a keyAgent) List() ([]*agent.Key, error) {
	var keys []*agent.Key
	for _, signer := range a.signers {
		public := signer.PublicKey()
		keys = append(keys, &agent.Key{Format: public.Type(), Blob: public.Marshal()})
	}
	return keys, nil
}

// Sign implements agent.Agent.
func (a keyAgent) Sign(key ssh.PublicKey, data []byte) (*ssh.Signature, error) {
	return a.SignWithFlags(key, data, 0)
}

// SignWithFlags implements agent.ExtendedAgent; the flags choose the hash of an
// RSA signature (draft-miller-ssh-agent, section 5.3).
func (a keyAgent) SignWithFlags(key ssh.PublicKey, data []byte, flags agent.SignatureFlags) (*ssh.Signature, error) {
	wire := string(key.Marshal())
	for _, signer := range a.signers {
		if string(signer.PublicKey().Marshal()) != wire {
			continue
		}
		algorithm := ""
		switch {
		case flags&agent.SignatureFlagRsaSha512 != 0:
			algorithm = ssh.KeyAlgoRSASHA512
		case flags&agent.SignatureFlagRsaSha256 != 0:
			algorithm = ssh.KeyAlgoRSASHA256
		}
		if chooser, ok := signer.(ssh.AlgorithmSigner); ok && algorithm != "" {
			return chooser.SignWithAlgorithm(rand.Reader, data, algorithm)
		}
		return signer.Sign(rand.Reader, data)
	}
	return nil, errors.New("no such key")
}

// Signers implements agent.Agent.
func (a keyAgent) Signers() ([]ssh.Signer, error) { return a.signers, nil }

// Add implements agent.Agent.
func (a keyAgent) Add(agent.AddedKey) error { return errReadOnly }

// Remove implements agent.Agent.
func (a keyAgent) Remove(ssh.PublicKey) error { return errReadOnly }

// RemoveAll implements agent.Agent.
func (a keyAgent) RemoveAll() error { return errReadOnly }

// Lock implements agent.Agent.
func (a keyAgent) Lock([]byte) error { return errReadOnly }

// Unlock implements agent.Agent.
func (a keyAgent) Unlock([]byte) error { return errReadOnly }

// Extension implements agent.ExtendedAgent.
func (a keyAgent) Extension(string, []byte) ([]byte, error) {
	return nil, agent.ErrExtensionUnsupported
}
