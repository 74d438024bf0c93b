package provider

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

func TestSchema_everyAttributeIsDescribed(t *testing.T) {
	t.Parallel()
	w := newWire(t, Dependencies{})
	schemas := map[string]*tfprotov6.Schema{"provider": w.schema.Provider}
	for name, schema := range w.schema.DataSourceSchemas {
		schemas["data."+name] = schema
	}
	for name, schema := range w.schema.EphemeralResourceSchemas {
		schemas["ephemeral."+name] = schema
	}
	if len(schemas) != 5 {
		t.Errorf("%d schemas, want the provider's and those of 4 objects", len(schemas))
	}
	for name, schema := range schemas {
		if schema.Block.Description == "" || schema.Block.DescriptionKind != tfprotov6.StringKindMarkdown {
			t.Errorf("%s has no description in Markdown", name)
		}
		for _, attribute := range schema.Block.Attributes {
			if attribute.Description == "" || attribute.DescriptionKind != tfprotov6.StringKindMarkdown {
				t.Errorf("%s.%s has no description in Markdown", name, attribute.Name)
			}
			if attribute.WriteOnly {
				t.Errorf("%s.%s is write-only, which older cores don't load", name, attribute.Name)
			}
			if attribute.Required {
				t.Errorf("%s.%s is required", name, attribute.Name)
			}
		}
	}
}

func TestSchema_secretsAreSensitive(t *testing.T) {
	t.Parallel()
	w := newWire(t, Dependencies{})
	for where, test := range map[string]struct {
		schema *tfprotov6.Schema
		want   map[string]bool
	}{
		"provider":                          {w.schema.Provider, map[string]bool{"refresh_token": true, "access_token": true, "client_secret": true}},
		"data.earthscope_access_token":      {w.schema.DataSourceSchemas["earthscope_access_token"], map[string]bool{"access_token": true}},
		"data.earthscope_identity":          {w.schema.DataSourceSchemas["earthscope_identity"], nil},
		"ephemeral.earthscope_access_token": {w.schema.EphemeralResourceSchemas["earthscope_access_token"], map[string]bool{"access_token": true}},
		"ephemeral.earthscope_refresh_token": {
			w.schema.EphemeralResourceSchemas["earthscope_refresh_token"], map[string]bool{"refresh_token": true},
		},
	} {
		for _, attribute := range test.schema.Block.Attributes {
			if attribute.Sensitive != test.want[attribute.Name] {
				t.Errorf("%s.%s: sensitive = %v", where, attribute.Name, attribute.Sensitive)
			}
		}
	}
}
