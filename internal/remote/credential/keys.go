package credential

import (
	"crypto/hmac"
	"crypto/sha256"
	"sync"

	"golang.org/x/crypto/ssh"
)

// Keys remembers parsed private keys: decrypting one takes a tenth of a second by
// design, too long to be done again for each of many hosts. It holds no
// passphrase, and is safe for concurrent use; make one with NewKeys.
type Keys struct {
	seed []byte
	mu   sync.Mutex
	held map[string]*parsedKey
}

type parsedKey struct {
	once   sync.Once
	signer ssh.Signer
	err    error
}

// NewKeys returns an empty memory. seed keys the hashes under which it remembers.
func NewKeys(seed []byte) *Keys {
	return &Keys{seed: seed, held: make(map[string]*parsedKey)}
}

// parse parses a private key once per text and passphrase. A nil memory parses
// each time.
func (k *Keys) parse(text, passphrase []byte) (ssh.Signer, error) {
	if k == nil {
		return parsePrivateKey(text, passphrase)
	}
	mac := hmac.New(sha256.New, k.seed)
	for _, part := range [][]byte{text, passphrase} {
		sum := sha256.Sum256(part)
		mac.Write(sum[:])
	}
	key := string(mac.Sum(nil))
	k.mu.Lock()
	parsed, found := k.held[key]
	if !found {
		parsed = &parsedKey{}
		k.held[key] = parsed
	}
	k.mu.Unlock()
	parsed.once.Do(func() { parsed.signer, parsed.err = parsePrivateKey(text, passphrase) })
	return parsed.signer, parsed.err
}

func parsePrivateKey(text, passphrase []byte) (ssh.Signer, error) {
	if len(passphrase) > 0 {
		return ssh.ParsePrivateKeyWithPassphrase(text, passphrase)
	}
	return ssh.ParsePrivateKey(text)
}
