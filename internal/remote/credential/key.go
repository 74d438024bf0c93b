package credential

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"

	"golang.org/x/crypto/ssh"
)

// KeyReason classifies an unusable key.
type KeyReason string

// The reasons.
const (
	KeyUnparsable         KeyReason = "can't be parsed"
	PassphraseMissing     KeyReason = "is encrypted and no passphrase is set"
	WrongPassphrase       KeyReason = "is encrypted with another passphrase"
	CertificateUnparsable KeyReason = "is no OpenSSH user certificate"
)

// KeyError reports a key that can't be used. It never quotes the key, nor what
// a parser said about it.
type KeyError struct {
	// Name is the file, or "private key" for one in memory.
	Name string
	// Reason is the class of the failure.
	Reason KeyReason
	// Hint is what the text looks like instead; may be empty.
	Hint string
}

// Error implements error.
func (e *KeyError) Error() string {
	text := fmt.Sprintf("%s %s", e.Name, e.Reason)
	if e.Hint != "" {
		text += ": " + e.Hint
	}
	return text
}

// AgentError reports an agent that can't be asked.
type AgentError struct {
	// Socket is the path of the agent's socket.
	Socket string
	// Err is what went wrong.
	Err error
}

// Error implements error.
func (e *AgentError) Error() string {
	return fmt.Sprintf("SSH agent at %s: %v; start one (eval $(ssh-agent); ssh-add) or name a key", e.Socket, e.Err)
}

// Unwrap returns the cause.
func (e *AgentError) Unwrap() error { return e.Err }

// fileError reports a key file that can't be read.
type fileError struct {
	name string
	err  error
}

func (e *fileError) Error() string { return fmt.Sprintf("key file: %v", e.err) }
func (e *fileError) Unwrap() error { return e.err }

// parse reads a private key in PEM or OpenSSH format.
func (l *loader) parse(name string, text []byte) (ssh.Signer, error) {
	normalized := unindent(text)
	defer clear(normalized)
	signer, err := l.reader.Keys.parse(normalized, nil)
	var missing *ssh.PassphraseMissingError
	if errors.As(err, &missing) {
		if missing.PublicKey != nil {
			if held := l.held(missing.PublicKey); held != nil && len(l.source.Passphrase) == 0 {
				return held, nil
			}
		}
		if len(l.source.Passphrase) == 0 {
			return nil, &KeyError{Name: name, Reason: PassphraseMissing}
		}
		signer, err = l.reader.Keys.parse(normalized, l.source.Passphrase)
	}
	switch {
	case err == nil:
		return signer, nil
	case errors.Is(err, x509.IncorrectPasswordError):
		return nil, &KeyError{Name: name, Reason: WrongPassphrase}
	default:
		return nil, &KeyError{Name: name, Reason: KeyUnparsable, Hint: hint(normalized)}
	}
}

// unindent returns a copy without white space around each line: a key pasted
// into an indented heredoc is still that key.
func unindent(text []byte) []byte {
	clean := make([]byte, 0, len(text)+1)
	for line := range bytes.Lines(text) {
		clean = append(clean, bytes.TrimSpace(line)...)
		clean = append(clean, '\n')
	}
	return clean
}

func hint(text []byte) string {
	switch {
	case len(bytes.TrimSpace(text)) == 0:
		return "it is empty"
	case bytes.HasPrefix(text, []byte("ssh-")) || bytes.HasPrefix(text, []byte("ecdsa-")):
		return "it is a public key; the private key is the file without .pub"
	case bytes.HasPrefix(text, []byte("PuTTY")):
		return "it is a PuTTY key; convert it with puttygen KEY -O private-openssh"
	case bytes.Contains(text, []byte("BEGIN ENCRYPTED PRIVATE KEY")):
		return "it is an encrypted PKCS#8 key; convert it with ssh-keygen -p -f KEY"
	case !bytes.Contains(text, []byte("-----BEGIN ")):
		return "it has no BEGIN line; pass the content of the key file, not its path"
	case !bytes.Contains(text, []byte("-----END ")):
		return "its END line is missing, so it was cut"
	default:
		return "check that it was copied completely, line breaks included"
	}
}
