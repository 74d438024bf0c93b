package process

import (
	"bytes"
	"fmt"
	"regexp"
)

// Become says as which other user to work on the host.
type Become struct {
	// User is the account whose files are meant; required.
	User string
	// Method is how: "sudo", which is also meant when empty.
	Method string
	// Password answers sudo's question, if it asks. It travels on standard input
	// and is sent only once sudo has asked.
	Password []byte
}

var userName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.@-]*\$?$`)

// BecomeReason classifies why another user's rights could not be had.
type BecomeReason string

// The reasons.
const (
	BecomeInvalid       BecomeReason = "invalid request"
	SudoMissing         BecomeReason = "sudo is not installed"
	SudoNotAllowed      BecomeReason = "not allowed by the host's sudoers"
	SudoNeedsPassword   BecomeReason = "sudo asks for a password"
	SudoWrongPassword   BecomeReason = "sudo refused the password"
	SudoNeedsTerminal   BecomeReason = "sudo insists on a terminal"
	SudoUnknownUser     BecomeReason = "the user does not exist on the host"
	SudoFailedOtherwise BecomeReason = "sudo failed"
)

// BecomeError says why another user's rights could not be had. It never quotes
// sudo's own words. A wrong password is never tried twice.
type BecomeError struct {
	// User is the account that was asked for.
	User string
	// Reason is the class of the failure.
	Reason BecomeReason
}

// Error implements error.
func (e *BecomeError) Error() string {
	text := fmt.Sprintf("become %s: %s", e.User, e.Reason)
	if remedy := becomeRemedies[e.Reason]; remedy != "" {
		text += "; " + remedy
	}
	return text
}

var becomeRemedies = map[BecomeReason]string{
	BecomeInvalid:     "name an existing account; the only method is sudo",
	SudoMissing:       "connect as the file's owner, or install sudo",
	SudoNotAllowed:    "allow the SSH user to run sh as that user in sudoers, or connect as the file's owner",
	SudoNeedsPassword: "set the sudo password, or a NOPASSWD rule",
	SudoWrongPassword: "correct the sudo password; it was tried once",
	SudoNeedsTerminal: "remove requiretty for the SSH user from sudoers",
	SudoUnknownUser:   "check the user's name",
}

// Check reports an invalid request. A nil Become is valid.
func (b *Become) Check() error {
	if b == nil {
		return nil
	}
	if b.Method != "" && b.Method != "sudo" || !userName.MatchString(b.User) || bytes.ContainsAny(b.Password, "\n\x00") {
		return &BecomeError{User: b.User, Reason: BecomeInvalid}
	}
	return nil
}

// Command prefixes a command line made by ShellCommand so that it runs as the
// other user, or as the login user if b is nil. The exec keeps the login shell
// from reading standard input after the command.
func (b *Become) Command(nonce, line string) string {
	switch {
	case b == nil:
		return "exec " + line
	case len(b.Password) == 0:
		return "exec env LC_ALL=C sudo -n -H -u " + b.User + " -- " + line
	default:
		return "exec env LC_ALL=C sudo -S -p " + prompt(nonce) + " -H -u " + b.User + " -- " + line
	}
}

func prompt(nonce string) string { return nonce + "-password:" }
