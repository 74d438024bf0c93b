package sshconfig

import (
	"fmt"
	"strconv"
	"strings"
)

// Hop is one element of a ProxyJump list.
type Hop struct {
	User, Host string
	Port       int // 0 if not given
}

// ParseHop reads [user@]host[:port] or ssh://[user@]host[:port], with brackets
// around an IPv6 address that has a port.
func ParseHop(text string) (Hop, error) {
	rest := strings.TrimSuffix(strings.TrimPrefix(text, "ssh://"), "/")
	var hop Hop
	if at := strings.LastIndex(rest, "@"); at >= 0 {
		hop.User, rest = rest[:at], rest[at+1:]
	}
	hop.Host = rest
	if colon := strings.LastIndex(rest, ":"); colon >= 0 && (strings.Count(rest, ":") == 1 || strings.HasPrefix(rest, "[")) && !strings.HasSuffix(rest, "]") {
		port, err := strconv.Atoi(rest[colon+1:])
		if err != nil || port < 1 || port > 65535 {
			return Hop{}, fmt.Errorf("host %q: the port is no number from 1 to 65535", text)
		}
		hop.Host, hop.Port = rest[:colon], port
	}
	hop.Host = strings.TrimSuffix(strings.TrimPrefix(hop.Host, "["), "]")
	if hop.Host == "" {
		return Hop{}, fmt.Errorf("host %q: the host is missing", text)
	}
	return hop, nil
}
