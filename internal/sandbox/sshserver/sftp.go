package sshserver

import (
	"io"

	"github.com/pkg/sftp"
)

// runSFTP serves the account's home over SFTP version 3. Relative paths start
// at the home; absolute ones are those of the real file system.
func (s *session) runSFTP() {
	defer func() { _ = s.channel.Close() }() // most often the client closes first
	home, err := s.connection.server.Home(s.connection.ssh.User())
	if err != nil {
		s.exit(255)
		return
	}
	stream := struct {
		io.Reader
		io.Writer
		io.Closer
	}{s.input(), s.output(), io.NopCloser(nil)} // the exit status still has to go out
	server, err := sftp.NewServer(stream, sftp.WithServerWorkingDirectory(home))
	if err != nil {
		s.exit(255)
		return
	}
	_ = server.Serve() // ends with the client, in whatever way
	_ = server.Close()
	s.exit(0)
}
