package session

import (
	"context"
	"fmt"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// Facts are what a session is known to be; none of them is secret.
type Facts struct {
	Profile  string
	Flow     Flow
	Source   settings.Source
	Rotation Rotation
	Issuer   string
	ClientID string
	// Subject is whose session it is, empty before the first access token.
	Subject string
}

// Source says where the session's credential stands and which flow it is for,
// without a look at the store.
func (s *Session) Source() (settings.Source, Flow) { return s.credential.source, s.credential.flow }

// Facts says what the session is, as far as is known by now.
func (s *Session) Facts(ctx context.Context) (Facts, error) {
	select {
	case s.gate <- struct{}{}:
		defer func() { <-s.gate }()
	case <-ctx.Done():
		return Facts{}, interrupted(ctx)
	}
	entry, err := s.refresher.peek(ctx)
	if err != nil {
		return Facts{}, err
	}
	facts := Facts{
		Profile: s.options.Settings.Profile, Flow: s.credential.flow, Source: s.credential.source, Rotation: entry.Rotation,
		Issuer: s.credential.identity.Issuer, ClientID: s.credential.identity.ClientID, Subject: entry.Subject,
	}
	if facts.Rotation == RotationUnknown {
		facts.Rotation = s.rotation
	}
	for _, token := range []settings.Secret{s.current.AccessToken, entry.AccessToken, s.credential.beside} {
		if claims, err := DecodeClaims(token.Reveal()); err == nil {
			facts.Subject = claims.Subject
			break
		}
	}
	return facts, nil
}

// Descends reports whether fingerprint names one of the session's refresh
// tokens: the current one or an ancestor. Nothing is asked of the identity
// server.
func (s *Session) Descends(ctx context.Context, fingerprint string) (bool, error) {
	if s.credential.flow != FlowRefreshToken {
		return false, nil
	}
	select {
	case s.gate <- struct{}{}:
		defer func() { <-s.gate }()
	case <-ctx.Done():
		return false, interrupted(ctx)
	}
	entry, err := s.refresher.peek(ctx)
	if err != nil {
		return false, err
	}
	return entry.descendsFrom(fingerprint) || Fingerprint(s.credential.secret.Reveal()) == fingerprint, nil
}

// RefreshToken returns the session's newest refresh token and its fingerprint,
// as "es user get-refresh-token" prints it. Nothing is asked of the identity
// server. Errors are *Error; KindNoRefreshToken where the flow has none.
func (s *Session) RefreshToken(ctx context.Context) (settings.Secret, string, error) {
	if s.credential.flow != FlowRefreshToken {
		return settings.Secret{}, "", s.noRefreshToken()
	}
	select {
	case s.gate <- struct{}{}:
		defer func() { <-s.gate }()
	case <-ctx.Done():
		return settings.Secret{}, "", interrupted(ctx)
	}
	entry, err := s.refresher.peek(ctx)
	if err != nil {
		return settings.Secret{}, "", err
	}
	if s.isAhead(entry) {
		entry = s.current
	}
	s.adopt(entry)
	token, err := s.refresher.toSend(entry)
	if err != nil {
		return settings.Secret{}, "", err
	}
	return token, Fingerprint(token.Reveal()), nil
}

func (s *Session) noRefreshToken() *Error {
	return &Error{
		Kind: KindNoRefreshToken, Source: s.credential.source, Summary: "No Refresh Token",
		Detail: fmt.Sprintf("Profile %q works with %s from %s, which comes with no refresh token. %s",
			s.options.Settings.Profile, s.credential.flow, s.credential.source, loginAgain),
	}
}

// tell queues a notice for the next Notices, once each.
func (s *Session) tell(n Notice) {
	s.noticesLock.Lock()
	defer s.noticesLock.Unlock()
	if id := n.Summary + "\n" + n.Detail; !s.told[id] {
		s.told[id] = true
		s.notices = append(s.notices, n)
	}
}

// Notices returns what a person should be told since the last call, each
// notice once in the life of the session.
func (s *Session) Notices() []Notice {
	s.noticesLock.Lock()
	defer s.noticesLock.Unlock()
	notices := s.notices
	s.notices = nil
	return notices
}

func notJWTError(source settings.Source, cause error) *Error {
	return &Error{
		Kind: KindNotJWT, Source: source, Setting: "oauth2.access_token", Err: cause, Summary: "Unreadable Access Token",
		Detail: fmt.Sprintf("The access token from %s is %v. EarthScope's access tokens start with \"ey\" and have three parts with dots between "+
			"them; a refresh token does not belong here. Print one with \"es user get-access-token\".", source, cause),
	}
}

func expiredError(source settings.Source, token Token, now time.Time) *Error {
	return &Error{
		Kind: KindExpired, Source: source, Setting: "oauth2.access_token", Summary: "Access Token Expired",
		Detail: fmt.Sprintf("The access token from %s expired at %s (this machine's clock says %s), and there is no refresh token or client secret "+
			"to get another with. Give the provider a refresh_token, or a new access token from \"es user get-access-token\".",
			source, token.Claims.ExpiresAt.Format(time.RFC3339), now.UTC().Format(time.RFC3339)),
	}
}

func forgottenRotationError(source settings.Source) *Error {
	return &Error{
		Kind: KindUnsafeRotation, Source: source, Setting: "persist_tokens", Summary: "Rotated Token Would Not Be Saved",
		Detail: fmt.Sprintf("The identity server replaces the refresh token from %s at every use, and persist_tokens = false would forget the new "+
			"one: plan and apply, each a process of its own, would send the same token twice, which ends the session. Nothing was sent. "+
			"Remove persist_tokens = false, or use client credentials (client_secret), which do not rotate.", source),
	}
}

func unsafeRotationError(source settings.Source, where string, cause error) *Error {
	return &Error{
		Kind: KindUnsafeRotation, Source: source, Err: cause, Summary: "Rotated Token Could Not Be Saved",
		Detail: fmt.Sprintf("The identity server replaces the refresh token from %s at every use, and the new one could not be saved (%s: %v). "+
			"Refreshing now would leave only a spent token behind, so nothing was sent. Make the folder writable, set config_dir to one "+
			"that is, or use client credentials (client_secret), which do not rotate.", source, where, cause),
	}
}
