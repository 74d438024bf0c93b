package provider

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

// oneOf accepts the values listed.
type oneOf []string

var _ validator.String = oneOf{}

// Description implements validator.Describer.
func (o oneOf) Description(context.Context) string { return "one of " + strings.Join(o, ", ") }

// MarkdownDescription implements validator.Describer.
func (o oneOf) MarkdownDescription(ctx context.Context) string { return o.Description(ctx) }

// ValidateString implements validator.String.
func (o oneOf) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if known(req.ConfigValue) && !slices.Contains(o, req.ConfigValue.ValueString()) {
		resp.Diagnostics.AddAttributeError(req.Path, "Unknown Choice",
			fmt.Sprintf("%s must be %s, but is %q.", req.Path, o.Description(ctx), req.ConfigValue.ValueString()))
	}
}

// someOf accepts sets with at least one element.
type someOf struct{ of string }

var _ validator.Set = someOf{}

// Description implements validator.Describer.
func (s someOf) Description(context.Context) string { return "at least one of the " + s.of }

// MarkdownDescription implements validator.Describer.
func (s someOf) MarkdownDescription(ctx context.Context) string { return s.Description(ctx) }

// ValidateSet implements validator.Set.
func (s someOf) ValidateSet(_ context.Context, req validator.SetRequest, resp *validator.SetResponse) {
	if !req.ConfigValue.IsNull() && !req.ConfigValue.IsUnknown() && len(req.ConfigValue.Elements()) == 0 {
		resp.Diagnostics.AddAttributeError(req.Path, "No "+strings.ToUpper(s.of[:1])+s.of[1:],
			fmt.Sprintf("The set is empty, so nothing would be written. Name at least one of the %s, or remove the argument.", s.of))
	}
}
