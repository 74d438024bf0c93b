package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// LoginRequest says how to log in.
type LoginRequest struct {
	// Prompt shows the person the page and the code. It is called once, before
	// the first wait.
	Prompt func(DevicePrompt)
	// Progress receives what else there is to say while waiting; nil discards.
	Progress func(string)
	// RevokePrevious ends the session that the new one replaces, after the new
	// one is saved.
	RevokePrevious bool
}

// LoginResult is a login that was made. It holds no secret.
type LoginResult struct {
	Profile, Subject string
	// File is where the tokens are.
	File string
	// Fingerprint names the new refresh token; empty where there is none.
	Fingerprint string
	ExpiresAt   time.Time // of the access token
	// Replaced names the refresh token that was in the file before, empty where
	// there was none. Revoked says that it was ended.
	Replaced string
	Revoked  bool
	Notices  []Notice
}

// login is one device login from start to end.
type login struct {
	*refresher
	options Options
	request LoginRequest
	key     Key
	result  LoginResult
	unsaved string // what became of tokens that could not be saved
}

// Login logs a person in with the device flow (RFC 8628) and saves the tokens
// as "es login" does, in the profile's tokens.json. Until that file is replaced,
// in one step, the former login stays as it is, whatever happens.
//
// Errors are *Error: KindInterrupted when ctx ends, KindLoginDenied,
// KindLoginExpired, KindLoginFailed, KindLoginUnsaved, KindConfiguration, and
// those of a request. With RevokePrevious, an error of KindStillAlive or
// KindLoginRevoked comes beside a result: the new login is saved.
func Login(ctx context.Context, options Options, request LoginRequest) (LoginResult, error) {
	l, err := newLogin(options, request)
	if err != nil {
		return LoginResult{}, err
	}
	if err := l.checkStore(ctx); err != nil {
		return LoginResult{}, err
	}
	code, err := l.startDevice(ctx, options.Settings.OAuth2.Scope)
	if err != nil {
		return LoginResult{}, err
	}
	l.request.Prompt(code.prompt)
	got, err := l.awaitApproval(ctx, code, l.request.Progress)
	if err != nil {
		return LoginResult{}, err
	}
	// From here on there is a session that only we know: it is saved even if
	// the login was cancelled meanwhile.
	return l.finish(context.WithoutCancel(ctx), got)
}

func newLogin(options Options, request LoginRequest) (*login, error) {
	options = withDefaults(options)
	if options.Store == nil {
		options.Store = chooseStore(options)
	}
	if memory, ok := options.Store.(*memoryStore); ok {
		return nil, cannotBeSaved(memory.Describe(""))
	}
	if request.Progress == nil {
		request.Progress = func(string) {}
	}
	r, err := newRefresher(loginCredential(options.Settings), options)
	if err != nil {
		return nil, err
	}
	key := options.Store.Login(options.Settings.ProfileSlug)
	return &login{
		refresher: r, options: options, request: request, key: key,
		result: LoginResult{Profile: options.Settings.Profile, File: options.Store.Describe(key)},
	}, nil
}

// loginCredential is the credential of the profile's own login, whatever else
// the settings would use.
func loginCredential(s *settings.Settings) credential {
	return credential{
		flow: FlowRefreshToken, identity: Identity{Issuer: s.OAuth2.Domain, ClientID: s.OAuth2.ClientID}, audience: s.OAuth2.Audience,
		profile: s.ProfileSlug, setting: "oauth2.refresh_token",
		source: settings.Source{Link: settings.LinkTokensFile, Name: s.Paths.TokensFile},
	}
}

// checkStore finds out whether a login could be saved, before anybody is asked
// to confirm one. The lock is not kept: others may refresh meanwhile.
func (l *login) checkStore(ctx context.Context) error {
	lock, err := l.lock(ctx, l.store.Lock)
	if err != nil {
		return err
	}
	defer lock.Release()
	if _, _, err := l.store.Load(ctx, l.key); err != nil {
		return l.storeFailure(l.key, err)
	}
	return nil
}

func (l *login) lock(ctx context.Context, take func(context.Context, Key) (Lock, error)) (Lock, error) {
	waiting, cancel := context.WithTimeout(ctx, l.patience())
	defer cancel()
	lock, err := take(waiting, l.key)
	switch {
	case err == nil:
		return lock, nil
	case ctx.Err() != nil:
		return nil, loginInterrupted(ctx)
	case errors.Is(err, ErrLockTimeout):
		return nil, l.lockedError(err)
	}
	return nil, l.storeFailure(l.key, err)
}

// finish keeps what the approved login gave.
func (l *login) finish(ctx context.Context, got answer) (LoginResult, error) {
	claims, err := DecodeClaims(got.access.Reveal())
	if err != nil {
		l.dispose(ctx, got)
		failure := l.opaqueError(got, err)
		failure.Detail += " Nothing was saved. " + l.disposal() + " " + formerUntouched
		return LoginResult{}, failure
	}
	lock, err := l.lock(ctx, l.store.Lock)
	if err != nil {
		l.rescueTokens(ctx, got)
		return LoginResult{}, l.notSaved(l.result.File, err)
	}
	defer lock.Release()
	former, version, err := l.replace(ctx, got, claims)
	if err != nil {
		return LoginResult{}, err
	}
	l.result.Subject, l.result.ExpiresAt = claims.Subject, claims.ExpiresAt
	l.result.Fingerprint = Fingerprint(got.refresh.Reveal())
	if notice, hidden := hiddenNotice(l.options.Settings); hidden {
		l.result.Notices = append(l.result.Notices, notice)
	}
	if !got.refresh.IsSet() {
		l.result.Fingerprint = ""
		l.result.Notices = append(l.result.Notices, Notice{Kind: KindNoRefreshToken, Summary: "Login Without Refresh Token", Detail: fmt.Sprintf(
			"The identity server gave no refresh token, since the scope holds no offline_access: this login ends at %s.", expiry(claims))})
	}
	if former.RefreshToken.IsSet() && former.RefreshToken != got.refresh {
		l.result.Replaced = Fingerprint(former.RefreshToken.Reveal())
		if l.request.RevokePrevious {
			err = l.endFormer(ctx, former, version)
		}
	}
	l.result.Notices = append(l.result.Notices, l.drain()...)
	return l.result, err
}
