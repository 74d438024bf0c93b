package session

import (
	"os"
	"path/filepath"
	"time"
)

// SpentTokens remembers, beside the sessions, which refresh tokens were given to
// a host that has renewed them since. They are spent although no session here
// has used them. Kept is a file for each, named by the token's fingerprint.
type SpentTokens struct{ folder string }

// NewSpentTokens returns those of a configuration directory, usually
// ~/.earthscope. Nothing is created before something is marked.
func NewSpentTokens(configDir string) SpentTokens {
	return SpentTokens{folder: filepath.Join(configDir, ".terraform-spent")}
}

const (
	// spentKept is for how long a spent token is remembered. By then any refresh
	// token has ended of itself.
	spentKept = 400 * 24 * time.Hour
	// rotationSeen is what the file of a token says whose identity server is
	// known to replace tokens.
	rotationSeen = "rotation seen\n"
)

// Mark remembers a token by its fingerprint. certain says that the identity
// server is known to replace refresh tokens; without that the holder of another
// token may have logged in anew. The error is one of the file system.
func (s SpentTokens) Mark(fingerprint string, certain bool, now time.Time) error {
	if err := os.MkdirAll(s.folder, 0o700); err != nil {
		return err
	}
	s.forget(now)
	content := ""
	if certain {
		content = rotationSeen
	}
	return writeFile(filepath.Join(s.folder, fingerprint), []byte(content))
}

// Contains reports whether a token was marked.
func (s SpentTokens) Contains(fingerprint string) bool {
	return fingerprint != "" && exists(filepath.Join(s.folder, fingerprint))
}

// certainly reports whether a token was marked with certainty.
func (s SpentTokens) certainly(fingerprint string) bool {
	if fingerprint == "" || s.folder == "" {
		return false
	}
	content, err := os.ReadFile(filepath.Join(s.folder, fingerprint)) //nolint:gosec // below our own folder
	return err == nil && string(content) == rotationSeen
}

func (s SpentTokens) forget(now time.Time) {
	entries, err := os.ReadDir(s.folder)
	if err != nil {
		return
	}
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil && now.Sub(info.ModTime()) > spentKept {
			_ = os.Remove(filepath.Join(s.folder, entry.Name()))
		}
	}
}
