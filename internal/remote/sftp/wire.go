// Package sftp reads and changes files of an account that has no shell, over
// SFTP version 3 (draft-ietf-secsh-filexfer-02). Requests are sent without
// waiting for the answers of those before. SFTP has no lock: a file is compared
// with what was read one round trip before it is replaced.
package sftp

import (
	"encoding/binary"
	"errors"
)

// Packet types (section 3).
const (
	typeInit     = 1
	typeVersion  = 2
	typeOpen     = 3
	typeClose    = 4
	typeRead     = 5
	typeWrite    = 6
	typeLstat    = 7
	typeFstat    = 8
	typeFsetstat = 10
	typeOpendir  = 11
	typeReaddir  = 12
	typeRemove   = 13
	typeMkdir    = 14
	typeRmdir    = 15
	typeRealpath = 16
	typeStat     = 17
	typeRename   = 18
	typeStatus   = 101
	typeHandle   = 102
	typeData     = 103
	typeName     = 104
	typeAttrs    = 105
	typeExtended = 200
	typeReply    = 201
)

// Flags of OPEN (section 6.3) and of attributes (section 5).
const (
	openRead   = 0x01
	openWrite  = 0x02
	openCreate = 0x08
	openExcl   = 0x20

	attrSize        = 0x01
	attrOwner       = 0x02
	attrPermissions = 0x04
	attrTimes       = 0x08
	attrExtended    = 0x80000000
)

// Extensions of OpenSSH (its PROTOCOL file, section 4).
const (
	extensionRename  = "posix-rename@openssh.com"
	extensionSync    = "fsync@openssh.com"
	extensionStatVFS = "statvfs@openssh.com"
)

// maxPacket bounds what a server may send at once; OpenSSH's limit is the same.
const maxPacket = 256 << 10

// chunk is how much is read or written with one request. Servers must take
// 32768 bytes of data (section 3).
const chunk = 32 << 10

var errShort = errors.New("sftp: packet ends too early")

// encoder appends the types of section 3 to a packet.
type encoder []byte

func (e encoder) uint32(v uint32) encoder { return binary.BigEndian.AppendUint32(e, v) }
func (e encoder) uint64(v uint64) encoder { return binary.BigEndian.AppendUint64(e, v) }
func (e encoder) text(v string) encoder   { return append(e.uint32(uint32(len(v))), v...) } //nolint:gosec // no packet is that long
func (e encoder) bytes(v []byte) encoder  { return append(e.uint32(uint32(len(v))), v...) } //nolint:gosec // the same
func (e encoder) mode(v uint32) encoder   { return e.uint32(attrPermissions).uint32(v) }

// decoder reads them; after the first error it returns zero values.
type decoder struct {
	data []byte
	err  error
}

func (d *decoder) take(count int) []byte {
	if d.err == nil && (count < 0 || len(d.data) < count) {
		d.err = errShort
	}
	if d.err != nil {
		return nil
	}
	taken := d.data[:count]
	d.data = d.data[count:]
	return taken
}

func (d *decoder) uint32() uint32 {
	if raw := d.take(4); raw != nil {
		return binary.BigEndian.Uint32(raw)
	}
	return 0
}

func (d *decoder) uint64() uint64 {
	if raw := d.take(8); raw != nil {
		return binary.BigEndian.Uint64(raw)
	}
	return 0
}

func (d *decoder) bytes() []byte { return d.take(int(d.uint32())) }
func (d *decoder) text() string  { return string(d.bytes()) }

// attributes are what SFTP tells of a file; has holds the flags of what it does.
type attributes struct {
	has        uint32
	size       uint64
	uid, gid   uint32
	permission uint32
	modified   uint32 // seconds since 1970 by the server's clock
}

func (d *decoder) attributes() attributes {
	a := attributes{has: d.uint32()}
	if a.has&attrSize != 0 {
		a.size = d.uint64()
	}
	if a.has&attrOwner != 0 {
		a.uid, a.gid = d.uint32(), d.uint32()
	}
	if a.has&attrPermissions != 0 {
		a.permission = d.uint32()
	}
	if a.has&attrTimes != 0 {
		_, a.modified = d.uint32(), d.uint32()
	}
	if a.has&attrExtended != 0 {
		for count := d.uint32(); count > 0 && d.err == nil; count-- {
			d.bytes()
			d.bytes()
		}
	}
	return a
}

// File types, as in POSIX.
const (
	typeMask      = 0o170000
	typeDirectory = 0o040000
	typeRegular   = 0o100000
	typeLink      = 0o120000
)

func (a attributes) is(kind uint32) bool { return a.permission&typeMask == kind }
