package bootstrap

import (
	"bytes"
	"errors"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// composeDocument is a parsed Compose file by lines.
type composeDocument struct {
	document
	root *yaml.Node // the top mapping, nil if there is none yet
	tree any        // decoded, with aliases and merge keys resolved
	// marked holds the lines that belong to a group under a mark.
	marked map[int]bool
	// places says at which index of its mapping a key stands, for the mappings that were asked.
	places map[*yaml.Node]map[string]int
}

// splitYAML splits at the line breaks of YAML 1.1, in whose lines the parser counts.
func splitYAML(text []byte) document {
	if !bytes.ContainsAny(text, "\r\u0085\u2028\u2029") {
		return splitLines(text)
	}
	var lines []line
	start := 0
	for at := 0; at < len(text); {
		size := yamlBreak(text[at:])
		if size == 0 {
			at++
			continue
		}
		lines = append(lines, line{start, at, at + size})
		at += size
		start = at
	}
	if start < len(text) {
		lines = append(lines, line{start, len(text), len(text)})
	}
	return document{text, lines}
}

func yamlBreak(text []byte) int {
	if bytes.HasPrefix(text, []byte("\r\n")) {
		return 2
	}
	switch r, size := utf8.DecodeRune(text); r {
	case '\n', '\r', '\u0085', '\u2028', '\u2029':
		return size
	}
	return 0
}

func scanCompose(text []byte) (*composeDocument, error) {
	d := &composeDocument{document: splitYAML(text), places: map[*yaml.Node]map[string]int{}}
	var documents []yaml.Node
	if err := yaml.Load(text, &documents, yaml.WithAllDocuments(), yaml.WithV3Defaults()); err != nil {
		return nil, yamlFailure(err)
	}
	if len(documents) > 1 {
		return nil, &UnsupportedError{
			Format: composeTitle, Line: documents[1].Line,
			Problem: "it holds several YAML documents", WayOut: "use a file with one document",
		}
	}
	if len(documents) == 0 || len(documents[0].Content) == 0 {
		return d, nil
	}
	root := documents[0].Content[0]
	if err := root.Decode(&d.tree); err != nil {
		return nil, yamlFailure(err)
	}
	switch {
	case isEmpty(root):
	case root.Kind != yaml.MappingNode:
		return nil, &UnsupportedError{
			Format: composeTitle, Line: root.Line, Column: root.Column,
			Problem: "it is not a mapping", WayOut: "correct the file",
		}
	default:
		d.root = root
	}
	d.mark()
	return d, nil
}

// yamlFailure takes the position and leaves the parser's message, which may quote the text.
func yamlFailure(err error) error {
	failure := &SyntaxError{Format: composeTitle, Problem: "it is not valid YAML"}
	var load *yaml.LoadError
	if errors.As(err, &load) {
		failure.Line, failure.Column = load.Mark.Line, load.Mark.Column
		if failure.Column == 0 {
			failure.Line = load.Mark.Line
		}
	}
	return failure
}

// isEmpty says whether a node is a null that is not written out, as after "environment:".
func isEmpty(node *yaml.Node) bool {
	return node.Kind == yaml.ScalarNode && node.ShortTag() == "!!null" && node.Value == "" && node.Anchor == ""
}

// lookUp returns key and value of a mapping's own entry. Every service is looked up in the same mapping, so its keys are
// indexed once.
func (d *composeDocument) lookUp(mapping *yaml.Node, name string) (key, value *yaml.Node) {
	if mapping == nil || mapping.Kind != yaml.MappingNode {
		return nil, nil
	}
	places, known := d.places[mapping]
	if !known {
		places = make(map[string]int, len(mapping.Content)/2)
		for i := len(mapping.Content) - 2; i >= 0; i -= 2 {
			if k := mapping.Content[i]; k.Kind == yaml.ScalarNode && k.ShortTag() == "!!str" {
				places[k.Value] = i
			}
		}
		d.places[mapping] = places
	}
	i, found := places[name]
	if !found {
		return nil, nil
	}
	return mapping.Content[i], mapping.Content[i+1]
}

// mapping returns the node at a path of own entries, nil if there is none.
func (d *composeDocument) mapping(path ...string) *yaml.Node {
	node := d.root
	for _, name := range path {
		if _, node = d.lookUp(node, name); node == nil {
			return nil
		}
	}
	return node
}

// keyLine returns the line index of the key at a path, -1 if there is none.
func (d *composeDocument) keyLine(path ...string) int {
	key, _ := d.lookUp(d.mapping(path[:len(path)-1]...), path[len(path)-1])
	if key == nil {
		return -1
	}
	return key.Line - 1
}

// inherits says whether a service has something below it in the resolved tree, where aliases and merge keys count.
func (d *composeDocument) inherits(path ...string) bool {
	node := d.tree
	for _, step := range path {
		table, ok := node.(map[string]any)
		if !ok {
			return false
		}
		if node, ok = table[step]; !ok {
			return false
		}
	}
	return true
}

func (d *composeDocument) serviceNames() []string {
	services := d.mapping(servicesKey)
	if services == nil || services.Kind != yaml.MappingNode {
		return nil
	}
	var names []string
	for i := 0; i+1 < len(services.Content); i += 2 {
		names = append(names, services.Content[i].Value)
	}
	return names
}

// mark notes the lines of the groups under a mark: the line below it, and what follows without a gap and is not
// indented less; on the mark's own level only further variables, not further containers.
func (d *composeDocument) mark() {
	if !bytes.Contains(d.text, []byte(Mark)) {
		return
	}
	variables, containers := map[int]bool{}, map[int]bool{}
	containers[d.keyLine(servicesKey)] = true
	for _, service := range d.serviceNames() {
		containers[d.keyLine(servicesKey, service)] = true
		containers[d.keyLine(environmentPath(service)...)] = true
		for _, e := range d.entries(service) {
			variables[e.line] = true
		}
	}
	d.marked = map[int]bool{}
	for i := range d.lines {
		if !d.isMark(i) {
			continue
		}
		level := len(d.indent(i))
		for next := i + 1; next < len(d.lines); next++ {
			indent := len(d.indent(next))
			isContainer := containers[next] && (indent > level || next == i+1)
			if indent < level || !variables[next] && !isContainer {
				break
			}
			d.marked[next] = true
		}
	}
}
