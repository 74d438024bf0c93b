package bootstrap

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// describe writes a report on one line: what an entry is called, its state, o for owned, its line.
func describe(r Report) string {
	var out []string
	for _, e := range r.Entries {
		owned := ""
		if e.Owned {
			owned = " o"
		}
		out = append(out, fmt.Sprintf("%s %s%s %d", e.Name, e.State, owned, e.Line))
	}
	for _, list := range []struct {
		name  string
		names []string
	}{{"stale", r.Stale}, {"others", r.Others}, {"absent", r.Absent}} {
		if len(list.names) > 0 {
			out = append(out, list.name+": "+strings.Join(list.names, " "))
		}
	}
	return strings.Join(out, "; ")
}

func TestInspect(t *testing.T) {
	t.Parallel()
	refresh := Expect(tokenSettings())
	hosts := Expect([]Setting{{Key: "oauth2.allowed_hosts", Value: []any{"a", "b"}}})
	web := Compose{[]string{"web"}, StyleVariables}
	tests := map[string]struct {
		editor   Editor
		current  string
		expected []Expectation
		record   Record
		want     string
	}{
		"toml, no file": {lab, "", refresh, Record{}, "profile.lab.oauth2.refresh_token missing 0; absent: profile.lab"},
		"toml, what is around": {
			lab, "[default]\noauth2.refresh_token = 'x'\n[profile.lab]\noauth2.scope = 'x'\n[profile.b]\nx = 1\n", refresh,
			Record{},
			"profile.lab.oauth2.refresh_token missing 0; others: profile.lab.oauth2.scope default.oauth2.refresh_token",
		},
		"toml, list": {
			lab, "[profile.lab.oauth2]\nallowed_hosts = [ 'a',\n 'b' ]\n", hosts,
			Record{},
			"profile.lab.oauth2.allowed_hosts same 2",
		},
		"toml, blocked": {lab, "[profile.lab]\noauth2 = 1\n", refresh, Record{}, "profile.lab.oauth2.refresh_token differs 2; others: profile.lab.oauth2"},
		"dotenv, quoted": {
			Env{FormatDotenv, StyleVariables},
			"ES_OAUTH2__REFRESH_TOKEN=\"" + token + "\"\nES_PROFILE=x\n", refresh,
			Record{},
			"ES_OAUTH2__REFRESH_TOKEN differs 1; others: ES_PROFILE",
		},
		"dotenv, list with blanks": {
			Env{FormatSystemd, StyleVariables},
			"ES_OAUTH2__ALLOWED_HOSTS='[\"a\", \"b\"]'\n", hosts,
			Record{},
			"ES_OAUTH2__ALLOWED_HOSTS same 1",
		},
		"shell, not exported": {
			Env{FormatShell, StyleVariables},
			"ES_OAUTH2__REFRESH_TOKEN=" + token + "\n", refresh,
			Record{},
			"ES_OAUTH2__REFRESH_TOKEN differs 1",
		},
		"systemd, twice": {
			Env{FormatSystemd, StyleVariables},
			"ES_OAUTH2__REFRESH_TOKEN=" + token + "\nES_OAUTH2__REFRESH_TOKEN=b\n", refresh,
			Record{},
			"ES_OAUTH2__REFRESH_TOKEN differs 2",
		},
		"bootstrap, more than expected": {
			Env{FormatShell, StyleBootstrap},
			"export ES_BOOTSTRAP_SETTINGS='{\"oauth2\":{\"refresh_token\":\"" + token + "\",\"scope\":\"x\"}}'\n",
			refresh,
			Record{Keys: []string{BootstrapVariable}},
			"ES_BOOTSTRAP_SETTINGS same o 1; stale: oauth2.scope",
		},
		"bootstrap, less than expected": {
			Env{FormatShell, StyleBootstrap},
			"export ES_BOOTSTRAP_SETTINGS='{\"oauth2\":{}}'\n", refresh,
			Record{Keys: []string{BootstrapVariable}},
			"ES_BOOTSTRAP_SETTINGS missing o 1",
		},
		"bootstrap, not JSON": {
			Env{FormatShell, StyleBootstrap},
			"export ES_BOOTSTRAP_SETTINGS=x\n", refresh,
			Record{},
			"ES_BOOTSTRAP_SETTINGS differs 1",
		},
		"compose, flow style": {
			web, "services: {web: {environment: {ES_OAUTH2__REFRESH_TOKEN: " + token + ", ES_PROFILE: x}}}\n", refresh,
			Record{},
			"services.web.environment.ES_OAUTH2__REFRESH_TOKEN same 1; others: services.web.environment.ES_PROFILE",
		},
		"compose, inherited": {
			web, "x: &x\n  ES_OAUTH2__REFRESH_TOKEN: y\nservices:\n  web:\n    environment:\n      <<: *x\n", refresh,
			Record{},
			"services.web.environment.ES_OAUTH2__REFRESH_TOKEN differs 0",
		},
		"compose, from the environment": {
			web, "services:\n  web:\n    environment:\n    - ES_OAUTH2__REFRESH_TOKEN\n", refresh,
			Record{},
			"services.web.environment.ES_OAUTH2__REFRESH_TOKEN differs 4",
		},
		"compose, interpolated": {
			web, "services:\n  web:\n    environment:\n    - ES_OAUTH2__REFRESH_TOKEN=$X\n", refresh,
			Record{},
			"services.web.environment.ES_OAUTH2__REFRESH_TOKEN differs 4",
		},
		"compose, no service": {
			web, "services:\n  db:\n", refresh,
			Record{},
			"services.web.environment.ES_OAUTH2__REFRESH_TOKEN missing 0; absent: services.web",
		},
		"compose, stale": {
			web, "services:\n  web:\n    environment:\n      ES_PROFILE: x\n", nil,
			Record{Keys: []string{"services.web.environment.ES_PROFILE"}},
			"stale: services.web.environment.ES_PROFILE",
		},
		"compose, bootstrap": {
			Compose{[]string{"web"}, StyleBootstrap},
			"services:\n  web:\n    environment:\n      ES_BOOTSTRAP_SETTINGS: '{\"oauth2\":{\"refresh_token\":\"" +
				token + "\",\"scope\":\"$$x\"}}'\n", refresh,
			Record{Keys: []string{"services.web.environment.ES_BOOTSTRAP_SETTINGS"}},
			"services.web.environment.ES_BOOTSTRAP_SETTINGS same o 4; stale: services.web.environment.ES_BOOTSTRAP_SETTINGS: oauth2.scope",
		},
		"tokens": {
			Tokens{},
			"{\"access_token\":\"a\",\"refresh_token\":\"b\"}", refresh,
			Record{Keys: []string{"refresh_token"}},
			"refresh_token differs o 1; others: access_token",
		},
		"snippet": {
			Snippet{"/etc/a b"},
			"x\nif [ -r '/etc/a b' ]; then . '/etc/a b'; fi\n", nil,
			Record{},
			"/etc/a b same 2",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report, err := tt.editor.Inspect([]byte(tt.current), tt.expected, tt.record)
			if got := describe(report); err != nil || got != tt.want {
				t.Fatalf("got\n%s, %v\nwant\n%s", got, err, tt.want)
			}
		})
	}
}

func TestSnippetEdit(t *testing.T) {
	t.Parallel()
	home := Snippet{Path: "$HOME/.config/it's.env"}
	line := `if [ -r "$HOME"/'.config/it'\''s.env' ]; then . "$HOME"/'.config/it'\''s.env'; fi`
	for before, want := range map[string]string{
		"":        Mark + "\n" + line + "\n",
		"A=1":     "A=1\n" + Mark + "\n" + line,
		"A=1\r\n": "A=1\r\n" + Mark + "\n" + line + "\n",
	} {
		after, record := edit(t, home, []byte(before), Desired{}, Record{})
		if string(after) != want {
			t.Errorf("got %q want %q", after, want)
		}
		again, same := edit(t, home, after, Desired{}, Record{})
		if string(again) != want || !slices.Equal(same.Keys, record.Keys) {
			t.Errorf("second edit %q, %v", again, same)
		}
		if got := remove(t, home, after, record); got != before {
			t.Errorf("removed %q want %q", got, before)
		}
	}
	theirs, record := edit(t, home, []byte(line+"\n"), Desired{}, Record{})
	if got := remove(t, home, theirs, record); got != line+"\n" {
		t.Errorf("a line of theirs went: %q", got)
	}
	created, record := edit(t, home, nil, Desired{}, Record{})
	if _, gone, err := home.Remove(created, record); err != nil || !gone {
		t.Errorf("a created profile stays: %v", err)
	}
	for _, path := range []string{"", "relative", "/a\nb"} {
		if _, _, err := (Snippet{path}).Edit(nil, Desired{}, Record{}); !errors.Is(err, ErrUnsafeValue) {
			t.Errorf("%q: got %v", path, err)
		}
	}
	if _, _, err := home.Edit(nil, Desired{Settings: tokenSettings()}, Record{}); !errors.Is(err, ErrUnsafeValue) ||
		strings.Contains(err.Error(), token) {
		t.Errorf("a token in a world-readable profile: %v", err)
	}
	if _, _, err := home.Edit([]byte("A='x"), Desired{}, Record{}); !errors.Is(err, ErrSyntax) {
		t.Errorf("an open quote: %v", err)
	}
}
