package settings

import (
	"strings"
	"sync"
)

// warnNames looks for names that nothing reads but that are so close to a
// known one that they are probably meant to be it.
func (l *loader) warnNames() {
	for _, name := range l.env.names {
		l.warnVariable(name)
	}
	if bootstrap := l.links[len(l.links)-1]; bootstrap != nil {
		l.warnKeys(bootstrap, schema)
	}
	l.warnConfigNames()
}

func (l *loader) warnVariable(name string) {
	lower := strings.ToLower(name)
	rest, ours := strings.CutPrefix(lower, variablePrefix)
	if !ours || l.isRead(name, rest) {
		return
	}
	if meant := closestVariable(rest); meant != "" {
		l.warnf(Source{Link: LinkEnvironment, Name: name}, "Environment Variable Not Read",
			"%s is no EarthScope setting and was ignored. Did you mean %s?", name, meant)
	}
}

// isRead reports whether a variable names a setting, a table of settings or
// the profile. Only ES_BOOTSTRAP_SETTINGS must be spelled exactly.
func (l *loader) isRead(name, rest string) bool {
	switch {
	case rest == "profile" || rest == "profile_name" || l.env.exactName(name) == bootstrapVariable:
		return true
	}
	at := schema
	for _, key := range strings.Split(rest, nestedDelimiter) {
		if at.leaf != nil && at.leaf.Type != TypeHeaders {
			return true // too deep, which is an error already
		}
		if at = at.step(key); at == nil {
			return false
		}
	}
	return true
}

// variableNames are the variables that can be meant, by their letters alone.
// They are made when a variable is not known: most processes that Terraform
// starts never get there.
var variableNames = sync.OnceValue(buildVariableNames)

func buildVariableNames() map[string]string {
	names := map[string]string{"profile": "ES_PROFILE", letters(bootstrapVariable[3:]): bootstrapVariable}
	for _, k := range knownSettings {
		names[letters(k.Path)] = k.Environment
		top, leaf := k.Path, k.Path
		if dot := strings.IndexByte(k.Path, '.'); dot >= 0 {
			top, leaf = k.Path[:dot], k.Path[dot+1:]
			names[letters(top)] = "ES_" + strings.ToUpper(top)
		}
		// ES_REFRESH_TOKEN and its like: the table was left out.
		if (top == "oauth2" || top == "resources") && strings.Contains(leaf, "_") && !strings.Contains(leaf, ".") {
			names[letters(leaf)] = k.Environment
		}
	}
	return names
}

// letters folds case and drops what separates words.
func letters(name string) string {
	return strings.NewReplacer("_", "", "-", "", ".", "").Replace(strings.ToLower(name))
}

// closestVariable finds the variable that is probably meant; empty if none.
func closestVariable(rest string) string {
	wanted := letters(rest)
	if exact, found := variableNames()[wanted]; found {
		return exact
	}
	// Short names are left alone: other programs have ES_ variables too.
	const shortest, furthest = 10, 2
	best, meant := furthest+1, ""
	for candidate, name := range variableNames() {
		if len(wanted) < shortest || len(candidate) < shortest {
			continue
		}
		d := distance(wanted, candidate)
		if d < best || (d == best && name < meant) {
			best, meant = d, name
		}
	}
	return meant
}

// distance is the number of letters to insert, delete, replace or swap with
// the next one (restricted Damerau-Levenshtein).
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

// warnConfigNames looks at the top level of config.toml and at all its tables
// of settings.
func (l *loader) warnConfigNames() {
	c := l.config
	if c.root == nil {
		return
	}
	source := Source{Link: LinkConfigDefault, Name: c.path}
	for _, key := range c.root.table.keys {
		n := c.root.table.fields[key]
		line, column := n.position()
		switch name := strings.ToLower(key); {
		case key == c.defaultName:
			l.warnKeys(n, schema)
		case key == c.profileName:
			for _, profile := range n.table.keys {
				l.warnKeys(n.table.fields[profile], schema)
			}
		case schema.children[name] != nil:
			l.warnf(source, "Setting Not Read", "%s: %q stands outside of a profile and was ignored. Write it below [default] "+
				"or [profile.NAME].", source.at(line, column), key)
		case name == "default" || name == "defaults" || distance(name, "profile") <= 1 || distance(name, "default") <= 1 ||
			name == "profile_settings_by_name":
			l.warnf(source, "Setting Not Read", "%s: the table %q was ignored. Profiles stand below [profile.NAME], settings of "+
				"every profile once, below [default].", source.at(line, column), key)
		}
	}
}

// warnKeys looks at one table of settings, where letter case counts.
func (l *loader) warnKeys(n *node, e *entry) {
	if n.kind != kindTable {
		return
	}
	for _, key := range n.table.keys {
		child := n.table.fields[key]
		if inner := e.children[key]; inner != nil {
			if inner.isGroup() {
				l.warnKeys(child, inner)
			}
			continue
		}
		meant := ""
		for _, name := range e.order {
			d := distance(letters(key), letters(name))
			if d == 0 || (d <= 2 && len(name) >= 8) {
				meant = name
				break
			}
		}
		if meant != "" {
			line, column := filePosition(child)
			l.warnf(child.source, "Setting Not Read", "%s: %q is no EarthScope setting and was ignored. Did you mean %q? "+
				"Letter case counts here.", child.source.at(line, column), key, meant)
		}
	}
}
