package sshserver

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"golang.org/x/crypto/ssh"
)

// maxSFTPPacket is OpenSSH's limit for one packet, in bytes.
const maxSFTPPacket = 256 << 10

var errSFTPPacket = errors.New("malformed SFTP packet")

// sftpFilter stands between a client and the SFTP library and makes the library
// behave like OpenSSH's server: it adds fsync, refuses to rename over a file
// without the extension for it, words statuses alike, and imitates a full disk.
//
// A request that the library is not to see becomes an fstat, so that its answer
// comes in order with the others; the answer is then replaced.
type sftpFilter struct {
	server *Server
	home   string
	client io.Writer

	mutex    sync.Mutex
	replaced map[uint32]uint32 // request to the status that its answer becomes
	partial  []byte            // of a packet that the library has begun to write
}

func newSFTPFilter(server *Server, home string, client io.Writer) *sftpFilter {
	return &sftpFilter{server: server, home: home, client: client, replaced: map[uint32]uint32{}}
}

// pass reads the client's packets and hands them on until either side ends.
func (f *sftpFilter) pass(client io.Reader, library io.Writer) error {
	for {
		packet, err := readSFTPPacket(client)
		if err != nil {
			return err
		}
		if _, err := library.Write(f.request(packet)); err != nil {
			return err
		}
	}
}

func readSFTPPacket(source io.Reader) ([]byte, error) {
	packet := make([]byte, 4)
	if _, err := io.ReadFull(source, packet); err != nil {
		return nil, err
	}
	length := binary.BigEndian.Uint32(packet)
	if length == 0 || length > maxSFTPPacket {
		return nil, errSFTPPacket
	}
	packet = slices.Grow(packet, int(length))[:4+length]
	_, err := io.ReadFull(source, packet[4:])
	return packet, err
}

// request counts a packet and returns what the library gets instead of it.
func (f *sftpFilter) request(packet []byte) []byte {
	kind, body := packet[4], packet[5:]
	var extended struct {
		ID   uint32
		Name string
		Rest []byte `ssh:"rest"`
	}
	name := sftpRequestNames[kind]
	if kind == sftpExtended && ssh.Unmarshal(body, &extended) == nil {
		name = extended.Name
	}
	f.server.ledger.update(func(c *Counters) { c.SFTPRequests[name]++ })
	switch {
	case kind == sftpWrite && f.server.imitatesFullDisk():
		return f.refuse(body, statusFailure)
	case kind == sftpRename && f.targetExists(body):
		return f.refuse(body, statusFailure)
	case kind != sftpExtended:
		return packet
	case !slices.Contains(f.server.options.SFTPExtensions, extended.Name):
		return f.refuse(body, statusUnsupported)
	case extended.Name == extensionFsync:
		var argument struct{ Handle string }
		if ssh.Unmarshal(extended.Rest, &argument) != nil {
			return f.refuse(body, statusFailure)
		}
		return f.replace(extended.ID, argument.Handle, statusOK)
	default:
		return packet
	}
}

// refuse lets the library fail on a handle that does not exist.
func (f *sftpFilter) refuse(body []byte, status uint32) []byte {
	if len(body) < 4 {
		return sftpPacket(sftpFstat, body) // malformed already
	}
	return f.replace(binary.BigEndian.Uint32(body), "", status)
}

func (f *sftpFilter) replace(id uint32, handle string, status uint32) []byte {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.replaced[id] = status
	return sftpPacket(sftpFstat, ssh.Marshal(struct {
		ID     uint32
		Handle string
	}{id, handle}))
}

// targetExists tells whether a rename would replace something, which OpenSSH
// does only by posix-rename@openssh.com.
func (f *sftpFilter) targetExists(body []byte) bool {
	var rename struct {
		ID       uint32
		Old, New string
	}
	if ssh.Unmarshal(body, &rename) != nil {
		return false
	}
	if !filepath.IsAbs(rename.New) {
		rename.New = filepath.Join(f.home, rename.New)
	}
	_, err := os.Lstat(rename.New)
	return err == nil
}

// Write takes the library's answers, in whatever pieces, and sends whole packets
// on.
func (f *sftpFilter) Write(data []byte) (int, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.partial = append(f.partial, data...)
	for len(f.partial) >= 4 {
		end := 4 + int(binary.BigEndian.Uint32(f.partial))
		if len(f.partial) < end {
			break
		}
		answer := f.answer(f.partial[:end])
		if _, err := f.client.Write(answer); err != nil {
			return 0, err
		}
		f.partial = slices.Clone(f.partial[end:])
	}
	return len(data), nil
}

// answer returns what the client gets instead of the library's packet.
func (f *sftpFilter) answer(packet []byte) []byte {
	kind, body := packet[4], packet[5:]
	if kind == sftpVersion {
		return f.version()
	}
	id := binary.BigEndian.Uint32(body)
	if wanted, ok := f.replaced[id]; ok {
		delete(f.replaced, id)
		if kind == sftpStatus && wanted == statusOK {
			wanted = statusFailure // fsync of a handle that does not exist
		}
		return statusPacket(id, wanted)
	}
	if kind == sftpStatus {
		return statusPacket(id, binary.BigEndian.Uint32(body[4:]))
	}
	return packet
}

// version announces SFTP version 3 and the extensions of the options.
func (f *sftpFilter) version() []byte {
	body := binary.BigEndian.AppendUint32(nil, 3)
	for _, name := range f.server.options.SFTPExtensions {
		body = append(body, ssh.Marshal(struct{ Name, Version string }{name, "1"})...)
	}
	return sftpPacket(sftpVersion, body)
}

func statusPacket(id, status uint32) []byte {
	text := sftpStatusTexts[statusFailure]
	if int(status) < len(sftpStatusTexts) {
		text = sftpStatusTexts[status]
	}
	return sftpPacket(sftpStatus, ssh.Marshal(struct {
		ID, Status     uint32
		Text, Language string
	}{id, status, text, ""}))
}

func sftpPacket(kind byte, body []byte) []byte {
	packet := binary.BigEndian.AppendUint32(nil, uint32(1+len(body)))
	return append(append(packet, kind), body...)
}
