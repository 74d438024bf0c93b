package provider

import (
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

func TestDurationOf_values(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		value   types.String
		want    time.Duration
		summary string
	}{
		"null":         {types.StringNull(), 0, ""},
		"unknown":      {types.StringUnknown(), 0, ""},
		"seconds":      {types.StringValue("90s"), 90 * time.Second, ""},
		"mixed":        {types.StringValue("1h30m"), 90 * time.Minute, ""},
		"milliseconds": {types.StringValue("250ms"), 250 * time.Millisecond, ""},
		"empty":        {types.StringValue(""), 0, "Empty Value"},
		"no unit":      {types.StringValue("60"), 0, "Invalid Duration"},
		"days":         {types.StringValue("1d"), 0, "Invalid Duration"},
		"zero":         {types.StringValue("0s"), 0, "Invalid Duration"},
		"negative":     {types.StringValue("-5m"), 0, "Invalid Duration"},
		"too long":     {types.StringValue("9999999h"), 0, "Invalid Duration"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var diagnostics diag.Diagnostics
			got := durationOf(test.value, path.Root("min_ttl"), &diagnostics)
			if got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
			if test.summary == "" {
				if len(diagnostics) != 0 {
					t.Errorf("got %v", diagnostics)
				}
				return
			}
			if len(diagnostics) != 1 || diagnostics[0].Summary() != test.summary {
				t.Errorf("got %v, want %q", diagnostics, test.summary)
			}
		})
	}
}

func FuzzDurationOf(f *testing.F) {
	for _, seed := range []string{"60s", "", "-1h", "1h30m", "∞", "0.5s", "1e9h"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var diagnostics diag.Diagnostics
		got := durationOf(types.StringValue(text), path.Root("min_ttl"), &diagnostics)
		if (got > 0) == diagnostics.HasError() {
			t.Errorf("%q gives %v with %v", text, got, diagnostics)
		}
	})
}
