package session

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// The files below a configuration directory:
//
//	<profile>/tokens.json                    the login, in the SDK's format
//	<profile>/terraform/login.json           what we know about that login
//	<profile>/terraform/<fingerprint>.json   a session from elsewhere, whole
//	<profile>/terraform/*.lock               the locks of these
//	.terraform.lock                          excludes two first uses of a token
const (
	loginFile    = "tokens.json"
	recordFolder = "terraform"
	loginRecord  = "login.json"
	claimLock    = ".terraform.lock"
)

// FileStore keeps sessions below the SDK's configuration directory. A profile's
// login is the SDK's own tokens.json, byte for byte in its format; everything
// the SDK does not know stands in files beside it.
type FileStore struct{ root string }

// NewFileStore returns the store below root, usually ~/.earthscope. Nothing is
// created before something is saved.
func NewFileStore(root string) *FileStore { return &FileStore{root: root} }

// Login implements Store. profile is the folder name of the profile.
func (s *FileStore) Login(profile string) Key { return Key(profile + "/" + loginFile) }

// Describe implements Store: the path of the file that holds the tokens. As in
// the SDK, the folder of a profile with an absolute name is that path itself.
func (s *FileStore) Describe(key Key) string {
	name := filepath.FromSlash(string(key))
	if filepath.IsAbs(name) {
		return filepath.Clean(name)
	}
	return filepath.Join(s.root, name)
}

func isLogin(key Key) bool { return path.Base(string(key)) == loginFile }

// recordPath is our own file for key; lockPath the lock that guards it.
func (s *FileStore) recordPath(key Key) string {
	if isLogin(key) {
		return filepath.Join(filepath.Dir(s.Describe(key)), recordFolder, loginRecord)
	}
	return s.Describe(key)
}

func (s *FileStore) lockPath(key Key) string {
	return strings.TrimSuffix(s.recordPath(key), ".json") + ".lock"
}

// Load implements Store. As in the SDK, a tokens.json that cannot be parsed
// counts as absent; the settings chain warns about it.
func (s *FileStore) Load(_ context.Context, key Key) (Entry, Version, error) {
	data, err := readOptional(s.recordPath(key))
	if err != nil {
		return Entry{}, "", err
	}
	var entry Entry
	if data != nil {
		if entry, err = decodeRecord(data); err != nil {
			return Entry{}, "", fmt.Errorf("%s is %w; if nothing else can read it, delete it", s.recordPath(key), err)
		}
	}
	if !isLogin(key) {
		return entry, versionOf(data, nil), nil
	}
	tokens, err := readOptional(s.Describe(key))
	if err != nil {
		return Entry{}, "", err
	}
	adoptLogin(&entry, tokens)
	return entry, versionOf(data, tokens), nil
}

// adoptLogin puts the tokens of tokens.json into what we know about the login.
// A refresh token that is not of the recorded lineage is either a successor
// that the SDK or the CLI got, or a new login. Where the server rotates and the
// holder is the same it is taken for a successor: either way the recorded
// tokens are dead and this one is the user's. Otherwise what was known of the
// former login goes, but for whether the server rotates and, if it does, which
// tokens must never be sent again.
func adoptLogin(entry *Entry, data []byte) {
	tokens, err := settings.ParseTokens(data)
	if data == nil || err != nil {
		tokens = settings.Tokens{}
	}
	entry.AccessToken, entry.IDToken, entry.RefreshToken = tokens.AccessToken, tokens.IDToken, tokens.RefreshToken
	if !tokens.RefreshToken.IsSet() {
		if last := len(entry.Lineage) - 1; last > 0 && entry.Rotation == RotationSeen {
			// Logged out: all but the newest were used up.
			entry.Spent = newest(append(entry.Spent, entry.Lineage[:last]...))
			entry.Lineage = entry.Lineage[last:]
		}
		return
	}
	fp := Fingerprint(tokens.RefreshToken.Reveal())
	if entry.descendsFrom(fp) {
		return
	}
	succeedLogin(entry, fp)
}

// succeedLogin takes a refresh token of another lineage into a login.
func succeedLogin(entry *Entry, fp string) {
	rotated := entry.Rotation == RotationSeen || entry.Sending != "" && entry.descendsFrom(entry.Sending)
	entry.Suspect, entry.Sending = "", ""
	claims, err := DecodeClaims(entry.AccessToken.Reveal())
	if err == nil && rotated && claims.Subject == entry.Subject && claims.ClientID == entry.ClientID {
		entry.Lineage, entry.Rotation = newest(append(entry.Lineage, fp)), RotationSeen
		return
	}
	if rotated {
		entry.Spent = newest(append(entry.Spent, entry.Lineage...))
	}
	entry.Lineage, entry.Subject = []string{fp}, ""
}

// Swap implements Store. tokens.json is written before our own record: the
// token must not be lost, the record can be made again.
func (s *FileStore) Swap(ctx context.Context, key Key, old Version, next Entry) (Version, error) {
	current, version, err := s.Load(ctx, key)
	if err != nil {
		return "", err
	}
	if version != old {
		return "", fmt.Errorf("%w: %s", ErrConflict, s.Describe(key))
	}
	sweep(s.recordPath(key))
	if err := os.MkdirAll(filepath.Dir(s.recordPath(key)), 0o700); err != nil {
		return "", readOnly(err)
	}
	if isLogin(key) && !sameTokens(current, next) {
		sweep(s.Describe(key))
		data := settings.FormatTokens(settings.Tokens{
			AccessToken: next.AccessToken, IDToken: next.IDToken, RefreshToken: next.RefreshToken,
		})
		if err := writeFile(s.Describe(key), data); err != nil {
			return "", readOnly(err)
		}
	}
	data, err := encodeRecord(next, !isLogin(key))
	if err != nil {
		return "", err
	}
	if err := writeFile(s.recordPath(key), data); err != nil {
		return "", readOnly(err)
	}
	_, version, err = s.Load(ctx, key)
	return version, err
}

func sameTokens(a, b Entry) bool {
	return a.AccessToken == b.AccessToken && a.IDToken == b.IDToken && a.RefreshToken == b.RefreshToken
}

// Lock implements Store.
func (s *FileStore) Lock(ctx context.Context, key Key) (Lock, error) {
	lock, err := lockFile(ctx, s.lockPath(key))
	if err != nil {
		return nil, err
	}
	// The record is written beside the lock; tokens.json is replaced in its own
	// folder, which may refuse what that of the lock allows.
	folders := []string{filepath.Dir(s.recordPath(key))}
	if isLogin(key) {
		folders = append(folders, filepath.Dir(s.Describe(key)))
	}
	for _, folder := range folders {
		if err := probe(folder, s.room(key)); err != nil {
			lock.Release()
			return nil, err
		}
	}
	return lock, nil
}

// spareRoom is by how many bytes an entry's files may grow at once: an access
// token, an identity token and a refresh token take some 5 KiB.
const spareRoom = 32 << 10

// room is how many bytes the next entry may need.
func (s *FileStore) room(key Key) int {
	size := spareRoom
	for _, file := range []string{s.recordPath(key), s.Describe(key)} {
		if info, err := os.Stat(file); err == nil {
			size += int(info.Size())
		}
	}
	return size
}

// readOptional returns nil for a file that is not there.
func readOptional(name string) ([]byte, error) {
	data, err := settings.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return data, err
}

// versionOf identifies the content of an entry's files.
func versionOf(contents ...[]byte) Version {
	sum, some := sha256.New(), false
	for _, content := range contents {
		part := sha256.Sum256(content)
		sum.Write(part[:])
		some = some || content != nil
	}
	if !some {
		return ""
	}
	return Version(hex.EncodeToString(sum.Sum(nil)))
}
