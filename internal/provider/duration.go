package provider

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// positiveDuration accepts a duration in Go's notation that is longer than
// nothing: "90s", "10m", "1h30m".
type positiveDuration struct{}

var _ validator.String = positiveDuration{}

// Description implements validator.Describer.
func (positiveDuration) Description(context.Context) string {
	return "a duration such as 90s, 10m or 1h30m"
}

// MarkdownDescription implements validator.Describer.
func (d positiveDuration) MarkdownDescription(ctx context.Context) string { return d.Description(ctx) }

// ValidateString implements validator.String.
func (positiveDuration) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	durationOf(req.ConfigValue, req.Path, &resp.Diagnostics)
}

// durationOf reads a duration attribute; 0 where it is null, unknown or wrong,
// which is then in diagnostics.
func durationOf(value types.String, at path.Path, diagnostics *diag.Diagnostics) time.Duration {
	if !known(value) {
		return 0
	}
	text := value.ValueString()
	duration, err := time.ParseDuration(text)
	switch {
	case text == "":
		diagnostics.Append(emptyString(at))
	case err != nil:
		diagnostics.AddAttributeError(at, "Invalid Duration", fmt.Sprintf(
			"%q is not a duration. Write a number with its unit, such as \"90s\", \"10m\" or \"1h30m\"; units are ms, s, m and h.", text))
	case duration <= 0:
		diagnostics.AddAttributeError(at, "Invalid Duration", fmt.Sprintf(
			"%s must be longer than nothing, but is %q. Leave it out for the default.", at, text))
	default:
		return duration
	}
	return 0
}
