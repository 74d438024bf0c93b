package settings

import (
	"path/filepath"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
)

const (
	defaultProfile = "default"
	configFolder   = ".earthscope"
	configFile     = "config.toml"
	tokensFile     = "tokens.json"
	legacyFile     = "sso_tokens.json"
	legacyFolder   = "earthscope-cli"
)

// Locate gives the files of a profile without reading any of them.
func Locate(r Request, profile string) Paths {
	return r.paths(newEnvironment(r.Environ, r.windows()), profile)
}

func (r Request) windows() bool { return r.system() == "windows" }

func (r Request) paths(env *environment, profile string) Paths {
	var paths Paths
	home := r.home(env)
	paths.ConfigDir = r.ConfigDir
	if paths.ConfigDir == "" && home != "" {
		paths.ConfigDir = filepath.Join(home, configFolder)
	}
	if paths.ConfigDir != "" {
		paths.ConfigFile = filepath.Join(paths.ConfigDir, configFile)
		slug := Slug(profile)
		if filepath.IsAbs(slug) {
			// Python's Path("a") / "/b" is "/b".
			paths.ProfileDir = filepath.Clean(slug)
		} else {
			paths.ProfileDir = filepath.Join(paths.ConfigDir, slug)
		}
		paths.TokensFile = filepath.Join(paths.ProfileDir, tokensFile)
	}
	paths.LegacyFile = r.legacyPath(env, home)
	return paths
}

// home is Python's os.path.expanduser("~"): on Windows USERPROFILE, elsewhere
// HOME less its final slashes, where an empty HOME means the root folder.
func (r Request) home(env *environment) string {
	if r.Home != "" {
		return r.Home
	}
	if r.windows() {
		if profile, found := env.lookup("USERPROFILE"); found {
			return profile
		}
		if folder, found := env.lookup("HOMEPATH"); found {
			drive, _ := env.lookup("HOMEDRIVE")
			return drive + folder
		}
	} else if home, found := env.lookup("HOME"); found {
		if home = strings.TrimRight(home, "/"); home == "" {
			return "/"
		}
		return home
	}
	if r.UserHomeDir == nil {
		return ""
	}
	home, err := r.UserHomeDir()
	if err != nil {
		return ""
	}
	return home
}

// legacyPath is where earthscope-cli 0.x kept its tokens (Click's
// get_app_dir). Set but empty variables count, as in Python.
func (r Request) legacyPath(env *environment, home string) string {
	if folder, found := env.lookup("APP_DIRECTORY"); found {
		return filepath.Join(folder, legacyFile)
	}
	within := func(parts ...string) string {
		if home == "" {
			return ""
		}
		return filepath.Join(append([]string{home}, parts...)...)
	}
	switch r.system() {
	case "windows":
		if folder, found := env.lookup("APPDATA"); found {
			return filepath.Join(folder, legacyFolder, legacyFile)
		}
		return within(legacyFolder, legacyFile)
	case "darwin":
		return within("Library", "Application Support", legacyFolder, legacyFile)
	}
	if folder, found := env.lookup("XDG_CONFIG_HOME"); found {
		return filepath.Join(folder, legacyFolder, legacyFile)
	}
	return within(".config", legacyFolder, legacyFile)
}

// Slug is the folder name of a profile: runs of white space become one
// hyphen, ends are trimmed, letters are lower case; nothing else changes.
func Slug(profile string) string {
	words := strings.FieldsFunc(profile, func(r rune) bool {
		// Python's str.split() also splits at the information separators.
		return unicode.IsSpace(r) || (r >= 0x1c && r <= 0x1f)
	})
	return cases.Lower(language.Und).String(strings.Join(words, "-"))
}
