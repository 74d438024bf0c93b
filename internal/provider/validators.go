package provider

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

// notEmpty refuses the empty string. An argument that is not wanted is null;
// an empty one is nearly always a variable that nobody set, and falling back
// to another source would use somebody else's login.
type notEmpty struct{}

var _ validator.String = notEmpty{}

// Description implements validator.Describer.
func (notEmpty) Description(context.Context) string { return "not empty" }

// MarkdownDescription implements validator.Describer.
func (n notEmpty) MarkdownDescription(ctx context.Context) string { return n.Description(ctx) }

// ValidateString implements validator.String.
func (notEmpty) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if known(req.ConfigValue) && strings.TrimSpace(req.ConfigValue.ValueString()) == "" {
		resp.Diagnostics.Append(emptyString(req.Path))
	}
}

func emptyString(at path.Path) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(at, "Empty Value", fmt.Sprintf(
		"%s is set to an empty string. Give it a value, or leave it out (null) to have it taken from the next source.", at))
}

// localPath refuses what notEmpty refuses, and a path that only a shell would
// understand: Terraform passes a tilde on as it is, and the files would end up
// in a folder of that name.
type localPath struct{ notEmpty }

var _ validator.String = localPath{}

// ValidateString implements validator.String.
func (p localPath) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	p.notEmpty.ValidateString(ctx, req, resp)
	if name := req.ConfigValue.ValueString(); strings.HasPrefix(name, "~") {
		resp.Diagnostics.AddAttributeError(req.Path, "Tilde in a Path", fmt.Sprintf(
			"%s is %q, and Terraform does not expand the tilde. Write pathexpand(%q).", req.Path, name, name))
	}
}

// webAddress accepts an http or https address without user, query or fragment.
type webAddress struct{}

var _ validator.String = webAddress{}

// Description implements validator.Describer.
func (webAddress) Description(context.Context) string { return "an http or https address" }

// MarkdownDescription implements validator.Describer.
func (w webAddress) MarkdownDescription(ctx context.Context) string { return w.Description(ctx) }

// ValidateString implements validator.String. The message does not quote the
// address, which may hold a password.
func (webAddress) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if !known(req.ConfigValue) {
		return
	}
	if req.ConfigValue.ValueString() == "" {
		resp.Diagnostics.Append(emptyString(req.Path))
		return
	}
	address, err := url.Parse(req.ConfigValue.ValueString())
	var why string
	switch {
	case err != nil:
		why = "it can't be read as one"
	case address.Scheme != "https" && address.Scheme != "http":
		why = "it does not start with https://"
	case address.Host == "":
		why = "it names no host"
	case address.User != nil:
		why = "it holds a user name, which would end up in logs"
	case address.RawQuery != "" || address.Fragment != "":
		why = "it has a query or a fragment, and paths are appended to it"
	default:
		return
	}
	resp.Diagnostics.AddAttributeError(req.Path, "Invalid Address", fmt.Sprintf(
		"%s is not the address of a server: %s. Write it like https://login.earthscope.org/.", req.Path, why))
}

// between accepts the numbers from least to most.
type between struct{ least, most int64 }

var _ validator.Int64 = between{}

// Description implements validator.Describer.
func (b between) Description(context.Context) string {
	return fmt.Sprintf("from %d to %d", b.least, b.most)
}

// MarkdownDescription implements validator.Describer.
func (b between) MarkdownDescription(ctx context.Context) string { return b.Description(ctx) }

// ValidateInt64 implements validator.Int64.
func (b between) ValidateInt64(ctx context.Context, req validator.Int64Request, resp *validator.Int64Response) {
	if !known(req.ConfigValue) {
		return
	}
	if n := req.ConfigValue.ValueInt64(); n < b.least || n > b.most {
		resp.Diagnostics.AddAttributeError(req.Path, "Number out of Range",
			fmt.Sprintf("%s must be a number %s, but is %d.", req.Path, b.Description(ctx), n))
	}
}
