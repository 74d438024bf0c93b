package settings

import (
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// normalizeName reads a URL's host (WHATWG host parser): an IPv6 address in
// brackets, an IPv4 address in any of its old spellings, or a name, which
// comes out in lower case and ASCII.
func normalizeName(text string) (string, bool) {
	if inner, isV6 := strings.CutPrefix(text, "["); isV6 {
		return normalizeIPv6(inner)
	}
	name, err := url.PathUnescape(text)
	if err != nil || !utf8.ValidString(name) {
		return "", false
	}
	if isASCII(name) && !strings.Contains(strings.ToLower(name), "xn--") {
		name = strings.ToLower(name)
	} else {
		// Underscores and the like are allowed in a name that is looked up.
		name, err = idna.New(idna.MapForLookup(), idna.StrictDomainName(false), idna.Transitional(false)).ToASCII(name)
		if err != nil {
			return "", false
		}
	}
	if name == "" || strings.ContainsFunc(name, isForbidden) {
		return "", false
	}
	labels := strings.Split(strings.TrimSuffix(name, "."), ".")
	if _, isNumber := hostNumber(labels[len(labels)-1]); isNumber {
		return normalizeIPv4(labels)
	}
	return name, true
}

func isASCII(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r >= 0x80 })
}

// isForbidden: the forbidden domain code points.
func isForbidden(r rune) bool {
	return r <= ' ' || r >= 0x7f || strings.ContainsRune("#/:<>?@[\\]^|%", r)
}

func normalizeIPv6(inner string) (string, bool) {
	inner, closed := strings.CutSuffix(inner, "]")
	address, err := netip.ParseAddr(inner)
	if err != nil || !closed || !address.Is6() || address.Zone() != "" {
		return "", false
	}
	if address.Is4In6() {
		bytes := address.As16()
		return fmt.Sprintf("[::ffff:%x:%x]", int(bytes[12])<<8|int(bytes[13]), int(bytes[14])<<8|int(bytes[15])), true
	}
	return "[" + address.String() + "]", true
}

// hostNumber reads a part of an IPv4 address: decimal, 0x hexadecimal or
// 0 octal.
func hostNumber(label string) (uint64, bool) {
	base, digits := 10, label
	if strings.HasPrefix(label, "0x") {
		base, digits = 16, label[2:]
	} else if len(label) > 1 && label[0] == '0' {
		base, digits = 8, label[1:]
	}
	if digits == "" && base == 16 {
		return 0, true
	}
	number, err := strconv.ParseUint(digits, base, 64)
	if err != nil && strings.Trim(label, "0123456789") == "" && label != "" {
		return 1 << 63, true // a number, but no valid one
	}
	return number, err == nil
}

// normalizeIPv4 reads up to four numbers, the last of which fills all bytes
// that are left.
func normalizeIPv4(labels []string) (string, bool) {
	const parts = 4
	if len(labels) > parts {
		return "", false
	}
	var address uint64
	for i, label := range labels {
		number, ok := hostNumber(label)
		last := i == len(labels)-1
		rest := parts - i // bytes from this part on
		switch {
		case !ok, !last && number > 255, last && number >= 1<<(8*rest):
			return "", false
		case last:
			address |= number
		default:
			address |= number << (8 * (rest - 1))
		}
	}
	return fmt.Sprintf("%d.%d.%d.%d", byte(address>>24), byte(address>>16), byte(address>>8), byte(address)), true
}
