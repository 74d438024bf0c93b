package bootstrap

import "testing"

// What readers disagree on, what hides our line, and what is not exported is written anew.
func TestEnvEdit_repairsWhatReadersDisagreeOn(t *testing.T) {
	t.Parallel()
	want := Mark + "\nES_OAUTH2__SCOPE=a\n"
	tests := map[string]struct {
		format      EnvFormat
		value       string
		text, fixed string
	}{
		"quoted by hand": {FormatDotenv, "a", Mark + "\nES_OAUTH2__SCOPE='a'\n", want},
		"a second one below": {
			FormatDotenv, "a", Mark + "\nES_OAUTH2__SCOPE=a\nB=1\nES_OAUTH2__SCOPE=b\n",
			Mark + "\nES_OAUTH2__SCOPE=a\nB=1\n",
		},
		"the same twice": {FormatDotenv, "a", Mark + "\nES_OAUTH2__SCOPE=a\nES_OAUTH2__SCOPE=a\n", want},
		"no longer exported": {
			FormatShell, "a", Mark + "\nES_OAUTH2__SCOPE=a\n",
			Mark + "\nexport ES_OAUTH2__SCOPE='a'\n",
		},
		"a backslash that versions read differently": {
			FormatSystemd, `a\b`, Mark + "\nES_OAUTH2__SCOPE='a\\b'\n",
			Mark + "\nES_OAUTH2__SCOPE=\"a\\\\b\"\n",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			editor := Env{tt.format, StyleVariables}
			settings := []Setting{{Key: "oauth2.scope", Value: tt.value}}
			record := Record{Keys: []string{"ES_OAUTH2__SCOPE"}}
			report, err := editor.Inspect([]byte(tt.text), Expect(settings), record)
			if err != nil || report.Matches() {
				t.Fatalf("report %+v, %v", report, err)
			}
			if got, _ := edit(t, editor, []byte(tt.text), Desired{Settings: settings}, record); string(got) != tt.fixed {
				t.Fatalf("got %q want %q", got, tt.fixed)
			}
		})
	}
}

// A second assignment that somebody else added is theirs.
func TestEnvRemove_takesItsOwnOfTwo(t *testing.T) {
	t.Parallel()
	record := Record{Keys: []string{"ES_OAUTH2__SCOPE"}}
	for text, want := range map[string]string{
		Mark + "\nES_OAUTH2__SCOPE=a\nB=1\nES_OAUTH2__SCOPE=b\n":      "B=1\nES_OAUTH2__SCOPE=b\n",
		"ES_OAUTH2__SCOPE=b\n" + Mark + "\nES_OAUTH2__SCOPE=a\nB=1\n": "ES_OAUTH2__SCOPE=b\nB=1\n",
		"ES_OAUTH2__SCOPE=b\nES_OAUTH2__SCOPE=a\n":                    "ES_OAUTH2__SCOPE=b\n",
	} {
		if got := remove(t, Env{FormatDotenv, StyleVariables}, []byte(text), record); got != want {
			t.Errorf("got %q want %q", got, want)
		}
	}
}
