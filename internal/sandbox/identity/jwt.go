package identity

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"time"
)

// Reasons why the API turns an access token away.
var (
	errTokenMalformed = errors.New("the access token is not a signed JWT")
	errTokenSignature = errors.New("the access token's signature is not valid")
	errTokenExpired   = errors.New("the access token has expired")
	errTokenIssuer    = errors.New("the access token was issued by another server")
	errTokenAudience  = errors.New("the access token is for another audience")
)

// signingKey makes the one throw-away key of this process. Making an RSA key
// takes a tenth of a second, which a test binary with hundreds of servers would
// notice; the issuer claim keeps their tokens apart.
var signingKey = sync.OnceValues(func() (*rsa.PrivateKey, error) {
	return rsa.GenerateKey(rand.Reader, 2048)
})

const keyID = "sandbox"

// claims are those of an access token as Auth0 issues them.
type claims struct {
	Issuer    string `json:"iss"`
	Subject   string `json:"sub"`
	Audience  string `json:"aud"`
	IssuedAt  int64  `json:"iat"`
	ExpiresAt int64  `json:"exp"`
	Scope     string `json:"scope,omitempty"`
	GrantType string `json:"gty,omitempty"`
	Client    string `json:"azp"`
	ID        string `json:"jti"`
}

// sign returns payload as a JWT signed with RS256.
func (s *Server) sign(payload any) string {
	header, _ := json.Marshal(map[string]string{"alg": "RS256", "typ": "JWT", "kid": keyID})
	body, err := json.Marshal(payload)
	if err != nil {
		// Only strings and integers are ever passed in.
		panic(fmt.Sprintf("identity sandbox: encode claims: %v", err))
	}
	input := base64.RawURLEncoding.EncodeToString(header) + "." + base64.RawURLEncoding.EncodeToString(body)
	digest := sha256.Sum256([]byte(input))
	signature, err := rsa.SignPKCS1v15(rand.Reader, s.key, crypto.SHA256, digest[:])
	if err != nil {
		panic(fmt.Sprintf("identity sandbox: sign a token: %v", err))
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// verify checks what a resource server checks (RFC 9068 section 4): signature,
// issuer, expiry and audience.
func (s *Server) verify(token string) (claims, error) {
	c, ok := parseClaims(token)
	if !ok {
		return claims{}, errTokenMalformed
	}
	parts := strings.Split(token, ".")
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return claims{}, errTokenMalformed
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if rsa.VerifyPKCS1v15(&s.key.PublicKey, crypto.SHA256, digest[:], signature) != nil {
		return claims{}, errTokenSignature
	}
	switch {
	case c.Issuer != s.URL():
		return c, errTokenIssuer
	case s.Now().Unix() >= c.ExpiresAt:
		return c, errTokenExpired
	case c.Audience != s.opts.Audience:
		return c, errTokenAudience
	}
	return c, nil
}

// parseClaims reads a JWT's claims and checks nothing.
func parseClaims(token string) (c claims, ok bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return claims{}, false
	}
	body, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(body, &c) != nil {
		return claims{}, false
	}
	return c, true
}

// accessToken signs an access token for the holder of g.
func (s *Server) accessToken(g grant, grantType string, lifetime time.Duration) string {
	now := s.Now()
	return s.sign(claims{
		Issuer:    s.URL(),
		Subject:   g.subject,
		Audience:  g.audience,
		IssuedAt:  now.Unix(),
		ExpiresAt: now.Add(lifetime).Unix(),
		Scope:     g.scope,
		GrantType: grantType,
		Client:    g.clientID,
		ID:        randomText(16),
	})
}

// idToken signs an OpenID Connect ID token for user.
func (s *Server) idToken(user User, clientID string) string {
	now := s.Now()
	return s.sign(map[string]any{
		"iss":         s.URL(),
		"sub":         user.Subject,
		"aud":         clientID,
		"iat":         now.Unix(),
		"exp":         now.Add(10 * time.Hour).Unix(),
		"given_name":  user.FirstName,
		"family_name": user.LastName,
		"email":       user.PrimaryEmail,
	})
}

// keySet is the JSON Web Key Set (RFC 7517) that verifies the tokens.
func (s *Server) keySet() map[string]any {
	exponent := big.NewInt(int64(s.key.E)).Bytes()
	return map[string]any{"keys": []map[string]string{{
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": keyID,
		"n": base64.RawURLEncoding.EncodeToString(s.key.N.Bytes()),
		"e": base64.RawURLEncoding.EncodeToString(exponent),
	}}}
}

// randomText returns n random bytes in URL-safe base64.
func randomText(n int) string {
	raw := make([]byte, n)
	_, _ = rand.Read(raw) // never fails: crypto/rand aborts the process instead
	return base64.RawURLEncoding.EncodeToString(raw)
}

// Fingerprint names a token without giving it away: the first 16 hex digits of
// SHA-256 over "earthscope-v1:" and the token, as the provider does.
func Fingerprint(token string) string {
	digest := sha256.Sum256([]byte("earthscope-v1:" + token))
	return hex.EncodeToString(digest[:])[:16]
}
