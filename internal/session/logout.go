package session

import (
	"context"
	"errors"
	"fmt"
)

// LogoutResult is what a logout did.
type LogoutResult struct {
	// File is where the login was; Existed whether there was one.
	File    string
	Existed bool
	// Fingerprint names the refresh token that lives on at the identity server;
	// empty where the login had none.
	Fingerprint string
	Notices     []Notice
}

// Logout removes the profile's login from this machine as "es logout" does: it
// deletes tokens.json and tells nobody, so the session lives on at the identity
// server. Errors are *Error: KindLocked, KindStore.
func Logout(ctx context.Context, options Options) (LogoutResult, error) {
	l, err := newLogin(options, LoginRequest{})
	if err != nil {
		return LogoutResult{}, err
	}
	store, ok := l.store.(revocationStore)
	if !ok {
		return LogoutResult{}, cannotBeSaved(l.result.File)
	}
	result := LogoutResult{File: l.result.File}
	lock, err := l.lock(ctx, store.LockToRemove)
	if err != nil {
		return result, err
	}
	defer lock.Release()
	for range 4 {
		entry, version, err := store.Load(ctx, l.key)
		if err != nil {
			return result, l.storeFailure(l.key, err)
		}
		result.Existed = entry.RefreshToken.IsSet() || entry.AccessToken.IsSet()
		if entry.RefreshToken.IsSet() {
			result.Fingerprint = Fingerprint(entry.RefreshToken.Reveal())
		}
		switch err := store.RemoveLogin(ctx, l.key, version); {
		case errors.Is(err, ErrConflict):
			continue
		case err != nil:
			return result, l.storeFailure(l.key, err)
		}
		if notice, hidden := hiddenNotice(l.options.Settings); hidden {
			notice.Summary = "Another Credential Stays"
			notice.Detail = fmt.Sprintf("The login is removed, but this provider and the SDK still find a credential in %s.", notice.Source)
			result.Notices = append(result.Notices, notice)
		}
		return result, nil
	}
	return result, l.storeFailure(l.key, ErrConflict)
}
