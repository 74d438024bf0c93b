package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"slices"
	"strings"
)

// secrets are the tokens of this demo, by name.
type secrets map[string]string

// add remembers a token under a name; the same token keeps its first name.
func (s secrets) add(name, token string) {
	if token == "" || slices.Contains(slices.Collect(maps.Values(s)), token) {
		return
	}
	for number := 2; s[name] != ""; number++ {
		name = fmt.Sprintf("%s %d", strings.TrimRight(name, " 0123456789"), number)
	}
	s[name] = token
}

// learnSecrets adds what is in the login's and the hosts' tokens.json now.
func (d *demo) learnSecrets() error {
	if err := d.learnFrom(d.work.tokensFile()); err != nil {
		return fmt.Errorf("read the login: %w", err)
	}
	for _, name := range hostNames {
		if err := d.learnFrom(d.work.path("home", ".earthscope", name, "tokens.json")); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("read the login for %s: %w", name, err)
		}
	}
	for _, file := range d.hostTokenFiles() {
		if err := d.learnFrom(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("read the tokens on a host: %w", err)
		}
	}
	return nil
}

func (d *demo) learnFrom(file string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var tokens map[string]string
	if err := json.Unmarshal(data, &tokens); err != nil {
		return errors.New("tokens.json is not JSON")
	}
	for name, token := range tokens {
		d.secrets.add(strings.ReplaceAll(name, "_", " "), token)
	}
	return nil
}

// leastPart is the length from which a part of a token counts as the token.
const leastPart = 32

// forms are the shapes in which a token may turn up: itself, the signature of
// a JWT, and either in base64, in both alphabets and at each of the three
// offsets that it may have in a longer text, or percent-encoded.
func forms(token string) []string {
	parts := []string{token}
	if cut := strings.LastIndexByte(token, '.'); strings.Count(token, ".") == 2 && len(token)-cut > leastPart {
		parts = append(parts, token[cut+1:])
	}
	var all []string
	for _, part := range parts {
		all = append(all, part, url.QueryEscape(part))
		for offset := range 3 {
			for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
				encoded := encoding.EncodeToString(append(make([]byte, offset), part...))
				// The first and last characters depend on the neighbours.
				all = append(all, encoded[4:len(encoded)-4])
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// find returns the names of the secrets that data holds in any form.
func (s secrets) find(data []byte) []string {
	var found []string
	for name, token := range s {
		if slices.ContainsFunc(forms(token), func(form string) bool { return bytes.Contains(data, []byte(form)) }) {
			found = append(found, name)
		}
	}
	slices.Sort(found)
	return found
}

// remove replaces the secrets in a text that is to be shown.
func (s secrets) remove(text string) string {
	for name, token := range s {
		for _, form := range forms(token) {
			text = strings.ReplaceAll(text, form, "("+name+")")
		}
	}
	return text
}
