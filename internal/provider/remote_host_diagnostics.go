package provider

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/EarthScope/terraform-provider-earthscope/internal/bootstrap"
	"github.com/EarthScope/terraform-provider-earthscope/internal/placement"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/hostkey"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/process"
)

// errNotTried says that the reason is in the diagnostics already.
var errNotTried = errors.New("not tried")

// isUnreachable reports that a host could not be reached at all, as opposed to
// one that refused something.
func isUnreachable(err error) bool {
	var connect *remote.ConnectError
	return errors.As(err, &connect) || errors.Is(err, context.DeadlineExceeded)
}

// hostDiagnostic words an error of a host for a person, on the argument at
// fault. The errors of packages remote and bootstrap carry their remedy and no
// secret.
func hostDiagnostic(summary string, err error, m *remoteHostModel) diag.Diagnostic {
	at, detail := path.Root("host"), fmt.Sprintf("%s: %v.", m.Host.ValueString(), err)
	var (
		key    *hostkey.Error
		become *process.BecomeError
		file   *placement.FileError
		place  *files.Error
		edited *files.ConflictError
	)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		detail = fmt.Sprintf("%s did not finish within the time limit of the timeouts argument. Check that the host is up, or allow more time.", m.Host.ValueString())
		at = path.Root("timeouts")
	case errors.As(err, &key):
		summary = "Host Key Not Trusted"
		if !m.HostKey.IsNull() {
			at = path.Root("host_key")
		}
	case errors.As(err, &become):
		at = path.Root("become")
	case errors.As(err, &file):
		at = m.pathOf(file.Path)
		if errors.Is(err, bootstrap.ErrConflict) {
			summary = "Already There With Another Value"
			detail = fmt.Sprintf("%s: %v. Set adopt = true to take it over; destroy then deletes it.", m.Host.ValueString(), err)
			if strings.HasSuffix(file.Path, "tokens.json") {
				detail += " If it comes from a run of this resource that was interrupted, the host may have renewed its token since: then adopt it with the " +
					"token of a new login (\"es login\"), not with the one pushed before, which is spent."
			}
		}
	case errors.As(err, &place) && place.Path != "":
		at = m.pathOf(place.Path)
	case errors.As(err, &edited):
		at = m.pathOf(edited.Path)
	}
	return diag.NewAttributeErrorDiagnostic(at, summary, detail)
}

// pathOf is the argument that names a file.
func (m *remoteHostModel) pathOf(file string) path.Path {
	for _, argument := range []struct {
		name  string
		value types.Map
	}{{"environment_files", m.EnvironmentFiles}, {"compose_files", m.ComposeFiles}} {
		for given := range argument.value.Elements() {
			if clean, err := files.CleanPath(given); err == nil && clean == file {
				return path.Root(argument.name).AtMapKey(given)
			}
		}
	}
	if strings.HasSuffix(file, ".toml") {
		return path.Root("config_file")
	}
	return path.Root("tokens_file")
}

func unknownSSHError(names []string) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Provider Argument Not Known Yet", fmt.Sprintf(unknownDetail, strings.Join(names, ", "))+
		"Apply what the argument comes from first (terraform apply -target), then this host.")
}

func listed(names []string) string { return strings.Join(names, ", ") }
