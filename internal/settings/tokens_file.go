package settings

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// Tokens is the content of a tokens.json. A Secret that is not set stands for
// a key that is absent, null or empty.
type Tokens struct{ AccessToken, IDToken, RefreshToken Secret }

// tokenKeys are the keys of tokens.json in the order the SDK writes them.
var tokenKeys = []string{"access_token", "id_token", "refresh_token"}

// ParseTokens reads a tokens.json by the SDK's rules: a JSON object whose
// three tokens are strings or null, with an access token or a refresh token
// that is not empty. Other keys do not matter. What the SDK treats as absent
// is an *Error here, with line, column and the reason; it quotes nothing.
func ParseTokens(data []byte) (Tokens, error) {
	n, err := readTokens(data)
	if err != nil {
		return Tokens{}, err
	}
	text := func(key string) Secret {
		if v := n.get(key); v != nil {
			return NewSecret(v.text)
		}
		return Secret{}
	}
	return Tokens{AccessToken: text(tokenKeys[0]), IDToken: text(tokenKeys[1]), RefreshToken: text(tokenKeys[2])}, nil
}

// readTokens returns a table with the tokens that are there, empty or not.
func readTokens(data []byte) (*node, *Error) {
	n, bad := parseJSON(data, dialectPydantic)
	if bad != nil {
		return nil, malformedTokens(bad.line, bad.column, "it is no JSON text: "+bad.reason)
	}
	line, column := n.position()
	if n.kind != kindTable {
		return nil, malformedTokens(line, column, "it holds "+n.kind.String()+", not an object")
	}
	kept := tableNode(Source{})
	useful := false
	for _, key := range tokenKeys {
		value := n.get(key)
		if value == nil || value.kind == kindNull {
			continue
		}
		if value.kind != kindText {
			line, column = value.position()
			return nil, malformedTokens(line, column, key+" is "+value.kind.String()+", not a string")
		}
		useful = useful || (value.text != "" && key != "id_token")
		kept.table.set(key, value)
	}
	if !useful {
		return nil, malformedTokens(line, column, "it holds neither an access_token nor a refresh_token")
	}
	return kept, nil
}

func malformedTokens(line, column int, reason string) *Error {
	return &Error{
		Summary: "Malformed tokens.json", Line: line, Column: column, Err: ErrMalformed,
		Detail: fmt.Sprintf("tokens.json, line %d, column %d: %s.", line, column, reason),
	}
}

// FormatTokens writes a tokens.json byte for byte as earthscope-sdk 1.9.3
// does: keys in its order, tokens that are not set left out, two-space indent,
// no final newline. Only quotes, backslashes and control characters are
// escaped.
func FormatTokens(t Tokens) []byte {
	var out bytes.Buffer
	out.WriteByte('{')
	first := true
	for i, secret := range []Secret{t.AccessToken, t.IDToken, t.RefreshToken} {
		if !secret.IsSet() {
			continue
		}
		if !first {
			out.WriteByte(',')
		}
		first = false
		out.WriteString("\n  \"" + tokenKeys[i] + "\": ")
		writeJSONText(&out, secret.Reveal())
	}
	if !first {
		out.WriteByte('\n')
	}
	out.WriteByte('}')
	return out.Bytes()
}

// writeJSONText escapes like serde_json, which pydantic uses.
func writeJSONText(out *bytes.Buffer, text string) {
	const from, to = "\"\\\b\f\n\r\t", `"\bfnrt`
	out.WriteByte('"')
	for _, r := range text {
		if i := bytes.IndexRune([]byte(from), r); i >= 0 && r < utf8.RuneSelf {
			out.WriteByte('\\')
			out.WriteByte(to[i])
		} else if r < 0x20 {
			fmt.Fprintf(out, `\u%04x`, r)
		} else {
			out.WriteRune(r)
		}
	}
	out.WriteByte('"')
}
