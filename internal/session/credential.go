package session

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// Flow is how a session gets access tokens.
type Flow string

// The flows, in the order of the SDK's preference.
const (
	FlowClientCredentials Flow = "client_credentials" // RFC 6749 section 4.4
	FlowRefreshToken      Flow = "refresh_token"      // RFC 6749 section 6
	FlowAccessToken       Flow = "access_token"       // used while it lasts
)

// credential is what the settings give a session to work with.
type credential struct {
	flow     Flow
	identity Identity
	audience string
	// secret is the refresh token, the client secret or the access token, as
	// the flow says; source is where it stands.
	secret  settings.Secret
	source  settings.Source
	setting string
	// beside is an access token that may be used as long as it lasts.
	beside       settings.Secret
	besideSource settings.Source
	profile      string // folder name
}

// resolve picks the credential as the SDK does: a client secret outranks any
// refresh token, which outranks a bare access token. An access token found
// beside is used only if its link ranks at or above the refresh token's,
// since otherwise it may be another user's.
func resolve(s *settings.Settings) (credential, error) {
	oauth := s.OAuth2
	c := credential{
		identity: Identity{Issuer: oauth.Domain, ClientID: oauth.ClientID},
		audience: oauth.Audience, profile: s.ProfileSlug,
	}
	switch {
	case oauth.ClientSecret.IsSet():
		c.flow, c.secret, c.setting = FlowClientCredentials, oauth.ClientSecret, "oauth2.client_secret"
	case oauth.RefreshToken.IsSet():
		c.flow, c.secret, c.setting = FlowRefreshToken, oauth.RefreshToken, "oauth2.refresh_token"
	case oauth.AccessToken.IsSet():
		c.flow, c.secret, c.setting = FlowAccessToken, oauth.AccessToken, "oauth2.access_token"
	default:
		return credential{}, noCredentials(s)
	}
	c.source = s.Source(c.setting)
	if access := s.Source("oauth2.access_token"); oauth.AccessToken.IsSet() && access.Link >= c.source.Link {
		c.beside, c.besideSource = oauth.AccessToken, access
	}
	return c, nil
}

func noCredentials(s *settings.Settings) *Error {
	tried := []string{
		"the provider's arguments refresh_token, access_token and client_secret",
		"the environment (ES_OAUTH2__REFRESH_TOKEN and its like)",
	}
	for _, file := range []string{s.Paths.ConfigFile, s.Paths.TokensFile, s.Paths.LegacyFile} {
		if file != "" {
			tried = append(tried, file)
		}
	}
	tried = append(tried, "ES_BOOTSTRAP_SETTINGS")
	return &Error{
		Kind: KindNoCredentials, Summary: "No EarthScope Credentials",
		Detail: fmt.Sprintf("Profile %q has no refresh token, access token or client secret. Looked at, in this order: %s. "+
			"Run \"es login\" on this machine, or set ES_OAUTH2__REFRESH_TOKEN, or give the provider a refresh_token "+
			"from an ephemeral variable.", s.Profile, strings.Join(tried, "; ")),
	}
}

// ofLogin reports whether the session is the profile's own login: it came from
// tokens.json or from a source that the SDK copies into it.
func (c credential) ofLogin() bool {
	return c.flow == FlowRefreshToken && c.source.Link <= settings.LinkTokensFile
}

// fingerprint is the name under which the session is kept. A client's session
// is named by what identifies the client, never by its secret.
func (c credential) fingerprint() string {
	if c.flow == FlowClientCredentials {
		return Fingerprint(strings.Join([]string{"client", c.identity.Issuer, c.identity.ClientID, c.audience}, "\n"))
	}
	return Fingerprint(c.secret.Reveal())
}

// checkRounds makes guessing a client secret from a stolen store slow enough
// while costing a run a few milliseconds. The store holds the client's access
// token anyway.
const checkRounds = 20_000

// newCheck derives a value by which matches recognises secret again.
func newCheck(secret settings.Secret) (string, error) {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails (crypto/rand since Go 1.24)
	return deriveCheck(secret, salt)
}

func deriveCheck(secret settings.Secret, salt []byte) (string, error) {
	key, err := pbkdf2.Key(sha256.New, secret.Reveal(), salt, checkRounds, 16)
	if err != nil {
		return "", err
	}
	return hex.EncodeToString(salt) + ":" + hex.EncodeToString(key), nil
}

func checkMatches(check string, secret settings.Secret) bool {
	encoded, _, found := strings.Cut(check, ":")
	salt, err := hex.DecodeString(encoded)
	if !found || err != nil || len(salt) == 0 {
		return false
	}
	derived, err := deriveCheck(secret, salt)
	return err == nil && subtle.ConstantTimeCompare([]byte(derived), []byte(check)) == 1
}
