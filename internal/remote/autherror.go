package remote

import (
	"fmt"
	"strings"
)

// AuthError reports a login that was refused. It names what was offered, never
// a secret.
type AuthError struct {
	// User and Address are the account and the server, Via the hops before it.
	User, Address string
	Via           []string
	// Tried are the methods tried, Keys the fingerprints of the keys offered.
	Tried, Keys []string
	// Accepted are the methods that succeeded but were not enough.
	Accepted []string
	// Asked is what the server asked that has no prepared answer, if it did.
	Asked Question
	// Password reports that a password was among what was refused.
	Password bool
	// Notes say what was not offered, and why.
	Notes []string
}

// Error implements error.
func (e *AuthError) Error() string {
	text := fmt.Sprintf("%s%s refused to log in %s", e.Address, via(e.Via), e.User)
	switch {
	case e.Asked != "":
		text += fmt.Sprintf(": it asks for %s", e.Asked)
		if len(e.Accepted) > 0 {
			text += " after it accepted " + strings.Join(e.Accepted, ", ")
		}
	case len(e.Tried) == 0:
		text += ": there was no credential that it accepts"
	default:
		text += "; tried " + strings.Join(e.Tried, ", ")
	}
	if len(e.Keys) > 0 {
		text += " with the keys " + strings.Join(e.Keys, ", ")
	}
	if len(e.Notes) > 0 {
		text += " (" + strings.Join(e.Notes, "; ") + ")"
	}
	return text + "; " + e.Remedy()
}

// Remedy says what to do.
func (e *AuthError) Remedy() string {
	host, _, _ := strings.Cut(e.Address, ":")
	switch e.Asked {
	case OneTimeCode, OtherQuestion:
		return "nobody is there to answer. Use the openssh transport over a connection that you have opened yourself: put \"ControlMaster auto\", " +
			"\"ControlPath ~/.ssh/%C\" and \"ControlPersist 10m\" for the host into ~/.ssh/config and run `ssh " + e.User + "@" + host + "` before; " +
			"or have the account exempted from it"
	case NewPassword:
		return "log in by hand and change it"
	case SecondPassword:
		return "set the password, or have the server ask for the key alone"
	}
	return "check the user name, and that the public key is in the account's authorized_keys"
}
