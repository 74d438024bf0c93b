package provider

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

const removed = "(sensitive)"

// tokenShaped matches JSON Web Tokens and opaque refresh tokens, which the host
// may have got itself.
var tokenShaped = regexp.MustCompile(`\bey[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(\.[A-Za-z0-9_-]*)?|\bv1\.[A-Za-z0-9_-]{16,}`)

// encoded matches what may be base64 of something that holds a secret: one
// piece, or whole lines of it.
var encoded = regexp.MustCompile(`[A-Za-z0-9+/_-]{16,}(?:\r?\n[A-Za-z0-9+/_-]+)*={0,2}`)

// redacted removes secrets from what a host printed, in the forms in which
// programs print them: as they are, wrapped over lines or the cells of a table,
// percent-encoded, as JSON, and in base64 together with whatever stands around
// them.
func redacted(text string, secrets []settings.Secret) string {
	var plain []string
	for _, secret := range secrets {
		if secret.IsSet() {
			plain = append(plain, secret.Reveal())
		}
	}
	// The longest first, lest one that is part of another leaves the rest of it.
	slices.SortFunc(plain, func(a, b string) int { return len(b) - len(a) })
	for _, secret := range plain {
		for _, form := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret), asJSONText(secret)} {
			text = strings.ReplaceAll(text, form, removed)
			if len(form) >= shortestWrapped {
				text = wrapped(form).ReplaceAllString(text, removed)
			}
		}
	}
	text = encoded.ReplaceAllStringFunc(text, func(found string) string {
		if encodesSecret(found, plain) {
			return removed
		}
		return found
	})
	return tokenShaped.ReplaceAllString(text, removed)
}

// shortestWrapped keeps a short secret from being found in ordinary words.
const shortestWrapped = 12

// wrapped matches a text that was broken over lines, within the borders of a
// table or not.
func wrapped(text string) *regexp.Regexp {
	var pattern strings.Builder
	for i, char := range text {
		if i > 0 {
			pattern.WriteString(`(?:[ \t│|]*\r?\n[ \t│|]*)?`)
		}
		pattern.WriteString(regexp.QuoteMeta(string(char)))
	}
	return regexp.MustCompile(pattern.String())
}

func asJSONText(secret string) string {
	quoted, err := json.Marshal(secret)
	if err != nil {
		return secret
	}
	return strings.Trim(string(quoted), `"`)
}

// encodesSecret reports whether a text is base64, of either alphabet, of
// something that holds a secret. Characters before it may belong to another
// word, so it is tried from each of four places.
func encodesSecret(found string, secrets []string) bool {
	standard := strings.NewReplacer("\r", "", "\n", "", "=", "", "-", "+", "_", "/").Replace(found)
	for skip := range min(4, len(standard)) {
		rest := standard[skip:]
		decoded, err := base64.RawStdEncoding.DecodeString(rest[:len(rest)/4*4])
		if err != nil {
			continue
		}
		tail, _ := base64.RawStdEncoding.DecodeString(rest[len(rest)/4*4:]) // one character alone is nothing
		content := string(decoded) + string(tail)
		if tokenShaped.MatchString(content) || slices.ContainsFunc(secrets, func(s string) bool { return strings.Contains(content, s) }) {
			return true
		}
	}
	return false
}
