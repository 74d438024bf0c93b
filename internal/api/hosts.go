package api

import (
	"path"
	"slices"
	"strings"
)

// hostAllowed reports whether a host name, without a port, is one of the names
// or matches one of the globs. Only entries with a star or a question mark are
// globs, as in the SDK; a malformed glob matches nothing.
func hostAllowed(host string, allowed []string) bool {
	if slices.Contains(allowed, host) {
		return true
	}
	for _, glob := range allowed {
		if !strings.ContainsAny(glob, "*?") {
			continue
		}
		// Python's fnmatch negates with an exclamation mark, path.Match with a
		// caret; neither treats the dot of a host name specially.
		matched, err := path.Match(strings.ReplaceAll(glob, "[!", "[^"), host)
		if err == nil && matched {
			return true
		}
	}
	return false
}
