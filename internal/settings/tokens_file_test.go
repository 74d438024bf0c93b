package settings

import (
	"errors"
	"testing"
)

func TestParseTokens_accepted(t *testing.T) {
	t.Parallel()
	rows := []struct {
		text                string
		access, id, refresh string
	}{
		{`{"access_token": "a", "id_token": "i", "refresh_token": "r"}`, "a", "i", "r"},
		{`{"refresh_token": "r", "scope": "x", "n": [1, {"refresh_token": "no"}], "access_token": "a"}`, "a", "", "r"},
		{`{"access_token": null, "id_token": null, "refresh_token": "r"}`, "", "", "r"},
		{`{"access_token": "", "refresh_token": "r"}`, "", "", "r"},
		{" \t\r\n{\"access_token\": \"a\"}\n\n", "a", "", ""},
		{`{"refresh_token": "old", "refresh_token": "new"}`, "", "", "new"},
		{`{"refresh_token": "\u0041\"\\\/\b\f\n\r\t\ud83d\ude00é"}`, "", "", "A\"\\/\b\f\n\r\t😀é"},
		{`{"refresh_token": "r", "a": NaN, "b": -Infinity, "c": 1e999, "d": -0.5E+3, "e": true, "f": false}`, "", "", "r"},
	}
	for _, row := range rows {
		got, err := ParseTokens([]byte(row.text))
		if err != nil {
			t.Errorf("%s: %v", row.text, err)
			continue
		}
		if got.AccessToken.Reveal() != row.access || got.IDToken.Reveal() != row.id || got.RefreshToken.Reveal() != row.refresh {
			t.Errorf("%s gives %q, %q, %q", row.text, got.AccessToken.Reveal(), got.IDToken.Reveal(), got.RefreshToken.Reveal())
		}
	}
}

func TestParseTokens_refused(t *testing.T) {
	t.Parallel()
	rows := []struct {
		text         string
		line, column int
		reason       string
	}{
		{"", 1, 1, "it is no JSON text: empty"},
		{" \n", 2, 1, "it is no JSON text: empty"},
		{"\ufeff{}", 1, 1, "it is no JSON text: byte order mark"},
		{"{\n \"a\": \"\xff\"}", 2, 8, "it is no JSON text: not UTF-8"},
		{"null", 1, 1, "it holds null, not an object"},
		{"[]", 1, 1, "it holds a list, not an object"},
		{`"x"`, 1, 1, "it holds a string, not an object"},
		{"\n 5", 2, 2, "it holds an integer, not an object"},
		{"5.5", 1, 1, "it holds a decimal number, not an object"},
		{"true", 1, 1, "it holds a boolean, not an object"},
		{"{}", 1, 1, "it holds neither an access_token nor a refresh_token"},
		{`{"id_token": "i"}`, 1, 1, "it holds neither an access_token nor a refresh_token"},
		{`{"access_token": "", "refresh_token": ""}`, 1, 1, "it holds neither an access_token nor a refresh_token"},
		{`{"refresh_token": 5}`, 1, 19, "refresh_token is an integer, not a string"},
		{"{\"refresh_token\": \"é\",\n  \"id_token\": {}}", 2, 15, "id_token is a table, not a string"},
		{`{"refresh_token": "é", "access_token": false}`, 1, 40, "access_token is a boolean, not a string"},
		{`{"refresh_token": "r"`, 1, 22, "it is no JSON text: a comma or a closing bracket is missing"},
		{`{"refresh_token": "r",}`, 1, 23, "it is no JSON text: a key in double quotes is missing"},
		{`{"refresh_token" "r"}`, 1, 18, "it is no JSON text: a colon is missing after the key"},
		{`{"refresh_token": }`, 1, 19, "it is no JSON text: no JSON value here"},
		{`{"refresh_token":`, 1, 18, "it is no JSON text: ends too early"},
		{`{'refresh_token': "r"}`, 1, 2, "it is no JSON text: a key in double quotes is missing"},
		{`{"refresh_token": "\x"}`, 1, 21, "it is no JSON text: unknown escape in a string"},
		{`{"refresh_token": "\u00g0"}`, 1, 22, "it is no JSON text: malformed escape in a string"},
		{`{"refresh_token": "\ud800"}`, 1, 26, "it is no JSON text: half a surrogate pair in a string"},
		{`{"refresh_token": "\udc00\ud800"}`, 1, 26, "it is no JSON text: half a surrogate pair in a string"},
		{`{"a": 01}`, 1, 9, "it is no JSON text: malformed number"},
		{`{"a": 1.}`, 1, 9, "it is no JSON text: malformed number"},
		{`{"a": 1e}`, 1, 9, "it is no JSON text: malformed number"},
		{`{"a": -}`, 1, 8, "it is no JSON text: malformed number"},
		{`{"a": [1,]}`, 1, 10, "it is no JSON text: no JSON value here"},
		{`{"refresh_token": "r"} {}`, 1, 24, "it is no JSON text: more text after the end of the value"},
	}
	for _, row := range rows {
		got, err := ParseTokens([]byte(row.text))
		var e *Error
		if !errors.As(err, &e) || !errors.Is(err, ErrMalformed) || got != (Tokens{}) {
			t.Errorf("%q: tokens %v, error %v", row.text, got, err)
			continue
		}
		if e.Line != row.line || e.Column != row.column || e.Summary != "Malformed tokens.json" {
			t.Errorf("%q: line %d, column %d, %s", row.text, e.Line, e.Column, e.Summary)
		}
		want := malformedTokens(row.line, row.column, row.reason).Detail
		if e.Detail != want {
			t.Errorf("%q: %s, want %s", row.text, e.Detail, want)
		}
	}
}

// TestFormatTokens_bytes: the right-hand sides were written by
// earthscope-sdk 1.9.3 (model_dump_json of its Tokens).
func TestFormatTokens_bytes(t *testing.T) {
	t.Parallel()
	rows := []struct {
		access, id, refresh, want string
	}{
		{"a", "i", "r", "{\n  \"access_token\": \"a\",\n  \"id_token\": \"i\",\n  \"refresh_token\": \"r\"\n}"},
		{"", "", "r", "{\n  \"refresh_token\": \"r\"\n}"},
		{"a", "", "", "{\n  \"access_token\": \"a\"\n}"},
		{"", "i", "r", "{\n  \"id_token\": \"i\",\n  \"refresh_token\": \"r\"\n}"},
		{"", "", "", "{}"},
		{`a"b\c/d`, "", "r", "{\n  \"access_token\": \"a\\\"b\\\\c/d\",\n  \"refresh_token\": \"r\"\n}"},
		{
			"\x00\x01\b\t\n\x0b\f\r\x1f\x7f", "", "r",
			"{\n  \"access_token\": \"\\u0000\\u0001\\b\\t\\n\\u000b\\f\\r\\u001f\x7f\",\n  \"refresh_token\": \"r\"\n}",
		},
		{"é\u2028\U0001F600<>&'", "", "r", "{\n  \"access_token\": \"é\u2028\U0001F600<>&'\",\n  \"refresh_token\": \"r\"\n}"},
	}
	for _, row := range rows {
		tokens := Tokens{NewSecret(row.access), NewSecret(row.id), NewSecret(row.refresh)}
		got := FormatTokens(tokens)
		if string(got) != row.want {
			t.Errorf("got %q, want %q", got, row.want)
		}
		if row.access+row.refresh == "" {
			continue
		}
		if again, err := ParseTokens(got); err != nil || again != tokens {
			t.Errorf("%q does not come back: %v", got, err)
		}
	}
}
