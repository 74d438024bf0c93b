package identity

import (
	"log/slog"
	"time"
)

// grant is what a user allowed a client to do. Auth0 keeps one per user, client
// and audience; every login under it starts a family of refresh tokens.
type grant struct {
	subject, clientID, audience, scope string
}

// sameGrant reports whether both belong to one user, client and audience.
func (g grant) sameGrant(other grant) bool {
	return g.subject == other.subject && g.clientID == other.clientID && g.audience == other.audience
}

// family is one login: a first refresh token and all its successors.
type family struct {
	grant
	user    User
	revoked bool
}

// refreshToken is one generation of a family.
type refreshToken struct {
	family *family
	value  string
	parent *refreshToken
	// rotatedAt is when it first yielded a successor; zero while it is current.
	rotatedAt time.Time
	// successorSpent says that a successor was spent in turn, so that this one is
	// no longer the immediately previous token and has no leeway.
	successorSpent bool
	deleted        bool
}

// live reports whether the token counts towards the limit per user and client.
func (t *refreshToken) live() bool {
	return !t.deleted && !t.family.revoked && t.rotatedAt.IsZero()
}

// TokenSet is the result of a login or a refresh. It prints as "(sensitive)".
type TokenSet struct {
	AccessToken  string
	RefreshToken string
	IDToken      string
	TokenType    string
	Scope        string
	// ExpiresIn is the access token's life in seconds.
	ExpiresIn int64
	ExpiresAt time.Time
}

const masked = "(sensitive)"

// String implements fmt.Stringer.
func (TokenSet) String() string { return masked }

// GoString implements fmt.GoStringer.
func (TokenSet) GoString() string { return masked }

// LogValue implements slog.LogValuer.
func (TokenSet) LogValue() slog.Value { return slog.StringValue(masked) }

// newFamily starts a family and returns its first token. The caller holds mu.
func (s *Server) newFamily(user User, g grant) *refreshToken {
	return s.issue(&family{grant: g, user: user}, nil)
}

// issue adds a refresh token to a family and enforces the limit per user and
// client. The caller holds mu.
func (s *Server) issue(f *family, parent *refreshToken) *refreshToken {
	token := &refreshToken{family: f, value: "v1." + randomText(48), parent: parent}
	s.tokens[token.value] = token
	s.order = append(s.order, token)
	live := 0
	for i := len(s.order) - 1; i >= 0; i-- {
		other := s.order[i]
		if !other.live() || other.family.subject != f.subject || other.family.clientID != f.clientID {
			continue
		}
		if live++; live > s.opts.MaxRefreshTokens {
			other.deleted = true
		}
	}
	return token
}

// spend exchanges a refresh token. It returns the successor, or the token itself
// on a server that does not rotate. The caller holds mu.
func (s *Server) spend(value, clientID string) (next *refreshToken, reused bool, refusal *oauthError) {
	token, known := s.tokens[value]
	if !known || token.family.clientID != clientID {
		return nil, false, errDeadToken
	}
	if !token.rotatedAt.IsZero() && !s.withinLeeway(token) {
		s.spentTwice[Fingerprint(value)]++
		s.revokeFamily(token.family, !s.opts.ReuseSparesGrant)
		return nil, true, errDeadToken
	}
	if token.deleted || token.family.revoked {
		return nil, false, errDeadToken
	}
	if s.blocked[token.family.subject] {
		return nil, false, errBlocked
	}
	if !s.opts.Rotating {
		return token, false, nil
	}
	if token.rotatedAt.IsZero() {
		token.rotatedAt = s.Now()
	}
	if token.parent != nil {
		token.parent.successorSpent = true
	}
	return s.issue(token.family, token), false, nil
}

// withinLeeway reports whether a token that already has a successor may be spent
// again: only the immediately previous one, and only for the overlap period.
func (s *Server) withinLeeway(token *refreshToken) bool {
	return s.opts.Leeway > 0 && !token.successorSpent && s.Now().Sub(token.rotatedAt) <= s.opts.Leeway
}

// revokeFamily ends a family, and with wholeGrant every family of the same user,
// client and audience. The caller holds mu.
func (s *Server) revokeFamily(f *family, wholeGrant bool) {
	f.revoked = true
	if !wholeGrant {
		return
	}
	for _, token := range s.order {
		if token.family.sameGrant(f.grant) {
			token.family.revoked = true
		}
	}
}

// LoginRequest says who logs in with which client, for what. Zero fields mean
// [DefaultUser], [DefaultClientID], [DefaultScope], the server's audience and its
// access token lifetime.
type LoginRequest struct {
	User                      User
	ClientID, Audience, Scope string
	AccessTokenLifetime       time.Duration
}

// Login returns the tokens of a finished device login of user with the SDK's
// client: a new family. It makes no request and counts none.
func (s *Server) Login(user User) TokenSet { return s.LoginAs(LoginRequest{User: user}) }

// LoginAs is [Server.Login] with everything chosen.
func (s *Server) LoginAs(request LoginRequest) TokenSet {
	user := request.User.withDefaults()
	setDefault(&request.ClientID, DefaultClientID)
	setDefault(&request.Audience, s.opts.Audience)
	setDefault(&request.Scope, DefaultScope)
	g := grant{user.Subject, request.ClientID, request.Audience, request.Scope}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.clients[request.ClientID]; !known {
		s.clients[request.ClientID] = client{}
	}
	setDefault(&request.AccessTokenLifetime, s.opts.AccessTokenLifetime)
	return s.finishLogin(user, g, request.AccessTokenLifetime)
}

// finishLogin issues the tokens of a login. The caller holds mu.
func (s *Server) finishLogin(user User, g grant, lifetime time.Duration) TokenSet {
	s.users[user.Subject] = user
	refresh := ""
	if hasScope(g.scope, "offline_access") {
		refresh = s.newFamily(user, g).value
	}
	return s.tokenSet(user, g, grantDevice, lifetime, refresh)
}

// tokenSet signs the tokens of one answer.
func (s *Server) tokenSet(user User, g grant, grantType string, lifetime time.Duration, refresh string) TokenSet {
	set := TokenSet{
		AccessToken:  s.accessToken(g, grantType, lifetime),
		RefreshToken: refresh,
		TokenType:    "Bearer",
		Scope:        g.scope,
		ExpiresIn:    int64(lifetime / time.Second),
		ExpiresAt:    s.Now().Add(lifetime),
	}
	if hasScope(g.scope, "openid") {
		set.IDToken = s.idToken(user, g.clientID)
	}
	return set
}

// RevokeRefreshToken ends the family that token belongs to, as the tenant's
// administrator would. Unknown tokens are ignored.
func (s *Server) RevokeRefreshToken(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known, ok := s.tokens[token]; ok {
		s.revokeFamily(known.family, s.opts.RevocationDeletesGrant)
	}
}

// FamilyRevoked reports whether the family of token has been revoked, by reuse
// detection or on request. An unknown token counts as revoked.
func (s *Server) FamilyRevoked(token string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	known, ok := s.tokens[token]
	return !ok || known.family.revoked
}

// ActiveRefreshTokens returns how many refresh tokens of user, over all clients,
// are current: neither revoked nor deleted nor replaced by a successor.
func (s *Server) ActiveRefreshTokens(user User) int {
	subject := user.withDefaults().Subject
	s.mu.Lock()
	defer s.mu.Unlock()
	count := 0
	for _, token := range s.order {
		if token.live() && token.family.subject == subject {
			count++
		}
	}
	return count
}

// RefreshTokenValid reports whether spending token now would succeed.
func (s *Server) RefreshTokenValid(token string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	known, ok := s.tokens[token]
	if !ok || known.deleted || known.family.revoked || s.blocked[known.family.subject] {
		return false
	}
	return known.rotatedAt.IsZero() || s.withinLeeway(known)
}
