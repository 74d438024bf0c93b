package settings

import (
	"errors"
	"io/fs"
	"syscall"
	"testing"
)

const (
	homeConfig = testHome + "/" + configPath
	homeTokens = testHome + "/" + tokensPath
	homeLegacy = testHome + "/" + legacyPath
)

// TestLoad_errors: every kind of error in full: what, where, why, what to do.
func TestLoad_errors(t *testing.T) {
	t.Parallel()
	rows := []struct {
		name    string
		request Request
		want    Error
	}{
		{
			"nested variable", request(nil, "ES_oauth2__retry__attempts=many"),
			Error{
				Setting: "oauth2.retry.attempts", Source: Source{LinkEnvironment, "ES_oauth2__retry__attempts", ""},
				Summary: "Invalid EarthScope Setting", Err: ErrInvalid,
				Detail: "oauth2.retry.attempts, set by environment variable ES_oauth2__retry__attempts, is a string, not an integer. " +
					"Write a whole number.",
			},
		},
		{
			"out of range", request(nil, "ES_HTTP__RATE_LIMIT__MAX_PER_SECOND=201"),
			Error{
				Setting: "http.rate_limit.max_per_second", Source: Source{LinkEnvironment, "ES_HTTP__RATE_LIMIT__MAX_PER_SECOND", ""},
				Summary: "Invalid EarthScope Setting", Err: ErrInvalid,
				Detail: "http.rate_limit.max_per_second, set by environment variable ES_HTTP__RATE_LIMIT__MAX_PER_SECOND, " +
					"must be at most 200. Write a number.",
			},
		},
		{
			"list that is no JSON", request(nil, "ES_OAUTH2__ALLOWED_HOSTS=a.example"),
			Error{
				Setting: "oauth2.allowed_hosts", Source: Source{LinkEnvironment, "ES_OAUTH2__ALLOWED_HOSTS", ""},
				Summary: "Malformed EarthScope Setting", Err: ErrMalformed,
				Detail: "oauth2.allowed_hosts, set by environment variable ES_OAUTH2__ALLOWED_HOSTS, must be JSON, but is not " +
					`(line 1, column 1: no JSON value here). Write a list, in an environment variable as JSON: ["one","two"].`,
			},
		},
		{
			"table that is no JSON", request(nil, `ES_OAUTH2={"refresh_token": "a}`),
			Error{
				Setting: "oauth2", Source: Source{LinkEnvironmentJSON, "ES_OAUTH2", ""},
				Summary: "Malformed EarthScope Setting", Err: ErrMalformed,
				Detail: "oauth2, set by environment variable ES_OAUTH2, must be JSON, but is not " +
					`(line 1, column 22: a string is not closed). Write a JSON object: {"name":"value"}.`,
			},
		},
		{
			"wrong type inside of JSON", request(nil, `ES_OAUTH2={"refresh_token": 5}`),
			Error{
				Setting: "oauth2.refresh_token", Source: Source{LinkEnvironmentJSON, "ES_OAUTH2", "refresh_token"},
				Summary: "Invalid EarthScope Setting", Err: ErrInvalid,
				Detail: "oauth2.refresh_token, set by environment variable ES_OAUTH2, key refresh_token, is an integer, not a string. " +
					"Write a string.",
			},
		},
		{
			"null for a setting that needs a value", request(nil, `ES_OAUTH2={"client_id": null}`),
			Error{
				Setting: "oauth2.client_id", Source: Source{LinkEnvironmentJSON, "ES_OAUTH2", "client_id"},
				Summary: "Invalid EarthScope Setting", Err: ErrInvalid,
				Detail: "oauth2.client_id, set by environment variable ES_OAUTH2, key client_id, is null, which only optional settings " +
					"can be. Write a string.",
			},
		},
		{
			"something else for a table", request(nil, "ES_HTTP=[]"),
			Error{
				Setting: "http", Source: Source{LinkEnvironmentJSON, "ES_HTTP", ""},
				Summary: "Invalid EarthScope Setting", Err: ErrInvalid,
				Detail: "http, set by environment variable ES_HTTP, is a list, not a table of settings. " +
					"Write its settings one by one, or remove it.",
			},
		},
		{
			"element of a list", request(nil, `ES_OAUTH2={"allowed_hosts": ["a", 5]}`),
			Error{
				Setting: "oauth2.allowed_hosts", Source: Source{LinkEnvironmentJSON, "ES_OAUTH2", "allowed_hosts"},
				Summary: "Invalid EarthScope Setting", Err: ErrInvalid,
				Detail: "oauth2.allowed_hosts, set by environment variable ES_OAUTH2, key allowed_hosts, has an element (number 2) " +
					`that is an integer, not a string. Write a list, in an environment variable as JSON: ["one","two"].`,
			},
		},
		{
			"header", request(files{configPath: "[default.http]\nextra_headers = {\"X-A\" = 5}\n"}),
			Error{
				Setting: "http.extra_headers", Source: Source{LinkConfigDefault, homeConfig, "default"}, Line: 2, Column: 1,
				Summary: "Invalid EarthScope Setting", Err: ErrInvalid,
				Detail: "http.extra_headers, set by /home/u/.earthscope/config.toml, table [default], line 2, column 1, has an entry " +
					`("X-A") that is an integer, not a string. Write a table of strings, in an environment variable as JSON: {"X-Name":"text"}.`,
			},
		},
		{
			"wrong type in config.toml", request(files{configPath: "# note\n[profile.stage.http]\n\n  timeout_read = \"soon\"\n"}),
			Error{
				Setting: "http.timeout_read", Source: Source{LinkConfigProfile, homeConfig, "profile.stage"}, Line: 4, Column: 3,
				Summary: "Invalid EarthScope Setting", Err: ErrInvalid,
				Detail: "http.timeout_read, set by /home/u/.earthscope/config.toml, table [profile.stage], line 4, column 3, is no " +
					`duration. Write seconds (30), ISO 8601 ("PT30S") or "HH:MM:SS".`,
			},
		},
		{
			"table in config.toml", request(files{configPath: "[defaults]\noauth2.retry = 5\n"}),
			Error{
				Setting: "oauth2.retry", Source: Source{LinkConfigDefault, homeConfig, "defaults"}, Line: 2, Column: 8,
				Summary: "Invalid EarthScope Setting", Err: ErrInvalid,
				Detail: "oauth2.retry, set by /home/u/.earthscope/config.toml, table [defaults], line 2, column 8, is an integer, " +
					"not a table of settings. Write its settings one by one, or remove it.",
			},
		},
		{
			"empty profile", request(files{configPath: "[profile.stage]\n"}, "ES_PROFILE="),
			Error{
				Setting: "profile", Source: Source{LinkEnvironment, "ES_PROFILE", ""},
				Summary: "Empty EarthScope Profile", Err: ErrProfileNotFound,
				Detail: "The profile's name, set by environment variable ES_PROFILE, is empty. The EarthScope SDK and CLI stop at that too. " +
					"Unset it to use the profile \"default\", or name a profile.",
			},
		},
		{
			"profile that is no table", request(files{configPath: "[profile]\n\"a b\" = 5\n"}),
			Error{
				Setting: `profile."a b"`, Source: Source{LinkConfigProfile, homeConfig, `profile."a b"`}, Line: 2, Column: 1,
				Summary: "Invalid EarthScope Setting", Err: ErrInvalid,
				Detail: `profile."a b", set by /home/u/.earthscope/config.toml, table [profile."a b"], line 2, column 1, is an integer, ` +
					"not a table of settings. Write its settings one by one, or remove it.",
			},
		},
		{
			"profiles that are no table", request(files{configPath: "\nProfile = 5\n"}),
			Error{
				Setting: "Profile", Source: Source{LinkConfigProfile, homeConfig, ""}, Line: 2, Column: 1,
				Summary: "Invalid EarthScope Setting", Err: ErrInvalid,
				Detail: "Profile, set by /home/u/.earthscope/config.toml, line 2, column 1, is an integer, not a table of settings. " +
					"Write its settings one by one, or remove it.",
			},
		},
		{
			"byte order mark", request(files{configPath: "\ufeff[default]\n"}),
			Error{
				Source: Source{LinkConfigDefault, homeConfig, ""}, Line: 1, Column: 1, Summary: "Malformed config.toml", Err: ErrMalformed,
				Detail: "/home/u/.earthscope/config.toml, line 1, column 1 is not valid TOML: it begins with a byte order mark; " +
					"save it without one. Correct it there; the EarthScope SDK and CLI read this file too.",
			},
		},
		{
			"malformed TOML", request(files{configPath: "[default]\noauth2.client_id = \"a\n"}),
			Error{
				Source: Source{LinkConfigDefault, homeConfig, ""}, Line: 2, Column: 22, Summary: "Malformed config.toml", Err: ErrMalformed,
				Detail: "/home/u/.earthscope/config.toml, line 2, column 22 is not valid TOML: basic strings cannot have new lines. " +
					"Correct it there; the EarthScope SDK and CLI read this file too.",
			},
		},
		{
			"key twice", request(files{configPath: "[default]\noauth2.client_id = \"a\"\noauth2.client_id = \"b\"\n"}),
			Error{
				Source: Source{LinkConfigDefault, homeConfig, ""}, Line: 3, Column: 1, Summary: "Malformed config.toml", Err: ErrMalformed,
				Detail: "/home/u/.earthscope/config.toml, line 3, column 1 is not valid TOML: key is already defined. " +
					"Correct it there; the EarthScope SDK and CLI read this file too.",
			},
		},
		{
			"base URL without the final slash", request(nil, "ES_OAUTH2__DOMAIN=https://h/auth"),
			Error{
				Setting: "oauth2.domain", Source: Source{LinkEnvironment, "ES_OAUTH2__DOMAIN", ""},
				Summary: "Invalid EarthScope Setting", Err: ErrInvalid,
				Detail: "oauth2.domain, set by environment variable ES_OAUTH2__DOMAIN, has a path without a final slash, but endpoints " +
					`are appended to it as text. Write it like "https://login.earthscope.org/".`,
			},
		},
		{
			"bootstrap settings of another type", request(nil, "ES_BOOTSTRAP_SETTINGS=[]"),
			Error{
				Source: Source{LinkBootstrap, "ES_BOOTSTRAP_SETTINGS", ""}, Summary: "Invalid ES_BOOTSTRAP_SETTINGS", Err: ErrInvalid,
				Detail: `ES_BOOTSTRAP_SETTINGS is a list, not an object. Write one JSON object, {"oauth2":{"refresh_token":"..."}}, or unset it.`,
			},
		},
		{
			"legacy file of another type", request(files{legacyPath: "[]"}),
			Error{
				Source: Source{LinkLegacyFile, homeLegacy, ""}, Line: 1, Column: 1, Summary: "Malformed sso_tokens.json", Err: ErrMalformed,
				Detail: "/home/u/.config/earthscope-cli/sso_tokens.json holds a list, not an object. " +
					"It belongs to earthscope-cli 0.x; remove it, the EarthScope SDK and CLI stop at it too.",
			},
		},
		{
			"legacy file that is not UTF-8", request(files{legacyPath: "{\n \"x\": \"\xff\"}"}),
			Error{
				Source: Source{LinkLegacyFile, homeLegacy, ""}, Line: 2, Column: 8, Summary: "Malformed sso_tokens.json", Err: ErrMalformed,
				Detail: "/home/u/.config/earthscope-cli/sso_tokens.json, line 2, column 8 is not UTF-8 text. " +
					"It belongs to earthscope-cli 0.x; remove it, the EarthScope SDK and CLI stop at it too.",
			},
		},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s, _, err := Load(row.request)
			var got *Error
			if !errors.As(err, &got) || s != nil {
				t.Fatalf("settings %v, error %v", s, err)
			}
			if *got != row.want {
				t.Errorf("got  %#v\nwant %#v", *got, row.want)
			}
			if !errors.Is(err, row.want.Err) || err.Error() != row.want.Summary+": "+row.want.Detail {
				t.Errorf("error %q", err)
			}
		})
	}
}

// TestLoad_unreadable: a file that exists and cannot be read stops, whichever
// it is; only config.toml may be something else than a file.
func TestLoad_unreadable(t *testing.T) {
	t.Parallel()
	rows := []struct {
		path  string
		cause error
		want  string // Detail; empty if loading goes on
	}{
		{homeConfig, syscall.EACCES, "/home/u/.earthscope/config.toml exists but cannot be read: permission denied. Make it readable " +
			"for this user or remove it; the EarthScope SDK and CLI stop at it too."},
		{homeConfig, syscall.EISDIR, ""},
		{homeConfig, syscall.ENOTDIR, ""},
		{homeConfig, syscall.ELOOP, ""},
		{homeTokens, syscall.EACCES, "/home/u/.earthscope/default/tokens.json exists but cannot be read: permission denied. Make it " +
			"readable for this user or remove it; the EarthScope SDK and CLI stop at it too."},
		{homeTokens, syscall.EISDIR, "/home/u/.earthscope/default/tokens.json exists but cannot be read: is a directory. Make it " +
			"readable for this user or remove it; the EarthScope SDK and CLI stop at it too."},
		{homeTokens, syscall.ENOTDIR, "/home/u/.earthscope/default/tokens.json exists but cannot be read: not a directory. Make it " +
			"readable for this user or remove it; the EarthScope SDK and CLI stop at it too."},
		{homeLegacy, syscall.EACCES, "/home/u/.config/earthscope-cli/sso_tokens.json exists but cannot be read: permission denied. " +
			"Make it readable for this user or remove it; the EarthScope SDK and CLI stop at it too."},
		{homeLegacy, syscall.EISDIR, "/home/u/.config/earthscope-cli/sso_tokens.json exists but cannot be read: is a directory. " +
			"Make it readable for this user or remove it; the EarthScope SDK and CLI stop at it too."},
	}
	for _, row := range rows {
		r := request(nil)
		read := r.ReadFile
		r.ReadFile = func(path string) ([]byte, error) {
			if path == row.path {
				return nil, &fs.PathError{Op: "open", Path: path, Err: row.cause}
			}
			return read(path)
		}
		_, _, err := Load(r)
		if row.want == "" {
			if err != nil {
				t.Errorf("%s, %v: %v", row.path, row.cause, err)
			}
			continue
		}
		var e *Error
		if !errors.As(err, &e) || !errors.Is(err, row.cause) {
			t.Errorf("%s, %v: error %v", row.path, row.cause, err)
			continue
		}
		if e.Summary != "Unreadable EarthScope File" || e.Detail != row.want || e.Source.Name != row.path {
			t.Errorf("%s, %v: %#v", row.path, row.cause, e)
		}
	}
}

func TestReasonOf_otherErrors(t *testing.T) {
	t.Parallel()
	if got := reasonOf(errors.New("out of order")); got != "out of order" {
		t.Errorf("got %q", got)
	}
}
