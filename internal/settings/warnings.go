package settings

import (
	"io/fs"
	"path/filepath"
)

// warn looks for what the SDK passes over in silence.
func (l *loader) warn() {
	for _, path := range []string{"oauth2.access_token", "oauth2.refresh_token"} {
		l.warnHidden(path)
	}
	l.warnEmptyClientSecret()
	l.warnRelativeLegacyFile()
	l.warnSharedFolder()
	l.warnProfileInBootstrap()
	l.warnBootstrapReplaced()
	l.warnConfigReadableByOthers()
	l.warnNames()
}

// warnHidden: an empty or null token counts as set and hides a real one.
func (l *loader) warnHidden(path string) {
	var winner *node
	for _, link := range l.links {
		n := link.at(path)
		switch {
		case n == nil:
		case winner == nil:
			if n.text != "" {
				return
			}
			winner = n
		case n.text != "":
			l.warnf(winner.source, "Empty Token Hides Another",
				"%s, set by %s, is empty. It counts as set, so the one of %s is not used. Remove the empty one.",
				path, winner.source, n.source)
			return
		}
	}
}

// warnEmptyClientSecret: the SDK takes the machine-to-machine flow and fails.
func (l *loader) warnEmptyClientSecret() {
	const path = "oauth2.client_secret"
	for _, link := range l.links {
		if n := link.at(path); n != nil {
			if n.kind == kindText && n.text == "" {
				l.warnf(n.source, "Empty Client Secret", "%s, set by %s, is empty. It counts as absent here, but the "+
					"EarthScope SDK and CLI fail at it. Remove it.", path, n.source)
			}
			return
		}
	}
}

// warnBootstrapReplaced: the SDK's higher links always have a table oauth2,
// which replaces anything else.
func (l *loader) warnBootstrapReplaced() {
	n := l.links[len(l.links)-1].get("oauth2")
	if n == nil || n.kind == kindTable || n.kind == kindNull {
		return
	}
	l.warnf(n.source, "Setting Not Read", "%s, %s and was ignored. Write an object there, "+
		"{\"oauth2\":{\"refresh_token\":\"...\"}}.", n.source, isNot(n, "a table of settings"))
}

// warnConfigReadableByOthers looks at config.toml's permissions only if it
// holds a secret that is used.
func (l *loader) warnConfigReadableByOthers() {
	for _, k := range knownSettings {
		source := l.settings.sources[k.Path]
		if k.Secret && (source.Link == LinkConfigDefault || source.Link == LinkConfigProfile) {
			l.warnReadableByOthers(source)
			return
		}
	}
}

// warnReadableByOthers: the SDK never looks at permissions, and Windows has
// other ones.
func (l *loader) warnReadableByOthers(source Source) {
	if l.request.windows() {
		return
	}
	info, err := l.request.Stat(source.Name)
	if err != nil || info.Mode().Perm()&fs.FileMode(0o077) == 0 {
		return
	}
	l.warnf(source, "Token File Open to Others", "%s has mode %04o, so other users of this machine can reach the tokens. "+
		"Run: chmod 600 %q", source.Name, info.Mode().Perm(), source.Name)
}

// warnRelativeLegacyFile: with an empty or relative APP_DIRECTORY or
// XDG_CONFIG_HOME the SDK reads tokens from the working folder.
func (l *loader) warnRelativeLegacyFile() {
	path := l.settings.Paths.LegacyFile
	source := Source{Link: LinkLegacyFile, Name: path}
	if path == "" || filepath.IsAbs(path) || l.links[len(l.links)-2] == nil {
		return
	}
	l.warnf(source, "Tokens From the Working Folder", "Tokens were read from %s, relative to the working folder, because "+
		"APP_DIRECTORY or XDG_CONFIG_HOME is empty or relative. Unset it, or give it an absolute path.", path)
}

// warnSharedFolder: the SDK gives profiles whose names differ only in letter
// case or white space one folder, so each overwrites the tokens of the other.
func (l *loader) warnSharedFolder() {
	s := l.settings
	for _, name := range append([]string{defaultProfile}, l.config.names...) {
		if name != s.Profile && Slug(name) == s.ProfileSlug {
			l.warnf(Source{Link: LinkConfigProfile, Name: l.config.path}, "Two Profiles Share a Folder",
				"Profiles %q and %q both keep their tokens in %s and overwrite each other's. Rename one of them.",
				s.Profile, name, s.Paths.ProfileDir)
			return
		}
	}
}

// warnProfileInBootstrap: the SDK reads the tokens of one profile and saves
// them as those of the profile named here.
func (l *loader) warnProfileInBootstrap() {
	n := l.links[len(l.links)-1].get("es_profile")
	if n == nil {
		return
	}
	l.warnf(n.source, "Profile in ES_BOOTSTRAP_SETTINGS", "%s names a profile and was ignored: the EarthScope SDK would read "+
		"the tokens of one profile and save them as another's. Set ES_PROFILE instead.", n.source)
}
