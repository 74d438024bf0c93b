package session

import (
	"fmt"
	"strings"
	"time"
)

// Text is the prompt in words: the page, the code, and until when.
func (p DevicePrompt) Text() string {
	page := p.CompleteURL
	if page == "" {
		page = p.URL
	}
	return fmt.Sprintf("To log in to EarthScope, open\n\n    %s\n\nand confirm the code %s. Waiting until %s.", page, p.UserCode, p.ExpiresAt.UTC().Format(time.RFC3339))
}

// Text is the result in words, free of secrets.
func (r LoginResult) Text() string {
	text := fmt.Sprintf("Logged in as %s (profile %s). The tokens are in %s; the access token is valid until %s.",
		r.Subject, r.Profile, r.File, r.ExpiresAt.UTC().Format(time.RFC3339))
	switch {
	case r.Replaced == "":
	case r.Revoked:
		text += fmt.Sprintf(" The former session (refresh token with fingerprint %s) is revoked.", r.Replaced)
	default:
		text += fmt.Sprintf(" The former session (refresh token with fingerprint %s) lives on at the identity server.", r.Replaced)
	}
	return text
}

// Text names what was revoked, one line each.
func (r Revocation) Text() string {
	lines := make([]string, 0, len(r.Tokens))
	for _, token := range r.Tokens {
		line := fmt.Sprintf("Revoked the refresh token with fingerprint %s (profile %s).", token.Fingerprint, r.Profile)
		if token.Where != "" {
			line += " Its local copy was in " + token.Where + "."
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}
