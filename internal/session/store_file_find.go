package session

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Find implements Store. Sessions of every profile are looked at, since two
// profiles may be given the same token. A session kept whole in one of our
// files comes before a login: it holds a successor that could not be written
// into tokens.json.
func (s *FileStore) Find(ctx context.Context, id Identity, profile, fingerprint string) (Key, error) {
	key, err := s.findRecord(ctx, id, profile, fingerprint)
	if key != "" || err != nil {
		return key, err
	}
	return s.findLogin(ctx, id, profile, fingerprint)
}

func (s *FileStore) findRecord(ctx context.Context, id Identity, _, fingerprint string) (Key, error) {
	for _, file := range s.records() {
		if base := filepath.Base(file); base == loginRecord || strings.HasPrefix(base, pendingPrefix) {
			continue
		}
		key := s.key(file)
		entry, _, err := s.Load(ctx, key)
		switch named := strings.HasPrefix(filepath.Base(file), fingerprint); {
		case err != nil && named:
			return "", err
		case err != nil:
			continue // another session's unreadable record is not our concern
		}
		if entry.Issuer == id.Issuer && entry.ClientID == id.ClientID && (entry.descendsFrom(fingerprint) || entry.wasSpent(fingerprint)) {
			return key, nil
		}
	}
	return "", nil
}

// findLogin looks at every login. One that was removed is still known to have
// used up its former tokens.
func (s *FileStore) findLogin(ctx context.Context, id Identity, profile, fingerprint string) (Key, error) {
	for _, key := range s.logins(profile) {
		entry, _, err := s.Load(ctx, key)
		if err != nil {
			continue // another profile's unreadable login is not our concern
		}
		continues := entry.RefreshToken.IsSet() && entry.descendsFrom(fingerprint)
		if (continues || entry.wasSpent(fingerprint)) && mayBeOf(entry, id) {
			return key, nil
		}
	}
	return "", nil
}

// logins are the logins, present and removed, of all profiles that the SDK
// keeps in plain folders, and that of the asking profile, wherever its name
// puts it.
func (s *FileStore) logins(profile string) []Key {
	var keys []Key
	for _, folder := range s.folders() {
		login := filepath.Join(folder, loginFile)
		if exists(login) || exists(filepath.Join(folder, recordFolder, loginRecord)) {
			keys = append(keys, s.key(login))
		}
	}
	if !isPlainFolder(profile) {
		keys = append(keys, s.Login(profile))
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// records are the files that sessions are kept whole in.
func (s *FileStore) records() []string {
	var records []string
	for _, folder := range s.folders() {
		entries, err := os.ReadDir(filepath.Join(folder, recordFolder))
		if err != nil {
			continue // it has none, or they can't be read, which is as if it had none
		}
		for _, entry := range entries {
			if strings.HasSuffix(entry.Name(), ".json") {
				records = append(records, filepath.Join(folder, recordFolder, entry.Name()))
			}
		}
	}
	return records
}

// folders are those that profiles may have. They are asked for what they hold
// by its name and never listed: one of ours may hold a file for each of a
// thousand hosts.
func (s *FileStore) folders() []string {
	entries, err := os.ReadDir(s.root)
	if err != nil {
		return nil // there is no session yet
	}
	var folders []string
	for _, entry := range entries {
		if entry.IsDir() || entry.Type()&os.ModeSymlink != 0 {
			folders = append(folders, filepath.Join(s.root, entry.Name()))
		}
	}
	return folders
}

func exists(file string) bool {
	_, err := os.Lstat(file)
	return err == nil
}

// ofIdentity reports whether a login is of id: as recorded, or by its access
// token where we have never used it. The token's issuer is no evidence, since
// a custom domain may front it.
func ofIdentity(login Entry, id Identity) bool {
	if login.ClientID != "" {
		return login.Issuer == id.Issuer && login.ClientID == id.ClientID
	}
	claims, err := DecodeClaims(login.AccessToken.Reveal())
	return err == nil && claims.ClientID == id.ClientID
}

// mayBeOf is ofIdentity, but lets the access token speak too where no server has
// answered us for the login: whom it was sent to is no evidence then.
func mayBeOf(login Entry, id Identity) bool {
	claims, err := DecodeClaims(login.AccessToken.Reveal())
	return ofIdentity(login, id) || login.ReceivedToken == "" && err == nil && claims.ClientID == id.ClientID
}

// Claim implements Store.
func (s *FileStore) Claim(ctx context.Context, id Identity, profile, fingerprint string) (Key, error) {
	return s.claim(ctx, id, profile, fingerprint, s.Find)
}

// Aside implements Store.
func (s *FileStore) Aside(ctx context.Context, id Identity, profile, fingerprint string) (Key, error) {
	return s.claim(ctx, id, profile, fingerprint, s.findRecord)
}

type findFunc func(ctx context.Context, id Identity, profile, fingerprint string) (Key, error)

func (s *FileStore) claim(ctx context.Context, id Identity, profile, fingerprint string, find findFunc) (Key, error) {
	if key, err := find(ctx, id, profile, fingerprint); key != "" || err != nil {
		return key, err
	}
	lock, err := lockFile(ctx, filepath.Join(s.root, claimLock))
	if err != nil {
		return "", err
	}
	defer lock.Release()
	if key, err := find(ctx, id, profile, fingerprint); key != "" || err != nil {
		return key, err
	}
	return s.create(id, profile, fingerprint)
}

// spareFolder holds the records of profiles that have no plain folder.
const spareFolder = "default"

// isPlainFolder reports whether the folder of a profile lies directly in the
// configuration directory. The SDK takes a name with slashes as it is, so that
// "team/prod" lies deeper, "../up" beside it and "." is the directory itself.
func isPlainFolder(profile string) bool {
	return profile != "." && filepath.IsLocal(profile) && !strings.ContainsAny(profile, `/\`)
}

// create makes the empty record of a session, where findRecord looks.
func (s *FileStore) create(id Identity, profile, fingerprint string) (Key, error) {
	if !isPlainFolder(profile) {
		profile = spareFolder
	}
	folder := filepath.Join(s.root, profile, recordFolder)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", readOnly(err)
	}
	data, err := encodeRecord(Entry{Issuer: id.Issuer, ClientID: id.ClientID, Lineage: []string{fingerprint}}, true)
	if err != nil {
		return "", err
	}
	file := filepath.Join(folder, fingerprint+".json")
	if _, err := os.Lstat(file); err == nil {
		// The same token under another issuer or client: a session of its own.
		sum := sha256.Sum256([]byte(id.Issuer + "\n" + id.ClientID))
		file = filepath.Join(folder, fmt.Sprintf("%s-%s.json", fingerprint, hex.EncodeToString(sum[:4])))
	}
	if err := writeFile(file, data); err != nil {
		return "", readOnly(err)
	}
	return s.key(file), nil
}

// key is the inverse of Describe.
func (s *FileStore) key(file string) Key {
	relative, err := filepath.Rel(s.root, file)
	if err != nil {
		return Key(filepath.ToSlash(file))
	}
	return Key(filepath.ToSlash(relative))
}

// escapeGlob quotes the characters of a folder name that Glob would expand.
func escapeGlob(folder string) string {
	escaped := make([]rune, 0, len(folder))
	for _, r := range folder {
		switch r {
		case '*', '?', '[':
			escaped = append(escaped, '[', r, ']')
		default:
			escaped = append(escaped, r)
		}
	}
	return string(escaped)
}
