package process

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"sync"
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

// MaxStderr is how much of a command's standard error is kept to classify a
// failure, in bytes.
const MaxStderr = 16 << 10

// Attendant reads a process's standard error and answers sudo's question.
type Attendant struct {
	become *Become
	prompt []byte
	proc   Process
	done   chan struct{}

	mu      sync.Mutex
	text    []byte
	limit   int
	more    bool
	prompts int
}

// Attend starts reading the standard error of proc, which runs a line made by
// b.Command with the same nonce, and keeps limit bytes of it.
func (b *Become) Attend(proc Process, nonce string, limit int) *Attendant {
	a := &Attendant{become: b, prompt: []byte(prompt(nonce)), proc: proc, limit: limit, done: make(chan struct{})}
	go a.read()
	return a
}

func (a *Attendant) read() {
	defer close(a.done)
	chunk := make([]byte, 4096)
	for {
		count, err := a.proc.Stderr().Read(chunk)
		a.take(chunk[:count])
		if err != nil {
			return
		}
	}
}

func (a *Attendant) take(chunk []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	kept := min(len(chunk), a.limit-len(a.text))
	a.text = append(a.text, chunk[:kept]...)
	a.more = a.more || kept < len(chunk)
	if a.become == nil || len(a.become.Password) == 0 {
		return
	}
	asked := bytes.Count(a.text, a.prompt)
	if asked == a.prompts {
		return
	}
	a.prompts = asked
	if asked > 1 {
		a.proc.Kill()
		return
	}
	line := append(bytes.Clone(a.become.Password), '\n')
	defer clear(line)
	_, _ = a.proc.Stdin().Write(line) // a failure shows as the end of the output
}

// Text waits for the end of standard error and returns its beginning, without
// sudo's question, and whether there was more. It may hold anything: it is for
// classification, or for whoever asked for the command's output.
func (a *Attendant) Text() (text string, more bool) {
	<-a.done
	a.mu.Lock()
	defer a.mu.Unlock()
	return strings.ReplaceAll(string(a.text), string(a.prompt), ""), a.more
}

// Refused returns a *BecomeError once sudo has asked for the password a second
// time, for which the process is killed; nil otherwise.
func (a *Attendant) Refused() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.prompts < 2 {
		return nil
	}
	return &BecomeError{User: a.become.User, Reason: SudoWrongPassword}
}

// Err judges a process that ended before the command of ours could say that it
// runs: a *BecomeError, or nil if there was no other user to become.
func (a *Attendant) Err(exitCode int) error {
	if a.become == nil {
		return nil
	}
	text, _ := a.Text()
	text = strings.ToLower(text)
	a.mu.Lock()
	defer a.mu.Unlock()
	reason := SudoFailedOtherwise
	switch {
	case a.prompts > 1 || strings.Contains(text, "incorrect password") || strings.Contains(text, "try again"):
		reason = SudoWrongPassword
	case strings.Contains(text, "unknown user") || strings.Contains(text, "unknown uid"):
		reason = SudoUnknownUser
	case strings.Contains(text, "must have a tty"):
		reason = SudoNeedsTerminal
	case strings.Contains(text, "password is required") || strings.Contains(text, "terminal is required"):
		reason = SudoNeedsPassword
	case strings.Contains(text, "sudoers") || strings.Contains(text, "not allowed") || strings.Contains(text, "may not run"):
		reason = SudoNotAllowed
	case exitCode == 127 || strings.Contains(text, "not found") || strings.Contains(text, "no such file"):
		reason = SudoMissing
	}
	return &BecomeError{User: a.become.User, Reason: reason}
}
