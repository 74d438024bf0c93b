package hostkey

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the format of hashed known_hosts lines, not a protection
	"encoding/base64"
	"strings"

	"golang.org/x/crypto/ssh"
)

const (
	authorityMarker = "@cert-authority"
	revokedMarker   = "@revoked"
	hashedPrefix    = "|1|"
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
	for i, pattern := range parsed.patterns {
		if !strings.HasPrefix(pattern, hashedPrefix) {
			parsed.patterns[i] = strings.ToLower(pattern)
		}
	}
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

// literal reports whether all patterns are plain names, so that the entry can be
// looked up.
func (e entry) literal() bool {
	for _, pattern := range e.patterns {
		if strings.ContainsAny(pattern, "*?!|") {
			return false
		}
	}
	return true
}

// matches reports whether one of the names, in lower case, is meant by the
// patterns. A negated pattern that matches wins.
func (e entry) matches(names ...string) bool {
	for _, name := range names {
		found := false
		for _, pattern := range e.patterns {
			plain, negated := strings.CutPrefix(pattern, "!")
			if !matchPattern(plain, name) {
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
	if strings.HasPrefix(pattern, hashedPrefix) {
		return matchHashed(pattern, name)
	}
	return matchWildcards(pattern, name)
}

// matchWildcards knows * for any text and ? for any character, as known_hosts
// does; brackets and backslashes stand for themselves. On a mismatch the last *
// takes one character more.
func matchWildcards(pattern, name string) bool {
	star, resume := -1, 0
	p, n := 0, 0
	for n < len(name) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, resume = p, n
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == name[n]):
			p++
			n++
		case star >= 0:
			resume++
			p, n = star+1, resume
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// matchHashed compares with a name hashed by HashKnownHosts: HMAC-SHA1 of the
// name under a random salt.
func matchHashed(pattern, name string) bool {
	salt, hash, ok := strings.Cut(strings.TrimPrefix(pattern, hashedPrefix), "|")
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
