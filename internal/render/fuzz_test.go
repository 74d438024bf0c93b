package render

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// shown is a setting as it was read, secrets included, for comparison.
func shown(t *testing.T, loaded *settings.Settings, key string) string {
	t.Helper()
	switch key {
	case "oauth2.access_token":
		return loaded.OAuth2.AccessToken.Reveal()
	case "oauth2.id_token":
		return loaded.OAuth2.IDToken.Reveal()
	case "oauth2.refresh_token":
		return loaded.OAuth2.RefreshToken.Reveal()
	case "oauth2.client_secret":
		return loaded.OAuth2.ClientSecret.Reveal()
	case "http.extra_headers":
		text, _ := json.Marshal(loaded.HTTP.ExtraHeaders)
		return string(text)
	}
	for _, line := range loaded.Describe() {
		if line.Path == key {
			return line.Value
		}
	}
	t.Fatalf("no setting %s", key)
	return ""
}

// pythonFormat is what Python's str.format makes of a text without fields.
func pythonFormat(text string) (string, error) {
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == '{' || c == '}' {
			if i++; i == len(text) || text[i] != c {
				return "", errors.New("a single brace")
			}
		}
		out.WriteByte(c)
	}
	return out.String(), nil
}

// shellWord is what a POSIX shell makes of a word of single-quoted parts and
// escaped quotes.
func shellWord(word string) (string, error) {
	parts := strings.Split(word, `'\''`)
	last := len(parts) - 1
	if len(word) < 2 || parts[0][0] != '\'' || !strings.HasSuffix(parts[last], "'") {
		return "", errors.New("not quoted")
	}
	parts[0] = parts[0][1:]
	parts[last] = strings.TrimSuffix(parts[last], "'")
	text := strings.Join(parts, "\x00")
	if strings.Contains(text, "'") {
		return "", errors.New("a bare quote")
	}
	return strings.ReplaceAll(text, "\x00", "'"), nil
}

// systemdValue is what systemd makes of a double-quoted value in a file for
// EnvironmentFile= and in Environment= alike; anything on which the two differ
// is an error.
func systemdValue(value string) (string, error) {
	inner, quoted := strings.CutPrefix(value, `"`)
	if !quoted {
		return value, nil // {} and the like
	}
	var out strings.Builder
	for i := 0; i < len(inner); i++ {
		switch c := inner[i]; {
		case c == '\\' && i+1 < len(inner) && strings.ContainsRune(`"\`, rune(inner[i+1])):
			i++
			out.WriteByte(inner[i])
		case c == '"' && i == len(inner)-1:
			return out.String(), nil
		case strings.ContainsRune("\\\"$%`\n\r", rune(c)):
			return "", fmt.Errorf("%q is read differently", c)
		default:
			out.WriteByte(c)
		}
	}
	return "", errors.New("the quote does not end")
}

// Whatever is rendered is read again with the value that was given, in every
// form; whatever is refused is refused without quoting the value.
func FuzzRender(f *testing.F) {
	known := settings.KnownSettings()
	for _, text := range []string{
		"v1.token", `a'b"c$(d)%e{f}` + "`\\", "{}", "[]", `["a","b"]`, `{"X-Y":"z"}`, "[429,503]", "30", "7.5", "PT30S", "01:02:03", "https://h/",
		"https://h/a", "é🌋\u2028\x7f", "inf", "-1", "1_000", "miniseed", "a\tb", "null", "true", "1e400", `{"":""}`, `{"a.b":"{","a":"}"}`,
	} {
		seen := map[settings.Type]bool{}
		for i, k := range known {
			if !seen[k.Type] { // one setting of each type
				seen[k.Type] = true
				f.Add(uint(i), text)
			}
		}
	}
	f.Fuzz(func(t *testing.T, index uint, text string) {
		key := known[index%uint(len(known))].Path
		in := Settings{key: &text}
		environment, err := Environment(in)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("%s: not an *Error: %v", key, err)
			}
			if len(text) > 12 && strings.Contains(e.Detail, text) {
				t.Errorf("%s: the error quotes the value: %s", key, e.Detail)
			}
			return
		}
		wanted, err := readArguments(map[string]string{key: text})
		if err != nil {
			t.Fatal(err)
		}
		want := shown(t, wanted, key)
		compare := func(form string, request settings.Request, config string) {
			t.Helper()
			loaded, err := load(request, config)
			if err != nil {
				t.Errorf("%s as %s is not read: %v", key, form, err)
				return
			}
			if got := shown(t, loaded, key); got != want {
				t.Errorf("%s as %s is %q, want %q", key, form, got, want)
			}
		}
		var environ []string
		for name, value := range environment {
			environ = append(environ, name+"="+value)
		}
		compare("environment", settings.Request{Environ: environ}, "")
		for escape, undo := range map[Escape]func(string) (string, error){
			EscapeNone: func(s string) (string, error) { return s, nil }, EscapeKubeSpawner: pythonFormat,
			EscapeShell: shellWord, EscapeSystemd: systemdValue,
		} {
			escaped, err := BootstrapSettings(in, escape)
			if err == nil {
				escaped, err = undo(escaped)
			}
			if err != nil {
				t.Errorf("%s escaped for %s: %v", key, escape, err)
				continue
			}
			compare(string(escape), settings.Request{Environ: []string{"ES_BOOTSTRAP_SETTINGS=" + escaped}}, "")
		}
		if config, err := ConfigTOML("p", in); err == nil {
			compare("config.toml", settings.Request{Profile: "p"}, config)
		}
	})
}

func FuzzContainerSecrets(f *testing.F) {
	f.Add("oauth2.refresh_token", "/a")
	f.Add("🌋", "arn:aws:ssm:us-east-2:123456789012:parameter/a")
	f.Fuzz(func(t *testing.T, key, value string) {
		list, err := ContainerSecrets(map[string]*string{key: &value})
		if err == nil && (len(list) != 1 || list[0].ValueFrom != value || !strings.HasPrefix(list[0].Name, "ES_")) {
			t.Errorf("secrets = %v", list)
		}
		if err != nil && len(value) > 12 && strings.Contains(err.Error(), value) {
			t.Errorf("the error quotes the value: %v", err)
		}
	})
}
