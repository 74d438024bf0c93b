package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"syscall"
)

// config is what config.toml says: settings of every profile and of each.
type config struct {
	path     string
	root     *node
	defaults *node // [default], checked and pruned; may be nil
	// defaultName and profileName are the top-level names as spelled.
	defaultName, profileName string
	profiles                 map[string]*node
	names                    []string // of the profiles, in order
}

// readConfig reads and checks a whole config.toml, used profiles or not. A
// missing file, or something that is no file, is an empty one.
func readConfig(path string, read func(string) ([]byte, error)) (*config, *Error) {
	c := &config{path: path, profiles: map[string]*node{}, defaultName: "default", profileName: "profile"}
	if path == "" {
		return c, nil
	}
	source := Source{Link: LinkConfigDefault, Name: path}
	document, err := read(path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.EISDIR) || errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.ELOOP) {
		return c, nil
	}
	if err != nil {
		return nil, unreadable(source, err)
	}
	root, bad := parseTOML(document)
	if bad != nil {
		bad.Source = source
		bad.Summary = "Malformed config.toml"
		bad.Detail = fmt.Sprintf("%s is not valid TOML: %s. Correct it there; the EarthScope SDK and CLI read this file too.",
			source.at(bad.Line, bad.Column), bad.Detail)
		return nil, bad
	}
	c.root = root
	return c, c.check()
}

func unreadable(source Source, err error) *Error {
	return &Error{
		Source: source, Summary: "Unreadable EarthScope File",
		Detail: fmt.Sprintf("%s exists but cannot be read: %s. Make it readable for this user or remove it; "+
			"the EarthScope SDK and CLI stop at it too.", source, reasonOf(err)),
		Err: err,
	}
}

// reasonOf is the operating system's reason, without the path again.
func reasonOf(err error) string {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		return pathError.Err.Error()
	}
	return err.Error()
}

// topLevel finds a top-level table: by its name, else by its other name, both
// in any case; of several spellings the first in the file counts.
func (c *config) topLevel(names ...string) (string, *node) {
	for _, name := range names {
		for _, key := range c.root.table.keys {
			if strings.ToLower(key) == name {
				return key, c.root.table.fields[key]
			}
		}
	}
	return names[0], nil
}

func (c *config) check() *Error {
	var defaults, profiles *node
	c.defaultName, defaults = c.topLevel("default", "defaults")
	c.profileName, profiles = c.topLevel("profile", "profile_settings_by_name")
	var err *Error
	if defaults != nil {
		source := Source{Link: LinkConfigDefault, Name: c.path, Key: tableName(c.defaultName)}
		if c.defaults, err = pruned(defaults.stampSame(source), schema); err != nil {
			return err
		}
	}
	if profiles == nil {
		return nil
	}
	if profiles.kind != kindTable {
		return wrongGroup(c.profileName, profiles.stampSame(Source{Link: LinkConfigProfile, Name: c.path}))
	}
	for _, name := range profiles.table.keys {
		source := Source{Link: LinkConfigProfile, Name: c.path, Key: tableName(c.profileName, name)}
		checked, err := pruned(profiles.table.fields[name].stampSame(source), schema)
		if err != nil {
			return err
		}
		c.profiles[name] = checked
		c.names = append(c.names, name)
	}
	return nil
}

// merged is the profile's settings over those of all profiles. Only the
// default profile needs no table of its own.
func (c *config) merged(profile string, source Source) (*node, *Error) {
	own, found := c.profiles[profile]
	if !found && profile != defaultProfile {
		return nil, c.noProfile(profile, source)
	}
	return merge(c.defaults, own), nil
}

func (c *config) noProfile(profile string, source Source) *Error {
	if profile == "" {
		return &Error{
			Setting: "profile", Source: source, Summary: "Empty EarthScope Profile",
			Detail: fmt.Sprintf("The profile's name, set by %s, is empty. The EarthScope SDK and CLI stop at that too. Unset it to use the "+
				"profile \"default\", or name a profile.", source),
			Err: ErrProfileNotFound,
		}
	}
	where := "there is no home directory, so no config.toml was read"
	if c.path != "" {
		where = fmt.Sprintf("%s has no table [%s]", c.path, tableName(c.profileName, profile))
		if len(c.names) > 0 {
			quoted := make([]string, len(c.names))
			for i, name := range c.names {
				quoted[i] = fmt.Sprintf("%q", name)
			}
			where += " (it has " + strings.Join(quoted, ", ") + "; letter case counts)"
		}
	}
	return &Error{
		Setting: "profile", Source: source, Summary: "Unknown EarthScope Profile",
		Detail: fmt.Sprintf("Profile %q, named by %s, does not exist: %s. Add that table (it may be empty), or name another profile.",
			profile, source, where),
		Err: ErrProfileNotFound,
	}
}

// pruned checks a table of settings and returns it without the values that
// the SDK drops: those equal to a default of the setting's class.
func pruned(n *node, e *entry) (*node, *Error) {
	if n.kind != kindTable {
		if e.path == "" {
			return nil, wrongGroup(n.source.Key, n)
		}
		return nil, wrongGroup(e.path, n)
	}
	kept := &node{kind: kindTable, table: newTable(), source: n.source, document: n.document, offset: n.offset}
	for _, name := range e.order {
		child, inner := n.table.fields[name], e.children[name]
		if child == nil {
			continue
		}
		if inner.isGroup() {
			table, err := pruned(child, inner)
			if err != nil {
				return nil, err
			}
			if !equalsDefault(child, inner) {
				kept.table.set(name, table)
			}
			continue
		}
		value, why := decode(inner.leaf, child)
		if why != "" {
			return nil, wrongValue(inner.leaf, child, why)
		}
		if !equal(value, parsed(inner.leaf, inner.leaf.dropped)) {
			kept.table.set(name, child)
		}
	}
	return kept, nil
}

// equalsDefault reports whether a checked table, filled up with the defaults
// of its class, is the default of the setting as a whole. It differs from the
// settings' own comparison only for oauth2.retry.
func equalsDefault(n *node, e *entry) bool {
	same := true
	e.leaves(func(k *Known) {
		value := parsed(k, k.dropped)
		if child := n.at(strings.TrimPrefix(k.Path, e.path+".")); child != nil {
			value, _ = decode(k, child)
		}
		want := k.Default
		if k.Path == "http.user_agent" {
			want = sdkUserAgent
		}
		same = same && equal(value, parsed(k, want))
	})
	return same
}

// parsed reads a default from the table of known settings.
func parsed(k *Known, text string) any {
	if text == "" {
		return nil
	}
	n, err := textNode(text, Source{}, &entry{path: k.Path, leaf: k})
	if err != nil {
		return nil
	}
	value, _ := decode(k, n)
	return value
}

// equal compares two decoded values; lists are sets.
func equal(a, b any) bool {
	switch a := a.(type) {
	case []string:
		b, ok := b.([]string)
		return ok && sameSet(a, b)
	case []int64:
		b, ok := b.([]int64)
		return ok && sameSet(a, b)
	case map[string]string:
		b, ok := b.(map[string]string)
		return ok && len(a) == 0 && len(b) == 0 // the only default is empty
	default:
		return a == b
	}
}

func sameSet[T comparable](a, b []T) bool {
	if len(a) != len(b) {
		return false
	}
	for _, item := range a {
		if !slices.Contains(b, item) {
			return false
		}
	}
	return true
}
