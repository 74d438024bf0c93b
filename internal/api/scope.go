package api

import (
	"fmt"
	"regexp"
	"strings"
)

// Roles that EarthScope documents.
const (
	// RoleLegacy is what the SDK asks for where nobody names a role; it is to
	// be removed in 2027.
	RoleLegacy = "s3-miniseed"
	// RoleMiniSEED is its successor. Credentials without a network list the
	// archive but can't read from it.
	RoleMiniSEED = "s3-miniseed-v2"
)

// networkForm is a network in the notation of the FDSN's source identifiers.
var networkForm = regexp.MustCompile(`^FDSN:([A-Z0-9]{1,8})$`)

// ParseNetwork returns the code in a network such as FDSN:IU. The error says
// how to write it.
func ParseNetwork(network string) (code string, err error) {
	if parts := networkForm.FindStringSubmatch(network); parts != nil {
		return parts[1], nil
	}
	if meant := "FDSN:" + strings.ToUpper(strings.TrimSpace(network[strings.LastIndexByte(network, ':')+1:])); networkForm.MatchString(meant) {
		return "", fmt.Errorf("%q is not the notation of a network; write %q", network, meant)
	}
	return "", fmt.Errorf("%q is not the notation of a network; write FDSN: and its code, such as \"FDSN:IU\"", network)
}

// IsTemporaryNetwork reports whether a network code is one that the FDSN gives
// to temporary deployments and uses again: it starts with a digit, X, Y or Z.
// Only the year says which deployment is meant.
func IsTemporaryNetwork(code string) bool {
	return code != "" && strings.IndexByte("0123456789XYZ", code[0]) >= 0
}
