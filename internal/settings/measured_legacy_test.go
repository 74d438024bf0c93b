package settings

import "testing"

// TestLegacyFile_measured: which sso_tokens.json counts, and where it lies.
func TestLegacyFile_measured(t *testing.T) {
	t.Parallel()
	checkMeasured(t, []measuredRow{
		{files: files{legacyPath: `{"access_token":"a","refresh_token":"r","id_token":"i"}`}, want: map[string]string{"oauth2.access_token": "a", "oauth2.refresh_token": "r"}},
		{files: files{legacyPath: `{"refresh_token":5}`}, stops: true},
		{files: files{legacyPath: "[]"}, stops: true},
		{files: files{legacyPath: "null"}, stops: true},
		{files: files{legacyPath: "5"}, stops: true},
		{files: files{legacyPath: `"x"`}, stops: true},
		{files: files{legacyPath: ""}, want: nil},
		{files: files{legacyPath: "{bad"}, want: nil},
		{files: files{legacyPath: "\ufeff{}"}, want: nil},
		{files: files{legacyPath: `{"refresh_token":null}`}, want: nil},
		{files: files{legacyPath: `{"refresh_token":""}`}, want: map[string]string{"oauth2.refresh_token": ""}},
		{files: files{legacyPath: "{\"refresh_token\":\"\xff\"}"}, stops: true},
		{files: files{legacyPath: `{"refresh_token":{"a":1}}`}, stops: true},
		{files: files{legacyPath: `{"refresh_token":"r","x":NaN}`}, want: map[string]string{"oauth2.refresh_token": "r"}},
		{env: []string{"APP_DIRECTORY=" + testHome + "/x"}, files: files{"x/sso_tokens.json": `{"refresh_token":"r"}`}, want: map[string]string{"oauth2.refresh_token": "r"}},
		{env: []string{"APP_DIRECTORY="}, files: files{"sso_tokens.json": `{"refresh_token":"r"}`}, want: map[string]string{"oauth2.refresh_token": "r"}},
		{env: []string{"XDG_CONFIG_HOME="}, files: files{"earthscope-cli/sso_tokens.json": `{"refresh_token":"r"}`}, want: map[string]string{"oauth2.refresh_token": "r"}},
		{env: []string{"XDG_CONFIG_HOME=" + testHome + "/x"}, files: files{"x/earthscope-cli/sso_tokens.json": `{"refresh_token":"r"}`}, want: map[string]string{"oauth2.refresh_token": "r"}},
	})
}
