package posixshell

import (
	"crypto/sha256"
	"fmt"
)

var cksumTable = func() (table [256]uint32) {
	for i := range table {
		crc := uint32(i) << 24
		for range 8 {
			if crc&(1<<31) != 0 {
				crc = crc<<1 ^ 0x04c11db7
			} else {
				crc <<= 1
			}
		}
		table[i] = crc
	}
	return table
}()

// checksum computes what the host's tool prints for data on standard input: its
// first two words, joined by a colon.
func checksum(tool string, data []byte) string {
	switch tool {
	case "sha256sum":
		return fmt.Sprintf("%x:-", sha256.Sum256(data))
	case "cksum":
		return cksum(data)
	default:
		return "none:none" // equal to nothing, so that every write is a conflict
	}
}

// cksum computes what the cksum command of POSIX prints for data, as
// "checksum:length". Every system has it but some that have only busybox. It
// guards against an edit in between, not against an attacker, who could as well
// edit after the comparison.
func cksum(data []byte) string {
	var crc uint32
	update := func(b byte) { crc = crc<<8 ^ cksumTable[byte(crc>>24)^b] }
	for _, b := range data {
		update(b)
	}
	for n := len(data); n > 0; n >>= 8 {
		update(byte(n))
	}
	return fmt.Sprintf("%d:%d", ^crc, len(data))
}
