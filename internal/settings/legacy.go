package settings

import (
	"fmt"
	"unicode/utf8"
)

// parseLegacy reads an sso_tokens.json of earthscope-cli 0.x; only the access
// token and the refresh token count. An error without a cause means that the
// SDK ignores the file; one with a cause, that it stops.
func parseLegacy(data []byte, source Source) (*node, *Error) {
	const remedy = "It belongs to earthscope-cli 0.x; remove it, the EarthScope SDK and CLI stop at it too."
	if !utf8.Valid(data) {
		line, column := position(data, firstInvalid(data))
		return nil, &Error{
			Source: source, Summary: "Malformed sso_tokens.json", Line: line, Column: column, Err: ErrMalformed,
			Detail: fmt.Sprintf("%s is not UTF-8 text. %s", source.at(line, column), remedy),
		}
	}
	n, bad := parseJSON(data, dialectPython)
	if bad != nil {
		return nil, &Error{Source: source, Line: bad.line, Column: bad.column, Detail: bad.reason}
	}
	if n.kind != kindTable {
		return nil, &Error{
			Source: source, Summary: "Malformed sso_tokens.json", Line: 1, Column: 1, Err: ErrMalformed,
			Detail: fmt.Sprintf("%s holds %s, not an object. %s", source, n.kind, remedy),
		}
	}
	kept := tableNode(source)
	for _, key := range []string{"access_token", "refresh_token"} {
		if value := n.get(key); value != nil && value.kind != kindNull {
			kept.table.set(key, value)
		}
	}
	return oauth2Table(kept.stampSame(source)), nil
}
