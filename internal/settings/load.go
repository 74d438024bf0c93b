package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
)

// Request is everything Load may look at; nothing else is read.
type Request struct {
	// Arguments are the provider block's values by dotted path
	// ("oauth2.refresh_token"); they outrank everything. A value is read as
	// the environment variable of the same setting would be.
	Arguments map[string]string
	// ArgumentNames are the names to show for Arguments ("refresh_token");
	// without one the last part of the path is shown.
	ArgumentNames map[string]string
	// Profile is the profile argument; empty means absent.
	Profile string
	// Environ is the environment block in the form and order of os.Environ.
	Environ []string
	// Home overrides the home directory. If empty, it is found in Environ as
	// the SDK does; where that names none, UserHomeDir is asked.
	Home        string
	UserHomeDir func() (string, error)
	// ConfigDir overrides the folder of config.toml and of the profiles,
	// which is .earthscope in the home directory.
	ConfigDir string
	// ReadFile reads a file; nil means the function ReadFile.
	ReadFile func(string) ([]byte, error)
	// Stat is used to see a file's permissions; nil means os.Stat.
	Stat func(string) (fs.FileInfo, error)
	// System is the operating system whose rules for paths and permissions
	// apply, in the form of runtime.GOOS; empty means this one.
	System string
}

func (r Request) system() string {
	if r.System == "" {
		return runtime.GOOS
	}
	return r.System
}

// loader carries one Load.
type loader struct {
	request  Request
	env      *environment
	settings *Settings
	warnings []Warning
	config   *config
	// links are the trees read, highest rank first; a tree may be nil.
	links []*node
}

// Load reads the SDK's whole chain of settings for one profile. It stops with
// an *Error where the SDK stops, and where the SDK silently ignores something
// that is probably a mistake it goes on like the SDK and returns a Warning.
// Neither they nor the sources hold a value of a setting.
func Load(r Request) (*Settings, []Warning, error) {
	if r.ReadFile == nil {
		r.ReadFile = ReadFile
	}
	if r.Stat == nil {
		r.Stat = os.Stat
	}
	l := &loader{request: r, env: newEnvironment(r.Environ, r.windows())}
	if err := l.load(); err != nil {
		return nil, l.warnings, err
	}
	return l.settings, l.warnings, nil
}

// load returns error, not *Error, so that a nil one is a nil interface.
func (l *loader) load() error {
	given, err := arguments(l.request.Arguments, l.request.ArgumentNames)
	if err != nil {
		return err
	}
	environ, err := l.env.settings()
	if err != nil {
		return err
	}
	profile, source := l.chooseProfile()
	l.settings = &Settings{
		Profile: profile, ProfileSlug: Slug(profile), ProfileSource: source,
		Paths: l.request.paths(l.env, profile),
	}
	paths := l.settings.Paths
	if l.config, err = readConfig(paths.ConfigFile, l.request.ReadFile); err != nil {
		return err
	}
	configured, err := l.config.merged(profile, source)
	if err != nil {
		return err
	}
	tokens, err := l.readTokensFile(paths.TokensFile)
	if err != nil {
		return err
	}
	legacy, err := l.readLegacyFile(paths.LegacyFile)
	if err != nil {
		return err
	}
	bootstrap, err := l.readBootstrap()
	if err != nil {
		return err
	}
	l.links = []*node{given, environ, configured, tokens, legacy, bootstrap}
	var all *node
	for _, link := range l.links {
		all = merge(link, all)
	}
	if err := l.settings.resolve(all); err != nil {
		return err
	}
	l.warn()
	return nil
}

// chooseProfile follows the SDK: argument, ES_PROFILE, ES_PROFILE_NAME. An
// empty variable counts as set.
func (l *loader) chooseProfile() (string, Source) {
	plain, hasPlain := l.env.folded["es_profile"]
	named, hasNamed := l.env.folded["es_profile_name"]
	switch {
	case l.request.Profile != "":
		source := Source{Link: LinkArgument, Name: "profile"}
		if hasNamed && !hasPlain && named.value != l.request.Profile {
			l.warnf(Source{Link: LinkEnvironment, Name: named.name}, "Two EarthScope Profiles",
				"The profile argument names %q and %s names %q; the argument counts here. The EarthScope SDK "+
					"would read the tokens of the latter and save them as the former's. Unset %s.",
				l.request.Profile, named.name, named.value, named.name)
		}
		return l.request.Profile, source
	case hasPlain:
		return plain.value, Source{Link: LinkEnvironment, Name: plain.name}
	case hasNamed:
		return named.value, Source{Link: LinkEnvironment, Name: named.name}
	default:
		return defaultProfile, Source{Link: LinkDefault}
	}
}

func (l *loader) warnf(source Source, summary, format string, values ...any) {
	l.warnings = append(l.warnings, Warning{Summary: summary, Detail: fmt.Sprintf(format, values...), Source: source})
}

// readFile reads a file that need not exist.
func (l *loader) readFile(source Source) (data []byte, found bool, bad *Error) {
	data, err := l.request.ReadFile(source.Name)
	switch {
	case err == nil:
		return data, true, nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, false, nil
	default:
		return nil, false, unreadable(source, err)
	}
}

// readTokensFile reads the profile's tokens.json. A malformed one counts as
// absent, an unreadable one stops.
func (l *loader) readTokensFile(path string) (*node, *Error) {
	// The SDK's link always has a table of tokens, which replaces anything
	// that a lower link has in its place.
	none := oauth2Table(tableNode(Source{Link: LinkTokensFile, Name: path}))
	if path == "" {
		return none, nil
	}
	source := none.source
	data, found, err := l.readFile(source)
	if err != nil || !found {
		return none, err
	}
	l.warnReadableByOthers(source)
	tokens, bad := readTokens(data)
	if bad != nil {
		l.warnf(source, "Malformed tokens.json", "%s was ignored, as the EarthScope SDK ignores it: %s "+
			"Run \"es login\" to write a new one, or remove the file.", path, bad.Detail)
		return none, nil //nolint:nilerr // the SDK goes on, and the warning has said why
	}
	return oauth2Table(tokens.stampSame(source)), nil
}

func oauth2Table(tokens *node) *node {
	outer := tableNode(tokens.source)
	outer.table.set("oauth2", tokens)
	return outer
}

// readLegacyFile reads the tokens of earthscope-cli 0.x.
func (l *loader) readLegacyFile(path string) (*node, *Error) {
	if path == "" {
		return nil, nil
	}
	source := Source{Link: LinkLegacyFile, Name: path}
	data, found, err := l.readFile(source)
	if err != nil || !found {
		return nil, err
	}
	n, bad := parseLegacy(data, source)
	if bad != nil {
		if bad.Err != nil {
			return nil, bad
		}
		l.warnf(source, "Malformed sso_tokens.json", "%s was ignored, as the EarthScope SDK ignores it: %s. "+
			"It belongs to earthscope-cli 0.x; remove it.", source.at(bad.Line, bad.Column), bad.Detail)
		return nil, nil
	}
	return n, nil
}

// readBootstrap reads ES_BOOTSTRAP_SETTINGS, the lowest source.
func (l *loader) readBootstrap() (*node, *Error) {
	text, found := l.env.lookup(bootstrapVariable)
	if !found {
		return nil, nil
	}
	source := Source{Link: LinkBootstrap, Name: bootstrapVariable}
	n, bad := parseJSON([]byte(text), dialectPython)
	if bad != nil {
		l.warnf(source, "Malformed ES_BOOTSTRAP_SETTINGS", "%s is not JSON (%s) and was ignored, as the EarthScope SDK "+
			"ignores it. Write one JSON object, {\"oauth2\":{\"refresh_token\":\"...\"}}; if a tool filled it in, look "+
			"for quotes or braces that were lost or doubled on the way.", bootstrapVariable, bad.Error())
		return nil, nil
	}
	if n.kind != kindTable {
		return nil, &Error{
			Source: source, Summary: "Invalid ES_BOOTSTRAP_SETTINGS", Err: ErrInvalid,
			Detail: fmt.Sprintf("%s %s. Write one JSON object, {\"oauth2\":{\"refresh_token\":\"...\"}}, or unset it.",
				bootstrapVariable, isNot(n, "an object")),
		}
	}
	return n.stamp(source), nil
}
