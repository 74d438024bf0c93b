// Package settings answers one question: which value does each EarthScope
// setting have here, and where did it come from. It follows earthscope-sdk
// 1.9.3 field by field (names, spellings, files, precedence), so that whatever
// configures the SDK configures this provider. It makes no network call and
// knows nothing of Terraform.
package settings

import "time"

// Settings is the resolved chain for one profile.
type Settings struct {
	// Profile is the profile's name as given; ProfileSlug its folder name.
	Profile       string
	ProfileSlug   string
	ProfileSource Source

	OAuth2    OAuth2
	Resources Resources
	HTTP      HTTP

	// Paths are the files that belong to this profile.
	Paths Paths

	sources map[string]Source
	values  map[string]any
}

// OAuth2 holds the settings under "oauth2".
type OAuth2 struct {
	AccessToken, IDToken, RefreshToken, ClientSecret Secret

	Domain       string // base URL of the identity provider; ends in a slash
	ClientID     string
	Audience     string
	Scope        string
	AllowedHosts []string // globs on the host name (no port)
	Retry        Retry
}

// Resources holds the settings under "resources".
type Resources struct{ APIURL string }

// HTTP holds the settings under "http" that concern a client.
type HTTP struct {
	TimeoutConnect, TimeoutRead, KeepaliveExpiry time.Duration

	Retry        Retry
	UserAgent    string // empty unless set: the SDK's default names the SDK
	ExtraHeaders map[string]string
}

// Retry is the SDK's retry policy: wait before try k+1 is
// min(WaitMax, WaitInitial*Base^(k-1) + uniform(0, WaitJitter)).
type Retry struct {
	Attempts                                  int
	Timeout, WaitInitial, WaitMax, WaitJitter time.Duration
	WaitExpBase                               float64
	StatusCodes                               []int
}

// Paths are the files and folders the SDK uses for one profile, absolute.
// A path is empty where there is no home to put it in.
type Paths struct {
	ConfigDir  string // ~/.earthscope, or the provider's config_dir
	ConfigFile string // ConfigDir/config.toml
	ProfileDir string // ConfigDir/<slug>
	TokensFile string // ConfigDir/<slug>/tokens.json
	LegacyFile string // sso_tokens.json of the old CLI
}

// Source returns where the value at a dotted path ("oauth2.refresh_token")
// came from. Unknown paths give LinkDefault.
func (s *Settings) Source(path string) Source { return s.sources[path] }
