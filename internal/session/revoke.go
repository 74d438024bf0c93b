package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// RevokeRequest says what to revoke.
type RevokeRequest struct {
	// LoginOnly revokes the login in the profile's tokens.json even where the
	// settings would use another credential.
	LoginOnly bool
}

// Revocation is what was revoked. It holds no secret.
type Revocation struct {
	Profile string
	// Tokens names what was revoked, in order: the session itself last.
	Tokens  []RevokedToken
	Notices []Notice
}

// RevokedToken is one refresh token that is dead now.
type RevokedToken struct {
	Fingerprint string
	// Where the local copy was; empty where there was none.
	Where string
}

// revocation is one run of Revoke.
type revocation struct {
	*refresher
	result Revocation
}

// Revoke ends the session that the settings describe at the identity server
// (RFC 7009), and then removes the local copy: a token is forgotten only once
// it is dead. Sessions of the profile that a login has replaced and could not
// revoke go first.
//
// Errors are *Error: KindNoCredentials, KindNoRefreshToken, KindStillAlive when
// the server did not confirm (the local copy stays, and the call can be
// repeated), KindCopyLeft when the copy of a dead token could not be removed,
// and those of the store. The result tells what was revoked before the error.
func Revoke(ctx context.Context, options Options, request RevokeRequest) (Revocation, error) {
	options = withDefaults(options)
	if options.Store == nil {
		options.Store = chooseStore(options)
	}
	c, missing := revocable(options.Settings, request)
	r, err := newRefresher(c, options)
	if err != nil {
		return Revocation{}, err
	}
	run := &revocation{refresher: r, result: Revocation{Profile: options.Settings.Profile}}
	if err := run.revokePending(ctx); err != nil {
		return run.result, err
	}
	if missing == nil {
		missing = run.revokeSession(ctx)
	}
	if IsKind(missing, KindNoCredentials) && len(run.result.Tokens) > 0 {
		missing = nil // what was left over from earlier logins was all there is
	}
	return run.result, missing
}

// revocable picks the credential whose session is meant. The error comes with a
// credential that serves what is left over from earlier logins.
func revocable(s *settings.Settings, request RevokeRequest) (credential, error) {
	if request.LoginOnly {
		return loginCredential(s), nil
	}
	c, err := resolve(s)
	if err != nil {
		return loginCredential(s), err
	}
	if c.flow != FlowRefreshToken {
		return c, &Error{
			Kind: KindNoRefreshToken, Source: c.source, Setting: c.setting, Summary: "No Refresh Token",
			Detail: fmt.Sprintf("Profile %q works with %s from %s, so there is no refresh token to revoke. A client secret is replaced by whoever "+
				"issued it; an access token ends by itself.", s.Profile, c.flow, c.source),
		}
	}
	return c, nil
}

func (r *revocation) revokePending(ctx context.Context) error {
	store, ok := r.store.(revocationStore)
	if !ok {
		return nil
	}
	keys, err := store.Pending(ctx, r.credential.profile)
	if err != nil {
		return r.storeFailure(store.Login(r.credential.profile), err)
	}
	for _, key := range keys {
		entry, _, err := store.Load(ctx, key)
		if err != nil {
			return r.storeFailure(key, err)
		}
		if !ofIdentity(entry, r.credential.identity) {
			continue
		}
		login, _, err := store.Load(ctx, store.Login(r.credential.profile))
		if err == nil && login.descendsFrom(Fingerprint(entry.RefreshToken.Reveal())) {
			// The login that was to replace it was cut short: it is in use.
			if err := store.Drop(ctx, key); err != nil {
				return copyLeft(store.Describe(key), err)
			}
			continue
		}
		if err := r.revokeAt(ctx, entry.RefreshToken); err != nil {
			return r.stillAlive(entry.RefreshToken, store.Describe(key), err)
		}
		r.revoked(entry.RefreshToken, store.Describe(key))
		if err := store.Drop(ctx, key); err != nil {
			return copyLeft(store.Describe(key), err)
		}
	}
	return nil
}

func (r *revocation) revoked(token settings.Secret, where string) {
	r.result.Tokens = append(r.result.Tokens, RevokedToken{Fingerprint: Fingerprint(token.Reveal()), Where: where})
}

// revokeSession revokes the newest token of the session and removes its copy.
func (r *revocation) revokeSession(ctx context.Context) error {
	key, err := r.find(ctx)
	if err != nil {
		return err
	}
	waiting, cancel := context.WithTimeout(ctx, r.patience())
	defer cancel()
	if key == "" {
		key, err = r.store.Claim(waiting, r.credential.identity, r.credential.profile, r.credential.fingerprint())
		if errors.Is(err, ErrReadOnly) {
			return r.revokeUnkept(ctx)
		}
		if err != nil {
			return r.lockFailure(ctx, key, err)
		}
	}
	lock, err := r.store.Lock(waiting, key)
	if errors.Is(err, ErrReadOnly) {
		return r.storeFailure(key, err)
	}
	if err != nil {
		return r.lockFailure(ctx, key, err)
	}
	defer lock.Release()
	entry, _, err := r.load(ctx, key)
	if err != nil {
		return err
	}
	token := entry.RefreshToken
	if !token.IsSet() {
		token = r.credential.secret
	}
	if !token.IsSet() {
		return r.nothingToRevoke(key)
	}
	where := r.store.Describe(key)
	if err := r.revokeAt(ctx, token); err != nil {
		return r.stillAlive(token, where, err)
	}
	r.revoked(token, where)
	r.afterwards(entry, token)
	return r.forget(context.WithoutCancel(ctx), key, entry, token)
}

// revokeUnkept revokes a configured token of which there can be no copy.
func (r *revocation) revokeUnkept(ctx context.Context) error {
	if err := r.revokeAt(ctx, r.credential.secret); err != nil {
		return r.stillAlive(r.credential.secret, r.credential.source.String(), err)
	}
	r.revoked(r.credential.secret, "")
	r.afterwards(Entry{}, r.credential.secret)
	return nil
}

// forget removes the local copy of a dead session. Its fingerprints stay, so
// that no other copy of these tokens is sent from here: to a server that
// rotates, a used token that comes back looks like a theft.
func (r *revocation) forget(ctx context.Context, key Key, entry Entry, token settings.Secret) error {
	dead := newest(append(append(entry.clone().Spent, entry.Lineage...), Fingerprint(token.Reveal())))
	tombstone := Entry{
		Issuer: r.credential.identity.Issuer, ClientID: r.credential.identity.ClientID, Rotation: entry.Rotation, Spent: dead,
	}
	where := r.store.Describe(key)
	login := r.store.Login(r.credential.profile)
	if r.credential.ofLogin() && key != login {
		// What stands in tokens.json is an ancestor of the session.
		if err := r.removeLogin(ctx, login, dead); err != nil {
			return copyLeft(r.store.Describe(login), err)
		}
	}
	if isLogin(key) {
		if err := r.removeLogin(ctx, key, dead); err != nil {
			return copyLeft(where, err)
		}
	}
	current, version, err := r.store.Load(ctx, key)
	if err == nil && !r.isAnother(current, dead) {
		_, err = r.store.Swap(ctx, key, version, tombstone)
	}
	if err != nil {
		return copyLeft(where, err)
	}
	return nil
}

// isAnother reports whether an entry holds a token that is not one of the dead.
func (r *revocation) isAnother(entry Entry, dead []string) bool {
	return entry.RefreshToken.IsSet() && !slices.Contains(dead, Fingerprint(entry.RefreshToken.Reveal()))
}

// removeLogin deletes a tokens.json whose token is dead, and leaves one alone
// that holds another login by now.
func (r *revocation) removeLogin(ctx context.Context, key Key, dead []string) error {
	store, ok := r.store.(revocationStore)
	if !ok {
		return nil
	}
	for range 4 {
		current, version, err := store.Load(ctx, key)
		if err != nil {
			return err
		}
		if r.isAnother(current, dead) {
			r.result.Notices = append(r.result.Notices, Notice{Kind: KindStore, Summary: "New Login Kept", Detail: fmt.Sprintf(
				"%s was written by another login meanwhile; that one was left as it is.", store.Describe(key))})
			return nil
		}
		if err := store.RemoveLogin(ctx, key, version); !errors.Is(err, ErrConflict) {
			return err
		}
	}
	return ErrConflict
}

// revokeAt tells the identity server to end the session of a refresh token, in
// Auth0's form of RFC 7009, byte for byte the SDK's. Revoking twice does no
// harm, so what may have been lost is sent again. The error tells why there is
// no confirmation.
func (r *refresher) revokeAt(ctx context.Context, token settings.Secret) error {
	body, err := json.Marshal(struct {
		ClientID string `json:"client_id"`
		Token    string `json:"token"`
	}{r.credential.identity.ClientID, token.Reveal()})
	if err != nil {
		return err
	}
	got, _, err := r.repeat(ctx, endpointAt(r.endpoint.tokenURL, "oauth/revoke"), contentTypeJSON, string(body))
	switch {
	case err != nil:
		return fmt.Errorf("the revocation was cancelled: %w", err)
	case got.outcome == granted:
		return nil
	case got.outcome == refused:
		code := got.code
		if code == "" {
			code = httpCode(got)
		}
		return &Error{
			Kind: KindWrongCredential, Source: r.credential.source, Summary: "Revocation Refused",
			Detail: fmt.Sprintf("the identity server at %s refused to revoke it (%s). Check that client_id and domain are those that the session "+
				"was made with.", host(r.endpoint.tokenURL), code),
		}
	case got.outcome == final:
		return r.unusableError(got)
	}
	return r.unreachableError(got, max(r.retry.Attempts, 1))
}
