package bootstrap

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// addEntries puts variables at the top of an environment that is there.
func (p *composePlan) addEntries(service string, environment *yaml.Node, missing []composeVariable) {
	key := p.keyLine(environmentPath(service)...)
	if isEmpty(environment) {
		indent := p.indent(key) + p.step()
		lines := entryLines(indent, false, missing)
		if !p.record.ownsContainer(tomlKeyText(environmentPath(service))) || !p.marked[key] {
			lines = append([]string{indent + Mark}, lines...)
		}
		p.insert(key, lines)
		return
	}
	first := p.firstLine(environment)
	indent := p.indent(first)
	lines := entryLines(indent, environment.Kind == yaml.SequenceNode, missing)
	entries := p.entries(service)
	ownGroup := p.record.ownsKey(tomlKeyText(append(environmentPath(service), entries[0].name))) && p.marked[first]
	if ownGroup {
		p.insert(first-1, lines)
		return
	}
	p.insert(p.aboveNotes(first), append([]string{indent + Mark}, lines...))
}

// firstLine returns the line on which a block mapping's first key or a block list's first dash stands. A node itself may
// begin earlier, with an anchor or a tag, and an item later than its dash.
func (d *composeDocument) firstLine(node *yaml.Node) int {
	i := node.Content[0].Line - 1
	if node.Kind == yaml.SequenceNode {
		for i > node.Line-1 && !strings.HasPrefix(strings.TrimLeft(d.content(i), " "), "-") {
			i--
		}
	}
	return i
}

func entryLines(indent string, items bool, variables []composeVariable) []string {
	lines := make([]string, 0, len(variables))
	for _, v := range variables {
		if items {
			lines = append(lines, indent+"- "+yamlString(v.name+"="+v.text))
		} else {
			lines = append(lines, indent+v.name+": "+yamlString(v.text))
		}
	}
	return lines
}

// yamlString writes a single-quoted scalar, in which nothing has a meaning but the quote.
func yamlString(value string) string { return "'" + strings.ReplaceAll(value, "'", "''") + "'" }

// aboveNotes returns the line after which to insert so that comments stay with the line below them.
func (d *composeDocument) aboveNotes(i int) int {
	for i--; i >= 0 && d.isNote(i); i-- {
	}
	return i
}

func (p *composePlan) insert(after int, lines []string) {
	p.splices = append(p.splices, p.insertAfter(after, p.newline(), lines))
}

// step is the indentation that the file uses for one level.
func (d *composeDocument) step() string {
	if services := d.mapping(servicesKey); services != nil && services.Kind == yaml.MappingNode && len(services.Content) > 0 {
		if width := len(d.indent(d.firstLine(services))) - len(d.indent(d.keyLine(servicesKey))); width > 0 && width <= 8 {
			return strings.Repeat(" ", width)
		}
	}
	return "  "
}

// addEnvironment makes an environment, and the service and the services above it if they are not there either.
func (p *composePlan) addEnvironment(service string, missing []composeVariable) error {
	if p.inherits(environmentPath(service)...) {
		return &UnsupportedError{
			Format: composeTitle, Line: p.keyLine(servicesKey, service) + 1,
			Problem: "service " + service + " takes its environment from a merge key, and one of its own would hide that",
			WayOut:  composeOverrideWay,
		}
	}
	p.containers = append(p.containers, tomlKeyText(environmentPath(service)))
	node := p.mapping(servicesKey, service)
	if node == nil {
		p.addService(service, missing)
		return nil
	}
	key := p.keyLine(servicesKey, service)
	indent, after := p.indent(key)+p.step(), key
	if !isEmpty(node) {
		first := p.firstLine(node)
		indent, after = p.indent(first), p.aboveNotes(first)
	}
	p.insert(after, append([]string{indent + Mark}, p.environmentLines(indent, missing)...))
	return nil
}

func (p *composePlan) environmentLines(indent string, missing []composeVariable) []string {
	return append([]string{indent + environmentKey + ":"}, entryLines(indent+p.step(), false, missing)...)
}

func (p *composePlan) addService(service string, missing []composeVariable) {
	p.containers = append(p.containers, tomlKeyText([]string{servicesKey, service}))
	services := p.mapping(servicesKey)
	indent := p.step()
	if services != nil && !isEmpty(services) {
		indent = p.indent(p.firstLine(services))
	}
	if services != nil { // else one mark above all of them does
		p.newServices = append(p.newServices, indent+Mark)
	}
	p.newServices = append(p.newServices, indent+yamlKey(service)+":")
	p.newServices = append(p.newServices, p.environmentLines(indent+p.step(), missing)...)
}

// yamlKey quotes a service name that YAML would read as something else.
func yamlKey(name string) string {
	if name != "" && strings.Trim(name, bareKeyCharacters) == "" && strings.Trim(name[:1], "0123456789-_") != "" &&
		!slices.Contains([]string{"true", "false", "yes", "no", "on", "off", "null", "y", "n"}, strings.ToLower(name)) {
		return name
	}
	return yamlString(name)
}
