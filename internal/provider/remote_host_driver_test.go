package provider

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

const hostType = "earthscope_remote_host"

// driver takes one earthscope_remote_host through its life as Terraform does,
// message by message: diagnostics and private state can be looked at.
type driver struct {
	*wire

	place   *hostPlace
	schema  *tfprotov6.Schema
	state   tftypes.Value
	private []byte
	block   values
	applied bool // in this command
}

// next begins another command where Terraform would.
func (d *driver) next(always bool) {
	if always || d.applied {
		d.configure(d.block)
	}
}

// drive starts a provider with the place's ssh block and further arguments.
func (p *hostPlace) drive(block values) *driver {
	p.t.Helper()
	w := newWire(p.t, p.dependencies())
	d := &driver{wire: w, place: p, schema: w.schema.ResourceSchemas[hostType]}
	d.state = tftypes.NewValue(d.schema.ValueType(), nil)
	d.configure(block)
	return d
}

// configure starts the provider anew, as for the next command.
func (d *driver) configure(block values) {
	d.t.Helper()
	ssh := values{"user": hostUser, "private_key_file": d.place.keyFile, "known_hosts_file": d.place.knownHosts, "config_file": "none", "agent": false}
	all := values{"domain": d.place.server.URL(), "ssh": ssh}
	for name, value := range block {
		if name == "ssh" {
			maps.Copy(ssh, value.(values))
			continue
		}
		all[name] = value
	}
	d.block, d.applied = block, false
	d.server = newWire(d.t, d.place.dependencies()).server
	message := d.message(built(d.t, d.wire.schema.Provider.ValueType(), all))
	response, err := d.server.ConfigureProvider(d.t.Context(), &tfprotov6.ConfigureProviderRequest{TerraformVersion: "1.11.4", Config: message})
	if err != nil || len(response.Diagnostics) > 0 {
		d.t.Fatalf("ConfigureProvider: %v, %s", err, describe(response.Diagnostics))
	}
}

// built makes a value of a type; what an object leaves out is null.
func built(t *testing.T, kind tftypes.Type, given any) tftypes.Value {
	t.Helper()
	if given == nil || given == any(unknown) {
		return tftypes.NewValue(kind, given)
	}
	switch kind := kind.(type) {
	case tftypes.Object:
		fields := map[string]tftypes.Value{}
		for name, of := range kind.AttributeTypes {
			fields[name] = built(t, of, given.(values)[name])
		}
		for name := range given.(values) {
			if fields[name].Type() == nil {
				t.Fatalf("there is no argument %q", name)
			}
		}
		return tftypes.NewValue(kind, fields)
	case tftypes.Map:
		elements := map[string]tftypes.Value{}
		for name, element := range given.(values) {
			elements[name] = built(t, kind.ElementType, element)
		}
		return tftypes.NewValue(kind, elements)
	case tftypes.List:
		return tftypes.NewValue(kind, elementsOf(t, kind.ElementType, given))
	case tftypes.Set:
		return tftypes.NewValue(kind, elementsOf(t, kind.ElementType, given))
	default:
		return tftypes.NewValue(kind, given)
	}
}

func elementsOf(t *testing.T, kind tftypes.Type, given any) []tftypes.Value {
	t.Helper()
	elements := []tftypes.Value{}
	for _, element := range given.([]any) {
		elements = append(elements, built(t, kind, element))
	}
	return elements
}

func (d *driver) message(value tftypes.Value) *tfprotov6.DynamicValue {
	d.t.Helper()
	message, err := tfprotov6.NewDynamicValue(value.Type(), value)
	if err != nil {
		d.t.Fatal(err)
	}
	return &message
}

func (d *driver) value(message *tfprotov6.DynamicValue) tftypes.Value {
	d.t.Helper()
	value, err := message.Unmarshal(d.schema.ValueType())
	if err != nil {
		d.t.Fatal(err)
	}
	return value
}

// config is the resource's configuration; host and port are the place's
// unless given.
func (d *driver) config(arguments values) tftypes.Value {
	d.t.Helper()
	all := values{"host": d.place.host.Host(), "port": d.place.port()}
	maps.Copy(all, arguments)
	return built(d.t, d.schema.ValueType(), all)
}

// proposed is what Terraform offers to plan: the configuration, with computed
// values of the state where it says nothing.
func (d *driver) proposed(config tftypes.Value) tftypes.Value {
	fields, prior := fieldsOf(d.t, config), fieldsOf(d.t, d.state)
	for _, attribute := range d.schema.Block.Attributes {
		switch name := attribute.Name; {
		case attribute.WriteOnly:
			fields[name] = tftypes.NewValue(attribute.ValueType(), nil)
		case attribute.Computed && fields[name].IsNull() && prior != nil:
			fields[name] = prior[name]
		case attribute.Computed && fields[name].IsNull():
			fields[name] = tftypes.NewValue(attribute.ValueType(), unknown)
		}
	}
	return tftypes.NewValue(d.schema.ValueType(), fields)
}

func fieldsOf(t *testing.T, value tftypes.Value) map[string]tftypes.Value {
	t.Helper()
	if value.IsNull() {
		return nil
	}
	fields := map[string]tftypes.Value{}
	if err := value.As(&fields); err != nil {
		t.Fatal(err)
	}
	return fields
}

func (d *driver) validateHost(arguments values) []*tfprotov6.Diagnostic {
	d.t.Helper()
	response, err := d.server.ValidateResourceConfig(d.t.Context(), &tfprotov6.ValidateResourceConfigRequest{
		TypeName: hostType, Config: d.message(d.config(arguments)),
		ClientCapabilities: &tfprotov6.ValidateResourceConfigClientCapabilities{WriteOnlyAttributesAllowed: true},
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return response.Diagnostics
}

func (d *driver) plan(arguments values) *tfprotov6.PlanResourceChangeResponse {
	d.t.Helper()
	config := d.config(arguments)
	d.next(d.state.IsNull()) // two plans of one command would be two resources
	response, err := d.server.PlanResourceChange(d.t.Context(), &tfprotov6.PlanResourceChangeRequest{
		TypeName: hostType, Config: d.message(config), PriorState: d.message(d.state), PriorPrivate: d.private,
		ProposedNewState: d.message(d.proposed(config)),
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return response
}

// apply plans and applies. The state is kept also when it fails, as Terraform
// does.
func (d *driver) apply(arguments values) []*tfprotov6.Diagnostic {
	d.t.Helper()
	plan := d.plan(arguments)
	if failed(plan.Diagnostics) {
		return plan.Diagnostics
	}
	return d.applyPlan(plan, d.config(arguments))
}

func (d *driver) applyPlan(plan *tfprotov6.PlanResourceChangeResponse, config tftypes.Value) []*tfprotov6.Diagnostic {
	d.t.Helper()
	response, err := d.server.ApplyResourceChange(d.t.Context(), &tfprotov6.ApplyResourceChangeRequest{
		TypeName: hostType, Config: d.message(config), PriorState: d.message(d.state), PlannedState: plan.PlannedState, PlannedPrivate: plan.PlannedPrivate,
	})
	if err != nil {
		d.t.Fatal(err)
	}
	d.state, d.private, d.applied = d.value(response.NewState), response.Private, true
	return response.Diagnostics
}

// refresh reads the host.
func (d *driver) refresh() []*tfprotov6.Diagnostic {
	d.t.Helper()
	d.next(false)
	response, err := d.server.ReadResource(d.t.Context(), &tfprotov6.ReadResourceRequest{TypeName: hostType, CurrentState: d.message(d.state), Private: d.private})
	if err != nil {
		d.t.Fatal(err)
	}
	if !failed(response.Diagnostics) {
		d.state, d.private = d.value(response.NewState), response.Private
	}
	return response.Diagnostics
}

func (d *driver) destroy() []*tfprotov6.Diagnostic {
	d.t.Helper()
	null := tftypes.NewValue(d.schema.ValueType(), nil)
	response, err := d.server.ApplyResourceChange(d.t.Context(), &tfprotov6.ApplyResourceChangeRequest{
		TypeName: hostType, Config: d.message(null), PriorState: d.message(d.state), PlannedState: d.message(null), PlannedPrivate: d.private,
	})
	if err != nil {
		d.t.Fatal(err)
	}
	d.state, d.private = d.value(response.NewState), response.Private
	return response.Diagnostics
}

// fileState is files[path].state after a refresh.
func (d *driver) fileState(path string) string {
	d.t.Helper()
	files := fieldsOf(d.t, fieldsOf(d.t, d.state)["files"])
	if files[path].Type() == nil {
		return "not listed"
	}
	return text(d.t, fieldsOf(d.t, files[path]), "state")
}

// hasChange reports whether a plan changes the state.
func (d *driver) hasChange(plan *tfprotov6.PlanResourceChangeResponse) bool {
	d.t.Helper()
	return !d.value(plan.PlannedState).Equal(d.state)
}

func failed(diagnostics []*tfprotov6.Diagnostic) bool {
	for _, d := range diagnostics {
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			return true
		}
	}
	return false
}

// mustSay fails unless a diagnostic says all parts.
func mustSay(t *testing.T, diagnostics []*tfprotov6.Diagnostic, parts ...string) {
	t.Helper()
	said := describe(diagnostics)
	for _, part := range parts {
		if !strings.Contains(said, part) {
			t.Errorf("nothing says %q:\n%s", part, said)
		}
	}
}

func errorsOf(diagnostics []*tfprotov6.Diagnostic) []*tfprotov6.Diagnostic {
	return slices.DeleteFunc(slices.Clone(diagnostics), func(d *tfprotov6.Diagnostic) bool {
		return d.Severity != tfprotov6.DiagnosticSeverityError
	})
}

func mustSucceed(t *testing.T, diagnostics []*tfprotov6.Diagnostic) {
	t.Helper()
	if failed(diagnostics) {
		t.Fatal(describe(diagnostics))
	}
}

// pathText writes an attribute path with dots.
func pathText(path *tftypes.AttributePath) string {
	var steps []string
	for _, step := range path.Steps() {
		switch step := step.(type) {
		case tftypes.AttributeName:
			steps = append(steps, string(step))
		case tftypes.ElementKeyString:
			steps = append(steps, string(step))
		case tftypes.ElementKeyInt:
			steps = append(steps, strconv.FormatInt(int64(step), 10))
		}
	}
	return strings.Join(steps, ".")
}
