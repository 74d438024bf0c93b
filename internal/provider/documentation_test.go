package provider

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// objects are the schemas of everything that Terraform can name, by the name
// that the tests and messages use.
func (w *wire) objects() map[string]*tfprotov6.Schema {
	schemas := map[string]*tfprotov6.Schema{"provider": w.schema.Provider}
	for name, schema := range w.schema.DataSourceSchemas {
		schemas["data."+name] = schema
	}
	for name, schema := range w.schema.EphemeralResourceSchemas {
		schemas["ephemeral."+name] = schema
	}
	for name, schema := range w.schema.ResourceSchemas {
		schemas[name] = schema
	}
	for name, schema := range w.schema.ActionSchemas {
		schemas["action."+name] = schema.Schema
	}
	return schemas
}

// examplesText is every example, comments left out.
func examplesText(t *testing.T) string {
	t.Helper()
	var text strings.Builder
	comment := regexp.MustCompile(`(?m)#.*$`)
	err := filepath.WalkDir(filepath.Join("..", "..", "examples"), func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(name) != ".tf" {
			return err
		}
		content, err := os.ReadFile(name)
		text.Write(comment.ReplaceAll(content, nil))
		return err
	})
	if err != nil || text.Len() < 10_000 {
		t.Fatalf("%d bytes of examples: %v", text.Len(), err)
	}
	return text.String()
}

// Every argument is given a value in some example, and every result is used in
// one or described as part of an object that is.
func TestDocumentation_everyArgumentIsShown(t *testing.T) {
	t.Parallel()
	text := examplesText(t)
	var walk func(at string, attributes []*tfprotov6.SchemaAttribute)
	walk = func(at string, attributes []*tfprotov6.SchemaAttribute) {
		for _, attribute := range attributes {
			name := at + "." + attribute.Name
			if attribute.Optional || attribute.Required {
				if !regexp.MustCompile(`(?:^|[\s{(,])` + attribute.Name + `\s*=[^=]`).MatchString(text) {
					t.Errorf("no example shows %s", name)
				}
			}
			if attribute.NestedType != nil {
				walk(name, attribute.NestedType.Attributes)
			}
		}
	}
	for name, schema := range newWire(t, Dependencies{}).objects() {
		walk(name, schema.Block.Attributes)
	}
}

// noDefault are arguments that may be left out without anything taking their
// place: what they do says all.
var noDefault = []string{
	"provider.access_token", "provider.client_secret", "provider.refresh_token",
}

// Every argument that may be left out says what holds then.
func TestDocumentation_everyDefaultIsTold(t *testing.T) {
	t.Parallel()
	told := regexp.MustCompile("(?i)default|without it|if (?:this is )?left out|required|may be left out")
	var walk func(at string, attributes []*tfprotov6.SchemaAttribute)
	walk = func(at string, attributes []*tfprotov6.SchemaAttribute) {
		for _, attribute := range attributes {
			name := at + "." + attribute.Name
			if attribute.Optional && !told.MatchString(attribute.Description) && !slices.Contains(noDefault, name) {
				t.Errorf("%s does not tell its default: %s", name, attribute.Description)
			}
			if attribute.NestedType != nil {
				walk(name, attribute.NestedType.Attributes)
			}
		}
	}
	for name, schema := range newWire(t, Dependencies{}).objects() {
		walk(name, schema.Block.Attributes)
	}
}

// Every argument of the provider block that a variable can take the place of
// names that variable.
func TestDocumentation_everyVariableIsNamed(t *testing.T) {
	t.Parallel()
	of := map[string]string{
		"profile": "ES_PROFILE", "refresh_token": "ES_OAUTH2__REFRESH_TOKEN", "access_token": "ES_OAUTH2__ACCESS_TOKEN",
		"client_secret": "ES_OAUTH2__CLIENT_SECRET", "client_id": "ES_OAUTH2__CLIENT_ID", "audience": "ES_OAUTH2__AUDIENCE",
		"scope": "ES_OAUTH2__SCOPE", "domain": "ES_OAUTH2__DOMAIN", "api_url": "ES_RESOURCES__API_URL",
		"max_retries": "ES_OAUTH2__RETRY__ATTEMPTS", "ca_cert_file": "HTTPS_PROXY",
		// These have none.
		"config_dir": "", "persist_tokens": "", "refresh_threshold": "", "request_timeout": "", "ssh": "",
	}
	for _, attribute := range newWire(t, Dependencies{}).schema.Provider.Block.Attributes {
		variable, known := of[attribute.Name]
		if !known || !strings.Contains(attribute.Description, variable) {
			t.Errorf("provider.%s does not name its variable %q: %s", attribute.Name, variable, attribute.Description)
		}
	}
}
