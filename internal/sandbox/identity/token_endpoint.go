package identity

import (
	"crypto/subtle"
	"net/http"
	"strings"
)

// client is a registered application; one with a secret is confidential.
type client struct{ secret string }

// AddClient registers a machine-to-machine client for the client credentials
// grant. An empty secret makes it a public client.
func (s *Server) AddClient(id, secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clients[id] = client{secret: secret}
}

// authenticate returns the client's id, or the refusal of an unknown client or a
// wrong secret. A public client is known by its id alone.
func (s *Server) authenticate(c *call) (string, *oauthError) {
	id, secret := c.credentials()
	c.entry.ClientID = id
	if id == "" {
		return "", missingParameter("client_id")
	}
	s.mu.Lock()
	known, ok := s.clients[id]
	s.mu.Unlock()
	if !ok {
		return "", errUnknownApp
	}
	if known.secret != "" && subtle.ConstantTimeCompare([]byte(known.secret), []byte(secret)) != 1 {
		return "", errUnauthorized
	}
	return id, nil
}

// token answers POST oauth/token (RFC 6749 section 3.2).
func (s *Server) token(c *call) answer {
	ans, refusal := s.exchange(c)
	if refusal != nil {
		c.entry.Outcome = refusal.outcome
		return refusal.answer()
	}
	c.entry.Outcome = OutcomeGranted
	return ans
}

func (s *Server) exchange(c *call) (answer, *oauthError) {
	if value := c.form.Get("refresh_token"); value != "" {
		c.entry.Fingerprint = Fingerprint(value)
	}
	if c.malformed != "" {
		return answer{}, invalidRequest(c.malformed)
	}
	switch grantType := c.form.Get("grant_type"); grantType {
	case "":
		return answer{}, missingParameter("grant_type")
	case grantRefresh:
		return s.refresh(c)
	case grantClient:
		return s.clientCredentials(c)
	case grantDevice:
		return s.pollDevice(c)
	default:
		return answer{}, &oauthError{
			http.StatusForbidden, "unsupported_grant_type", "Unsupported grant type.", OutcomeInvalid,
		}
	}
}

// refresh answers grant_type=refresh_token. The SDK sends "scopes", which is no
// parameter of RFC 6749 and is ignored; a standard "scope" may narrow the grant.
func (s *Server) refresh(c *call) (answer, *oauthError) {
	value := c.form.Get("refresh_token")
	if value == "" {
		return answer{}, missingParameter("refresh_token")
	}
	clientID, refusal := s.authenticate(c)
	if refusal != nil {
		return answer{}, refusal
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	next, reused, refusal := s.spend(value, clientID)
	c.entry.Reused = reused
	if refusal != nil {
		return answer{}, refusal
	}
	successor := ""
	if next.value != value {
		successor = next.value
	}
	g := next.family.grant
	g.scope = narrow(g.scope, c.form.Get("scope"))
	set := s.tokenSet(next.family.user, g, grantRefresh, s.opts.AccessTokenLifetime, successor)
	return jsonAnswer(http.StatusOK, set.document()), nil
}

// narrow returns the part of the granted scope that was asked for, all of it if
// nothing known was.
func narrow(granted, requested string) string {
	var kept []string
	for _, name := range strings.Fields(granted) {
		if hasScope(requested, name) {
			kept = append(kept, name)
		}
	}
	if len(kept) == 0 {
		return granted
	}
	return strings.Join(kept, " ")
}

// clientCredentials answers grant_type=client_credentials (RFC 6749 section 4.4).
func (s *Server) clientCredentials(c *call) (answer, *oauthError) {
	id, refusal := s.authenticate(c)
	if refusal != nil {
		return answer{}, refusal
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.clients[id].secret == "" {
		return answer{}, &oauthError{
			http.StatusForbidden, "unauthorized_client",
			"Grant type 'client_credentials' not allowed for the client.", OutcomeRefused,
		}
	}
	audience := c.form.Get("audience")
	setDefault(&audience, s.opts.Audience)
	g := grant{subject: id + "@clients", clientID: id, audience: audience, scope: c.form.Get("scope")}
	set := s.tokenSet(User{}, g, "client-credentials", s.opts.AccessTokenLifetime, "")
	return jsonAnswer(http.StatusOK, set.document()), nil
}

// document is the body of a successful token answer (RFC 6749 section 5.1), with
// the members that are set.
func (t TokenSet) document() map[string]any {
	document := map[string]any{
		"access_token": t.AccessToken,
		"token_type":   t.TokenType,
		"expires_in":   t.ExpiresIn,
	}
	for name, value := range map[string]string{
		"refresh_token": t.RefreshToken,
		"id_token":      t.IDToken,
		"scope":         t.Scope,
	} {
		if value != "" {
			document[name] = value
		}
	}
	return document
}

// revoke answers POST oauth/revoke (RFC 7009; JSON at Auth0). A token that
// nobody knows is answered with 200 too, as the RFC wants.
func (s *Server) revoke(c *call) answer {
	refusal := s.revokeSent(c)
	if refusal != nil {
		c.entry.Outcome = refusal.outcome
		return refusal.answer()
	}
	c.entry.Outcome = OutcomeRevoked
	return newAnswer(http.StatusOK, "", nil)
}

func (s *Server) revokeSent(c *call) *oauthError {
	value := c.form.Get("token")
	if value != "" {
		c.entry.Fingerprint = Fingerprint(value)
	}
	if c.malformed != "" {
		return invalidRequest(c.malformed)
	}
	clientID, refusal := s.authenticate(c)
	if refusal != nil {
		return refusal
	}
	if value == "" {
		return missingParameter("token")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	known, ok := s.tokens[value]
	if !ok {
		return nil
	}
	if known.family.clientID != clientID {
		return invalidRequest("The token was issued to another client.")
	}
	s.revokeFamily(known.family, s.opts.RevocationDeletesGrant)
	return nil
}
