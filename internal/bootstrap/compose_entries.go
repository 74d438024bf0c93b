package bootstrap

import (
	"strings"

	"go.yaml.in/yaml/v4"
)

// composeEntry is one variable of one service, as map entry or list item.
type composeEntry struct {
	name string
	line int // index of the line of its key or dash
	// node is the value in a map, the whole item in a list.
	node   *yaml.Node
	isItem bool
	// text is the value as in the file; assigned is false for a bare name, which takes the value of Compose's own
	// environment.
	text     string
	assigned bool
}

// readable is false for what Compose would interpolate.
func (e composeEntry) readable() bool {
	return e.assigned && !strings.Contains(strings.ReplaceAll(e.text, "$$", ""), "$")
}

// plain is the value that the container sees.
func (e composeEntry) plain() string { return strings.ReplaceAll(e.text, "$$", "$") }

// entries lists the variables that a service has for itself, in block or flow style.
func (d *composeDocument) entries(service string) []composeEntry {
	environment := d.mapping(environmentPath(service)...)
	if environment == nil {
		return nil
	}
	var entries []composeEntry
	switch environment.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(environment.Content); i += 2 {
			key, value := environment.Content[i], environment.Content[i+1]
			entries = append(entries, composeEntry{
				name: key.Value, line: key.Line - 1, node: value, text: scalar(value),
				assigned: value.Kind == yaml.ScalarNode && value.ShortTag() != "!!null",
			})
		}
	case yaml.SequenceNode:
		for _, item := range environment.Content {
			name, text, assigned := strings.Cut(scalar(item), "=")
			entries = append(entries, composeEntry{
				name: name, line: item.Line - 1, node: item, isItem: true, text: text,
				assigned: assigned && item.Kind == yaml.ScalarNode,
			})
		}
	}
	return entries
}

func scalar(node *yaml.Node) string {
	if node.Kind == yaml.AliasNode && node.Alias != nil {
		node = node.Alias
	}
	if node.Kind != yaml.ScalarNode {
		return ""
	}
	return node.Value
}

// find returns a service's variable, in any letter case as the SDK reads it; the last one counts.
func (d *composeDocument) find(service, name string) (composeEntry, bool) {
	var found composeEntry
	exists := false
	for _, e := range d.entries(service) {
		if strings.EqualFold(e.name, name) {
			found, exists = e, true
		}
	}
	return found, exists
}

// holds says whether a recorded path is still in the file.
func (d *composeDocument) holds(recorded string) bool {
	for _, service := range d.serviceNames() {
		for _, e := range d.entries(service) {
			if tomlKeyText(append(environmentPath(service), e.name)) == recorded {
				return true
			}
		}
	}
	return false
}

func (d *composeDocument) owns(e composeEntry, recordName string, record Record) bool {
	return record.ownsKey(recordName) || d.marked[e.line]
}
