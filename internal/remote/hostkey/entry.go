package hostkey

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the format of hashed known_hosts lines, not a protection
	"encoding/base64"
	"path"
	"strings"

	"golang.org/x/crypto/ssh"
)

const (
	authorityMarker = "@cert-authority"
	revokedMarker   = "@revoked"
)

// entry is one line of a known_hosts file, or a pinned key.
type entry struct {
	marker   string
	patterns []string // none: any host
	key      ssh.PublicKey
	source   string
}

// parseLine reads a known_hosts line, or a public key line without hosts. ok is
// false for a comment, an empty line and anything that is no such line.
func parseLine(line string) (parsed entry, ok bool) {
	fields := strings.Fields(line)
	if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
		return entry{}, false
	}
	if strings.HasPrefix(fields[0], "@") {
		parsed.marker, fields = fields[0], fields[1:]
		if parsed.marker != authorityMarker && parsed.marker != revokedMarker {
			return entry{}, false
		}
	}
	if parsed.key = parseKey(fields); parsed.key != nil {
		return parsed, true
	}
	if len(fields) == 0 {
		return entry{}, false
	}
	parsed.patterns = strings.Split(fields[0], ",")
	parsed.key = parseKey(fields[1:])
	return parsed, parsed.key != nil
}

// parseKey reads "type base64 …", or returns nil.
func parseKey(fields []string) ssh.PublicKey {
	if len(fields) < 2 {
		return nil
	}
	wire, err := base64.StdEncoding.DecodeString(fields[1])
	if err != nil {
		return nil
	}
	key, err := ssh.ParsePublicKey(wire)
	if err != nil || key.Type() != fields[0] {
		return nil
	}
	return key
}

// matches reports whether one of the names, in lower case, is meant by the
// patterns. A negated pattern that matches wins.
func (e entry) matches(names ...string) bool {
	for _, name := range names {
		found := false
		for _, pattern := range e.patterns {
			negated := strings.HasPrefix(pattern, "!")
			if !matchPattern(strings.TrimPrefix(pattern, "!"), name) {
				continue
			}
			if negated {
				found = false
				break
			}
			found = true
		}
		if found {
			return true
		}
	}
	return false
}

func matchPattern(pattern, name string) bool {
	if strings.HasPrefix(pattern, "|1|") {
		return matchHashed(pattern, name)
	}
	// Only * and ? are special in known_hosts; brackets stand for themselves.
	escaped := strings.NewReplacer(`\`, `\\`, `[`, `\[`).Replace(strings.ToLower(pattern))
	// path.Match lets * stop at a slash, which no host name contains.
	ok, err := path.Match(escaped, name)
	return err == nil && ok
}

// matchHashed compares with a name hashed by HashKnownHosts: HMAC-SHA1 of the
// name under a random salt.
func matchHashed(pattern, name string) bool {
	salt, hash, ok := strings.Cut(strings.TrimPrefix(pattern, "|1|"), "|")
	if !ok {
		return false
	}
	key, errKey := base64.StdEncoding.DecodeString(salt)
	want, errWant := base64.StdEncoding.DecodeString(hash)
	if errKey != nil || errWant != nil {
		return false
	}
	mac := hmac.New(sha1.New, key)
	mac.Write([]byte(name))
	return hmac.Equal(mac.Sum(nil), want)
}
