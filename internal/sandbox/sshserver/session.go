package sshserver

import (
	"io"
	"maps"
	"strings"

	"golang.org/x/crypto/ssh"
)

// session is one session channel and what its requests have set up.
type session struct {
	connection  *connection
	channel     ssh.Channel
	user        User
	environment map[string]string
	started     bool
	ended       chan struct{}
}

// runSession answers the requests of a session channel until it is closed and
// its command has ended.
func (c *connection) runSession(channel ssh.Channel, requests <-chan *ssh.Request) {
	s := &session{
		connection: c, channel: channel, user: c.server.user(c.ssh.User()),
		environment: map[string]string{}, ended: make(chan struct{}),
	}
	for request := range requests {
		c.server.ledger.update(func(counters *Counters) { counters.ChannelRequests[request.Type]++ })
		accepted, after := s.answer(request)
		if request.WantReply {
			_ = request.Reply(accepted, nil) // the client may be gone
		}
		if after != nil {
			c.server.work.Go(func() {
				defer close(s.ended)
				after()
			})
		}
	}
	if s.started {
		<-s.ended
	}
	_ = channel.Close() // most often closed already
}

// answer decides on a request; after is what to run once it is accepted.
func (s *session) answer(request *ssh.Request) (accepted bool, after func()) {
	switch request.Type {
	case "env":
		var variable struct{ Name, Value string }
		if ssh.Unmarshal(request.Payload, &variable) != nil || !s.acceptsEnv(variable.Name) {
			return false, nil
		}
		s.environment[variable.Name] = variable.Value
		return true, nil
	case "exec", "subsystem":
		var argument struct{ Text string }
		if s.started || ssh.Unmarshal(request.Payload, &argument) != nil {
			return false, nil
		}
		return s.begin(request.Type, argument.Text)
	case "shell":
		if s.started {
			return false, nil
		}
		return s.begin(request.Type, "")
	default: // no terminal, no agent or X11 forwarding
		return false, nil
	}
}

// begin records a request that starts something and picks what it starts.
func (s *session) begin(kind, text string) (accepted bool, after func()) {
	server := s.connection.server
	server.ledger.command(Command{
		User: s.connection.ssh.User(), Type: kind, Text: text, Environment: maps.Clone(s.environment),
	})
	sftpAsked := kind == "subsystem"
	switch {
	case sftpAsked && (text != "sftp" || s.user.NoSFTP), !sftpAsked && s.user.Exec == ExecRefused:
		return false, nil
	case sftpAsked, s.user.Exec == ExecForceSFTP:
		after = s.runSFTP
	case s.user.Exec == ExecNoLogin:
		after = s.runNoLogin
	default:
		if forced, ok := s.connection.ssh.Permissions.CriticalOptions["force-command"]; ok {
			kind, text = "exec", forced
		}
		after = func() { s.runCommand(kind, text) }
	}
	s.started = true
	return true, after
}

func (s *session) acceptsEnv(name string) bool {
	for _, pattern := range s.connection.server.options.AcceptEnv {
		prefix, open := strings.CutSuffix(pattern, "*")
		if name == pattern || open && strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// runNoLogin answers as /usr/sbin/nologin does.
func (s *session) runNoLogin() {
	_, _ = io.WriteString(s.channel, "This account is currently not available.\n") // the client may be gone
	s.exit(1)
	_ = s.channel.Close()
}

// exit reports an exit status (RFC 4254, 6.10).
func (s *session) exit(status int) {
	payload := ssh.Marshal(struct{ Status uint32 }{uint32(status)})
	_, _ = s.channel.SendRequest("exit-status", false, payload) // the client may be gone
}

// exitSignal reports that the command was killed by a signal, named as in RFC
// 4254, 6.10: "KILL", "TERM", ...
func (s *session) exitSignal(name string) {
	payload := ssh.Marshal(struct {
		Name     string
		Core     bool
		Message  string
		Language string
	}{Name: name})
	_, _ = s.channel.SendRequest("exit-signal", false, payload) // the client may be gone
}

// input is the client's data for a command, up to the byte where a fault is due.
func (s *session) input() io.Reader {
	return &gatedReader{
		source: s.channel, ended: s.connection.wire.ended,
		gate: s.connection.server.plan.take(Stdin, s.connection.wire.reset),
	}
}

// output is the way back.
func (s *session) output() io.Writer {
	return &gatedWriter{
		target: s.channel, ended: s.connection.wire.ended,
		gate: s.connection.server.plan.take(Stdout, s.connection.wire.reset),
	}
}

type gatedReader struct {
	source io.Reader
	gate   *gate
	ended  <-chan struct{}
}

func (r *gatedReader) Read(buffer []byte) (int, error) {
	allowed, err := r.gate.allow(len(buffer), r.ended)
	if err != nil {
		return 0, err
	}
	count, err := r.source.Read(buffer[:allowed])
	r.gate.passed(count)
	return count, err
}

type gatedWriter struct {
	target io.Writer
	gate   *gate
	ended  <-chan struct{}
}

func (w *gatedWriter) Write(data []byte) (int, error) {
	written := 0
	for written < len(data) {
		allowed, err := w.gate.allow(len(data)-written, w.ended)
		if err != nil {
			return written, err
		}
		count, err := w.target.Write(data[written : written+allowed])
		written += count
		w.gate.passed(count)
		if err != nil {
			return written, err
		}
	}
	return written, nil
}
