package main

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Made-up tokens with characters that the encodings treat differently.
const (
	refreshToken = "v1.M-abc_defghij~klmnopqrstuvwxyz+0123456789/ABCDEFGH="
	accessToken  = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJlLW9mLXRoZS10b2tlbi13aXRoLWVub3VnaC1ieXRlcw"
)

func TestSecretsFind_everyForm(t *testing.T) {
	t.Parallel()
	s := secrets{"refresh token": refreshToken, "access token": accessToken}
	plain := base64.StdEncoding.EncodeToString
	tests := map[string]struct {
		text string
		want string
	}{
		"nothing":               {"a state without tokens", ""},
		"plain":                 {`{"token":"` + refreshToken + `"}`, "refresh token"},
		"base64":                {plain([]byte(refreshToken)), "refresh token"},
		"base64, URL alphabet":  {base64.URLEncoding.EncodeToString([]byte(refreshToken)), "refresh token"},
		"base64, offset 1":      {plain([]byte("x" + refreshToken + "yz")), "refresh token"},
		"base64, offset 2":      {plain([]byte("xy" + refreshToken + "z")), "refresh token"},
		"base64 of a document":  {plain([]byte(`{"oauth2":{"refresh_token":"` + refreshToken + `"}}`)), "refresh token"},
		"percent-encoded":       {"refresh_token=" + url.QueryEscape(refreshToken), "refresh token"},
		"signature of a JWT":    {accessToken[strings.LastIndex(accessToken, ".")+1:], "access token"},
		"header of a JWT":       {"eyJhbGciOiJSUzI1NiJ9", ""},
		"both":                  {accessToken + " " + refreshToken, "access token,refresh token"},
		"half a refresh token":  {refreshToken[:20], ""},
		"base64 of another one": {plain([]byte("v1.another-refresh-token-of-the-same-length-as-the-first")), ""},
	}
	for name, test := range tests {
		if got := strings.Join(s.find([]byte(test.text)), ","); got != test.want {
			t.Errorf("%s: found %q, want %q", name, got, test.want)
		}
		if left := s.find([]byte(s.remove(test.text))); len(left) != 0 {
			t.Errorf("%s: still there after removal: %v", name, left)
		}
	}
}

func TestSecretsAdd_names(t *testing.T) {
	t.Parallel()
	s := secrets{}
	for _, token := range []string{"one", "two", "one", "", "three"} {
		s.add("refresh token", token)
	}
	want := secrets{"refresh token": "one", "refresh token 2": "two", "refresh token 3": "three"}
	if len(s) != len(want) {
		t.Fatalf("%d secrets, want %d", len(s), len(want))
	}
	for name, token := range want {
		if s[name] != token {
			t.Errorf("%s is missing", name)
		}
	}
}

// The search must be able to fail: a leak in each place is found and named.
func TestFindNoSecret_leaks(t *testing.T) {
	t.Parallel()
	for _, place := range []string{"", "state", "saved plan", "TRACE log", "printed"} {
		folder := t.TempDir()
		text := func(name string) string {
			if name == place {
				return "x" + base64.StdEncoding.EncodeToString([]byte("token: "+refreshToken))
			}
			return "nothing to see"
		}
		d := &demo{
			out: newPrinter(io.Discard, false), secrets: secrets{"refresh token": refreshToken},
			ephemeral: &configuration{folder: folder, logs: filepath.Join(folder, "trace.log")},
		}
		d.ephemeral.printed.WriteString(text("printed"))
		for file, data := range map[string][]byte{
			"terraform.tfstate": []byte(text("state")), planFile: archive(t, text("saved plan")), "trace.log": []byte(text("TRACE log")),
		} {
			if err := os.WriteFile(filepath.Join(folder, file), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		err := d.findNoSecret(t.Context())
		switch {
		case place == "" && err != nil:
			t.Errorf("no leak, but: %v", err)
		case place != "" && (err == nil || err.Error() != "the refresh token is in the "+place):
			t.Errorf("leak in the %s: got %v", place, err)
		}
	}
}

func archive(t *testing.T, text string) []byte {
	t.Helper()
	var packed bytes.Buffer
	writer := zip.NewWriter(&packed)
	entry, err := writer.Create("tfstate")
	if err != nil {
		t.Fatal(err)
	}
	// Repeated, so that it is compressed and can't be found without unpacking.
	if _, err := entry.Write([]byte(strings.Repeat(text+"\n", 20))); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}
