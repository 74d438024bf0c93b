package posixshell

import "fmt"

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

// cksum computes what the cksum command of POSIX prints for data, as
// "checksum:length". It is the one checksum that every host has; it guards
// against an edit in between, not against an attacker, who could as well edit
// after the comparison.
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
