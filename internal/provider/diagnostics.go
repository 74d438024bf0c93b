package provider

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// request is what one object asks of the client. Terraform shows a
// diagnostic's attribute path inside the block of the object that was called,
// so only the object's own arguments can be pointed at; those of the provider
// block are named in the text.
type request struct {
	profile string // "" is the provider block's
	minTTL  string // as written, "" where it was not
	// renewal marks a request of ours: what it says about min_ttl was said
	// when the object was opened.
	renewal bool
}

// errorDiagnostic words an error of settings or session for a person.
func errorDiagnostic(err error, r request) diag.Diagnostic {
	var (
		sessionError  *session.Error
		settingsError *settings.Error
	)
	summary, detail, name := "EarthScope Provider Failed", err.Error(), ""
	switch {
	case errors.As(err, &sessionError):
		summary, detail, name = sessionError.Summary, sessionError.Detail, sessionError.Setting
	case errors.As(err, &settingsError):
		summary, name = settingsError.Summary, settingsError.Setting
		detail = located(settingsError)
	}
	if name == "profile" && r.profile != "" {
		return diag.NewAttributeErrorDiagnostic(path.Root("profile"), summary, detail)
	}
	return diag.NewErrorDiagnostic(summary, detail)
}

// located adds the place in the file, unless the text gives it.
func located(e *settings.Error) string {
	if e.Line == 0 {
		return e.Detail
	}
	place := fmt.Sprintf("line %d, column %d", e.Line, e.Column)
	if strings.Contains(e.Detail, place) {
		return e.Detail
	}
	return fmt.Sprintf("%s (%s, %s)", e.Detail, e.Source, place)
}

// credentialsDiagnostic is errorDiagnostic for a profile without credentials:
// what was ignored on the way is the likely reason, so it is told with it.
func credentialsDiagnostic(err error, warnings []settings.Warning, r request) diag.Diagnostic {
	d := errorDiagnostic(err, r)
	if len(warnings) == 0 {
		return d
	}
	detail := d.Detail()
	for _, w := range warnings {
		detail += "\n\n" + w.Summary + ": " + w.Detail
	}
	return diag.NewErrorDiagnostic(d.Summary(), detail)
}

// noticeDiagnostic words what a person should know although the work went on.
func noticeDiagnostic(n session.Notice, r request) diag.Diagnostic {
	if n.Kind == session.KindExpired && r.minTTL != "" {
		return diag.NewAttributeWarningDiagnostic(path.Root("min_ttl"), n.Summary, n.Detail)
	}
	return diag.NewWarningDiagnostic(n.Summary, n.Detail)
}

const unknownDetail = "The provider block of earthscope takes %s from something that is only known after apply, and it is not " +
	"replaced by the environment's value, which may belong to somebody else. "

// unknownError reports that a data source can't be read yet.
func unknownError(names []string) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Provider Argument Not Known Yet", fmt.Sprintf(unknownDetail, strings.Join(names, ", "))+
		"Give the argument a value that is known at plan time, or add depends_on to this data source with what the argument comes from, "+
		"so that it is read during apply; an ephemeral block waits by itself in Terraform, and needs depends_on in OpenTofu.")
}

// unknownWarning tells that an ephemeral object has no values in this phase.
func unknownWarning(names []string) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Provider Argument Not Known Yet", fmt.Sprintf(unknownDetail, strings.Join(names, ", "))+
		"Until then this object's values are unknown too. If what uses them needs them at plan time, give the argument a value that is "+
		"known then, or add depends_on to this block with what the argument comes from.")
}

// unknownActionError reports that an action can't run yet.
func unknownActionError(names []string) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Provider Argument Not Known Yet", fmt.Sprintf(unknownDetail, strings.Join(names, ", "))+
		"Give the argument a value that is known when the action is invoked.")
}
