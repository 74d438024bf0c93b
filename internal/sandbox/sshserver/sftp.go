package sshserver

import (
	"io"

	"github.com/pkg/sftp"
)

// runSFTP serves the account's home over SFTP version 3. Relative paths start
// at the home; absolute ones are those of the real file system.
func (s *session) runSFTP() {
	defer s.connection.server.transferBegins()()
	defer func() { _ = s.channel.Close() }() // most often the client closes first
	home, err := s.connection.server.Home(s.connection.ssh.User())
	if err != nil {
		s.exit(255)
		return
	}
	filter := newSFTPFilter(s.connection.server, home, s.output())
	requests, feed := io.Pipe()
	stream := struct {
		io.Reader
		io.Writer
		io.Closer
	}{requests, filter, requests} // closing ends only the requests: the exit status still has to go out
	server, err := sftp.NewServer(stream, sftp.WithServerWorkingDirectory(home))
	if err != nil {
		s.exit(255)
		return
	}
	s.connection.server.work.Go(func() {
		_ = feed.CloseWithError(filter.pass(s.input(), feed)) // the client's end is the server's
	})
	_ = server.Serve() // ends with the client, in whatever way
	_ = server.Close()
	s.exit(0)
}

// Packet types of SFTP version 3 (draft-ietf-secsh-filexfer-02, section 3).
const (
	sftpVersion  = 2
	sftpWrite    = 6
	sftpFstat    = 8
	sftpRename   = 18
	sftpStatus   = 101
	sftpExtended = 200
)

var sftpRequestNames = map[byte]string{
	1: "init", 3: "open", 4: "close", 5: "read", sftpWrite: "write", 7: "lstat", sftpFstat: "fstat",
	9: "setstat", 10: "fsetstat", 11: "opendir", 12: "readdir", 13: "remove", 14: "mkdir", 15: "rmdir",
	16: "realpath", 17: "stat", sftpRename: "rename", 19: "readlink", 20: "symlink",
}

// sftpStatusTexts are the words of OpenSSH for each status code. A client must
// not come to depend on more than these.
var sftpStatusTexts = []string{
	"Success", "End of file", "No such file", "Permission denied", "Failure",
	"Bad message", "No connection", "Connection lost", "Operation unsupported",
}

const (
	statusOK          = 0
	statusFailure     = 4
	statusUnsupported = 8
)

// The extensions that OpenSSH's PROTOCOL file describes and this server has.
const (
	extensionPosixRename = "posix-rename@openssh.com"
	extensionHardlink    = "hardlink@openssh.com"
	extensionFsync       = "fsync@openssh.com"
)
