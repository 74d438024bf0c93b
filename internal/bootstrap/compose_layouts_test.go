package bootstrap

import (
	"strings"
	"testing"
)

// composeLayouts are Compose files before and after a variable of service "web" went in. MARK, ENTRY and ITEM stand for the
// mark and the variable as map entry or list item.
var composeLayouts = []struct{ before, after string }{
	{
		"",
		"MARK\nservices:\n  web:\n    environment:\n      ENTRY\n",
	},
	{
		"# c\n",
		"# c\nMARK\nservices:\n  web:\n    environment:\n      ENTRY\n",
	},
	{
		"\n",
		"\nMARK\nservices:\n  web:\n    environment:\n      ENTRY\n",
	},
	{
		"---\n",
		"---\nMARK\nservices:\n  web:\n    environment:\n      ENTRY\n",
	},
	{
		"---\nname: x\n",
		"---\nMARK\nservices:\n  web:\n    environment:\n      ENTRY\nname: x\n",
	},
	{
		"name: x\n...\n",
		"MARK\nservices:\n  web:\n    environment:\n      ENTRY\nname: x\n...\n",
	},
	{
		"services:\n",
		"services:\n  MARK\n  web:\n    environment:\n      ENTRY\n",
	},
	{
		"services: # c\n",
		"services: # c\n  MARK\n  web:\n    environment:\n      ENTRY\n",
	},
	{
		"services:\n  web:\n",
		"services:\n  web:\n    MARK\n    environment:\n      ENTRY\n",
	},
	{
		"services:\n  web: # c\n",
		"services:\n  web: # c\n    MARK\n    environment:\n      ENTRY\n",
	},
	{
		"services:\n    db:\n        image: y\n",
		"services:\n    MARK\n    web:\n        environment:\n            ENTRY\n    db:\n        image: y\n",
	},
	{
		"services:\n  web:\n    image: x",
		"services:\n  web:\n    MARK\n    environment:\n      ENTRY\n    image: x",
	},
	{
		"services:\r\n  web:\r\n    image: x\r\n",
		"services:\r\n  web:\r\n    MARK\r\n    environment:\r\n      ENTRY\r\n    image: x\r\n",
	},
	{
		"services:\n\n  # first\n  web:\n\n    # second\n    image: x\n",
		"services:\n\n  # first\n  web:\n    MARK\n    environment:\n      ENTRY\n\n    # second\n    image: x\n",
	},
	{
		"services:\n  web:\n    image: x\n    environment:\n",
		"services:\n  web:\n    image: x\n    environment:\n      MARK\n      ENTRY\n",
	},
	{
		"services:\n  web:\n    environment:\n    image: x\n",
		"services:\n  web:\n    environment:\n      MARK\n      ENTRY\n    image: x\n",
	},
	{
		"services:\n  web:\n    environment: # c\n      # d\n\n    image: x\n",
		"services:\n  web:\n    environment: # c\n      MARK\n      ENTRY\n      # d\n\n    image: x\n",
	},
	{
		"services:\n  web:\n    environment:\n      A: b\n",
		"services:\n  web:\n    environment:\n      MARK\n      ENTRY\n      A: b\n",
	},
	{
		"services:\n  web:\n    environment:\n        A: b\n        C: d\n",
		"services:\n  web:\n    environment:\n        MARK\n        ENTRY\n        A: b\n        C: d\n",
	},
	{
		"services:\n  web:\n    environment:\n    - A=b\n",
		"services:\n  web:\n    environment:\n    MARK\n    ITEM\n    - A=b\n",
	},
	{
		"services:\n  web:\n    environment:\n      # c\n\n      - A=b\n      - C\n",
		"services:\n  web:\n    environment:\n      MARK\n      ITEM\n      # c\n\n      - A=b\n      - C\n",
	},
	{
		"services:\n  web:\n    environment:\n      -\n        A=b\n",
		"services:\n  web:\n    environment:\n      MARK\n      ITEM\n      -\n        A=b\n",
	},
	{
		"services:\n  web:\n    environment:\n      -   A=b\n",
		"services:\n  web:\n    environment:\n      MARK\n      ITEM\n      -   A=b\n",
	},
	{
		"services:\n  web:\n    environment:\n      A: |\n        x\n\n    image: x\n",
		"services:\n  web:\n    environment:\n      MARK\n      ENTRY\n      A: |\n        x\n\n    image: x\n",
	},
	{
		"services:\n  web:\n    environment: &e\n      A: b\n",
		"services:\n  web:\n    environment: &e\n      MARK\n      ENTRY\n      A: b\n",
	},
	{
		"services:\n  web:\n    environment: !override\n      A: b\n",
		"services:\n  web:\n    environment: !override\n      MARK\n      ENTRY\n      A: b\n",
	},
	{
		"services:\n  \"web\":\n    \"environment\":\n      A: b\n",
		"services:\n  \"web\":\n    \"environment\":\n      MARK\n      ENTRY\n      A: b\n",
	},
	{
		"services:\n  web: !!map\n    image: x\n",
		"services:\n  web: !!map\n    MARK\n    environment:\n      ENTRY\n    image: x\n",
	},
	{
		"services: &s\n  web:\n    image: x\n",
		"services: &s\n  web:\n    MARK\n    environment:\n      ENTRY\n    image: x\n",
	},
	{
		"x-e: &e\n  A: b\nservices:\n  web:\n    environment:\n      <<: *e\n",
		"x-e: &e\n  A: b\nservices:\n  web:\n    environment:\n      MARK\n      ENTRY\n      <<: *e\n",
	},
	{
		"x-e: &e\n  A: b\nservices:\n  web:\n    environment:\n      <<: [*e]\n      C: d\n",
		"x-e: &e\n  A: b\nservices:\n  web:\n    environment:\n      MARK\n      ENTRY\n      <<: [*e]\n      C: d\n",
	},
	{
		"x-b: &b\n  image: x\nservices:\n  web:\n    <<: *b\n",
		"x-b: &b\n  image: x\nservices:\n  web:\n    MARK\n    environment:\n      ENTRY\n    <<: *b\n",
	},
	{
		"services:\n  db:\n    image: y\n  web:\n    image: x\n    extends: db\n",
		"services:\n  db:\n    image: y\n  web:\n    MARK\n    environment:\n      ENTRY\n    image: x\n    extends: db\n",
	},
	{
		"services:\n  web:\n    image: x\n    extends:\n      file: other.yaml\n      service: web\n",
		"services:\n  web:\n    MARK\n    environment:\n      ENTRY\n    image: x\n    extends:\n      file: other.yaml\n      service: web\n",
	},
	{
		"services:\n  web:\n    image: x\n    env_file: .env\n",
		"services:\n  web:\n    MARK\n    environment:\n      ENTRY\n    image: x\n    env_file: .env\n",
	},
	{
		"services:\n  web:\n    image: x\nvolumes:\n  v:\n",
		"services:\n  web:\n    MARK\n    environment:\n      ENTRY\n    image: x\nvolumes:\n  v:\n",
	},
	{
		"include:\n  - a.yaml\n",
		"MARK\nservices:\n  web:\n    environment:\n      ENTRY\ninclude:\n  - a.yaml\n",
	},
	{
		"version: '3'\n",
		"MARK\nservices:\n  web:\n    environment:\n      ENTRY\nversion: '3'\n",
	},
	{
		"x-a: 1\n",
		"MARK\nservices:\n  web:\n    environment:\n      ENTRY\nx-a: 1\n",
	},
	{
		"services:\n  web:\n   image: x\n",
		"services:\n  web:\n   MARK\n   environment:\n     ENTRY\n   image: x\n",
	},
	{
		"services:\n        web:\n                image: x\n",
		"services:\n        web:\n                MARK\n                environment:\n                        ENTRY\n                image: x\n",
	},
	{
		"services:\n  web:\n    command: >-\n      a\n\n\n  # c\n",
		"services:\n  web:\n    MARK\n    environment:\n      ENTRY\n    command: >-\n      a\n\n\n  # c\n",
	},
	{
		"\uFEFFservices:\n  web:\n    image: x\n",
		"\uFEFFservices:\n  web:\n    MARK\n    environment:\n      ENTRY\n    image: x\n",
	},
}

func expandCompose(text string) string {
	return strings.NewReplacer("MARK", Mark, "ENTRY", "ES_OAUTH2__REFRESH_TOKEN: '"+token+"'", "ITEM", "- 'ES_OAUTH2__REFRESH_TOKEN="+token+"'").Replace(text)
}

func TestComposeEdit_everyLayout(t *testing.T) {
	t.Parallel()
	for _, layout := range composeLayouts {
		checkLife(t, composing(StyleVariables), []byte(layout.before), tokenSettings(), expandCompose(layout.after))
		checkLife(t, composing(StyleBootstrap), []byte(layout.before), apiSettings(), "")
		checkLife(t, Compose{[]string{"api", "web", "zoo"}, StyleVariables}, []byte(layout.before), tokenSettings(), "")
	}
}

// The same with CRLF, and without a final newline.
func TestComposeEdit_everyLayoutWithOtherLineEnds(t *testing.T) {
	t.Parallel()
	for _, layout := range composeLayouts {
		before, after := layout.before, expandCompose(layout.after)
		if strings.Contains(before, "\r") || strings.Trim(before, "\n") == "" {
			continue
		}
		checkLife(t, composing(StyleVariables), []byte(strings.ReplaceAll(before, "\n", "\r\n")), tokenSettings(), strings.ReplaceAll(after, "\n", "\r\n"))
		if without := strings.TrimSuffix(before, "\n"); strings.TrimSpace(without) == strings.TrimSpace(before) {
			checkLife(t, composing(StyleVariables), []byte(without), tokenSettings(), strings.TrimSuffix(after, "\n"))
		}
	}
}

// Two resources share a Compose file, for the same service in another style and for another service.
func TestCompose_twoResourcesInEveryLayout(t *testing.T) {
	t.Parallel()
	for _, layout := range composeLayouts {
		for _, other := range []Compose{composing(StyleBootstrap), {[]string{"db"}, StyleVariables}, {[]string{"a.b", "yes", "1"}, StyleVariables}} {
			if strings.Contains(layout.before, "extends: db") && other.Services[0] == "db" {
				continue // web would get db's variables too
			}
			if !twoRecords(t, composing(StyleVariables), other, []byte(layout.before), tokenSettings(), apiSettings()) ||
				!twoRecords(t, other, composing(StyleVariables), []byte(layout.before), apiSettings(), tokenSettings()) {
				t.Errorf("%v does not fit into %q", other.Services, layout.before)
			}
		}
	}
}

// What others add to the file on a line of its own survives the removal.
func TestComposeRemove_keepsWhatOthersAdd(t *testing.T) {
	t.Parallel()
	for _, layout := range composeLayouts {
		after, record := edit(t, composing(StyleVariables), []byte(layout.before), Desired{Settings: tokenSettings()}, Record{})
		if layout.before == "" || !strings.HasSuffix(layout.before, "\n") || strings.HasSuffix(layout.before, "...\n") {
			continue
		}
		added := string(after) + "x-theirs: 1 # c\n"
		if got, want := remove(t, composing(StyleVariables), []byte(added), record), layout.before+"x-theirs: 1 # c\n"; got != want {
			t.Errorf("removed %q, want %q", got, want)
		}
	}
}

// Service names that YAML would take for something else are quoted.
func TestComposeEdit_serviceNames(t *testing.T) {
	t.Parallel()
	for name, key := range map[string]string{
		"web": "web", "web-1_b": "web-1_b", "a.b": "'a.b'", "1": "'1'", "-a": "'-a'", "yes": "'yes'", "NULL": "'NULL'", "y": "'y'", "off": "'off'", "it's": "'it''s'", "a: b": "'a: b'", "#": "'#'", "é": "'é'",
	} {
		editor := Compose{Services: []string{name}, Style: StyleVariables}
		checkLife(t, editor, []byte("services:\n"), tokenSettings(), expandCompose("services:\n  MARK\n  "+key+":\n    environment:\n      ENTRY\n"))
		checkLife(t, editor, []byte("services:\n  "+key+":\n    image: x\n"), tokenSettings(), expandCompose("services:\n  "+key+":\n    MARK\n    environment:\n      ENTRY\n    image: x\n"))
	}
}
