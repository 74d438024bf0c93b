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
