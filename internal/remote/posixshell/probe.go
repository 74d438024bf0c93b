package posixshell

import (
	"errors"
	"io"
	"sync/atomic"
	"time"
)

// ErrNoShell reports that commands do not reach a POSIX shell on the host: the
// account is limited to file transfer, or its shell is something else.
var ErrNoShell = errors.New("no POSIX shell behind this account")

// silence is how long we wait for a sign of life before asking whether the
// other side is an SFTP server. An account that is forced to internal-sftp takes
// an exec request and then waits for SFTP packets without a word.
const silence = time.Second

// sftpHello is an SFTP version request (draft-ietf-secsh-filexfer-02, section
// 4). A shell script of ours that is merely slow to start skips it, since the
// payload starts at the nonce.
var sftpHello = []byte{0, 0, 0, 5, 1, 0, 0, 0, 3}

// probe passes the output through and recognises an SFTP server by its first
// bytes.
type probe struct {
	reader io.Reader
	first  []byte
	heard  atomic.Bool
}

// Read implements io.Reader. It returns ErrNoShell when an SFTP server speaks.
func (p *probe) Read(chunk []byte) (int, error) {
	count, err := p.reader.Read(chunk)
	if count > 0 {
		p.heard.Store(true)
	}
	if missing := 5 - len(p.first); missing > 0 {
		p.first = append(p.first, chunk[:min(count, missing)]...)
		if p.speaksSFTP() {
			return 0, ErrNoShell
		}
	}
	return count, err
}

// speaksSFTP reports whether the output begins like an answer to a version
// request: its length, of which only the last two bytes can be other than zero,
// and packet type 2.
func (p *probe) speaksSFTP() bool {
	return len(p.first) == 5 && p.first[0] == 0 && p.first[1] == 0 && p.first[4] == 2
}

// ask arranges that a silent other side is asked for its SFTP version. The
// returned function ends that.
func (p *probe) ask(after time.Duration, stdin io.Writer) (stop func()) {
	timer := time.AfterFunc(after, func() {
		if !p.heard.Load() {
			_, _ = stdin.Write(sftpHello) // a failure shows as the end of the output
		}
	})
	return func() { timer.Stop() }
}
