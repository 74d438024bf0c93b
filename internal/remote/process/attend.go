package process

import (
	"bytes"
	"strings"
	"sync"
)

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
	text    []byte // the beginning, with the questions in it
	limit   int
	total   int
	tail    []byte // the end, in which a question may have begun
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
	a.total += len(chunk)
	room := max(a.limit, MaxStderr) + len(a.prompt) - len(a.text)
	a.text = append(a.text, chunk[:max(0, min(len(chunk), room))]...)
	if a.become == nil || len(a.become.Password) == 0 {
		return
	}
	a.tail = append(a.tail, chunk...)
	asked := bytes.Count(a.tail, a.prompt)
	if asked > 0 {
		a.tail = a.tail[bytes.LastIndex(a.tail, a.prompt)+len(a.prompt):]
	}
	a.tail = bytes.Clone(a.tail[max(0, len(a.tail)-len(a.prompt)+1):])
	if asked == 0 {
		return
	}
	a.prompts += asked
	if a.prompts > 1 {
		a.proc.Kill()
		return
	}
	line := append(bytes.Clone(a.become.Password), '\n')
	defer clear(line)
	_, _ = a.proc.Stdin().Write(line) // a failure shows as the end of the output
}

// Text waits for the end of standard error and returns its beginning, without
// sudo's question, and whether there was more. It may hold anything: it is for
// whoever asked for the command's output.
func (a *Attendant) Text() (text string, more bool) {
	<-a.done
	a.mu.Lock()
	defer a.mu.Unlock()
	text = a.words()
	return text[:min(len(text), a.limit)], a.total-a.prompts*len(a.prompt) > a.limit
}

// words is what is kept, without the questions.
func (a *Attendant) words() string { return strings.ReplaceAll(string(a.text), string(a.prompt), "") }

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
	<-a.done
	a.mu.Lock()
	defer a.mu.Unlock()
	text := strings.ToLower(a.words())
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
