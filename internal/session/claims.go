package session

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
)

// Claims are what an access token says about itself (RFC 9068, RFC 7519).
// They are read, not verified: the token is our own, and the API verifies it.
type Claims struct {
	Issuer, Subject, ClientID, Scope string
	Audience                         []string
	IssuedAt, ExpiresAt              time.Time // zero IssuedAt: not stated
	GrantType                        string
}

// ErrNotJWT reports a token that is not three base64url segments around a
// JSON object with an expiry.
var ErrNotJWT = errors.New("not a JSON Web Token with an expiry")

// DecodeClaims reads the claims of an access token without verifying it. Both
// base64 alphabets are accepted. The error wraps ErrNotJWT and never quotes
// the token.
func DecodeClaims(token string) (Claims, error) {
	segments := strings.Split(token, ".")
	if len(segments) < 2 || segments[1] == "" {
		return Claims{}, fmt.Errorf("%w: it has %d dot-separated parts where three are needed", ErrNotJWT, len(segments))
	}
	payload, err := decodeSegment(segments[1])
	if err != nil {
		return Claims{}, fmt.Errorf("%w: its second part is not base64", ErrNotJWT)
	}
	var raw struct {
		Issuer    string          `json:"iss"`
		Subject   string          `json:"sub"`
		Azp       string          `json:"azp"`
		ClientID  string          `json:"client_id"`
		Scope     string          `json:"scope"`
		GrantType string          `json:"gty"`
		Audience  json.RawMessage `json:"aud"`
		IssuedAt  *float64        `json:"iat"`
		ExpiresAt *float64        `json:"exp"`
	}
	if err := json.Unmarshal(payload, &raw); err != nil {
		return Claims{}, fmt.Errorf("%w: its second part is not a JSON object with the usual claims", ErrNotJWT)
	}
	c := Claims{Issuer: raw.Issuer, Subject: raw.Subject, ClientID: raw.Azp, Scope: raw.Scope, GrantType: raw.GrantType}
	if c.ClientID == "" {
		c.ClientID = raw.ClientID
	}
	if c.Audience, err = audience(raw.Audience); err != nil {
		return Claims{}, err
	}
	if raw.ExpiresAt == nil {
		return Claims{}, fmt.Errorf("%w: it states no expiry (exp)", ErrNotJWT)
	}
	if c.ExpiresAt, err = numericDate(*raw.ExpiresAt); err != nil {
		return Claims{}, err
	}
	if raw.IssuedAt != nil {
		if c.IssuedAt, err = numericDate(*raw.IssuedAt); err != nil {
			return Claims{}, err
		}
	}
	return c, nil
}

func decodeSegment(segment string) ([]byte, error) {
	segment = strings.TrimRight(segment, "=")
	segment = strings.NewReplacer("+", "-", "/", "_").Replace(segment)
	return base64.RawURLEncoding.DecodeString(segment)
}

func audience(raw json.RawMessage) ([]string, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return []string{one}, nil
	}
	var many []string
	if json.Unmarshal(raw, &many) == nil {
		return many, nil
	}
	return nil, fmt.Errorf("%w: its audience (aud) is neither a string nor a list of strings", ErrNotJWT)
}

// numericDate converts RFC 7519 seconds since 1970. Values outside the years
// 1970 to 9999 are refused, since times beyond them cannot be printed.
func numericDate(seconds float64) (time.Time, error) {
	const year9999 = 253402300799
	if math.IsNaN(seconds) || seconds < 0 || seconds > year9999 {
		return time.Time{}, fmt.Errorf("%w: a time claim lies outside the years 1970 to 9999", ErrNotJWT)
	}
	return time.Unix(int64(seconds), 0).UTC(), nil
}
