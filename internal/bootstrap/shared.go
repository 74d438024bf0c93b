package bootstrap

import (
	"bytes"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

// Former is how a file was before its first token came. The zero value stands for "not known".
type Former struct {
	// Mode holds its permission bits.
	Mode fs.FileMode
	// Secret says that somebody else's secret was in it.
	Secret bool
}

// What follows a mark that also says how its file was.
const (
	noteOfMode   = "; former mode "
	noteOfSecret = ", with a secret"
)

// readMark reads a mark and what it says of the file.
func readMark(content string) (former Former, marked bool) {
	note, marked := strings.CutPrefix(content, Mark)
	if !marked || note == "" {
		return Former{}, marked
	}
	digits, noted := strings.CutPrefix(note, noteOfMode)
	digits, secret := strings.CutSuffix(digits, noteOfSecret)
	bits, err := strconv.ParseUint(digits, 8, 32)
	if !noted || err != nil || len(digits) != 4 || bits > 0o777 {
		return Former{}, false
	}
	return Former{Mode: fs.FileMode(bits), Secret: secret}, true
}

// HasMark reports whether entries from here, of any resource, are in a text.
func HasMark(text []byte) bool { return bytes.Contains(text, []byte(Mark)) }

// HoldsSecret reports whether a text names any of the SDK's secrets, whoever wrote it there.
func HoldsSecret(text []byte) bool {
	lower := bytes.ToLower(text)
	for _, name := range []string{"refresh_token", "access_token", "id_token", "client_secret"} {
		if bytes.Contains(lower, []byte(name)) {
			return true
		}
	}
	return false
}

// Noted returns how a mark says the file was, the zero Former where none does.
func Noted(text []byte) Former {
	if bytes.Contains(text, []byte(Mark+noteOfMode)) {
		d := splitLines(text)
		for i := range d.lines {
			if former, _ := readMark(strings.TrimSpace(d.content(i))); former != (Former{}) {
				return former
			}
		}
	}
	return Former{}
}

// Note writes how a file was behind its first mark, for whoever takes out the last entry: the resource that found the file
// like that leaves before others whose token is in it. The zero Former takes the note away. A text without a mark stays as
// it is.
func Note(text []byte, former Former) []byte {
	if !HasMark(text) || former == Noted(text) {
		return text
	}
	note := ""
	if former.Mode != 0 {
		note = fmt.Sprintf("%s%04o", noteOfMode, former.Mode.Perm())
		if former.Secret {
			note += noteOfSecret
		}
	}
	d := splitLines(text)
	var splices []splice
	for i, l := range d.lines {
		if !d.isMark(i) {
			continue
		}
		end := l.start + bytes.Index(text[l.start:l.end], []byte(Mark)) + len(Mark)
		splices = append(splices, splice{end, l.start + len(strings.TrimRight(d.content(i), " \t\r")), note})
		note = ""
	}
	return apply(text, splices)
}
