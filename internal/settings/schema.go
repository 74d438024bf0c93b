package settings

import "strings"

// entry is one place in the tree of known settings: a setting (leaf) or a
// table of settings.
type entry struct {
	path     string
	leaf     *Known
	order    []string
	children map[string]*entry
}

// schema is the root of the tree that knownSettings spells out in paths.
var schema = buildSchema(knownSettings)

func buildSchema(list []Known) *entry {
	root := &entry{children: map[string]*entry{}}
	for i := range list {
		at := root
		for _, name := range strings.Split(list[i].Path, ".") {
			next := at.children[name]
			if next == nil {
				next = &entry{path: join(at.path, name), children: map[string]*entry{}}
				at.children[name] = next
				at.order = append(at.order, name)
			}
			at = next
		}
		at.leaf = &list[i]
	}
	return root
}

// join appends name to a dotted path.
func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// find returns the entry at a dotted path below e, or nil.
func (e *entry) find(path string) *entry {
	at := e
	for _, name := range strings.Split(path, ".") {
		if at = at.children[name]; at == nil {
			return nil
		}
	}
	return at
}

// isGroup reports whether e is a table of settings.
func (e *entry) isGroup() bool { return e != nil && e.leaf == nil && len(e.children) > 0 }

// complex reports whether a text at e must be JSON (pydantic-settings: models,
// sets and tables are "complex"; a scope is a plain string).
func (e *entry) complex() bool {
	if e == nil {
		return false
	}
	if e.isGroup() {
		return true
	}
	if e.leaf == nil {
		return false
	}
	switch e.leaf.Type {
	case TypeStrings, TypeIntegers, TypeHeaders:
		return true
	default:
		return false
	}
}

// step is the entry reached by name in an environment variable: a known child,
// or a header of the table of headers (a plain string).
func (e *entry) step(name string) *entry {
	if e == nil {
		return nil
	}
	if e.leaf != nil && e.leaf.Type == TypeHeaders {
		return &entry{path: join(e.path, name)}
	}
	return e.children[name]
}

// childFolded finds a child whose name equals name but for letter case.
func (e *entry) childFolded(name string) (string, *entry) {
	if e == nil {
		return "", nil
	}
	lower := strings.ToLower(name)
	return lower, e.children[lower]
}

// leaves calls visit for every setting below e, in order.
func (e *entry) leaves(visit func(*Known)) {
	if e.leaf != nil {
		visit(e.leaf)
	}
	for _, name := range e.order {
		e.children[name].leaves(visit)
	}
}
