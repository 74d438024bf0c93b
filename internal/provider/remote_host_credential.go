package provider

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/EarthScope/terraform-provider-earthscope/internal/placement"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// pushed is a credential for a host, with what identifies it.
type pushed struct {
	placement.Credential

	// fingerprint is null for a client secret and unknown where the token is.
	fingerprint types.String
	// own says that the host has a session or client of its own.
	own bool
	// rotating says that it is the provider's session, and one whose refresh
	// tokens the identity server was seen to replace.
	rotating bool
	// rotation is what is known of the identity server's treatment of refresh
	// tokens.
	rotation session.Rotation
}

// credentialSource is where credentials of a host come from: the provider's settings
// and, unless there are no credentials, its session.
type credentialSource struct {
	settings *settings.Settings
	session  *session.Session
	none     error // why there is no session
}

// facts are those of the session, if there is one.
func (s *credentialSource) facts(ctx context.Context) (session.Facts, error) {
	if s.session == nil {
		return session.Facts{}, s.none
	}
	return s.session.Facts(ctx)
}

// credentials resolves the provider's own profile for hosts. A provider without
// credentials will do for a host that has its own.
func (c *client) credentials(ctx context.Context, diagnostics *diag.Diagnostics) (context.Context, *credentialSource) {
	ctx = withLogging(ctx, c.block.secrets()...)
	p := c.profile(ctx, "")
	if p.settings == nil {
		diagnostics.Append(errorDiagnostic(p.err, request{}))
		return ctx, nil
	}
	oauth := p.settings.OAuth2
	ctx = withMasks(ctx, oauth.AccessToken, oauth.IDToken, oauth.RefreshToken, oauth.ClientSecret)
	for _, w := range p.warnings {
		c.tell(diagnostics, diag.NewWarningDiagnostic(w.Summary, w.Detail))
	}
	return ctx, &credentialSource{settings: p.settings, session: p.session, none: p.err}
}

// kind is what the host authenticates with.
func (m *remoteHostModel) kind() placement.CredentialKind {
	return placement.CredentialKind(or(m.Credential, string(placement.RefreshToken)))
}

// version is the version of the write-only argument in use, as text.
func (m *remoteHostModel) version() string {
	version := m.RefreshTokenWOVersion
	if m.kind() == placement.ClientCredentials {
		version = m.ClientSecretWOVersion
	}
	if !known(version) {
		return ""
	}
	return strconv.FormatInt(version.ValueInt64(), 10)
}

// versioned reports that only a new version pushes another credential.
func (m *remoteHostModel) versioned() bool {
	return m.version() != "" && m.kind() != placement.AccessToken
}

// minRemaining is the life that an access token on the host must have left.
func (m *remoteHostModel) minRemaining(c *client) time.Duration {
	var ignored diag.Diagnostics
	if asked := durationOf(m.MinTTL, path.Root("min_ttl"), &ignored); asked > 0 {
		return asked
	}
	return c.threshold()
}

// credential obtains what is to be pushed, with the write-only arguments of
// config. It asks the identity server only for an access token.
func (c *client) credential(ctx context.Context, m, config *remoteHostModel, from *credentialSource, diagnostics *diag.Diagnostics) pushed {
	p := pushed{Credential: placement.Credential{Kind: m.kind(), ClientID: m.clientID(ctx, from)}}
	own, attribute := config.RefreshTokenWO, "refresh_token_wo"
	if p.Kind == placement.ClientCredentials {
		own, attribute = config.ClientSecretWO, "client_secret_wo"
	}
	switch {
	case p.Kind == placement.AccessToken:
		c.accessTokenFor(ctx, m, from, &p, diagnostics)
	case own.IsUnknown():
		p.fingerprint = types.StringUnknown()
	case !own.IsNull():
		p.own, p.Secret = true, settings.NewSecret(own.ValueString())
		if facts, err := from.facts(ctx); err == nil {
			p.rotation = facts.Rotation // of the same identity server
		}
		if p.Kind == placement.RefreshToken {
			p.Subject = c.subjectOf(ctx, own.ValueString(), p.ClientID)
			p.identify(session.Fingerprint(own.ValueString()), nil)
		}
	case p.Kind == placement.ClientCredentials && !from.settings.OAuth2.ClientSecret.IsSet():
		diagnostics.AddAttributeError(path.Root("credential"), "No Client Secret",
			"The provider has no client_secret to push. Give it one, or give this host its own with "+attribute+".")
	case p.Kind == placement.ClientCredentials:
		p.Secret = from.settings.OAuth2.ClientSecret
	default:
		c.sessionFor(ctx, from, &p, diagnostics)
	}
	if p.Kind == placement.ClientCredentials {
		secret := p.Secret
		p.Recognises = func(found string) bool { return found == secret.Reveal() }
		p.fingerprint = types.StringNull()
	}
	return p
}

// subjectOf is whose session a refresh token belongs to, if it was begun on
// this machine: the token store of some profile then tells. Nothing is asked of
// the identity server, which would spend the token.
func (c *client) subjectOf(ctx context.Context, refreshToken, clientID string) string {
	request := c.settingsRequest("", false)
	request.Arguments["oauth2.refresh_token"], request.Arguments["oauth2.client_id"] = refreshToken, clientID
	loaded, _, err := settings.Load(request)
	if err != nil {
		return ""
	}
	known, err := session.New(c.sessionOptions(loaded))
	if err != nil {
		return ""
	}
	facts, err := known.Facts(ctx)
	if err != nil || facts.Flow != session.FlowRefreshToken {
		return ""
	}
	return facts.Subject
}

// identify names the credential; descends recognises the rest of its lineage.
func (p *pushed) identify(fingerprint string, descends func(string) bool) {
	p.fingerprint, p.Fingerprint = types.StringValue(fingerprint), fingerprint
	p.Recognises = func(found string) bool {
		fp := session.Fingerprint(found)
		return fp == fingerprint || descends != nil && descends(fp)
	}
}

// clientID is the client that the host's tokens are issued to.
func (m *remoteHostModel) clientID(ctx context.Context, from *credentialSource) string {
	var ignored diag.Diagnostics
	for _, s := range m.userSettings(ctx, &ignored) {
		if id, ok := s.Value.(string); ok && s.Key == "oauth2.client_id" {
			return id
		}
	}
	return from.settings.OAuth2.ClientID
}

func (c *client) accessTokenFor(ctx context.Context, m *remoteHostModel, from *credentialSource, p *pushed, diagnostics *diag.Diagnostics) {
	if from.session == nil {
		diagnostics.Append(errorDiagnostic(from.none, request{}))
		return
	}
	p.MinRemaining = m.minRemaining(c)
	token, err := from.session.Token(ctx, p.MinRemaining)
	for _, notice := range from.session.Notices() {
		c.tell(diagnostics, noticeDiagnostic(notice, request{minTTL: m.MinTTL.ValueString()}))
	}
	if err != nil {
		diagnostics.Append(errorDiagnostic(err, request{}))
		return
	}
	p.Secret, p.Subject, p.ClientID = token.AccessToken, token.Claims.Subject, token.Claims.ClientID
	p.identify(session.Fingerprint(token.AccessToken.Reveal()), nil)
}

func (c *client) sessionFor(ctx context.Context, from *credentialSource, p *pushed, diagnostics *diag.Diagnostics) {
	if from.session == nil {
		diagnostics.Append(errorDiagnostic(from.none, request{}))
		return
	}
	token, fingerprint, err := from.session.RefreshToken(ctx)
	if err != nil {
		diagnostics.Append(errorDiagnostic(err, request{}))
		return
	}
	facts, err := from.session.Facts(ctx)
	if err != nil {
		diagnostics.Append(errorDiagnostic(err, request{}))
		return
	}
	p.Secret, p.Subject = token, facts.Subject
	p.rotating, p.rotation = facts.Rotation == session.RotationSeen, facts.Rotation
	p.identify(fingerprint, descendant(ctx, from.session))
}

func descendant(ctx context.Context, s *session.Session) func(string) bool {
	return func(fingerprint string) bool {
		descends, err := s.Descends(ctx, fingerprint)
		return err == nil && descends
	}
}

// recognise is credential without the write-only arguments, which a refresh
// does not see: it recognises what was pushed by the state's fingerprint and
// the ledger.
func (c *client) recognise(ctx context.Context, m *remoteHostModel, memory hostMemory, from *credentialSource) placement.Credential {
	known := placement.Credential{
		Kind: m.kind(), Subject: memory.Ledger.Subject, ClientID: memory.Ledger.ClientID, MinRemaining: m.minRemaining(c),
	}
	fingerprint := m.CredentialFingerprint.ValueString()
	known.Recognises = func(found string) bool {
		fp := session.Fingerprint(found)
		if fp == fingerprint {
			return true
		}
		return !memory.Own && from.session != nil && descendant(ctx, from.session)(fp)
	}
	if known.Kind == placement.ClientCredentials {
		secret := from.settings.OAuth2.ClientSecret
		known.Recognises = func(found string) bool { return memory.Own && found != "" || found == secret.Reveal() }
	}
	return known
}

// sharedSessionError refuses to push a session that would end itself.
func sharedSessionError(from *credentialSource) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("credential"), "Session Cannot Be Shared", fmt.Sprintf(
		"The identity server replaces the refresh token of the provider's session (from %s) at every use. If this host held the same session, "+
			"its next refresh and the provider's would end each other's login. Give the host a session of its own with refresh_token_wo "+
			"(ephemeral.earthscope_refresh_token with a profile of its own), or credential = \"access_token\", or client credentials. "+
			"allow_shared_session = true pushes it all the same.", from.settings.Source("oauth2.refresh_token")))
}
