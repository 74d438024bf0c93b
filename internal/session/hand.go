package session

import (
	"errors"
	"fmt"
	"time"
)

// beside returns the access token that the configuration itself holds.
func (s *Session) beside(n need) (Token, bool, error) {
	if !s.credential.beside.IsSet() {
		return Token{}, false, nil
	}
	bare := s.credential.flow == FlowAccessToken
	claims, err := DecodeClaims(s.credential.beside.Reveal())
	if err != nil {
		if bare {
			return Token{}, false, notJWTError(s.credential.source, err)
		}
		return Token{}, false, nil // the refresh token beside it will do
	}
	token := Token{AccessToken: s.credential.beside, Claims: claims, Source: s.credential.besideSource}
	now := s.options.Now()
	if !bare {
		return token, judge(token, time.Time{}, now, n) == fresh, nil
	}
	if token.Remaining(now) <= 0 {
		return Token{}, false, expiredError(s.credential.source, token, now)
	}
	if token.Remaining(now) < n.minTTL {
		s.tell(Notice{Kind: KindExpired, Source: s.credential.source, Summary: "Access Token Shorter Than min_ttl", Detail: fmt.Sprintf(
			"The access token from %s lives until %s, which is less than the min_ttl of %v, and there is no refresh token to get another with.",
			s.credential.source, claims.ExpiresAt.Format(time.RFC3339), n.minTTL)})
	}
	return token, true, nil
}

// fallBack uses the former token while it lives, telling why it was not
// refreshed.
func (s *Session) fallBack(cause error) (Token, error) {
	token, alive := s.former()
	if !alive || IsKind(cause, KindInterrupted) || IsKind(cause, KindLoginRemoved) {
		return Token{}, cause
	}
	kind, detail := KindUnreachable, cause.Error()
	var failure *Error
	if errors.As(cause, &failure) {
		if failure.Kind == KindBlocked {
			return Token{}, cause
		}
		kind, detail = failure.Kind, failure.Detail
	}
	s.tell(Notice{Kind: kind, Source: s.credential.source, Summary: "Access Token Not Refreshed", Detail: fmt.Sprintf(
		"The access token is used until it expires at %s, because refreshing it failed. %s", token.Claims.ExpiresAt.Format(time.RFC3339), detail)})
	return token, nil
}

// former returns the token that lives longer: the session's, or the one that
// the configuration itself holds.
func (s *Session) former() (longest Token, alive bool) {
	now := s.options.Now()
	for _, candidate := range []Token{
		{AccessToken: s.current.AccessToken, Source: s.credential.source},
		{AccessToken: s.credential.beside, Source: s.credential.besideSource},
	} {
		claims, err := DecodeClaims(candidate.AccessToken.Reveal())
		candidate.Claims = claims
		if err == nil && candidate.Remaining(now) > max(longest.Remaining(now), 0) {
			longest, alive = candidate, true
		}
	}
	return longest, alive
}

// hand returns the current token, telling when it is less than was asked for.
func (s *Session) hand(n need) (Token, error) {
	claims, err := DecodeClaims(s.current.AccessToken.Reveal())
	if err != nil {
		return Token{}, notJWTError(s.credential.source, err)
	}
	now := s.options.Now()
	token := Token{AccessToken: s.current.AccessToken, Claims: claims, Source: s.credential.source}
	if token.Remaining(now) <= 0 {
		return Token{}, clockError(s.credential.source, token, now, time.Time{})
	}
	s.compareHolders(claims)
	s.tellShort(token, now, n)
	return token, nil
}

// tellShort tells that a token lives shorter than a consumer asked for.
func (s *Session) tellShort(token Token, now time.Time, n need) {
	if token.Remaining(now) >= n.minTTL {
		return
	}
	notice := Notice{Kind: KindExpired, Source: s.credential.source, Summary: "min_ttl Longer Than a Token Lives", Detail: fmt.Sprintf(
		"min_ttl asks for %v, but an access token lives %v. The token handed out expires at %s; another refresh would give no more.",
		n.minTTL, token.lifetime(), token.Claims.ExpiresAt.Format(time.RFC3339))}
	if life := token.lifetime(); life == 0 || n.minTTL <= life {
		notice.Summary, notice.Detail = "Access Token Shorter Than min_ttl", fmt.Sprintf(
			"min_ttl asks for %v. The access token handed out is new and expires at %s; another refresh now would give hardly more.",
			n.minTTL, token.Claims.ExpiresAt.Format(time.RFC3339))
	}
	s.tell(notice)
}

// compareHolders tells when an access token from the configuration ran out and
// the credential behind it turns out to be another user's. The SDK changes
// users there without a word.
func (s *Session) compareHolders(now Claims) {
	before, err := DecodeClaims(s.credential.beside.Reveal())
	if err != nil || before.Subject == now.Subject {
		return
	}
	s.tell(Notice{Kind: KindWrongCredential, Source: s.credential.source, Summary: "Now Another User", Detail: fmt.Sprintf(
		"The access token from %s belonged to %s and has run out; the credential from %s, which takes its place, belongs to %s. "+
			"Remove the one that is not meant.", s.credential.besideSource, before.Subject, s.credential.source, now.Subject)})
}
