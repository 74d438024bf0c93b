package placement

import (
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/bootstrap"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
)

// derived is the tokens.json that the SDK makes on the host from a credential
// that was placed elsewhere, or "" where tokens.json is itself a placement.
func (l Ledger) derived() string {
	at := TokensPath(l.Slug)
	if _, placed := l.Files[at]; placed {
		return ""
	}
	return at
}

// Remove is the work that takes everything of the ledger off the host, and the
// tokens.json that the SDK derived there from what was pushed.
func (l Ledger) Remove() *Work {
	w := &Work{ledger: l}
	for at := range l.Files {
		w.Paths = append(w.Paths, at)
	}
	derived := l.derived()
	if derived != "" {
		w.Paths, w.watched = append(w.Paths, derived), derived
	}
	slices.Sort(w.Paths)
	w.edit = func(state files.State, next *Ledger) (*files.Change, error) {
		if entry, known := next.Files[state.Path]; known {
			delete(next.Files, state.Path)
			return l.takeOut(entry, state)
		}
		if l.ownDerived(state) {
			return &files.Change{Path: state.Path, Delete: true, RemoveDirs: l.foldersAbove(state.Path)}, nil
		}
		return nil, nil
	}
	return w
}

// takeOut removes what an entry put into a file, and folders that are empty
// then. A login of somebody else's, made since, stays.
func (l Ledger) takeOut(entry Entry, state files.State) (*files.Change, error) {
	if state.Err != nil {
		return nil, state.Err
	}
	remove := &files.Change{Path: state.Path, Delete: true, RemoveDirs: l.foldersAbove(state.Path)}
	switch {
	case !state.Exists:
		return remove, nil
	case entry.File.Kind == Tokens && l.isOthersLogin(state), entry.Intended && entry.File.Kind == Tokens && !l.isOurs(state):
		return nil, nil
	}
	content, gone, err := entry.File.editor(l.Profile).Remove(before(state), entry.Record)
	if err != nil {
		return nil, err
	}
	if gone || entry.TakenOver && len(content) == 0 {
		return remove, nil
	}
	content, mode := entry.reopen(state.Content, content)
	change := &files.Change{Path: state.Path, Content: content, Mode: mode, Owner: entry.FormerOwner, Group: entry.FormerGroup}
	if isAsWanted(state, change) {
		return nil, nil
	}
	return change, nil
}

// clockTolerance is how far the identity server's clock, which dates tokens,
// may be behind ours.
const clockTolerance = 5 * time.Minute

// ownDerived reports whether a tokens.json on the host is what the SDK made of
// what was pushed: newer than the push, of the same client, and the same token
// or one of the same subject.
func (l Ledger) ownDerived(state files.State) bool {
	refresh, claims, ok := login(state)
	if !ok || l.LoginBefore || claims.ClientID != l.ClientID || l.issuedBefore(claims) {
		return false
	}
	return l.isPushed(refresh) || l.Subject != "" && claims.Subject == l.Subject
}

// Doubtful returns the tokens.json that a removal leaves although the SDK may
// have made it of what was pushed, "" where there is none: it is as new and of
// the same client, but nobody knows whose credential that was.
func (l Ledger) Doubtful(states []files.State) string {
	for _, state := range states {
		_, claims, ok := login(state)
		if ok && state.Path == l.derived() && l.Subject == "" && !l.LoginBefore && !l.ownDerived(state) &&
			claims.ClientID == l.ClientID && !l.issuedBefore(claims) {
			return state.Path
		}
	}
	return ""
}

// issuedBefore reports whether a token is older than the push.
func (l Ledger) issuedBefore(claims session.Claims) bool {
	return claims.IssuedAt.Before(l.PushedAt.Add(-clockTolerance))
}

// Renewed reports whether the host holds a successor of the refresh token that
// was pushed, made by its SDK.
func (l Ledger) Renewed(states []files.State) bool {
	for _, state := range states {
		refresh, _, ok := login(state)
		if !ok || refresh == "" || l.isPushed(refresh) || !l.isOurs(state) {
			continue
		}
		entry, placed := l.Files[state.Path]
		former := entry.Push == PushDue || session.Fingerprint(refresh) == entry.Replaced
		if placed && entry.File.Kind == Tokens && !former || state.Path == l.derived() && !l.LoginBefore {
			return true
		}
	}
	return false
}

// isOurs reports whether a tokens.json is what was pushed or, as far as its
// access token tells, what the SDK made of it.
func (l Ledger) isOurs(state files.State) bool {
	found, err := bootstrap.ReadTokens(state.Content)
	if err != nil {
		return false
	}
	if l.isPushed(found["refresh_token"]) || l.isPushed(found["access_token"]) {
		return true
	}
	claims, err := session.DecodeClaims(found["access_token"])
	return err == nil && claims.ClientID == l.ClientID && !l.issuedBefore(claims) && (l.Subject == "" || claims.Subject == l.Subject)
}

// isOthersLogin reports whether a tokens.json certainly is neither what was
// pushed nor what the SDK made of it: it names another user or client.
func (l Ledger) isOthersLogin(state files.State) bool {
	refresh, claims, ok := login(state)
	return ok && !l.isPushed(refresh) &&
		(l.ClientID != "" && claims.ClientID != l.ClientID || l.Subject != "" && claims.Subject != l.Subject)
}

func (l Ledger) isPushed(found string) bool {
	return found != "" && session.Fingerprint(found) == l.Fingerprint
}

// login reads a tokens.json as far as it names its holder.
func login(state files.State) (refreshToken string, claims session.Claims, ok bool) {
	if state.Err != nil || !state.Exists {
		return "", claims, false
	}
	found, err := bootstrap.ReadTokens(state.Content)
	if err != nil {
		return "", claims, false
	}
	claims, err = session.DecodeClaims(found["access_token"])
	return found["refresh_token"], claims, err == nil
}

// Learn returns the ledger with what the host tells of the credential that was
// pushed: where a token store holds the very token, the push arrived. With an
// access token beside it, which the SDK then got for it, the subject is known.
func (l Ledger) Learn(states []files.State) Ledger {
	l.Files = maps.Clone(l.Files)
	for _, state := range states {
		if entry, known := l.Files[state.Path]; known && entry.File.Kind == Tokens && state.Err == nil {
			if found, err := bootstrap.ReadTokens(state.Content); err == nil && l.isPushed(found["refresh_token"]) {
				entry.Push = PushConfirmed
				l.Files[state.Path] = entry
			}
		}
		if refresh, claims, ok := login(state); ok && l.Subject == "" && l.isPushed(refresh) {
			l.Subject = claims.Subject
		}
	}
	return l
}

// foldersAbove lists the folders right above a file that were made for any file
// of the host, innermost first: whichever goes last takes a shared folder along.
func (l Ledger) foldersAbove(at string) []string {
	made := map[string]bool{}
	for _, folder := range l.DerivedDirs {
		made[folder] = true
	}
	for _, entry := range l.Files {
		for _, folder := range entry.Dirs {
			made[folder] = true
		}
	}
	var above []string
	for folder := path.Dir(at); made[folder]; folder = path.Dir(folder) {
		above = append(above, folder)
	}
	return above
}

// rememberFolders adds folders that go when they are empty at the end.
func (l *Ledger) rememberFolders(folders []string) {
	all := slices.Concat(l.DerivedDirs, folders)
	slices.Sort(all)
	l.DerivedDirs = slices.Compact(all)
}

// sdkFolders are the folders above a file that only the SDK's files lie in.
func sdkFolders(at string) []string {
	var folders []string
	for folder := path.Dir(at); strings.HasPrefix(folder, path.Dir(ConfigPath)); folder = path.Dir(folder) {
		folders = append(folders, folder)
	}
	slices.Reverse(folders)
	return folders
}
