package bootstrap

import (
	"strings"
	"testing"
)

// tomlLayout is a way to write a config.toml, before and after two settings of profile "lab" went in. MARK, TOKEN and MAX
// stand for the mark and the two settings' whole lines.
type tomlLayout struct{ before, after string }

const (
	tokenLine = `oauth2.refresh_token = "` + token + `"`
	maxLine   = "http.rate_limit.max_concurrent = 5"
)

func layoutSettings() []Setting {
	return []Setting{tokenSettings()[0], {Key: "http.rate_limit.max_concurrent", Value: int64(5)}}
}

func expandLayout(text string) string {
	return strings.NewReplacer("MARK", Mark, "TOKEN", tokenLine, "MAX", maxLine, "SECRET", `"`+token+`"`).Replace(text)
}

// tomlLayouts are the layouts that can be edited. Each is also read by Python's parser, which is the SDK's.
func tomlLayouts() map[string]tomlLayout {
	section := "MARK\n[profile.lab]\nTOKEN\nMAX\n"
	return map[string]tomlLayout{
		"empty":                         {"", section},
		"a blank line":                  {"\n", "\n" + section},
		"a CRLF alone":                  {"\r\n", "\r\nMARK\r\n[profile.lab]\r\nTOKEN\r\nMAX\r\n"},
		"blank lines":                   {"\n\n\n", "\n\n\n" + section},
		"a blank":                       {" ", " \n" + strings.TrimSuffix(section, "\n")},
		"a tab":                         {"\t\n", "\t\n" + section},
		"a comment":                     {"# c\n", "# c\n" + section},
		"a comment, no final newline":   {"# c", "# c\n" + strings.TrimSuffix(section, "\n")},
		"a key, no final newline":       {"x = 1", "x = 1\n" + strings.TrimSuffix(section, "\n")},
		"CRLF":                          {"x = 1\r\n", "x = 1\r\nMARK\r\n[profile.lab]\r\nTOKEN\r\nMAX\r\n"},
		"LF first, CRLF last":           {"x = 1\ny = 2\r\n", "x = 1\ny = 2\r\n" + section},
		"CRLF first, LF last":           {"x = 1\r\ny = 2\n", "x = 1\r\ny = 2\nMARK\r\n[profile.lab]\r\nTOKEN\r\nMAX\r\n"},
		"CRLF, no final newline":        {"x = 1\r\ny = 2", "x = 1\r\ny = 2\r\nMARK\r\n[profile.lab]\r\nTOKEN\r\nMAX"},
		"default":                       {"[default]\noauth2.scope = 'a'\n", "[default]\noauth2.scope = 'a'\n" + section},
		"defaults":                      {"[Defaults]\n", "[Defaults]\n" + section},
		"another case":                  {"[DEFAULT]\n[Profile.lab]\n", "[DEFAULT]\n[Profile.lab]\nMARK\nTOKEN\nMAX\n"},
		"the long name":                 {"[profile_settings_by_name.lab]\nx = 1\n", "[profile_settings_by_name.lab]\nx = 1\nMARK\nTOKEN\nMAX\n"},
		"the long name, dotted":         {"[PROFILE_SETTINGS_BY_NAME]\nlab.x = 1\n", "[PROFILE_SETTINGS_BY_NAME]\nlab.x = 1\nMARK\nlab.TOKEN\nlab.MAX\n"},
		"the long name, another":        {"[Profile_Settings_By_Name.b]\n", "[Profile_Settings_By_Name.b]\nMARK\n[Profile_Settings_By_Name.lab]\nTOKEN\nMAX\n"},
		"a header alone":                {"[profile.lab]", "[profile.lab]\nMARK\nTOKEN\nMAX"},
		"a header with a comment":       {"[profile.lab] # c\n", "[profile.lab] # c\nMARK\nTOKEN\nMAX\n"},
		"a header with blanks":          {"[ profile . lab ]\n", "[ profile . lab ]\nMARK\nTOKEN\nMAX\n"},
		"an indented header":            {"  [profile.lab]\n", "  [profile.lab]\n  MARK\n  TOKEN\n  MAX\n"},
		"quoted":                        {"[\"profile\".\"lab\"]\n", "[\"profile\".\"lab\"]\nMARK\nTOKEN\nMAX\n"},
		"literal":                       {"[profile.'lab']\nx = 1 # c\n# d\n\n# e\n", "[profile.'lab']\nx = 1 # c\nMARK\nTOKEN\nMAX\n# d\n\n# e\n"},
		"escaped":                       {"[profile.\"l\\u0061b\"]\n", "[profile.\"l\\u0061b\"]\nMARK\nTOKEN\nMAX\n"},
		"space below":                   {"[profile.lab]\n\n\n[profile.b]\n", "[profile.lab]\nMARK\nTOKEN\nMAX\n\n\n[profile.b]\n"},
		"space at the end":              {"[profile.lab]\n\n\n", "[profile.lab]\nMARK\nTOKEN\nMAX\n\n\n"},
		"a long text":                   {"[profile.lab]\nx = \"\"\"\na\n[profile.b]\n\"\"\"\n", "[profile.lab]\nx = \"\"\"\na\n[profile.b]\n\"\"\"\nMARK\nTOKEN\nMAX\n"},
		"a long literal":                {"[profile.lab]\nx = '''\na'''\n", "[profile.lab]\nx = '''\na'''\nMARK\nTOKEN\nMAX\n"},
		"a long list":                   {"[profile.lab]\nx = [\n  1, # c\n  2,\n]\n", "[profile.lab]\nx = [\n  1, # c\n  2,\n]\nMARK\nTOKEN\nMAX\n"},
		"a mark in a text":              {"x = \"\"\"\n# earthscope_remote_host\n\"\"\"\n", "x = \"\"\"\n# earthscope_remote_host\n\"\"\"\n" + section},
		"a deeper table":                {"[profile.lab.oauth2]\n", "[profile.lab.oauth2]\nMARK\nrefresh_token = SECRET\nMARK\n[profile.lab]\nMAX\n"},
		"two deeper tables":             {"[profile.lab.oauth2]\nscope = 'a'\n[profile.lab.http]\nx = 1\n", "[profile.lab.oauth2]\nscope = 'a'\nMARK\nrefresh_token = SECRET\n[profile.lab.http]\nx = 1\nMARK\nrate_limit.max_concurrent = 5\n"},
		"a deeper table first":          {"[profile.lab.oauth2]\n[profile.lab]\n", "[profile.lab.oauth2]\nMARK\nrefresh_token = SECRET\n[profile.lab]\nMARK\nMAX\n"},
		"a super-table defined later":   {"[profile.lab.oauth2.retry]\nattempts = 1\n[profile.lab]\nx = 1\n", "[profile.lab.oauth2.retry]\nattempts = 1\n[profile.lab]\nx = 1\nMARK\nMAX\nMARK\n[profile.lab.oauth2]\nrefresh_token = SECRET\n"},
		"super-tables all the way":      {"[profile.lab.oauth2.retry]\n[profile.lab.oauth2]\n", "[profile.lab.oauth2.retry]\n[profile.lab.oauth2]\nMARK\nrefresh_token = SECRET\nMARK\n[profile.lab]\nMAX\n"},
		"a far super-table":             {"[a.b]\n[a]\n[profile.lab.x.y.z]\n", "[a.b]\n[a]\n[profile.lab.x.y.z]\n" + section},
		"dotted below profile":          {"[profile]\nlab.x = 1\n", "[profile]\nlab.x = 1\nMARK\nlab.TOKEN\nlab.MAX\n"},
		"profile alone":                 {"[profile]\n", "[profile]\n" + section},
		"inline":                        {"[profile]\nlab = {}\n", "[profile]\nlab = {TOKEN, MAX}\n"},
		"inline with a blank":           {"[profile]\nlab = { }\n", "[profile]\nlab = {TOKEN, MAX }\n"},
		"inline with a key":             {"[profile]\nlab = { x = 1 } # c\n", "[profile]\nlab = { x = 1, TOKEN, MAX } # c\n"},
		"inline in inline":              {"[profile]\nlab = { oauth2 = { scope = 'a' } , x = 1 }\n", "[profile]\nlab = { oauth2 = { scope = 'a', refresh_token = SECRET } , x = 1, MAX }\n"},
		"inline at the root":            {"profile.lab = {}\n", "profile.lab = {TOKEN, MAX}\n"},
		"inline, all profiles":          {"profile = {}\n", "profile = {lab.TOKEN, lab.MAX}\n"},
		"inline, another profile":       {"profile = { b = {} }\n", "profile = { b = {}, lab.TOKEN, lab.MAX }\n"},
		"inline, the profile":           {"profile = { b = {x = 1}, lab = {} }\n", "profile = { b = {x = 1}, lab = {TOKEN, MAX} }\n"},
		"inline below a header":         {"[profile.lab]\nhttp.rate_limit = { max_per_second = 1.5 }\n", "[profile.lab]\nhttp.rate_limit = { max_per_second = 1.5, max_concurrent = 5 }\nMARK\nTOKEN\n"},
		"dotted at the root":            {"profile.lab.x = 1\n", "profile.lab.x = 1\nMARK\nprofile.lab.TOKEN\nprofile.lab.MAX\n"},
		"dotted at the root, more":      {"profile.lab.x = 1\nz = 1\n[default]\n", "profile.lab.x = 1\nMARK\nprofile.lab.TOKEN\nprofile.lab.MAX\nz = 1\n[default]\n"},
		"another profile, dotted":       {"profile.b.x = 1\n", "profile.b.x = 1\n" + section},
		"a lookalike":                   {"lab.x = 1\n", "lab.x = 1\n" + section},
		"arrays of tables":              {"[[a]]\n[a.b]\n[[a]]\n", "[[a]]\n[a.b]\n[[a]]\n" + section},
		"an array in the profile":       {"[[profile.lab.x]]\ny = 1\n[profile.lab.x.z]\n", "[[profile.lab.x]]\ny = 1\n[profile.lab.x.z]\n" + section},
		"a deeper table, dotted":        {"[profile.lab.http]\nretry.attempts = 1\n", "[profile.lab.http]\nretry.attempts = 1\nMARK\nrate_limit.max_concurrent = 5\nMARK\n[profile.lab]\nTOKEN\n"},
		"indented with tabs":            {"[profile.lab]\n\thttp.retry.attempts = 1\n\t\toauth2.scope = 'a'\n", "[profile.lab]\n\thttp.retry.attempts = 1\n\tMARK\n\tMAX\n\t\toauth2.scope = 'a'\n\t\tMARK\n\t\tTOKEN\n"},
		"dotted siblings apart":         {"[profile.lab]\noauth2.scope = 'a'\nz = 1\n", "[profile.lab]\noauth2.scope = 'a'\nMARK\nTOKEN\nz = 1\nMARK\nMAX\n"},
		"CRLF in a section":             {"[profile.lab]\r\noauth2.scope = 'a'\r\n\r\n[profile.b]\r\n", "[profile.lab]\r\noauth2.scope = 'a'\r\nMARK\r\nTOKEN\r\nMAX\r\n\r\n[profile.b]\r\n"},
		"special numbers and dates":     {"a = nan\nb = -inf\nc = 0xff\nd = 1979-05-27T07:32:00Z\ne = 07:32:00\n", "a = nan\nb = -inf\nc = 0xff\nd = 1979-05-27T07:32:00Z\ne = 07:32:00\n" + section},
		"other settings of the profile": {"[profile.lab]\nhttp.rate_limit.max_per_second = 1\n", "[profile.lab]\nhttp.rate_limit.max_per_second = 1\nMARK\nTOKEN\nMAX\n"},
	}
}

func TestTOMLEdit_everyLayout(t *testing.T) {
	t.Parallel()
	for name, layout := range tomlLayouts() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkLife(t, lab, []byte(layout.before), layoutSettings(), expandLayout(layout.after))
		})
	}
}

// Two profiles in one file, made in either order, go in either order.
func TestTOML_twoProfilesInEveryLayout(t *testing.T) {
	t.Parallel()
	for name, layout := range tomlLayouts() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, other := range []string{"b", "my lab", "a.b", `q"uo'te`, "é\u00a0ñ", "-", "0", "# x", "]"} {
				if !twoRecords(t, lab, TOML{Profile: other}, []byte(layout.before), layoutSettings(), tokenSettings()) ||
					!twoRecords(t, TOML{Profile: other}, lab, []byte(layout.before), tokenSettings(), layoutSettings()) {
					t.Errorf("%q does not fit in", other)
				}
			}
		})
	}
}

// A profile's name can be anything that a user may call it.
func TestTOMLEdit_profileNames(t *testing.T) {
	t.Parallel()
	for profile, key := range map[string]string{
		"default": "default", "a-b_9": "a-b_9", "my lab": `"my lab"`, "a.b": `"a.b"`, `q"uo'te`: `"q\"uo'te"`, `back\slash`: `"back\\slash"`,
		"é": `"é"`, "tab\t": `"tab\t"`, "line\nbreak": `"line\nbreak"`, "": `""`, "#": `"#"`, "]": `"]"`, "\U0001F30D": "\"\U0001F30D\"", "del\x7f": `"del\u007F"`,
	} {
		editor := TOML{Profile: profile}
		checkLife(t, editor, []byte("x = 1\n"), tokenSettings(), "x = 1\n"+Mark+"\n[profile."+key+"]\n"+tokenLine+"\n")
		checkLife(t, editor, []byte("[profile]\n"+key+" = { x = 1 }\n"), tokenSettings(), "[profile]\n"+key+" = { x = 1, "+tokenLine+" }\n")
	}
}
