package bootstrap

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// finish applies the plan and makes sure that nothing but the wanted variables differs, aliases and merges resolved.
func (p *composePlan) finish(wanted []composeVariable) ([]byte, error) {
	if err := p.placeServices(); err != nil {
		return nil, err
	}
	if len(p.splices) == 0 {
		return p.text, nil
	}
	after := apply(p.text, p.splices)
	ours := Record{Containers: p.containers}
	for _, v := range wanted {
		ours.Keys = append(ours.Keys, v.recordName())
	}
	problem := p.shared(wanted)
	edited, err := scanCompose(after)
	if err != nil {
		return nil, problem
	}
	for _, v := range wanted {
		found, exists := edited.find(v.service, v.name)
		if !exists || !found.assigned || found.name != v.name || !sameText(found.text, v.text) {
			return nil, problem
		}
	}
	if !sameTree(withoutVariables(p.tree, ours), withoutVariables(edited.tree, ours)) {
		return nil, problem
	}
	return after, nil
}

// shared explains why an edit would reach further than it should: mostly an anchor on the way.
func (p *composePlan) shared(wanted []composeVariable) error {
	problem := &UnsupportedError{
		Format: composeTitle, WayOut: composeOverrideWay,
		Problem: "the variables do not fit in without changing something else",
	}
	for _, v := range wanted {
		for length := 3; length >= 1; length-- {
			if node := p.mapping(v.path()[:length]...); node != nil && node.Anchor != "" {
				problem.Line, problem.Column = node.Line, node.Column
				problem.Problem = tomlKeyText(v.path()[:length]) + " has an anchor, through which others would change too"
				return problem
			}
		}
	}
	return problem
}

// placeServices puts the lines of new services where services are, or makes the table.
func (p *composePlan) placeServices() error {
	if len(p.newServices) == 0 {
		return nil
	}
	services := p.mapping(servicesKey)
	switch {
	case services == nil:
		if err := p.checkNotVersionOne(); err != nil {
			return err
		}
		p.containers = append(p.containers, servicesKey)
		lines := append([]string{Mark, servicesKey + ":"}, p.newServices...)
		after := len(p.lines) - 1
		if p.root != nil {
			after = p.root.Content[0].Line - 2
		}
		p.insert(after, lines)
	case isEmpty(services):
		p.insert(p.keyLine(servicesKey), p.newServices)
	default:
		p.insert(p.aboveNotes(p.firstLine(services)), p.newServices)
	}
	return nil
}

// checkNotVersionOne refuses files of the first Compose version, whose services stand at the top.
func (p *composePlan) checkNotVersionOne() error {
	if p.root == nil {
		return nil
	}
	known := []string{"version", "name", "include", "networks", "volumes", "configs", "secrets", "models"}
	for i := 0; i+1 < len(p.root.Content); i += 2 {
		key := p.root.Content[i]
		if !slices.Contains(known, key.Value) && !strings.HasPrefix(key.Value, "x-") {
			return &UnsupportedError{
				Format: composeTitle, Line: key.Line, Column: key.Column,
				Problem: "it has no services, but a top-level key that Compose does not know there",
				WayOut:  "put services under the key services",
			}
		}
	}
	return nil
}

// cutCompose takes out the variables of one record and those of its containers that hold nothing else afterwards.
// What the other record names stays, with its marks.
func cutCompose(text []byte, stale, kept Record) ([]byte, error) {
	d, err := scanCompose(text)
	if err != nil {
		return nil, err
	}
	remove, released, keep := map[int]bool{}, map[int]bool{}, map[int]bool{}
	servicesLeft := 0
	for _, service := range d.serviceNames() {
		left, err := d.cutService(service, stale, kept, remove, keep)
		if err != nil {
			return nil, err
		}
		servicesLeft += d.cutContainer(environmentPath(service), left, stale, kept, remove, released, keep)
	}
	d.cutContainer([]string{servicesKey}, servicesLeft, stale, kept, remove, released, keep)
	d.cutMarks(remove, released, keep)
	after := apply(text, d.cut(remove))
	result, err := scanCompose(after)
	if err != nil || !sameTree(withoutVariables(d.tree, stale), withoutVariables(result.tree, stale)) {
		return nil, &UnsupportedError{
			Format: composeTitle, Line: firstLine(remove),
			Problem: "our variables cannot be taken out without touching others", WayOut: "remove them by hand",
		}
	}
	return after, nil
}

func firstLine(remove map[int]bool) int {
	first := 0
	for i := range remove {
		if first == 0 || i+1 < first {
			first = i + 1
		}
	}
	return first
}

// cutService chooses the lines of a service's variables and returns how many variables are left.
func (d *composeDocument) cutService(service string, stale, kept Record, remove, keep map[int]bool) (left int, err error) {
	for _, e := range d.entries(service) {
		name := tomlKeyText(append(environmentPath(service), e.name))
		if !stale.ownsKey(name) {
			left++
			keep[e.line] = kept.ownsKey(name)
			continue
		}
		_, end, ok := d.span(e)
		if !ok || e.isItem && !strings.HasPrefix(strings.TrimSpace(d.content(e.line)), "-") {
			return 0, &UnsupportedError{
				Format: composeTitle, Line: e.line + 1,
				Problem: name + " was rewritten as something that spans lines", WayOut: "remove it by hand",
			}
		}
		for l := e.line; l <= d.lineAt(max(0, end-1)); l++ {
			remove[l] = true
		}
	}
	return left, nil
}

// cutContainer removes the key of a recorded container without content, and for an environment also its service's. It
// returns 1 if the outermost of them stays, 0 if it goes.
func (d *composeDocument) cutContainer(path []string, left int, stale, kept Record, remove, released, keep map[int]bool) int {
	for ; ; path = path[:len(path)-1] {
		line, name := d.keyLine(path...), tomlKeyText(path)
		owned := stale.ownsContainer(name)
		goes := line >= 0 && owned && left == 0
		switch {
		case goes:
			remove[line] = true
		case line >= 0 && owned:
			released[line] = true
		case line >= 0 && kept.ownsContainer(name):
			keep[line] = true
		}
		if len(path) < 3 {
			if goes {
				return 0
			}
			return 1
		}
		left = 0
		if service := d.mapping(path[:2]...); service != nil && service.Kind == yaml.MappingNode {
			left = len(service.Content) / 2
		}
		if goes {
			left--
		}
	}
}

// withoutVariables copies a decoded Compose file without the recorded variables and containers, for comparison.
func withoutVariables(tree any, record Record) any {
	root, _ := tree.(map[string]any)
	return pruneCompose(root, nil, record)
}

func pruneCompose(value any, path []string, record Record) any {
	name := tomlKeyText(path)
	switch v := value.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, child := range v {
			below := append(slices.Clone(path), key)
			if len(path) == 3 && record.ownsKey(tomlKeyText(below)) {
				continue
			}
			if len(path) < 3 && onComposePath(below) {
				child = pruneCompose(child, below, record)
				if child == nil && record.ownsContainer(tomlKeyText(below)) {
					continue
				}
			}
			out[key] = child
		}
		if len(out) == 0 {
			return nil
		}
		return out
	case []any:
		if len(path) != 3 {
			return v
		}
		var out []any
		for _, item := range v {
			variable, _, _ := strings.Cut(textOf(item), "=")
			if !record.ownsKey(name + "." + tomlKeyText([]string{variable})) {
				out = append(out, item)
			}
		}
		if len(out) == 0 {
			return nil
		}
		return out
	default:
		return v
	}
}

func textOf(value any) string {
	text, _ := value.(string)
	return text
}

func onComposePath(path []string) bool {
	return path[0] == servicesKey && (len(path) < 3 || path[2] == environmentKey)
}
