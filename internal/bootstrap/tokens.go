package bootstrap

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

const tokensTitle = "tokens.json"

// The settings that tokens.json holds, in the order in which the SDK writes them.
const (
	keyAccessToken  = "oauth2.access_token"
	keyIDToken      = "oauth2.id_token"
	keyRefreshToken = "oauth2.refresh_token"
)

// Tokens writes a tokens.json, in the SDK's exact bytes: keys in its order, two blanks of indentation, no final newline.
//
// The file belongs to one login as a whole, and the SDK rewrites it at each refresh without keeping anything it does
// not know. So it is replaced, not merged, and Remove always says that it goes: whether a file that differs from what
// was written is a successor of ours or another login is for the caller to decide, who can read the tokens' claims.
type Tokens struct{}

var _ Editor = Tokens{}

// Edit implements [Editor]. A file that is there and not recorded is somebody's login, or no token file at all, and
// needs [Desired.Adopt]; an empty one is nobody's.
func (Tokens) Edit(before []byte, desired Desired, record Record) ([]byte, Record, error) {
	values := map[string]string{}
	for _, s := range desired.Settings {
		text, isText := s.Value.(string)
		field, known := tokenField(s.Key)
		switch {
		case !known:
			return nil, Record{}, fmt.Errorf("%w: %s does not belong into %s, which holds tokens only",
				ErrInvalidKey, s.Key, tokensTitle)
		case !isText || text == "" || strings.ContainsFunc(text, func(r rune) bool { return r < 0x20 || r > 0x7E }):
			return nil, Record{}, &ValueError{
				Key: s.Key, Format: tokensTitle,
				Reason: "a token is a non-empty text of printable ASCII (RFC 6749, appendix A)", WayOut: "correct the value",
			}
		}
		values[field] = text
	}
	if values["access_token"] == "" && values["refresh_token"] == "" {
		return nil, Record{}, &ValueError{
			Key: keyRefreshToken, Format: tokensTitle,
			Reason: "the SDK ignores a file with neither an access nor a refresh token", WayOut: "give one of them",
		}
	}
	after := tokensText(values)
	foreign := len(record.Keys) == 0 && len(before) > 0 && !bytes.Equal(before, after)
	if foreign && !desired.Adopt {
		return nil, Record{}, &ConflictError{
			Format:  tokensTitle,
			Entries: []Entry{{Name: "the login in the file", State: Differs, Line: 1}},
		}
	}
	updated := Record{Created: record.Created || before == nil}
	for field := range values {
		updated.Keys = append(updated.Keys, field)
	}
	return after, updated.sorted(), nil
}

func tokenField(key string) (string, bool) {
	switch key {
	case keyAccessToken, keyIDToken, keyRefreshToken:
		return strings.TrimPrefix(key, "oauth2."), true
	}
	return "", false
}

// tokensText writes what the SDK would. Printable ASCII needs no escapes but those of the quote and the backslash.
func tokensText(values map[string]string) []byte {
	var out bytes.Buffer
	separator := "{\n"
	for _, field := range []string{"access_token", "id_token", "refresh_token"} {
		if value := values[field]; value != "" {
			quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value)
			fmt.Fprintf(&out, "%s  \"%s\": \"%s\"", separator, field, quoted)
			separator = ",\n"
		}
	}
	out.WriteString("\n}")
	return out.Bytes()
}

// Remove implements [Editor]. A file that was there before, empty, is emptied again.
func (Tokens) Remove(current []byte, record Record) ([]byte, bool, error) {
	switch {
	case current == nil:
		return nil, true, nil
	case len(record.Keys) == 0:
		return current, false, nil
	case record.Created:
		return nil, true, nil
	default:
		return []byte{}, false, nil
	}
}

// Inspect implements [Editor]. It fails on a file that the SDK would silently take for absent.
func (Tokens) Inspect(current []byte, expected []Expectation, record Record) (Report, error) {
	fields, err := ReadTokens(current)
	if err != nil {
		return Report{}, err
	}
	var report Report
	seen := map[string]bool{}
	for _, x := range expected {
		field, known := tokenField(x.Key)
		if !known {
			return Report{}, fmt.Errorf("%w: %s does not belong into %s", ErrInvalidKey, x.Key, tokensTitle)
		}
		seen[field] = true
		entry := Entry{Key: x.Key, Name: field}
		if value := fields[field]; value != "" {
			entry.State, entry.Owned, entry.Line = Differs, len(record.Keys) > 0, 1
			if x.Matches(value) {
				entry.State = Same
			}
		}
		report.Entries = append(report.Entries, entry)
	}
	for _, field := range []string{"access_token", "id_token", "refresh_token"} {
		if fields[field] != "" && !seen[field] {
			report.Others = append(report.Others, field)
		}
	}
	return report, nil
}

// ReadTokens decodes a tokens.json by the SDK's rules and returns its tokens by field name; null ones are left out. An
// absent or empty text has none. The values are secrets: the caller compares claims and drops them.
//
// Errors: [SyntaxError] with line and column for what the SDK would ignore.
func ReadTokens(text []byte) (map[string]string, error) {
	if len(text) == 0 {
		return map[string]string{}, nil
	}
	if bytes.HasPrefix(text, []byte("\xEF\xBB\xBF")) {
		return nil, &SyntaxError{
			Format: tokensTitle, Line: 1, Column: 1, ByteOrderMark: true,
			Problem: "it starts with a byte order mark, for which the SDK ignores the file",
		}
	}
	var raw map[string]json.RawMessage
	decoder := json.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(&raw); err != nil {
		return nil, jsonSyntax(text, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, &SyntaxError{Format: tokensTitle, Problem: "something follows the JSON object"}
	}
	fields := map[string]string{}
	for _, field := range []string{"access_token", "id_token", "refresh_token"} {
		value, found := raw[field]
		if !found || string(value) == "null" {
			continue
		}
		var token string
		if json.Unmarshal(value, &token) != nil {
			return nil, &SyntaxError{Format: tokensTitle, Problem: field + " is not a text"}
		}
		fields[field] = token
	}
	return fields, nil
}

func jsonSyntax(text []byte, err error) error {
	failure := &SyntaxError{Format: tokensTitle, Problem: "it is not a JSON object"}
	var syntax *json.SyntaxError
	offset := int64(len(text))
	if errors.As(err, &syntax) {
		offset = syntax.Offset - 1
	} else if !errors.Is(err, io.ErrUnexpectedEOF) {
		offset = 0
	}
	d := splitLines(text)
	if len(d.lines) > 0 {
		l := d.lineAt(int(max(0, offset)))
		failure.Line, failure.Column = l+1, int(max(0, offset))-d.lines[l].start+1
	}
	return failure
}
