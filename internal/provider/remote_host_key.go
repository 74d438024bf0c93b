package provider

import (
	"context"
	"io/fs"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/hostkey"
)

// hostKeyLine accepts a host's public key line, or an authority's.
type hostKeyLine struct{}

var _ validator.String = hostKeyLine{}

// Description implements validator.Describer.
func (hostKeyLine) Description(context.Context) string {
	return "a public key line, such as ssh-keyscan prints"
}

// MarkdownDescription implements validator.Describer.
func (h hostKeyLine) MarkdownDescription(ctx context.Context) string { return h.Description(ctx) }

// ValidateString implements validator.String.
func (hostKeyLine) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if !known(req.ConfigValue) || req.ConfigValue.ValueString() == "" {
		return
	}
	noFile := func(string) ([]byte, error) { return nil, fs.ErrNotExist }
	if _, err := hostkey.Load(hostkey.Policy{Pinned: []string{req.ConfigValue.ValueString()}}, "host", 22, time.Now, noFile); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid Host Key", err.Error()+".")
	}
}
