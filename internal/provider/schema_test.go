package provider

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

func TestSchema_everyAttributeIsDescribed(t *testing.T) {
	t.Parallel()
	w := newWire(t, Dependencies{})
	schemas := w.objects()
	for _, name := range []string{
		"action.earthscope_login", "action.earthscope_revoke_refresh_token",
		"data.earthscope_access_token", "data.earthscope_identity", "ephemeral.earthscope_access_token", "ephemeral.earthscope_refresh_token",
	} {
		if schemas[name] == nil {
			t.Errorf("there is no %s", name)
		}
	}
	for name, schema := range schemas {
		if schema.Block.Description == "" || schema.Block.DescriptionKind != tfprotov6.StringKindMarkdown {
			t.Errorf("%s has no description in Markdown", name)
		}
		mustDescribe(t, name, schema.Block.Attributes)
	}
}

func mustDescribe(t *testing.T, name string, attributes []*tfprotov6.SchemaAttribute) {
	t.Helper()
	for _, attribute := range attributes {
		if attribute.Description == "" || attribute.DescriptionKind != tfprotov6.StringKindMarkdown {
			t.Errorf("%s.%s has no description in Markdown", name, attribute.Name)
		}
		if attribute.Required && name == "provider" {
			t.Errorf("%s.%s is required: Terraform would ask for it", name, attribute.Name)
		}
		if attribute.NestedType != nil {
			mustDescribe(t, name+"."+attribute.Name, attribute.NestedType.Attributes)
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
