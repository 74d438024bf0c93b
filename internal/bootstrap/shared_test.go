package bootstrap

import (
	"io/fs"
	"testing"
)

func TestNote_passesOnHowAFileWas(t *testing.T) {
	t.Parallel()
	open, secret := Former{Mode: 0o644}, Former{Mode: 0o640, Secret: true}
	for name, tt := range map[string]struct {
		text, want string
		former     Former
	}{
		"one mark":         {"# c\n" + Mark + "\nA=1\n", "# c\n" + Mark + "; former mode 0644\nA=1\n", open},
		"the first of two": {Mark + "\nA=1\n  " + Mark + "\r\nB=1", Mark + "; former mode 0640, with a secret\nA=1\n  " + Mark + "\r\nB=1", secret},
		"CRLF, indented":   {"\t" + Mark + "\r\nA=1\r\n", "\t" + Mark + "; former mode 0644\r\nA=1\r\n", open},
		"no mark":          {"# c\n", "# c\n", Former{}},
		"not a mark":       {Mark + " x\n", Mark + " x\n", Former{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			noted := Note([]byte(tt.text), tt.former)
			if string(noted) != tt.want || Noted(noted) != tt.former {
				t.Errorf("got %q, which says %v; want %q", noted, Noted(noted), tt.want)
			}
			if another := Note(noted, secret); tt.former != (Former{}) && Noted(another) != secret {
				t.Errorf("another note gives %q", another)
			}
			if back := Note(noted, Former{}); string(back) != tt.text {
				t.Errorf("without its note it is %q", back)
			}
		})
	}
}

// Only what was written here counts as a note.
func TestNoted_others(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]fs.FileMode{
		Mark + "; former mode 0600":                 0o600,
		Mark + "; former mode 600":                  0,
		Mark + "; former mode 4755":                 0,
		Mark + "; former mode 0888":                 0,
		Mark + "; former mode -644":                 0,
		Mark + "; former mode 0644, with":           0,
		"x " + Mark + "; former mode 0644":          0,
		Mark + "; former mode 0000":                 0,
		Mark + "\n" + Mark + "; former mode 0644\n": 0o644,
	} {
		if got := Noted([]byte(text)).Mode; got != want {
			t.Errorf("%q: %04o, want %04o", text, got, want)
		}
	}
}

// A note changes nothing for the editors.
func TestNote_staysOutOfTheEditorsWay(t *testing.T) {
	t.Parallel()
	for name, k := range kinds() {
		if name == "toml inline" {
			continue // has no mark
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			after, record := edit(t, k.editor, []byte(k.plain), Desired{Settings: apiSettings()}, Record{})
			noted := Note(after, Former{Mode: 0o644})
			if again, _ := edit(t, k.editor, noted, Desired{Settings: apiSettings()}, record); string(again) != string(noted) {
				t.Errorf("edited again: %q", again)
			}
			more := append(apiSettings(), Setting{Key: "http.x", Value: "1"})
			larger, _ := edit(t, k.editor, noted, Desired{Settings: more}, record)
			if want, _ := edit(t, k.editor, after, Desired{Settings: more}, record); string(Note(larger, Former{})) != string(want) {
				t.Errorf("a setting more: %q, want %q", larger, want)
			}
			if got := remove(t, k.editor, noted, record); got != k.plain {
				t.Errorf("removed: %q, want %q", got, k.plain)
			}
		})
	}
}

func TestHoldsSecret(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"": false, "http.timeout_read = 1\n": false, "ES_OAUTH2__REFRESH_TOKEN=x": true, "oauth2 = {client_secret = 'x'}": true,
		"ES_BOOTSTRAP_SETTINGS='{\"oauth2\":{\"access_token\":\"x\"}}'": true, "es_oauth2__id_token=x": true, "export ES_OAUTH2__SCOPE=x": false,
	} {
		if got := HoldsSecret([]byte(text)); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
