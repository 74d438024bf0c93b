package settings

import (
	"fmt"
	"strings"
)

const (
	variablePrefix    = "es_"
	nestedDelimiter   = "__"
	bootstrapVariable = "ES_BOOTSTRAP_SETTINGS"
)

type variable struct{ name, value string }

// environment is an environment block as Python's os.environ has it: of two
// entries with exactly one name the first counts.
type environment struct {
	exact map[string]string
	names []string // as spelled, in order
	// folded holds the variables by lower-case name, which is how
	// pydantic-settings looks them up: the later spelling wins but takes the
	// earlier one's place in order.
	folded map[string]variable
	order  []string
	fold   bool // Windows: names have no case at all
}

func newEnvironment(block []string, windows bool) *environment {
	env := &environment{exact: map[string]string{}, folded: map[string]variable{}, fold: windows}
	for _, line := range block {
		name, value, found := strings.Cut(line, "=")
		if !found || name == "" {
			continue
		}
		if _, again := env.exact[env.exactName(name)]; again {
			continue
		}
		env.exact[env.exactName(name)] = value
		env.names = append(env.names, name)
		lower := strings.ToLower(name)
		if _, again := env.folded[lower]; !again {
			env.order = append(env.order, lower)
		}
		env.folded[lower] = variable{name: name, value: value}
	}
	return env
}

func (env *environment) exactName(name string) string {
	if env.fold {
		return strings.ToUpper(name)
	}
	return name
}

// lookup finds a variable by its exact name.
func (env *environment) lookup(name string) (string, bool) {
	value, found := env.exact[env.exactName(name)]
	return value, found
}

// settings reads every ES_ variable that names a setting into one tree. A
// table as JSON ("ES_OAUTH2") lies below its nested variables; its keys may
// have any case. JSON null for a whole table counts as absent and, as in the
// SDK, makes the nested variables of that table count as absent too.
func (env *environment) settings() (*node, *Error) {
	root := tableNode(Source{Link: LinkEnvironment})
	for _, field := range schema.order {
		e := schema.children[field]
		whole, found := env.folded[variablePrefix+field]
		if !e.isGroup() {
			if found {
				root.table.set(field, &node{
					kind: kindText, text: whole.value,
					source: Source{Link: LinkEnvironment, Name: whole.name},
				})
			}
			continue
		}
		nested, err := env.explode(field, e)
		if err != nil {
			return nil, err
		}
		if !found {
			if len(nested.table.keys) > 0 {
				root.table.set(field, foldKeys(nested, e))
			}
			continue
		}
		n, err := textNode(whole.value, Source{Link: LinkEnvironmentJSON, Name: whole.name}, e)
		if err != nil {
			return nil, err
		}
		switch n.kind {
		case kindNull:
		case kindTable:
			root.table.set(field, foldKeys(merge(n, nested), e))
		default:
			root.table.set(field, n)
		}
	}
	return root, nil
}

// explode collects the nested variables below one top-level table, in the
// order of the environment block.
func (env *environment) explode(field string, e *entry) (*node, *Error) {
	prefix := variablePrefix + field + nestedDelimiter
	result := tableNode(Source{Link: LinkEnvironment})
	for _, name := range env.order {
		rest, ours := strings.CutPrefix(name, prefix)
		if !ours {
			continue
		}
		v := env.folded[name]
		source := Source{Link: LinkEnvironment, Name: v.name}
		keys := strings.Split(rest, nestedDelimiter)
		at, target := result, e
		for _, key := range keys[:len(keys)-1] {
			target = target.step(key)
			if at.kind == kindTable {
				if at.table.fields[key] == nil {
					at.table.set(key, tableNode(source))
				}
				at = at.table.fields[key]
			}
		}
		last := keys[len(keys)-1]
		target = target.step(last)
		n := &node{kind: kindText, text: v.value, source: source}
		if v.value != "" {
			var err *Error
			if n, err = textNode(v.value, source, target); err != nil {
				return nil, err
			}
		}
		if at.kind == kindTable {
			at.table.set(last, n)
		}
	}
	return result, nil
}

// textNode reads a text for the given place: JSON where the place is a table
// or a list, the text itself elsewhere.
func textNode(text string, source Source, e *entry) (*node, *Error) {
	if !e.complex() {
		return &node{kind: kindText, text: text, source: source}, nil
	}
	n, bad := parseJSON([]byte(text), dialectPython)
	if bad != nil {
		remedy := `Write a JSON object: {"name":"value"}.`
		if e.leaf != nil {
			remedy = remedies[e.leaf.Type]
		}
		return nil, &Error{
			Setting: e.path, Source: source, Summary: "Malformed EarthScope Setting",
			Detail: fmt.Sprintf("%s, set by %s, must be JSON, but is not (%s). %s", e.path, source, bad.Error(), remedy),
			Err:    ErrMalformed,
		}
	}
	if e.leaf != nil {
		return n.stampSame(source), nil
	}
	return n.stamp(source), nil
}

// foldKeys gives keys of any case the spelling of the settings they name. Of
// two that name one setting the later wins as a whole.
func foldKeys(n *node, e *entry) *node {
	folded := tableNode(n.source)
	for _, key := range n.table.keys {
		child := n.table.fields[key]
		name, known := e.childFolded(key)
		if known == nil {
			folded.table.set(key, child)
			continue
		}
		if known.isGroup() && child.kind == kindTable {
			child = foldKeys(child, known)
		}
		folded.table.set(name, child)
	}
	return folded
}

// arguments turns the provider's arguments into a tree. A value is read as
// the nested environment variable of the same setting would be.
func arguments(values, names map[string]string) (*node, *Error) {
	root := tableNode(Source{Link: LinkArgument})
	for _, k := range knownSettings {
		text, found := values[k.Path]
		if !found {
			continue
		}
		segments := strings.Split(k.Path, ".")
		name := names[k.Path]
		if name == "" {
			name = segments[len(segments)-1]
		}
		source := Source{Link: LinkArgument, Name: name}
		n, err := textNode(text, source, schema.find(k.Path))
		if err != nil {
			return nil, err
		}
		for i := len(segments) - 1; i >= 0; i-- {
			outer := tableNode(source)
			outer.table.set(segments[i], n)
			n = outer
		}
		root = merge(root, n)
	}
	return root, nil
}
