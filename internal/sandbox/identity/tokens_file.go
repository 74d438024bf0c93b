package identity

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
)

// ErrForeignLogin says that a tokens.json holds a login that no sandbox made.
var ErrForeignLogin = errors.New("the file holds a login that no sandbox made; choose another home or remove it yourself")

// TokensFile returns the tokens in the format of the SDK's tokens.json: two-space
// indent, absent tokens left out, no final newline.
func (t TokenSet) TokensFile() []byte {
	// Field order is the SDK's.
	document := struct {
		AccessToken  string `json:"access_token,omitempty"`
		IDToken      string `json:"id_token,omitempty"`
		RefreshToken string `json:"refresh_token,omitempty"`
	}{t.AccessToken, t.IDToken, t.RefreshToken}
	encoded, err := json.MarshalIndent(document, "", "  ")
	if err != nil {
		panic(fmt.Sprintf("identity sandbox: encode tokens: %v", err)) // three strings
	}
	return encoded
}

// WriteHome writes the tokens to home/.earthscope/default/tokens.json, where the
// SDK looks when HOME is home, and returns the path. An earlier login of a
// sandbox is replaced; for any other file it returns [ErrForeignLogin].
func (t TokenSet) WriteHome(home string) (path string, err error) {
	folder := filepath.Join(home, ".earthscope", "default")
	path = filepath.Join(folder, "tokens.json")
	if existing, err := os.ReadFile(path); err == nil && !madeBySandbox(existing) {
		return path, fmt.Errorf("write %s: %w", path, ErrForeignLogin)
	} else if err != nil && !errors.Is(err, os.ErrNotExist) {
		return path, fmt.Errorf("look for an earlier login: %w", err)
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return path, fmt.Errorf("make the token store: %w", err)
	}
	return path, WriteFile(path, t.TokensFile())
}

// madeBySandbox reports whether a tokens.json comes from a loopback issuer.
func madeBySandbox(file []byte) bool {
	var document struct {
		AccessToken string `json:"access_token"`
	}
	if json.Unmarshal(file, &document) != nil {
		return false
	}
	c, ok := parseClaims(document.AccessToken)
	if !ok {
		return false
	}
	issuer, err := url.Parse(c.Issuer)
	return err == nil && isLoopback(issuer.Hostname())
}

// WriteFile writes a file of mode 0600 through a temporary one and a rename, so
// that a reader sees all of it or nothing.
func WriteFile(path string, content []byte) (err error) {
	temporary, err := os.CreateTemp(filepath.Dir(path), ".sandbox-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("write %s: %w", path, err), os.Remove(temporary.Name()))
		}
	}()
	if _, err = temporary.Write(content); err != nil {
		return errors.Join(err, temporary.Close())
	}
	if err = temporary.Close(); err != nil {
		return err
	}
	return os.Rename(temporary.Name(), path)
}
