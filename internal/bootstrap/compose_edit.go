package bootstrap

import (
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// composePlan collects the changes of one edit.
type composePlan struct {
	*composeDocument
	record     Record
	adopt      bool
	keys       []string
	containers []string
	splices    []splice
	conflicts  []Entry
	// newServices are lines for services that are not there, collected because they go to one place.
	newServices []string
}

// service plans the variables of one service.
func (p *composePlan) service(name string, services []string, wanted []composeVariable) error {
	if len(wanted) == 0 {
		return nil
	}
	if p.root != nil && p.root.Style&yaml.FlowStyle != 0 {
		return &UnsupportedError{
			Format: composeTitle, Line: p.root.Line, Column: p.root.Column,
			Problem: "it is written in flow style, as JSON is", WayOut: composeOverrideWay,
		}
	}
	for _, path := range [][]string{{servicesKey}, {servicesKey, name}, environmentPath(name)} {
		if node := p.mapping(path...); node != nil {
			if err := p.editable(node, path); err != nil {
				return err
			}
		}
		p.recordContainer(path)
	}
	if err := p.checkExtenders(name, services); err != nil {
		return err
	}
	environment := p.mapping(environmentPath(name)...)
	var missing []composeVariable
	for _, v := range wanted {
		added, err := p.place(v)
		if err != nil {
			return err
		}
		if added {
			missing = append(missing, v)
		}
	}
	switch {
	case len(missing) == 0:
	case environment != nil:
		p.addEntries(name, environment, missing)
	default:
		return p.addEnvironment(name, missing)
	}
	return nil
}

// checkExtenders refuses a service whose environment Compose would hand on to services that were not named.
func (p *composePlan) checkExtenders(name string, services []string) error {
	for _, other := range p.serviceNames() {
		extends := p.mapping(servicesKey, other, "extends")
		if extends == nil || slices.Contains(services, other) {
			continue
		}
		if _, file := p.lookUp(extends, "file"); file != nil {
			continue
		}
		base := extends
		if _, service := p.lookUp(extends, "service"); service != nil {
			base = service
		}
		if scalar(base) == name {
			return &UnsupportedError{
				Format: composeTitle, Line: extends.Line, Column: extends.Column,
				Problem: "service " + other + " extends " + name + " and would get its variables too",
				WayOut:  "name it in services too, or put the services into an override file",
			}
		}
	}
	return nil
}

// recordContainer keeps what is recorded or marked as made here.
func (p *composePlan) recordContainer(path []string) {
	line := p.keyLine(path...)
	if recorded := tomlKeyText(path); line >= 0 && (p.record.ownsContainer(recorded) || p.marked[line]) {
		p.containers = append(p.containers, recorded)
	}
}

// editable refuses nodes that cannot take a line more.
func (p *composePlan) editable(node *yaml.Node, path []string) error {
	failure := &UnsupportedError{Format: composeTitle, Line: node.Line, Column: node.Column, WayOut: composeOverrideWay}
	name := tomlKeyText(path)
	isEnvironment := len(path) == 3
	switch {
	case node.Kind == yaml.AliasNode:
		failure.Problem = name + " is an alias, and its anchor may serve others"
	case isEmpty(node):
		return nil
	case node.Kind == yaml.MappingNode && node.Style&yaml.FlowStyle != 0,
		node.Kind == yaml.SequenceNode && node.Style&yaml.FlowStyle != 0 && isEnvironment:
		failure.Problem = name + " is written in flow style"
	case node.Kind == yaml.MappingNode && len(node.Content) > 0, node.Kind == yaml.SequenceNode && isEnvironment:
		return nil
	default:
		failure.Problem = name + " is not a mapping"
	}
	return failure
}

// place decides what happens to one variable; added means that it has to be put in.
func (p *composePlan) place(v composeVariable) (added bool, err error) {
	name := v.recordName()
	found, exists := p.find(v.service, v.name)
	if !exists {
		if p.inherits(v.path()...) && !p.adopt && !p.record.ownsKey(name) {
			p.conflicts = append(p.conflicts, Entry{
				Key: v.key, Name: name, State: Differs,
				Line: p.keyLine(environmentPath(v.service)...) + 1,
			})
			return false, nil
		}
		p.keys = append(p.keys, name)
		return true, nil
	}
	owned := p.owns(found, name, p.record)
	same := found.assigned && found.name == v.name && (found.text == v.text ||
		found.readable() && sameText(found.plain(), strings.ReplaceAll(v.text, "$$", "$")))
	switch {
	case same && owned:
		p.keys = append(p.keys, name)
	case same:
	case !owned && !p.adopt:
		p.conflicts = append(p.conflicts, Entry{Key: v.key, Name: name, State: Differs, Line: found.line + 1})
	default:
		p.keys = append(p.keys, name)
		return false, p.rewrite(found, v)
	}
	return false, nil
}

// rewrite replaces a value where it stands.
func (p *composePlan) rewrite(found composeEntry, v composeVariable) error {
	if found.name != v.name {
		return &UnsupportedError{
			Format: composeTitle, Line: found.line + 1,
			Problem: found.name + " is " + v.name + " in another letter case", WayOut: "remove it by hand",
		}
	}
	text := yamlString(v.text)
	if found.isItem {
		text = yamlString(v.name + "=" + v.text)
	}
	start, end, ok := p.span(found)
	if !ok {
		return &UnsupportedError{
			Format: composeTitle, Line: found.line + 1, Column: found.node.Column,
			Problem: v.recordName() + " has a value that is an alias or spans lines", WayOut: "remove it by hand",
		}
	}
	if start == end {
		text = " " + text
	}
	p.splices = append(p.splices, splice{start, end, text})
	return nil
}

// span returns the bytes of a scalar that stands on one line.
func (d *composeDocument) span(e composeEntry) (start, end int, ok bool) {
	node := e.node
	if isEmpty(node) {
		l := d.lines[e.line]
		content := strings.TrimRight(d.content(e.line), " ")
		return l.start + len(content), l.start + len(content), strings.HasSuffix(content, ":")
	}
	if node.Kind != yaml.ScalarNode || node.Line < 1 || node.Line > len(d.lines) {
		return 0, 0, false
	}
	l := d.lines[node.Line-1]
	start = l.start
	for i := 1; i < node.Column && start < l.end; i++ {
		_, size := utf8.DecodeRune(d.text[start:l.end])
		start += size
	}
	length := scalarLength(string(d.text[start:l.end]), node)
	return start, start + length, length > 0
}

// scalarLength returns how much of the line a scalar takes, 0 if it does not end there.
func scalarLength(rest string, node *yaml.Node) int {
	switch {
	case node.Style&yaml.SingleQuotedStyle != 0 && strings.HasPrefix(rest, "'"):
		for i := 1; i < len(rest); i++ {
			if rest[i] != '\'' {
				continue
			}
			if i+1 < len(rest) && rest[i+1] == '\'' {
				i++
				continue
			}
			return i + 1
		}
	case node.Style&yaml.DoubleQuotedStyle != 0 && strings.HasPrefix(rest, `"`):
		for i := 1; i < len(rest); i++ {
			if rest[i] == '\\' {
				i++
			} else if rest[i] == '"' {
				return i + 1
			}
		}
	case strings.HasPrefix(rest, node.Value):
		return len(node.Value)
	}
	return 0
}
