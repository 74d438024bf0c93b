package bootstrap

import (
	"testing"
)

const token = "v1.MfakeRefreshToken-_"

func tokenSettings() []Setting {
	return []Setting{{Key: "oauth2.refresh_token", Value: token}}
}

func apiSettings() []Setting {
	return []Setting{
		{Key: "oauth2.refresh_token", Value: token},
		{Key: "oauth2.allowed_hosts", Value: []any{"api.example.org"}},
		{Key: "http.rate_limit.max_concurrent", Value: int64(50)},
	}
}

func TestEnvEdit_exactBytes(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		editor   Env
		before   []byte
		settings []Setting
		want     string
	}{
		"dotenv, no file": {
			Env{FormatDotenv, StyleVariables},
			nil, apiSettings(),
			CreatedMark + "\n" + Mark + "\nES_OAUTH2__REFRESH_TOKEN=" + token +
				"\nES_OAUTH2__ALLOWED_HOSTS=[\"api.example.org\"]\nES_HTTP__RATE_LIMIT__MAX_CONCURRENT=50\n",
		},
		"dotenv, empty file": {
			Env{FormatDotenv, StyleVariables},
			[]byte{},
			tokenSettings(),
			Mark + "\nES_OAUTH2__REFRESH_TOKEN=" + token + "\n",
		},
		"dotenv, CRLF": {
			Env{FormatDotenv, StyleVariables},
			[]byte("A=1\r\n# c\r\n"), tokenSettings(),
			"A=1\r\n# c\r\n" + Mark + "\r\nES_OAUTH2__REFRESH_TOKEN=" + token + "\r\n",
		},
		"dotenv, no final newline": {
			Env{FormatDotenv, StyleVariables},
			[]byte("A=1"), tokenSettings(),
			"A=1\n" + Mark + "\nES_OAUTH2__REFRESH_TOKEN=" + token,
		},
		"dotenv, bootstrap": {
			Env{FormatDotenv, StyleBootstrap},
			[]byte("A=1\n"),
			[]Setting{{Key: "oauth2.scope", Value: "a b$#'c"}, {Key: "oauth2.refresh_token", Value: token}},
			"A=1\n" + Mark + "\n" + `ES_BOOTSTRAP_SETTINGS={"oauth2":{"refresh_token":"` + token +
				`","scope":"a\u0020b\u0024\u0023\u0027c"}}` + "\n",
		},
		"shell": {
			Env{FormatShell, StyleVariables},
			[]byte("export A=1\r\n"),
			[]Setting{{Key: "oauth2.scope", Value: "it's $HOME"}},
			"export A=1\r\n" + Mark + "\nexport ES_OAUTH2__SCOPE='it'\\''s $HOME'\n",
		},
		"shell, bootstrap": {
			Env{FormatShell, StyleBootstrap},
			[]byte{},
			tokenSettings(),
			Mark + "\nexport ES_BOOTSTRAP_SETTINGS='{\"oauth2\":{\"refresh_token\":\"" + token + "\"}}'\n",
		},
		"systemd": {
			Env{FormatSystemd, StyleVariables},
			[]byte("; c\nA=1\n"),
			[]Setting{{Key: "oauth2.scope", Value: "a \"b\" \\$`"}, {Key: "resources.api_url", Value: "https://h/a?b=c"}},
			"; c\nA=1\n" + Mark + "\nES_OAUTH2__SCOPE=\"a \\\"b\\\" \\\\\\$\\`\"\nES_RESOURCES__API_URL=\"https://h/a?b=c\"\n",
		},
		"update in place": {
			Env{FormatDotenv, StyleVariables},
			[]byte("A=1\n" + Mark + "\nES_OAUTH2__REFRESH_TOKEN=old\nB=2\n"), tokenSettings(),
			"A=1\n" + Mark + "\nES_OAUTH2__REFRESH_TOKEN=" + token + "\nB=2\n",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, record, err := tt.editor.Edit(tt.before, Desired{Settings: tt.settings}, Record{})
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != tt.want {
				t.Fatalf("got\n%q\nwant\n%q", got, tt.want)
			}
			again, _, err := tt.editor.Edit(got, Desired{Settings: tt.settings}, record)
			if err != nil || string(again) != tt.want {
				t.Fatalf("second edit: %q, %v", again, err)
			}
			report, err := tt.editor.Inspect(got, Expect(tt.settings), record)
			if err != nil || !report.Matches() {
				t.Fatalf("report %+v, %v", report, err)
			}
		})
	}
}

func TestEnvRemove_restoresEveryByte(t *testing.T) {
	t.Parallel()
	for _, format := range []EnvFormat{FormatDotenv, FormatShell, FormatSystemd} {
		for _, style := range []Style{StyleVariables, StyleBootstrap} {
			for _, before := range []string{"", "A=1", "A=1\n", "A=1\r\n\r\n# c\r\n", "\n\n", " ", "# c", "A='x'\n\n\n"} {
				editor := Env{format, style}
				after, record, err := editor.Edit([]byte(before), Desired{Settings: apiSettings()}, Record{})
				if err != nil {
					t.Fatalf("%s %s %q: %v", format, style, before, err)
				}
				got, gone, err := editor.Remove(after, record)
				if err != nil || gone || string(got) != before {
					t.Fatalf("%s %s %q: got %q, %t, %v", format, style, before, got, gone, err)
				}
			}
		}
	}
}
