package session

import (
	"crypto/sha256"
	"encoding/hex"
)

// Fingerprint names a token without revealing it: the first 16 hex digits of
// SHA-256 over "earthscope-v1:" and the token. It is safe in state, logs and
// file names, because refresh tokens are long and random. Client secrets get
// no fingerprint: a person may have chosen them.
func Fingerprint(token string) string {
	sum := sha256.Sum256([]byte("earthscope-v1:" + token))
	return hex.EncodeToString(sum[:])[:16]
}
