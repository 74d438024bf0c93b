// Package process describes a command that runs on a host, however the host is
// reached, and how it becomes another user there.
package process

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"io"
	"strings"
)

// Process is a running command. Its streams must be drained; Kill unblocks
// every pending read and write and may be called at any time, also twice.
type Process interface {
	// Stdin is the command's standard input; closing it sends end of file.
	Stdin() io.WriteCloser
	// Stdout is the command's standard output.
	Stdout() io.Reader
	// Stderr is the command's standard error.
	Stderr() io.Reader
	// Wait returns the exit code after both output streams have ended. The error
	// is set when there is no exit code: connection lost, killed by a signal.
	Wait() (exitCode int, err error)
	// Kill ends the exchange without waiting.
	Kill()
}

// Start runs a command line through the login shell of the account.
type Start func(ctx context.Context, command string) (Process, error)

// Nonce returns 128 random bits in hexadecimal. It marks what is ours in a
// stream that start-up files of the login shell may also write to.
func Nonce() string {
	raw := make([]byte, 16)
	_, _ = rand.Read(raw) // never fails, see crypto/rand
	return hex.EncodeToString(raw)
}

// ShellCommand words the command line that runs script with POSIX sh and the
// given arguments. It means the same to bash, dash, zsh, ksh, fish, tcsh and
// busybox, provided that script has no single quote, line break, exclamation
// mark before a word, or backslash before a quote or a backslash. Arguments are
// escaped for printf %b; the script has to decode them where they are not plain.
func ShellCommand(script string, arguments ...string) string {
	var line strings.Builder
	line.WriteString("sh -c '" + script + "' es")
	for _, argument := range arguments {
		line.WriteString(" '" + Escape(argument) + "'")
	}
	return line.String()
}

// Escape writes text so that printf %b gives it back, using no character that
// any shell treats specially inside single quotes.
func Escape(text string) string {
	const digits = "01234567"
	var out strings.Builder
	for i := range len(text) {
		c := text[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("/._~-+=:,@%", c) >= 0:
			out.WriteByte(c)
		default:
			out.WriteString(`\0`)
			out.WriteByte(digits[c>>6])
			out.WriteByte(digits[c>>3&7])
			out.WriteByte(digits[c&7])
		}
	}
	return out.String()
}
