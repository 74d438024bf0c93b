package provider

import (
	"context"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
)

// remotePath accepts paths of files on a host.
type remotePath struct{}

var _ validator.String = remotePath{}

// Description implements validator.Describer.
func (remotePath) Description(context.Context) string {
	return "a path on the host, absolute or starting with ~/"
}

// MarkdownDescription implements validator.Describer.
func (r remotePath) MarkdownDescription(ctx context.Context) string { return r.Description(ctx) }

// ValidateString implements validator.String.
func (remotePath) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if known(req.ConfigValue) {
		if why := invalidPath(req.ConfigValue.ValueString()); why != "" {
			resp.Diagnostics.AddAttributeError(req.Path, "Invalid Path", why)
		}
	}
}

func invalidPath(given string) string {
	if _, err := files.CleanPath(given); err != nil {
		return err.Error() + "."
	}
	return ""
}

// remotePathKeys accepts maps whose keys are paths of files on a host.
type remotePathKeys struct{}

var _ validator.Map = remotePathKeys{}

// Description implements validator.Describer.
func (remotePathKeys) Description(ctx context.Context) string { return remotePath{}.Description(ctx) }

// MarkdownDescription implements validator.Describer.
func (r remotePathKeys) MarkdownDescription(ctx context.Context) string { return r.Description(ctx) }

// ValidateMap implements validator.Map.
func (remotePathKeys) ValidateMap(_ context.Context, req validator.MapRequest, resp *validator.MapResponse) {
	for key := range req.ConfigValue.Elements() {
		if why := invalidPath(key); why != "" {
			resp.Diagnostics.AddAttributeError(req.Path.AtMapKey(key), "Invalid Path", why)
		}
	}
}

// fileMode accepts permissions in octal digits.
type fileMode struct{}

var _ validator.String = fileMode{}

// Description implements validator.Describer.
func (fileMode) Description(context.Context) string { return "permissions such as 0600" }

// MarkdownDescription implements validator.Describer.
func (f fileMode) MarkdownDescription(ctx context.Context) string { return f.Description(ctx) }

// ValidateString implements validator.String.
func (fileMode) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if known(req.ConfigValue) {
		if _, err := parseMode(req.ConfigValue.ValueString()); err != nil {
			resp.Diagnostics.AddAttributeError(req.Path, "Invalid File Mode", err.Error()+".")
		}
	}
}

// parseMode reads octal permissions; the file must stay readable and writable
// for its owner, who runs the SDK.
func parseMode(text string) (fs.FileMode, error) {
	number, err := strconv.ParseUint(strings.TrimPrefix(text, "0o"), 8, 32)
	if err != nil || number > 0o777 {
		return 0, fmt.Errorf("%q is not a file mode. Write octal digits such as \"0600\" or \"0640\"", text)
	}
	mode := fs.FileMode(number)
	if mode&0o400 == 0 {
		return 0, fmt.Errorf("mode %q keeps the file's owner from reading it. Write a mode such as \"0600\"", text)
	}
	return mode, nil
}

func modeText(mode fs.FileMode) string { return fmt.Sprintf("%04o", mode.Perm()) }
