package provider

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Terraform before 1.14 does not tell tfplugindocs of actions, so their pages
// are written by hand. They must say what the schema and the examples say.
func TestActionDocs_sayWhatTheSchemaSays(t *testing.T) {
	t.Parallel()
	w := newWire(t, Dependencies{})
	root := filepath.Join("..", "..")
	for name, action := range w.schema.ActionSchemas {
		page, err := os.ReadFile(filepath.Join(root, "templates", "actions", strings.TrimPrefix(name, "earthscope_")+".md"))
		if err != nil {
			t.Error(err)
			continue
		}
		example, err := os.ReadFile(filepath.Join(root, "examples", "actions", name, "action.tf"))
		if err != nil {
			t.Error(err)
			continue
		}
		wanted := []string{action.Schema.Block.Description + "\n", "```terraform\n" + string(example) + "```\n"}
		for _, attribute := range action.Schema.Block.Attributes {
			kind := map[bool]string{true: "Boolean", false: "String"}[attribute.Type.Is(tftypes.Bool)]
			wanted = append(wanted, fmt.Sprintf("- `%s` (%s) %s\n", attribute.Name, kind, attribute.Description))
		}
		for _, want := range wanted {
			if !strings.Contains(string(page), want) {
				t.Errorf("the page of %s lacks:\n%s", name, want)
			}
		}
	}
	if len(w.schema.ActionSchemas) != 2 {
		t.Errorf("%d actions", len(w.schema.ActionSchemas))
	}
}
