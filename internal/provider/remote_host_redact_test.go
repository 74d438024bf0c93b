package provider

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

const printedSecret = `v1/a+secret=with&signs"and\more`

func lines(text string, width int) string {
	var out []string
	for len(text) > width {
		out, text = append(out, text[:width]), text[width:]
	}
	return strings.Join(append(out, text), "\n")
}

func TestRedacted(t *testing.T) {
	t.Parallel()
	document := fmt.Sprintf("{\n  \"refresh_token\": %q\n}", "v1.aaaaaaaaaaaaaaaaaaaaaaaa")
	forms := map[string]string{
		"plain": printedSecret, "query": url.QueryEscape(printedSecret), "path": url.PathEscape(printedSecret), "JSON": `v1/a+secret=with\u0026signs\"and\\more`,
		"a JWT of the host": "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2ln", "a successor": "v1.aaaaaaaaaaaaaaaaaaaaaaaa",
		"wrapped": lines(printedSecret, 9), "in a table": strings.ReplaceAll(lines(printedSecret, 11), "\n", " │\n│ "),
		"a file in base64": base64.StdEncoding.EncodeToString([]byte(document)),
	}
	for shift := range 3 { // the secret begins at each place of a group of three bytes
		content := []byte("xyz"[:shift] + printedSecret + "\n")
		forms[fmt.Sprintf("base64 %d", shift)] = base64.StdEncoding.EncodeToString(content)
		forms[fmt.Sprintf("base64url %d", shift)] = base64.RawURLEncoding.EncodeToString(content)
		forms[fmt.Sprintf("base64 in lines %d", shift)] = lines(base64.StdEncoding.EncodeToString(content), 16)
	}
	secrets := []settings.Secret{settings.NewSecret("v1/a+secret"), settings.NewSecret(printedSecret), settings.NewSecret("")}
	for name, form := range forms {
		if got := redacted("before "+form+" after", secrets); got != "before (sensitive) after" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// What is no secret stays as it was printed, long words and base64 included.
func TestRedacted_keepsTheRest(t *testing.T) {
	t.Parallel()
	text := "Traceback (most recent call last):\n  /usr/lib/python3/dist-packages/earthscope_sdk/client.py\n" +
		base64.StdEncoding.EncodeToString([]byte("a harmless message of some length")) + "\nSHA256:4eWnIn4Yq3m2raq5XNtcDbgDnn/UV21rmDBQ1j+txAs\n"
	if got := redacted(text, []settings.Secret{settings.NewSecret(printedSecret)}); got != text {
		t.Errorf("got %q", got)
	}
}

// No secret survives, wherever in whatever text it stands.
func FuzzRedacted(f *testing.F) {
	f.Add("before", "after", uint8(76))
	f.Add("{\"a\": ", "=}", uint8(5))
	f.Fuzz(func(t *testing.T, before, after string, width uint8) {
		const secret = "v1.the-secret-that-must-not-show-0123456789"
		whole := before + secret + after
		for name, printed := range map[string]string{
			"plain": whole, "base64": base64.StdEncoding.EncodeToString([]byte(whole)),
			"in lines": lines(base64.StdEncoding.EncodeToString([]byte(whole)), max(16, int(width))),
		} {
			got := redacted(printed, []settings.Secret{settings.NewSecret(secret)})
			joined := strings.ReplaceAll(got, "\n", "")
			decoded, _ := base64.StdEncoding.DecodeString(joined)
			if strings.Contains(got, secret) || strings.Contains(string(decoded), secret) {
				t.Errorf("%s: %q", name, got)
			}
		}
	})
}
