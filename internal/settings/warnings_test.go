package settings

import (
	"io/fs"
	"slices"
	"testing"
	"testing/fstest"
)

// TestLoad_warnings: what the SDK ignores in silence, in full.
func TestLoad_warnings(t *testing.T) {
	t.Parallel()
	environment := func(name string) Source { return Source{LinkEnvironment, name, ""} }
	notRead := func(name, meant string) Warning {
		return Warning{
			"Environment Variable Not Read",
			name + " is no EarthScope setting and was ignored. Did you mean " + meant + "?", environment(name),
		}
	}
	bootstrap := Source{LinkBootstrap, "ES_BOOTSTRAP_SETTINGS", ""}
	rows := []struct {
		name    string
		request Request
		want    []Warning
	}{
		{"nothing at all", request(nil), nil},
		{
			"malformed tokens.json", request(files{tokensPath: "{\n  \"refresh_token\": \"a\n\"}"}),
			[]Warning{{"Malformed tokens.json", "/home/u/.earthscope/default/tokens.json was ignored, as the EarthScope SDK ignores it: " +
				"tokens.json, line 2, column 22: it is no JSON text: a control character in a string must be escaped. " +
				"Run \"es login\" to write a new one, or remove the file.", Source{LinkTokensFile, homeTokens, ""}}},
		},
		{
			"malformed legacy file", request(files{legacyPath: "{}}"}),
			[]Warning{{
				"Malformed sso_tokens.json", "/home/u/.config/earthscope-cli/sso_tokens.json, line 1, column 3 was ignored, as the " +
					"EarthScope SDK ignores it: more text after the end of the value. It belongs to earthscope-cli 0.x; remove it.",
				Source{LinkLegacyFile, homeLegacy, ""},
			}},
		},
		{
			"bootstrap settings that lost their quotes", request(nil, "ES_BOOTSTRAP_SETTINGS={oauth2:{}}"),
			[]Warning{{"Malformed ES_BOOTSTRAP_SETTINGS", "ES_BOOTSTRAP_SETTINGS is not JSON (line 1, column 2: a key in double quotes is " +
				"missing) and was ignored, as the EarthScope SDK ignores it. Write one JSON object, {\"oauth2\":{\"refresh_token\":\"...\"}}; " +
				"if a tool filled it in, look for quotes or braces that were lost or doubled on the way.", bootstrap}},
		},
		{
			"empty bootstrap settings", request(nil, "ES_BOOTSTRAP_SETTINGS="),
			[]Warning{{"Malformed ES_BOOTSTRAP_SETTINGS", "ES_BOOTSTRAP_SETTINGS is not JSON (line 1, column 1: empty) and was ignored, as " +
				"the EarthScope SDK ignores it. Write one JSON object, {\"oauth2\":{\"refresh_token\":\"...\"}}; if a tool filled it in, " +
				"look for quotes or braces that were lost or doubled on the way.", bootstrap}},
		},
		{
			"bootstrap settings with another table", request(nil, `ES_BOOTSTRAP_SETTINGS={"oauth2": "a"}`),
			[]Warning{{
				"Setting Not Read", "environment variable ES_BOOTSTRAP_SETTINGS, key oauth2, is a string, not a table of settings and " +
					"was ignored. Write an object there, {\"oauth2\":{\"refresh_token\":\"...\"}}.",
				Source{LinkBootstrap, "ES_BOOTSTRAP_SETTINGS", "oauth2"},
			}},
		},
		{
			"bootstrap settings with a profile", request(nil, `ES_BOOTSTRAP_SETTINGS={"es_profile": "a"}`),
			[]Warning{{
				"Profile in ES_BOOTSTRAP_SETTINGS", "environment variable ES_BOOTSTRAP_SETTINGS, key es_profile names a profile and was " +
					"ignored: the EarthScope SDK would read the tokens of one profile and save them as another's. Set ES_PROFILE instead.",
				Source{LinkBootstrap, "ES_BOOTSTRAP_SETTINGS", "es_profile"},
			}},
		},
		{
			"empty variable hides tokens.json", request(files{tokensPath: `{"refresh_token": "a"}`}, "ES_OAUTH2__REFRESH_TOKEN="),
			[]Warning{{
				"Empty Token Hides Another", "oauth2.refresh_token, set by environment variable ES_OAUTH2__REFRESH_TOKEN, is empty. It " +
					"counts as set, so the one of /home/u/.earthscope/default/tokens.json is not used. Remove the empty one.",
				environment("ES_OAUTH2__REFRESH_TOKEN"),
			}},
		},
		{
			"null hides tokens.json", request(files{tokensPath: `{"access_token": "a"}`}, `ES_OAUTH2={"access_token": null}`),
			[]Warning{{
				"Empty Token Hides Another", "oauth2.access_token, set by environment variable ES_OAUTH2, key access_token, is empty. It " +
					"counts as set, so the one of /home/u/.earthscope/default/tokens.json is not used. Remove the empty one.",
				Source{LinkEnvironmentJSON, "ES_OAUTH2", "access_token"},
			}},
		},
		{
			"empty line of config.toml hides the bootstrap token",
			request(files{configPath: "[default.oauth2]\nrefresh_token = \"\"\n"}, `ES_BOOTSTRAP_SETTINGS={"oauth2": {"refresh_token": "a"}}`),
			[]Warning{{"Empty Token Hides Another", "oauth2.refresh_token, set by /home/u/.earthscope/config.toml, table [default], is empty. It " +
				"counts as set, so the one of environment variable ES_BOOTSTRAP_SETTINGS, key oauth2.refresh_token is not used. " +
				"Remove the empty one.", Source{LinkConfigDefault, homeConfig, "default"}}},
		},
		{"empty variable hides nothing", request(nil, "ES_OAUTH2__REFRESH_TOKEN="), nil},
		{"a token outranks another", request(files{tokensPath: `{"refresh_token": "a"}`}, "ES_OAUTH2__REFRESH_TOKEN=b"), nil},
		{
			"empty client secret", request(nil, "ES_OAUTH2__CLIENT_SECRET="),
			[]Warning{{"Empty Client Secret", "oauth2.client_secret, set by environment variable ES_OAUTH2__CLIENT_SECRET, is empty. It counts " +
				"as absent here, but the EarthScope SDK and CLI fail at it. Remove it.", environment("ES_OAUTH2__CLIENT_SECRET")}},
		},
		{"client secret", request(nil, "ES_OAUTH2__CLIENT_SECRET=a"), nil},
		{
			"single underscore", request(nil, "ES_OAUTH2_REFRESH_TOKEN=a"),
			[]Warning{notRead("ES_OAUTH2_REFRESH_TOKEN", "ES_OAUTH2__REFRESH_TOKEN")},
		},
		{"no table", request(nil, "ES_REFRESH_TOKEN=a"), []Warning{notRead("ES_REFRESH_TOKEN", "ES_OAUTH2__REFRESH_TOKEN")}},
		{"letters swapped", request(nil, "ES_OAUTH2__REFERSH_TOKEN=a"), []Warning{notRead("ES_OAUTH2__REFERSH_TOKEN", "ES_OAUTH2__REFRESH_TOKEN")}},
		{"letter missing", request(nil, "ES_OAUTH__REFRESH_TOKEN=a"), []Warning{notRead("ES_OAUTH__REFRESH_TOKEN", "ES_OAUTH2__REFRESH_TOKEN")}},
		{"three underscores", request(nil, "ES_OAUTH2___CLIENT_ID=a"), []Warning{notRead("ES_OAUTH2___CLIENT_ID", "ES_OAUTH2__CLIENT_ID")}},
		{"deep", request(nil, "ES_HTTP__RETRY__ATTEMPT=1"), []Warning{notRead("ES_HTTP__RETRY__ATTEMPT", "ES_HTTP__RETRY__ATTEMPTS")}},
		{"table", request(nil, "ES_OAUTH_2={}"), []Warning{notRead("ES_OAUTH_2", "ES_OAUTH2")}},
		{
			"bootstrap in another case", request(nil, "es_bootstrap_settings={}"),
			[]Warning{notRead("es_bootstrap_settings", "ES_BOOTSTRAP_SETTINGS")},
		},
		{"other programs", request(nil, "ES_HOST=a", "ES_JAVA_OPTS=b", "ES_PORT=c", "ES_HOME=d", "ES_PATH_CONF=e", "ES_USERNAME=f",
			"ESCAPE=g", "ES_=h", "REFRESH_TOKEN=i"), nil},
		{"settings that are read", request(nil, "ES_PROFILE=default", "ES_PROFILE_NAME=default", "ES_HTTP__EXTRA_HEADERS__X=a",
			"ES_OAUTH2={}", "es_http__retry={}", "ES_BOOTSTRAP_SETTINGS={}", "ES_THREAD_POOL_MAX_WORKERS=1"), nil},
		{
			"key of config.toml in another case", request(files{configPath: "[profile.p.oauth2]\nRefresh_Token = \"a\"\n"}),
			[]Warning{{
				"Setting Not Read", "/home/u/.earthscope/config.toml, table [profile.p], line 2, column 1: \"Refresh_Token\" is no " +
					"EarthScope setting and was ignored. Did you mean \"refresh_token\"? Letter case counts here.",
				Source{LinkConfigProfile, homeConfig, "profile.p"},
			}},
		},
		{
			"table of config.toml", request(files{configPath: "[default.OAuth2]\nclient_id = \"a\"\n"}),
			[]Warning{{
				"Setting Not Read", "/home/u/.earthscope/config.toml, table [default], line 1, column 10: \"OAuth2\" is no " +
					"EarthScope setting and was ignored. Did you mean \"oauth2\"? Letter case counts here.",
				Source{LinkConfigDefault, homeConfig, "default"},
			}},
		},
		{
			"setting outside of a profile", request(files{configPath: "[oauth2]\nclient_id = \"a\"\n"}),
			[]Warning{{"Setting Not Read", "/home/u/.earthscope/config.toml, line 1, column 2: \"oauth2\" stands outside of a profile and was " +
				"ignored. Write it below [default] or [profile.NAME].", Source{LinkConfigDefault, homeConfig, ""}}},
		},
		{
			"profiles misspelled", request(files{configPath: "[profiles.a]\n"}),
			[]Warning{{"Setting Not Read", "/home/u/.earthscope/config.toml, line 1, column 11: the table \"profiles\" was ignored. Profiles " +
				"stand below [profile.NAME], settings of every profile once, below [default].", Source{LinkConfigDefault, homeConfig, ""}}},
		},
		{
			"defaults twice", request(files{configPath: "[default]\n[defaults]\n"}),
			[]Warning{{"Setting Not Read", "/home/u/.earthscope/config.toml, line 2, column 2: the table \"defaults\" was ignored. Profiles " +
				"stand below [profile.NAME], settings of every profile once, below [default].", Source{LinkConfigDefault, homeConfig, ""}}},
		},
		{
			"key of the bootstrap settings", request(nil, `ES_BOOTSTRAP_SETTINGS={"oauth2": {"refreshToken": "a"}}`),
			[]Warning{{
				"Setting Not Read", "environment variable ES_BOOTSTRAP_SETTINGS, key oauth2.refreshToken: \"refreshToken\" is no EarthScope " +
					"setting and was ignored. Did you mean \"refresh_token\"? Letter case counts here.",
				Source{LinkBootstrap, "ES_BOOTSTRAP_SETTINGS", "oauth2.refreshToken"},
			}},
		},
		{"keys of others", request(files{configPath: "other = 1\n[tool.x]\n[default]\nname = \"a\"\n[default.oauth2]\nnote = \"b\"\n"}), nil},
		{
			"two profiles in one folder", request(files{configPath: "[profile.Default]\n"}),
			[]Warning{{"Two Profiles Share a Folder", "Profiles \"default\" and \"Default\" both keep their tokens in /home/u/.earthscope/default " +
				"and overwrite each other's. Rename one of them.", Source{LinkConfigProfile, homeConfig, ""}}},
		},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			_, got := mustLoad(t, row.request)
			if !slices.Equal(got, row.want) {
				t.Errorf("got  %#v\nwant %#v", got, row.want)
			}
		})
	}
}

func TestLoad_twoProfiles(t *testing.T) {
	t.Parallel()
	const detail = "The profile argument names \"a\" and ES_Profile_Name names \"b\"; the argument counts here. The EarthScope SDK would read " +
		"the tokens of the latter and save them as the former's. Unset ES_Profile_Name."
	f := files{configPath: "[profile.a]\n[profile.b]\n"}
	r := request(f, "ES_Profile_Name=b")
	r.Profile = "a"
	s, got := mustLoad(t, r)
	want := []Warning{{"Two EarthScope Profiles", detail, Source{LinkEnvironment, "ES_Profile_Name", ""}}}
	if s.Profile != "a" || !slices.Equal(got, want) {
		t.Errorf("profile %q, warnings %#v", s.Profile, got)
	}
	for _, environ := range [][]string{{"ES_PROFILE_NAME=a"}, {"ES_PROFILE=b", "ES_PROFILE_NAME=b"}} {
		r := request(f, environ...)
		r.Profile = "a"
		if _, got := mustLoad(t, r); len(got) != 0 {
			t.Errorf("%v: warnings %v", environ, got)
		}
	}
}

// TestLoad_permissions: tokens that others can reach, and only then.
func TestLoad_permissions(t *testing.T) {
	t.Parallel()
	tokens := files{tokensPath: `{"refresh_token": "a"}`}
	secret := files{configPath: "[default.oauth2]\nrefresh_token = \"a\"\n"}
	rows := []struct {
		files  files
		system string
		mode   fs.FileMode
		want   string
	}{
		{tokens, "linux", 0o600, ""},
		{tokens, "linux", 0o400, ""},
		{tokens, "windows", 0o666, ""},
		{tokens, "darwin", 0o640, homeTokens + " has mode 0640, so other users of this machine can reach the tokens. Run: chmod 600 \"" + homeTokens + "\""},
		{tokens, "linux", 0o604, homeTokens + " has mode 0604, so other users of this machine can reach the tokens. Run: chmod 600 \"" + homeTokens + "\""},
		{tokens, "linux", 0o620, homeTokens + " has mode 0620, so other users of this machine can reach the tokens. Run: chmod 600 \"" + homeTokens + "\""},
		{secret, "linux", 0o644, homeConfig + " has mode 0644, so other users of this machine can reach the tokens. Run: chmod 600 \"" + homeConfig + "\""},
		{files{configPath: "[default.oauth2]\nclient_id = \"a\"\n"}, "linux", 0o644, ""},
	}
	for _, row := range rows {
		r := request(row.files)
		r.Home, r.System = testHome, row.system
		r.Stat = func(string) (fs.FileInfo, error) { return fstest.MapFS{"f": {Mode: row.mode}}.Stat("f") }
		_, got := mustLoad(t, r)
		switch {
		case row.want == "" && len(got) != 0:
			t.Errorf("%s, %o: warnings %v", row.system, row.mode, got)
		case row.want != "" && (len(got) != 1 || got[0].Detail != row.want || got[0].Summary != "Token File Open to Others"):
			t.Errorf("%s, %o: warnings %v", row.system, row.mode, got)
		}
	}
}

func TestLoad_tokensOfTheWorkingFolder(t *testing.T) {
	t.Parallel()
	rows := []struct{ variable, path string }{
		{"APP_DIRECTORY=", "sso_tokens.json"},
		{"APP_DIRECTORY=rel", "rel/sso_tokens.json"},
		{"XDG_CONFIG_HOME=", "earthscope-cli/sso_tokens.json"},
	}
	for _, row := range rows {
		s, got := mustLoad(t, request(files{row.path: `{"refresh_token": "a"}`}, row.variable))
		want := []Warning{{
			"Tokens From the Working Folder", "Tokens were read from " + row.path + ", relative to the working folder, because " +
				"APP_DIRECTORY or XDG_CONFIG_HOME is empty or relative. Unset it, or give it an absolute path.",
			Source{LinkLegacyFile, row.path, ""},
		}}
		if s.OAuth2.RefreshToken.Reveal() != "a" || !slices.Equal(got, want) {
			t.Errorf("%s: warnings %#v", row.variable, got)
		}
		if _, got := mustLoad(t, request(nil, row.variable)); len(got) != 0 {
			t.Errorf("%s without the file: %v", row.variable, got)
		}
	}
}

func TestDistance_cases(t *testing.T) {
	t.Parallel()
	rows := []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"", "abc", 3},
		{"abc", "abc", 0},
		{"abc", "abd", 1},
		{"abc", "ab", 1},
		{"ab", "abc", 1},
		{"abcd", "acbd", 1},
		{"kitten", "sitting", 3},
		{"refershtoken", "refreshtoken", 1},
		{"ca", "abc", 3},
	}
	for _, row := range rows {
		if got := distance(row.a, row.b); got != row.want {
			t.Errorf("distance(%q, %q) = %d, want %d", row.a, row.b, got, row.want)
		}
		if got := distance(row.b, row.a); got != row.want {
			t.Errorf("distance(%q, %q) = %d, want %d", row.b, row.a, got, row.want)
		}
	}
}
