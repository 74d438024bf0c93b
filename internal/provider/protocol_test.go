package provider

import (
	"context"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// wire is a provider as Terraform sees it: messages of protocol 6.
type wire struct {
	t      *testing.T
	server tfprotov6.ProviderServer
	schema *tfprotov6.GetProviderSchemaResponse
}

// values are the arguments of a block; those that are left out are null.
type values map[string]any

// unknown is a value that Terraform can't tell yet.
var unknown = tftypes.UnknownValue

func newWire(t *testing.T, d Dependencies) *wire {
	t.Helper()
	w := &wire{t: t, server: NewServer("1.2.3", d)()}
	schema, err := w.server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil || len(schema.Diagnostics) > 0 {
		t.Fatalf("GetProviderSchema: %v, %v", err, schema.Diagnostics)
	}
	w.schema = schema
	return w
}

// configured starts a provider with a block that points to the place's server.
func (p *place) configured(arguments values) *wire {
	p.t.Helper()
	w := newWire(p.t, p.dependencies())
	if _, given := arguments["domain"]; !given {
		complete := values{"domain": p.server.URL()}
		for name, value := range arguments {
			complete[name] = value
		}
		arguments = complete
	}
	ctx, cancel := context.WithCancel(p.t.Context())
	response, err := w.server.ConfigureProvider(ctx, &tfprotov6.ConfigureProviderRequest{
		TerraformVersion: "1.11.4", Config: w.encode(w.schema.Provider, arguments),
	})
	cancel() // as Terraform does: what Configure keeps of its context is dead
	if err != nil || len(response.Diagnostics) > 0 {
		p.t.Fatalf("ConfigureProvider: %v, %s", err, describe(response.Diagnostics))
	}
	return w
}

// encode makes a message of arguments.
func (w *wire) encode(schema *tfprotov6.Schema, arguments values) *tfprotov6.DynamicValue {
	w.t.Helper()
	object, ok := schema.ValueType().(tftypes.Object)
	if !ok {
		w.t.Fatal("the schema is not of an object")
	}
	all := map[string]tftypes.Value{}
	for name, kind := range object.AttributeTypes {
		all[name] = tftypes.NewValue(kind, arguments[name])
	}
	for name := range arguments {
		if _, exists := object.AttributeTypes[name]; !exists {
			w.t.Fatalf("there is no argument %q", name)
		}
	}
	message, err := tfprotov6.NewDynamicValue(object, tftypes.NewValue(object, all))
	if err != nil {
		w.t.Fatal(err)
	}
	return &message
}

// decode returns the string, bool and list values of a result.
func (w *wire) decode(schema *tfprotov6.Schema, message *tfprotov6.DynamicValue) map[string]tftypes.Value {
	w.t.Helper()
	if message == nil {
		return nil
	}
	value, err := message.Unmarshal(schema.ValueType())
	if err != nil {
		w.t.Fatal(err)
	}
	result := map[string]tftypes.Value{}
	if value.IsNull() {
		return nil
	}
	if err := value.As(&result); err != nil {
		w.t.Fatal(err)
	}
	return result
}

// text is a string result; "" for null.
func text(t *testing.T, result map[string]tftypes.Value, name string) string {
	t.Helper()
	var s *string
	if err := result[name].As(&s); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if s == nil {
		return ""
	}
	return *s
}

// validate runs the provider block's validation.
func (w *wire) validate(arguments values) []*tfprotov6.Diagnostic {
	w.t.Helper()
	response, err := w.server.ValidateProviderConfig(w.t.Context(), &tfprotov6.ValidateProviderConfigRequest{
		Config: w.encode(w.schema.Provider, arguments),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return response.Diagnostics
}

// read reads a data source.
func (w *wire) read(name string, arguments values) (map[string]tftypes.Value, []*tfprotov6.Diagnostic) {
	w.t.Helper()
	schema := w.schema.DataSourceSchemas[name]
	response, err := w.server.ReadDataSource(w.t.Context(), &tfprotov6.ReadDataSourceRequest{
		TypeName: name, Config: w.encode(schema, arguments),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return w.decode(schema, response.State), response.Diagnostics
}

// open opens an ephemeral object.
func (w *wire) open(name string, arguments values) (map[string]tftypes.Value, *tfprotov6.OpenEphemeralResourceResponse) {
	w.t.Helper()
	schema := w.schema.EphemeralResourceSchemas[name]
	response, err := w.server.OpenEphemeralResource(w.t.Context(), &tfprotov6.OpenEphemeralResourceRequest{
		TypeName: name, Config: w.encode(schema, arguments),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return w.decode(schema, response.Result), response
}

func (w *wire) renew(private []byte) *tfprotov6.RenewEphemeralResourceResponse {
	w.t.Helper()
	response, err := w.server.RenewEphemeralResource(w.t.Context(), &tfprotov6.RenewEphemeralResourceRequest{
		TypeName: "earthscope_access_token", Private: private,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return response
}

func (w *wire) close(private []byte) []*tfprotov6.Diagnostic {
	w.t.Helper()
	response, err := w.server.CloseEphemeralResource(w.t.Context(), &tfprotov6.CloseEphemeralResourceRequest{
		TypeName: "earthscope_access_token", Private: private,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return response.Diagnostics
}

// describe renders diagnostics for messages and comparisons.
func describe(diagnostics []*tfprotov6.Diagnostic) string {
	lines := []string{}
	for _, d := range diagnostics {
		line := d.Severity.String() + " | " + d.Summary
		if d.Attribute != nil {
			line += " | " + strings.TrimSuffix(strings.TrimPrefix(d.Attribute.String(), `AttributeName("`), `")`)
		}
		lines = append(lines, line+" | "+d.Detail)
	}
	return strings.Join(lines, "\n")
}

// mustBeClean fails where there is any diagnostic.
func mustBeClean(t *testing.T, what string, diagnostics []*tfprotov6.Diagnostic) {
	t.Helper()
	if len(diagnostics) > 0 {
		t.Fatalf("%s: %s", what, describe(diagnostics))
	}
}

// mustBeOne returns the only diagnostic.
func mustBeOne(t *testing.T, diagnostics []*tfprotov6.Diagnostic) *tfprotov6.Diagnostic {
	t.Helper()
	if len(diagnostics) != 1 {
		t.Fatalf("%d diagnostics, want 1:\n%s", len(diagnostics), describe(diagnostics))
	}
	return diagnostics[0]
}

// attributeOf names the attribute that a diagnostic points to, "" for none.
func attributeOf(d *tfprotov6.Diagnostic) string {
	if d.Attribute == nil {
		return ""
	}
	steps := d.Attribute.Steps()
	name, _ := steps[len(steps)-1].(tftypes.AttributeName)
	return string(name)
}

func (w *wire) validateEphemeral(name string, config *tfprotov6.DynamicValue) []*tfprotov6.Diagnostic {
	w.t.Helper()
	response, err := w.server.ValidateEphemeralResourceConfig(w.t.Context(), &tfprotov6.ValidateEphemeralResourceConfigRequest{
		TypeName: name, Config: config,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return response.Diagnostics
}
