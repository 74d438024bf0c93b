package placement

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/bootstrap"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

func TestInspect_namesTheDifference(t *testing.T) {
	t.Parallel()
	timeout := []bootstrap.Setting{{Key: "http.timeout_read", Value: "7"}}
	owned := func(f File, owner, group string) File { f.Owner, f.Group = owner, group; return f }
	for name, test := range map[string]struct {
		file    File
		content string
		mode    files.State
		want    string
	}{
		"missing":             {file: tokensFile, want: "missing"},
		"no JSON":             {file: tokensFile, content: "{", want: "not valid"},
		"no token":            {file: tokensFile, content: "{}", want: "entries missing: oauth2.refresh_token"},
		"another token":       {file: tokensFile, content: `{"refresh_token":"x"}`, want: "token differs"},
		"the token":           {file: tokensFile, content: `{"refresh_token":"v1.pushed"}`, want: InSync},
		"a setting differs":   {file: envFile, content: "ES_OAUTH2__REFRESH_TOKEN=v1.pushed\nES_HTTP__TIMEOUT_READ=8\n", want: "settings differ: http.timeout_read"},
		"a setting is gone":   {file: envFile, content: "ES_OAUTH2__REFRESH_TOKEN=v1.pushed\n", want: "entries missing: http.timeout_read"},
		"the token differs":   {file: envFile, content: "ES_OAUTH2__REFRESH_TOKEN=v1.x\nES_HTTP__TIMEOUT_READ=7\n", want: "token differs"},
		"all is there":        {file: envFile, content: "ES_OAUTH2__REFRESH_TOKEN=v1.pushed\nES_HTTP__TIMEOUT_READ=7\n", want: InSync},
		"no TOML":             {file: configFile, content: "a = 1\nb = = 2\n", want: "not valid: line 2"},
		"no table":            {file: configFile, content: "a = 1\n", want: "entries missing: http.timeout_read, oauth2.refresh_token"},
		"another owner":       {file: owned(tokensFile, "gnss", ""), content: `{"refresh_token":"v1.pushed"}`, want: "owner differs: geo"},
		"another group":       {file: owned(tokensFile, "", "gnss"), content: `{"refresh_token":"v1.pushed"}`, want: "group differs: geo"},
		"the owner by number": {file: owned(tokensFile, "1000", "1000"), content: `{"refresh_token":"v1.pushed"}`, want: InSync},
		"another mode":        {file: withMode(tokensFile, 0o640), content: `{"refresh_token":"v1.pushed"}`, want: "mode differs: 0600"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t, nil)
			if test.content != "" {
				m.write(test.file.Path, test.content, 0o600)
			}
			host := refreshing(test.file)
			host.Settings = timeout
			got := host.Inspect(test.file, Entry{}, m.state(test.file.Path), now)
			if got != test.want {
				t.Errorf("state = %q, want %q", got, test.want)
			}
			if strings.Contains(got, "v1.") {
				t.Errorf("the state shows a token: %q", got)
			}
		})
	}
}

func TestInspect_accessToken(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		found string
		want  string
	}{
		"lives":         {accessToken(t, subject, clientID, now, time.Hour), InSync},
		"lives just so": {accessToken(t, subject, clientID, now, 10*time.Minute), InSync},
		"lives less":    {accessToken(t, subject, clientID, now, 9*time.Minute), "token expires at 2026-03-01T12:09:00Z"},
		"has expired":   {accessToken(t, subject, clientID, now.Add(-2*time.Hour), time.Hour), "token expires at 2026-03-01T11:00:00Z"},
		"another user":  {accessToken(t, "auth0|two", clientID, now, time.Hour), "token differs"},
		"another one":   {accessToken(t, subject, "machine", now, time.Hour), "token differs"},
		"opaque":        {"opaque", "token differs"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t, map[string]string{tokensPath: `{"access_token":"` + test.found + `"}`})
			m.modes[tokensPath] = 0o600
			host := refreshing(tokensFile)
			host.Credential.Kind, host.Credential.MinRemaining = AccessToken, 10*time.Minute
			if got := host.Inspect(tokensFile, Entry{}, m.state(tokensPath), now); got != test.want {
				t.Errorf("state = %q, want %q", got, test.want)
			}
			if got := host.RecognisesAccessToken(now)(test.found); got != (test.want == InSync) {
				t.Errorf("recognised: %v", got)
			}
		})
	}
}

// What the SDK made of a pushed token goes; what it can't have made stays.
func TestRemove_derivedTokenStore(t *testing.T) {
	t.Parallel()
	made := func(subject, client string, issued time.Time, refresh string) string {
		return tokensJSON(accessToken(t, subject, client, issued, time.Hour), refresh)
	}
	for name, test := range map[string]struct {
		found  string
		before string // there when the token was pushed
		goes   bool
		learns string
	}{
		"of the same user":     {found: made(subject, clientID, now.Add(time.Hour), successor), goes: true},
		"a clock a bit behind": {found: made(subject, clientID, now.Add(-4*time.Minute), successor), goes: true},
		"older":                {found: made(subject, clientID, now.Add(-6*time.Minute), successor)},
		"of another user":      {found: made("auth0|two", clientID, now.Add(time.Hour), successor)},
		"of another client":    {found: made(subject, "machine", now.Add(time.Hour), successor)},
		"the very token":       {found: made("auth0|two", clientID, now.Add(time.Hour), token), goes: true},
		"there before": {
			before: made(subject, clientID, now.Add(-time.Hour), "v1.theirs"), found: made(subject, clientID, now.Add(time.Hour), successor),
		},
		"no JSON":         {found: "{"},
		"no access token": {found: `{"refresh_token":"v1.successor"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t, nil)
			if test.before != "" {
				m.write(tokensPath, test.before, 0o600)
			}
			ledger := m.must(refreshing(envFile).Apply(Ledger{}, now))
			m.write(tokensPath, test.found, 0o600)
			m.must(ledger.Remove())
			if _, left := m.content[tokensPath]; left == test.goes {
				t.Errorf("left: %v, want %v", left, !test.goes)
			}
			if test.goes && m.folders["~/.earthscope"] {
				t.Error("a folder of the SDK's is left")
			}
		})
	}
}

func TestLedger_learnsTheSubjectFromTheVeryToken(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ refresh, known, want string }{
		"the very token": {refresh: token, want: subject}, "a successor": {refresh: successor}, "known": {refresh: token, known: "auth0|two", want: "auth0|two"},
	} {
		ledger := Ledger{Subject: test.known, Fingerprint: session.Fingerprint(token)}
		m := newMachine(t, map[string]string{tokensPath: tokensJSON(accessToken(t, subject, clientID, now, time.Hour), test.refresh)})
		if got := ledger.Learn([]files.State{m.state(tokensPath), m.state(ConfigPath)}).Subject; got != test.want {
			t.Errorf("%s: subject %q, want %q", name, got, test.want)
		}
	}
}

func TestParseSetting(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, text string
		want       any
		refused    string
	}{
		{name: "resources.api_url", text: "https://api.example.org", want: "https://api.example.org"},
		{name: "oauth2.allowed_hosts", text: `["a","b"]`, want: []any{"a", "b"}},
		{name: "oauth2.allowed_hosts", text: `a`, refused: "JSON"},
		{name: "oauth2.allowed_hosts", text: `null`, refused: "JSON"},
		{name: "oauth2.allowed_hosts", text: `["a"] x`, refused: "JSON"},
		{name: "oauth2.refresh_token", text: "v1.secret", refused: "refresh_token_wo"},
		{name: "oauth2.client_secret", text: "v1.secret", refused: "client_secret_wo"},
		{name: "oauth2", text: "v1.secret", refused: "no setting"},
		{name: "", text: "v1.secret", refused: "no setting"},
	} {
		got, err := ParseSetting(test.name, test.text)
		switch {
		case test.refused == "" && (err != nil || !reflect.DeepEqual(got.Value, test.want) || got.Key != test.name):
			t.Errorf("%s = %q: got %v, %v", test.name, test.text, got.Value, err)
		case test.refused != "" && (err == nil || !strings.Contains(err.Error(), test.refused) || strings.Contains(err.Error(), "v1.secret")):
			t.Errorf("%s = %q: error %v, want %q", test.name, test.text, err, test.refused)
		}
	}
}

func TestDeviations(t *testing.T) {
	t.Parallel()
	load := func(arguments map[string]string) *settings.Settings {
		t.Helper()
		loaded, _, err := settings.Load(settings.Request{Arguments: arguments})
		if err != nil {
			t.Fatal(err)
		}
		return loaded
	}
	if got := Deviations(load(nil)); len(got) != 0 {
		t.Errorf("the SDK's defaults deviate: %v", got)
	}
	got := Deviations(load(map[string]string{"oauth2.domain": "https://login.example.org/", "resources.api_url": "https://api.example.org"}))
	want := map[string]any{"oauth2.domain": "https://login.example.org/", "resources.api_url": "https://api.example.org"}
	for _, s := range got {
		if s.Key == "oauth2.allowed_hosts" {
			if hosts := []any{"*.earthscope.org", "api.example.org", "earthscope.org"}; !reflect.DeepEqual(s.Value, hosts) {
				t.Errorf("allowed hosts = %v, want %v", s.Value, hosts)
			}
			continue
		}
		if text, ok := s.Value.(string); !ok || strings.TrimSuffix(text, "/") != strings.TrimSuffix(want[s.Key].(string), "/") {
			t.Errorf("%s = %v", s.Key, s.Value)
		}
		delete(want, s.Key)
	}
	if len(want) != 0 {
		t.Errorf("missing: %v", want)
	}
}

func TestMerge(t *testing.T) {
	t.Parallel()
	base := []bootstrap.Setting{{Key: "b", Value: "base"}, {Key: "a", Value: "base"}}
	over := []bootstrap.Setting{{Key: "c", Value: "over"}, {Key: "b", Value: "over"}}
	want := []bootstrap.Setting{{Key: "a", Value: "base"}, {Key: "b", Value: "over"}, {Key: "c", Value: "over"}}
	if got := Merge(base, over); !reflect.DeepEqual(got, want) {
		t.Errorf("got %d settings in another order or with other values", len(got))
	}
}

// A person's settings come first, and another API that they name is allowed
// unless they say which hosts are.
func TestWanted(t *testing.T) {
	t.Parallel()
	loaded, _, err := settings.Load(settings.Request{Environ: []string{"HOME=" + t.TempDir()}})
	if err != nil {
		t.Fatal(err)
	}
	api := bootstrap.Setting{Key: "resources.api_url", Value: "https://api.example.org/"}
	allowed := bootstrap.Setting{Key: "oauth2.allowed_hosts", Value: []any{"example.org"}}
	for name, test := range map[string]struct{ over, want []bootstrap.Setting }{
		"nothing":         {},
		"another timeout": {[]bootstrap.Setting{{Key: "http.timeout_read", Value: "7"}}, []bootstrap.Setting{{Key: "http.timeout_read", Value: "7"}}},
		"another API": {
			[]bootstrap.Setting{api},
			[]bootstrap.Setting{{Key: "oauth2.allowed_hosts", Value: []any{"*.earthscope.org", "api.example.org", "earthscope.org"}}, api},
		},
		"an API of EarthScope's": {
			[]bootstrap.Setting{{Key: "resources.api_url", Value: "https://api.dev.earthscope.org/"}},
			[]bootstrap.Setting{{Key: "resources.api_url", Value: "https://api.dev.earthscope.org/"}},
		},
		"both": {[]bootstrap.Setting{api, allowed}, []bootstrap.Setting{allowed, api}},
	} {
		if got := Wanted(loaded, test.over); !reflect.DeepEqual(got, test.want) && len(got)+len(test.want) > 0 {
			t.Errorf("%s: got %v, want %v", name, got, test.want)
		}
	}
}
