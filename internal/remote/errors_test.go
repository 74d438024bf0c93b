package remote

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// TestErrors_sentences compares whole sentences: what failed, where, and what to do.
func TestErrors_sentences(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"connect to h:22: the name can't be resolved (dial); check the host name, or add it to DNS or to the SSH configuration":                                                     &ConnectError{Kind: Unresolvable, Address: "h:22", Stage: "dial"},
		"connect to h:22 via b:22, c:2222: connection refused (dial); check the port, and that sshd runs there":                                                                     &ConnectError{Kind: Refused, Address: "h:22", Via: []string{"b:22", "c:2222"}, Stage: "dial"},
		"connect to h:22: no route to the host (dial); check the network, the VPN, and whether a jump host is needed":                                                               &ConnectError{Kind: Unreachable, Address: "h:22", Stage: "dial"},
		"connect to h:22: no answer in time (key exchange); check firewall rules, whether a jump host is needed, and that the host is up":                                           &ConnectError{Kind: TimedOut, Address: "h:22", Stage: "key exchange"},
		"connect to h:22: the server closed the connection during the handshake (login); too many connections at once, a ban after failed logins, or a host that is still starting": &ConnectError{Kind: Dropped, Address: "h:22", Stage: "login"},
		"connect to h:22: the jump host could not connect to it (dial); check that the host is up, and that the jump host can reach it and resolve its name":                        &ConnectError{Kind: NotForwarded, Address: "h:22", Stage: "dial"},
		"connect to h:22: the jump host refused to forward the connection (dial); check that the jump host reaches the address and allows TCP forwarding (AllowTcpForwarding)":      &ConnectError{Kind: NoForwarding, Address: "h:22", Stage: "dial"},
		"connect to h:22: no common SSH algorithm (key exchange); the server is too old or too restricted; the openssh transport may know its algorithms":                           &ConnectError{Kind: Incompatible, Address: "h:22", Stage: "key exchange"},
		"connect to h:22: no SSH server answers there (key exchange); check the port":                                                                                               &ConnectError{Kind: NotSSH, Address: "h:22", Stage: "key exchange"},
		"connect to h:22: the connection failed (dial)": &ConnectError{Kind: OtherConnect, Address: "h:22", Stage: "dial"},
		"h:22 refused to log in gnss: there was no credential that it accepts; check the user name, and that the public key is in the account's authorized_keys": &AuthError{User: "gnss", Address: "h:22"},
		"h:22 via b:22 refused to log in gnss; tried publickey, password with the keys ssh-ed25519 SHA256:x (note); check the user name, and that the public key is in the account's authorized_keys": &AuthError{
			User: "gnss", Address: "h:22", Via: []string{"b:22"}, Tried: []string{"publickey", "password"}, Keys: []string{"ssh-ed25519 SHA256:x"}, Notes: []string{"note"},
		},
		"h:22 refused to log in gnss: it asks for a one-time code after it accepted publickey; nobody is there to answer. Use the openssh transport over a connection that you have opened yourself: " +
			"put \"ControlMaster auto\", \"ControlPath ~/.ssh/%C\" and \"ControlPersist 10m\" for the host into ~/.ssh/config and run `ssh gnss@h` before; or have the account exempted from it": &AuthError{
			User: "gnss", Address: "h:22", Accepted: []string{"publickey"}, Asked: OneTimeCode,
		},
		"h:22 refused to log in gnss: it asks for a new password, since the old one has expired; log in by hand and change it": &AuthError{User: "gnss", Address: "h:22", Asked: NewPassword},
		"openssh transport: no": &TransportError{Transport: OpenSSH, Detail: "no"},
		"the connection broke while the command ran, so its result is not known: EOF": &CommandLostError{Cause: io.EOF},
	} {
		if got := err.Error(); got != want {
			t.Errorf("error = %s\nwant    %s", got, want)
		}
	}
	if !errors.Is(&ConnectError{Err: io.EOF}, io.EOF) || !errors.Is(&CommandLostError{Cause: io.EOF}, io.EOF) {
		t.Error("a cause is hidden")
	}
}

func TestClassifyDial(t *testing.T) {
	t.Parallel()
	wrap := func(err error) error {
		return &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", err)}
	}
	for _, test := range []struct {
		err  error
		want ConnectKind
	}{
		{&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "h", IsNotFound: true}}, Unresolvable},
		{&net.OpError{Op: "dial", Err: &net.DNSError{Err: "i/o timeout", Name: "h", IsTimeout: true}}, TimedOut},
		{wrap(syscall.ECONNREFUSED), Refused},
		{wrap(syscall.EHOSTUNREACH), Unreachable},
		{wrap(syscall.ENETUNREACH), Unreachable},
		{wrap(syscall.EADDRNOTAVAIL), Unreachable},
		{wrap(syscall.ETIMEDOUT), TimedOut},
		{os.ErrDeadlineExceeded, TimedOut},
		{wrap(syscall.ECONNRESET), Dropped},
		{io.EOF, Dropped},
		{fmt.Errorf("ssh: handshake failed: %w", io.EOF), Dropped},
		{&ssh.OpenChannelError{Reason: ssh.Prohibited}, NoForwarding},
		{errors.New("anything"), OtherConnect},
		{errors.New("ssh: overflow reading version string"), NotSSH},
	} {
		if got := classifyDial(test.err); got != test.want {
			t.Errorf("%v is taken for %q, want %q", test.err, got, test.want)
		}
	}
}

// TestRetryable is about what gets better by waiting, and what only gets worse.
func TestRetryable(t *testing.T) {
	t.Parallel()
	waiting := Wait{For: 60, AuthGrace: 30}
	for name, test := range map[string]struct {
		err     error
		wait    Wait
		elapsed int
		attempt int
		want    bool
	}{
		"refused, not asked to wait": {&ConnectError{Kind: Refused, Err: io.EOF}, Wait{}, 0, 1, false},
		"refused":                    {&ConnectError{Kind: Refused, Err: io.EOF}, waiting, 59, 9, true},
		"refused for too long":       {&ConnectError{Kind: Refused, Err: io.EOF}, waiting, 60, 9, false},
		"not forwarded":              {&ConnectError{Kind: NotForwarded, Err: io.EOF}, waiting, 1, 1, true},
		"silent":                     {&ConnectError{Kind: TimedOut, Err: io.EOF}, waiting, 1, 1, true},
		"no route":                   {&ConnectError{Kind: Unreachable, Err: io.EOF}, waiting, 1, 1, true},
		"dropped, not asked to wait": {&ConnectError{Kind: Dropped, Err: io.EOF}, Wait{}, 0, droppedAttempts - 1, true},
		"dropped again and again":    {&ConnectError{Kind: Dropped, Err: io.EOF}, Wait{}, 0, droppedAttempts, false},
		"no such name":               {&ConnectError{Kind: Unresolvable, Err: &net.DNSError{IsNotFound: true}}, waiting, 1, 1, false},
		"name server that is busy":   {&ConnectError{Kind: Unresolvable, Err: &net.DNSError{IsTemporary: true}}, waiting, 1, 1, true},
		"no SSH server":              {&ConnectError{Kind: NotSSH, Err: io.EOF}, waiting, 1, 1, false},
		"forwarding forbidden":       {&ConnectError{Kind: NoForwarding, Err: io.EOF}, waiting, 1, 1, false},
		"key refused while booting":  {&AuthError{}, waiting, 29, 3, true},
		"key refused later":          {&AuthError{}, waiting, 30, 3, false},
		"key refused, no grace":      {&AuthError{}, Wait{For: 60}, 1, 1, false},
		"password refused":           {&AuthError{Password: true}, waiting, 1, 1, false},
		"a question":                 {&AuthError{Asked: OneTimeCode}, waiting, 1, 1, false},
		"anything else":              {io.EOF, waiting, 1, 1, false},
	} {
		if got := retryable(test.err, test.wait, time.Duration(test.elapsed), test.attempt); got != test.want {
			t.Errorf("%s: tried again: %t, want %t", name, got, test.want)
		}
	}
}
