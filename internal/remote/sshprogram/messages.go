package sshprogram

import (
	"fmt"
	"regexp"
	"strings"
)

// Failure classifies why ssh could not connect, from what it prints with
// LogLevel ERROR. OpenSSH has no other way to tell.
type Failure string

// The failures.
const (
	Unresolvable Failure = "the name can't be resolved"
	Refused      Failure = "connection refused"
	Unreachable  Failure = "no route to the host"
	TimedOut     Failure = "no answer in time"
	Dropped      Failure = "the server closed the connection during the handshake"
	Incompatible Failure = "no common SSH algorithm"
	KeyChanged   Failure = "the host key changed"
	KeyUnknown   Failure = "the host key is not known"
	KeyRevoked   Failure = "the host key is revoked"
	NotLoggedIn  Failure = "the login was refused"
	BadConfig    Failure = "ssh refuses its configuration"
	Other        Failure = "ssh could not connect"
)

// Error reports that ssh could not connect. It quotes of ssh's words only what
// it was recognised by.
type Error struct {
	// Failure is the class.
	Failure Failure
	// Host is the host as given.
	Host string
	// Methods are those that the server would have accepted, for NotLoggedIn.
	Methods []string
	// KeyType and Fingerprint describe the key seen, for KeyChanged.
	KeyType, Fingerprint string
}

// Error implements error.
func (e *Error) Error() string {
	text := fmt.Sprintf("ssh %s: %s", e.Host, e.Failure)
	if e.Fingerprint != "" {
		text += fmt.Sprintf(": it presents %s %s", e.KeyType, e.Fingerprint)
	}
	if len(e.Methods) > 0 {
		text += "; the server accepts " + strings.Join(e.Methods, ", ")
	}
	return text + fmt.Sprintf("; run `ssh -v %s true` to see why", e.Host)
}

// phrases are in the order of their weight: ssh ends every failure behind a
// jump host with words about a closed connection.
var phrases = []struct {
	text    string
	failure Failure
}{
	{"host identification has changed", KeyChanged},
	{"revoked", KeyRevoked},
	{"host key is known for", KeyUnknown},
	{"host key verification failed", KeyUnknown},
	{"could not resolve hostname", Unresolvable},
	{"name or service not known", Unresolvable},
	{"connection refused", Refused},
	{"no route to host", Unreachable},
	{"network is unreachable", Unreachable},
	{"timed out", TimedOut},
	{"timeout", TimedOut},
	{"permission denied", NotLoggedIn},
	{"too many authentication failures", NotLoggedIn},
	{"no matching", Incompatible},
	{"bad configuration option", BadConfig},
	{"terminating", BadConfig},
	{"connection reset", Dropped},
	{"connection closed", Dropped},
	{"kex_exchange_identification", Dropped},
}

var (
	acceptedMethods = regexp.MustCompile(`[Pp]ermission denied \(([a-z0-9,-]+)\)`)
	seenKey         = regexp.MustCompile(`fingerprint for the ([A-Z0-9-]+) key sent by the remote host is\s+(SHA256:[A-Za-z0-9+/]+)`)
)

func classify(host, words string) *Error {
	failure := &Error{Failure: Other, Host: host}
	lower := strings.ToLower(words)
	for _, phrase := range phrases {
		if strings.Contains(lower, phrase.text) {
			failure.Failure = phrase.failure
			break
		}
	}
	if found := acceptedMethods.FindStringSubmatch(words); found != nil {
		failure.Methods = strings.Split(found[1], ",")
	}
	if found := seenKey.FindStringSubmatch(words); found != nil {
		failure.KeyType, failure.Fingerprint = strings.ToLower(found[1]), found[2]
	}
	return failure
}
