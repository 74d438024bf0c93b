package interop_test

import (
	"testing"
)

// TestSettings_spellings compares single situations: every spelling, both
// orders of every rule of precedence, and what stops the SDK.
func TestSettings_spellings(t *testing.T) {
	t.Parallel()
	python := startSDK(t)
	for _, group := range []map[string]situation{
		environmentCases(), jsonCases(), valueCases(), configCases(), fileCases(), bootstrapCases(), profileCases(),
	} {
		for title, s := range group {
			t.Run(title, func(t *testing.T) { compare(t, python, s) })
		}
	}
}

func environmentCases() map[string]situation {
	return map[string]situation{
		"nothing at all":               {},
		"lower case":                   {env: []string{"es_oauth2__refresh_token=a"}},
		"mixed case":                   {env: []string{"Es_OAuth2__Refresh_Token=a"}},
		"two cases, lower last":        {env: []string{"ES_OAUTH2__REFRESH_TOKEN=a", "es_oauth2__refresh_token=b"}},
		"two cases, upper last":        {env: []string{"es_oauth2__refresh_token=b", "ES_OAUTH2__REFRESH_TOKEN=a"}},
		"single underscores":           {env: []string{"ES_OAUTH2_REFRESH_TOKEN=a", "ES_REFRESH_TOKEN=b"}},
		"no prefix":                    {env: []string{"OAUTH2__REFRESH_TOKEN=a"}},
		"unknown setting":              {env: []string{"ES_OAUTH2__NONSENSE=a", "ES_NONSENSE=b"}},
		"three levels":                 {env: []string{"ES_OAUTH2__RETRY__ATTEMPTS=7", "ES_HTTP__RETRY__TIMEOUT=9"}},
		"too deep":                     {env: []string{"ES_OAUTH2__REFRESH_TOKEN__X=a"}},
		"trailing separator":           {env: []string{"ES_OAUTH2__=a"}},
		"empty token":                  {env: []string{"ES_OAUTH2__REFRESH_TOKEN="}},
		"empty token hides the file":   {env: []string{"ES_OAUTH2__REFRESH_TOKEN="}, files: map[string]string{tokensFile: `{"refresh_token":"f"}`}},
		"white space is kept":          {env: []string{"ES_OAUTH2__REFRESH_TOKEN=  a \t"}},
		"every secret":                 {env: []string{"ES_OAUTH2__ACCESS_TOKEN=a", "ES_OAUTH2__ID_TOKEN=i", "ES_OAUTH2__CLIENT_SECRET=c"}},
		"top level":                    {env: []string{"ES_THREAD_POOL_MAX_WORKERS=4"}},
		"client id":                    {env: []string{"ES_OAUTH2__CLIENT_ID=x", "ES_OAUTH2__AUDIENCE="}},
		"scope is a plain string":      {env: []string{"ES_OAUTH2__SCOPE=openid email"}},
		"scope that looks like a list": {env: []string{`ES_OAUTH2__SCOPE=["openid","email"]`}},
		"header by name":               {env: []string{"ES_HTTP__EXTRA_HEADERS__X-Name=v"}},
		"query plan":                   {env: []string{"ES_QUERY_PLAN__MEMORY_LIMIT_BYTES=1", "ES_QUERY_PLAN__TIMEOUT_SECONDS=0.5"}},
		"dropoff":                      {env: []string{"ES_DROPOFF__CATEGORY=miniseed", "ES_DROPOFF__RETRY__ATTEMPTS=0"}},
		"unknown category":             {env: []string{"ES_DROPOFF__CATEGORY=dogs"}},
		"dotenv is not read":           {files: map[string]string{".env": "ES_OAUTH2__REFRESH_TOKEN=a\n"}},
		"profile in the environment":   {env: []string{"ES_PROFILE=p"}, files: config("[profile.p.oauth2]\nscope='p'\n")},
	}
}

func jsonCases() map[string]situation {
	return map[string]situation{
		"json table":                {env: []string{`ES_OAUTH2={"refresh_token":"a","scope":["x","y"]}`}},
		"json keys in any case":     {env: []string{`ES_OAUTH2={"Refresh_Token":"a","RETRY":{"Attempts":2}}`}},
		"json key twice":            {env: []string{`ES_OAUTH2={"refresh_token":"a","refresh_token":"b"}`}},
		"json key in two cases":     {env: []string{`ES_OAUTH2={"refresh_token":"a","REFRESH_TOKEN":"b"}`}},
		"json variable lower case":  {env: []string{`es_oauth2={"refresh_token":"a"}`}},
		"nested over json":          {env: []string{"ES_OAUTH2__REFRESH_TOKEN=n", `ES_OAUTH2={"refresh_token":"j"}`}},
		"nested over json, reverse": {env: []string{`ES_OAUTH2={"refresh_token":"j"}`, "ES_OAUTH2__REFRESH_TOKEN=n"}},
		"inner json table":          {env: []string{`ES_OAUTH2__RETRY={"attempts":2}`, `ES_OAUTH2={"retry":{"attempts":4,"timeout":8}}`}},
		"json null token":           {env: []string{`ES_OAUTH2={"refresh_token":null}`}, files: map[string]string{tokensFile: `{"refresh_token":"f"}`}},
		"json null table":           {env: []string{`ES_OAUTH2=null`}, files: config("[default.oauth2]\nscope='c'\n")},
		"json null domain":          {env: []string{`ES_OAUTH2={"domain":null}`}},
		"json empty variable":       {env: []string{`ES_OAUTH2=`}},
		"json malformed":            {env: []string{`ES_OAUTH2={"refresh_token":`}},
		"json list for a table":     {env: []string{`ES_OAUTH2=["a"]`}},
		"json number for a token":   {env: []string{`ES_OAUTH2={"refresh_token":5}`}},
		"json NaN":                  {env: []string{`ES_HTTP={"rate_limit":{"max_per_second":NaN}}`}},
		"json single quotes":        {env: []string{`ES_OAUTH2={'refresh_token':'a'}`}},
		"json unicode":              {env: []string{`ES_OAUTH2={"client_id":"\u00e9\ud83c\udf0b"}`}},
		"json big table":            {env: []string{`ES_HTTP={"timeout_read":"PT1M","retry":{"status_codes":[500,500,404]},"extra_headers":{"A":"b"}}`}},
		"sets need json":            {env: []string{`ES_OAUTH2__ALLOWED_HOSTS=["a","b","a"]`, `ES_HTTP__RETRY__STATUS_CODES=[500]`}},
		"plain text for a set":      {env: []string{`ES_OAUTH2__ALLOWED_HOSTS=a.example.org`}},
		"numbers for hosts":         {env: []string{`ES_OAUTH2__ALLOWED_HOSTS=[1]`}},
		"strings for statuses":      {env: []string{`ES_HTTP__RETRY__STATUS_CODES=["500"]`}},
	}
}

func valueCases() map[string]situation {
	cases := map[string]situation{}
	for _, text := range []string{
		"30", "0", "1.5", "-3", "1e2", " 7 ", "PT30S", "PT1M30.5S", "P1DT1H", "00:00:30", "01:02:03.5", "1 day, 00:00:10",
		"3d", "", "abc", "-PT5S", "P1W",
	} {
		cases["duration "+text] = situation{env: []string{"ES_HTTP__TIMEOUT_READ=" + text}}
	}
	for _, text := range []string{"5", "0", "-1", "5.0", "5.5", "1_000", "+4", " 6 ", "five", "", "true", "0x10"} {
		cases["integer "+text] = situation{env: []string{"ES_OAUTH2__RETRY__ATTEMPTS=" + text}}
	}
	for _, text := range []string{"2", "0", "0.5", "-1", "1e1", ".5", "inf", "x"} {
		cases["number "+text] = situation{env: []string{"ES_OAUTH2__RETRY__WAIT_EXP_BASE=" + text}}
	}
	for _, text := range []string{"1", "200", "201", "0", "0.9"} {
		cases["rate "+text] = situation{env: []string{"ES_HTTP__RATE_LIMIT__MAX_PER_SECOND=" + text}}
	}
	for _, text := range []string{
		"https://h.example.org", "https://h.example.org/", "https://h.example.org/auth/", "HTTP://H.Example.ORG:80",
		"http://127.0.0.1:8080", "https://[::1]:8443/", "https://h.example.org:443/a/../b/", "h.example.org", "ftp://h/", "",
		"https://", "https://user:pw@h.example.org/", "https://bücher.example/", "  https://h.example.org  ",
	} {
		cases["url "+text] = situation{env: []string{"ES_OAUTH2__DOMAIN=" + text}}
	}
	return cases
}

func configCases() map[string]situation {
	cases := map[string]situation{
		"profile over default":        {profile: "p", files: config("[default.oauth2]\nscope='d'\naudience='d'\n[profile.p.oauth2]\nscope='p'\n")},
		"default after profile":       {profile: "p", files: config("[profile.p.oauth2]\nscope='p'\n[default.oauth2]\nscope='d'\n")},
		"default profile's own table": {files: config("[default.oauth2]\nscope='d'\n[profile.default.oauth2]\nscope='p'\n")},
		"environment over config":     {env: []string{"ES_OAUTH2__SCOPE=e"}, files: config("[default.oauth2]\nscope='d'\n")},
		"config over tokens.json":     {files: map[string]string{configFile: "[default.oauth2]\nrefresh_token='c'\n", tokensFile: `{"refresh_token":"f"}`}},
		"quirk: default restored":     {profile: "p", files: config("[default.oauth2]\nscope='d'\n[profile.p.oauth2]\nscope='offline_access'\n")},
		"quirk: attempts 3":           {files: config("[default.oauth2.retry]\nattempts=3\n")},
		"quirk: attempts 5":           {profile: "p", files: config("[default.oauth2.retry]\nattempts=9\n[profile.p.oauth2.retry]\nattempts=5\n")},
		"quirk: default domain":       {profile: "p", files: config("[default.oauth2]\ndomain='https://a.example/'\n[profile.p.oauth2]\ndomain='https://login.earthscope.org'\n")},
		"retry table merges":          {profile: "p", files: config("[default.oauth2.retry]\nattempts=9\n[profile.p.oauth2.retry]\ntimeout=7\n")},
		"hosts replace":               {profile: "p", files: config("[default.oauth2]\nallowed_hosts=['a']\n[profile.p.oauth2]\nallowed_hosts=['b']\n")},
		"headers merge":               {profile: "p", files: config("[default.http.extra_headers]\na='1'\nb='1'\n[profile.p.http.extra_headers]\nb='2'\n")},
		"unknown profile":             {profile: "q", files: config("[profile.p]\n")},
		"profile in another case":     {profile: "P", files: config("[profile.p]\n")},
		"no config for a profile":     {profile: "p"},
		"empty config":                {files: config("")},
		"comments only":               {files: config("# nothing\n")},
		"unused profile malformed":    {files: config("[profile.q.oauth2]\nscope=5\n")},
		"default not a table":         {files: config("default=1\n")},
		"profile not a table":         {files: config("profile=1\n")},
		"profile entry not a table":   {files: config("profile.p=1\n")},
		"unknown keys":                {files: config("[default.oauth2]\nnonsense=1\n[other]\nx=1\n")},
		"key case counts":             {files: config("[default.OAuth2]\nscope='x'\n[default.oauth2]\nScope='y'\n")},
	}
	for title, text := range map[string]string{
		"dotted keys": "default.oauth2.scope='x'\n", "inline table": "default={oauth2={scope='x'}}\n",
		"upper case top": "[DEFAULT.oauth2]\nscope='x'\n", "long name": "[defaults.oauth2]\nscope='x'\n",
		"two top names": "[defaults.oauth2]\nscope='l'\n[default.oauth2]\nscope='s'\n", "scope list": "[default.oauth2]\nscope=['a','b']\n",
		"byte order mark": "\ufeff[default]\n", "not toml": "[default\n", "duplicate key": "[default.oauth2]\nscope='a'\nscope='b'\n",
		"carriage returns": "[default.oauth2]\r\nscope='x'\r\n", "lone carriage return": "[default.oauth2]\rscope='x'\r",
		"number as duration": "[default.http]\ntimeout_read=2.5\n", "integer as string": "[default.oauth2]\nscope=5\n",
		"string as integer": "[default.oauth2.retry]\nattempts='7'\n", "float as integer": "[default.oauth2.retry]\nattempts=7.5\n",
		"boolean as integer": "[default.oauth2.retry]\nattempts=true\n", "hex integer": "[default.oauth2.retry]\nattempts=0x10\n",
		"multi-line string": "[default.oauth2]\nscope='''a\nb'''\n", "escapes": "[default.oauth2]\nscope=\"\\u00e9\\t\"\n",
		"url without slash": "[default.oauth2]\ndomain='https://h.example'\n", "date as string": "[default.oauth2]\nscope=2024-01-01\n",
		"empty token": "[default.oauth2]\nrefresh_token=''\n", "local time as duration": "[default.http]\ntimeout_read=00:00:09\n",
	} {
		cases["toml: "+title] = situation{files: map[string]string{configFile: text, tokensFile: `{"refresh_token":"f"}`}}
	}
	cases["toml: long profile table"] = situation{profile: "p", files: config("[profile_settings_by_name.p.oauth2]\nscope='x'\n")}
	cases["toml: both profile tables"] = situation{profile: "p", files: config("[profile_settings_by_name.p.oauth2]\nscope='l'\n[profile.p.oauth2]\nscope='s'\n")}
	return cases
}

func fileCases() map[string]situation {
	cases := map[string]situation{
		"legacy under XDG":      {env: []string{"XDG_CONFIG_HOME=HOME/xdg"}, files: map[string]string{"xdg/earthscope-cli/sso_tokens.json": `{"refresh_token":"x"}`}},
		"legacy elsewhere":      {env: []string{"APP_DIRECTORY=HOME/app"}, files: map[string]string{"app/sso_tokens.json": `{"refresh_token":"x"}`, legacyFile: `{"refresh_token":"y"}`}},
		"legacy for a profile":  {profile: "p", files: map[string]string{configFile: "[profile.p]\n", legacyFile: `{"refresh_token":"x"}`}},
		"tokens and legacy mix": {files: map[string]string{tokensFile: `{"access_token":"f"}`, legacyFile: `{"access_token":"l","refresh_token":"l"}`}},
	}
	for title, text := range map[string]string{
		"both": `{"access_token":"a","refresh_token":"r"}`, "id only": `{"id_token":"i"}`, "all": `{"access_token":"a","id_token":"i","refresh_token":"r"}`,
		"null": `{"access_token":null,"refresh_token":"r"}`, "all null": `{"access_token":null,"refresh_token":null}`,
		"empty strings": `{"access_token":"","refresh_token":""}`, "one empty": `{"access_token":"","refresh_token":"r"}`,
		"extra keys": `{"x":1,"refresh_token":"r","scope":"s"}`, "number": `{"refresh_token":5}`, "list": `["r"]`, "string": `"r"`,
		"empty": ``, "cut": `{"refresh_token":"r`, "byte order mark": "\ufeff{\"refresh_token\":\"r\"}", "newline": "{\"refresh_token\":\"r\"}\n",
		"twice": `{"refresh_token":"r","refresh_token":"s"}`, "upper case": `{"REFRESH_TOKEN":"r"}`, "trailing text": `{"refresh_token":"r"} x`,
		"wrong id type": `{"refresh_token":"r","id_token":{}}`, "NaN": `{"refresh_token":"r","x":NaN}`, "nothing": `{}`, "null document": `null`,
		"escaped": `{"refresh_token":"\u0072\/"}`, "trailing comma": `{"refresh_token":"r",}`,
	} {
		cases["tokens.json: "+title] = situation{files: map[string]string{tokensFile: text}}
		cases["sso_tokens.json: "+title] = situation{files: map[string]string{legacyFile: text}}
	}
	return cases
}

func bootstrapCases() map[string]situation {
	cases := map[string]situation{
		"bootstrap below legacy":      {env: []string{`ES_BOOTSTRAP_SETTINGS={"oauth2":{"refresh_token":"b"}}`}, files: map[string]string{legacyFile: `{"refresh_token":"l"}`}},
		"bootstrap below config":      {env: []string{`ES_BOOTSTRAP_SETTINGS={"oauth2":{"scope":"b","audience":"b"}}`}, files: config("[default.oauth2]\nscope='c'\n")},
		"bootstrap over the defaults": {env: []string{`ES_BOOTSTRAP_SETTINGS={"oauth2":{"scope":"b"},"thread_pool_max_workers":3}`}},
		"bootstrap in lower case":     {env: []string{`es_bootstrap_settings={"oauth2":{"scope":"b"}}`}},
	}
	for title, text := range map[string]string{
		"doubled braces": `{{"oauth2":{{"scope":"b"}}}}`, "empty": ``, "list": `[]`, "null": `null`, "string": `"x"`, "number": `5`,
		"keys in another case": `{"OAUTH2":{"scope":"b"},"oauth2":{"SCOPE":"c"}}`,
		"wrong type":           `{"oauth2":{"scope":5}}`, "null domain": `{"oauth2":{"domain":null}}`, "null token": `{"oauth2":{"refresh_token":null}}`, "scope list": `{"oauth2":{"scope":["a","b"]}}`,
		"table is null": `{"oauth2":null}`, "table is a string": `{"oauth2":"x"}`, "other table is null": `{"resources":null}`,
		"nested retry": `{"oauth2":{"retry":{"attempts":2}}}`, "unknown": `{"x":1}`, "infinite": `{"http":{"rate_limit":{"max_per_second":Infinity}}}`,
		"default value": `{"oauth2":{"retry":{"attempts":3}}}`,
	} {
		cases["bootstrap: "+title] = situation{env: []string{"ES_BOOTSTRAP_SETTINGS=" + text}}
	}
	return cases
}

func profileCases() map[string]situation {
	both := config("[profile.a.oauth2]\nscope='a'\n[profile.b.oauth2]\nscope='b'\n")
	cases := map[string]situation{
		"argument over ES_PROFILE":          {profile: "a", env: []string{"ES_PROFILE=b"}, files: both},
		"ES_PROFILE over ES_PROFILE_NAME":   {env: []string{"ES_PROFILE=a", "ES_PROFILE_NAME=b"}, files: both},
		"ES_PROFILE_NAME":                   {env: []string{"ES_PROFILE_NAME=b"}, files: both},
		"es_profile in lower case":          {env: []string{"es_profile=a"}, files: both},
		"empty ES_PROFILE":                  {env: []string{"ES_PROFILE="}, files: both},
		"ES_PROFILE default":                {env: []string{"ES_PROFILE=default"}},
		"unknown, with tokens of that name": {env: []string{"ES_PROFILE=z"}, files: map[string]string{".earthscope/z/tokens.json": `{"refresh_token":"z"}`}},
		"ES_PROFILE__X":                     {env: []string{"ES_PROFILE__X=a"}, files: both},
	}
	for _, profile := range []string{"Prod", " two  words\t", "UPPER lower", "ünïcode", "a.b", "ÀÉ ß", "İstanbul", "x_y-z"} {
		slug := config("[profile.'" + profile + "'.oauth2]\nscope='x'\n")
		cases["slug of "+profile] = situation{env: []string{"ES_PROFILE=" + profile}, files: slug}
	}
	return cases
}
