package provider

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/EarthScope/terraform-provider-earthscope/internal/bootstrap"
	"github.com/EarthScope/terraform-provider-earthscope/internal/placement"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/credential"
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
	)
	place, isPlace := m.placeAtFault(err)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		detail = fmt.Sprintf("%s did not finish within the time limit of the timeouts argument. Check that the host is up, or allow more time.", m.Host.ValueString())
		at = path.Root("timeouts")
		var remains *files.RemainsError
		if errors.As(err, &remains) {
			detail += " Also, " + remains.Note() + "."
		}
	case errors.As(err, &key):
		summary = "Host Key Not Trusted"
		if !m.HostKey.IsNull() {
			at = path.Root("host_key")
		}
	case errors.As(err, &become):
		at = path.Root("become")
	case errors.Is(err, bootstrap.ErrConflict):
		summary, at = "Already There With Another Value", place
		detail = fmt.Sprintf("%s: %v. %s", m.Host.ValueString(), err, conflictRemedy(err))
	case isPlace:
		at = place
	case isKeyFault(err):
		detail += " Correct the key of the provider block: ssh.private_key or ssh.private_key_file, with ssh.private_key_passphrase where it is encrypted."
		if !m.PrivateKeyFile.IsNull() {
			at = path.Root("private_key_file")
			detail = fmt.Sprintf("%s: %v. Correct private_key_file, or leave it out to use the provider's ssh block.", m.Host.ValueString(), err)
		}
	}
	return diag.NewAttributeErrorDiagnostic(at, summary, detail)
}

// conflictRemedy says how to go on where something of another's is in the way.
func conflictRemedy(err error) string {
	remedy := "Set adopt = true to take it over; destroy then deletes it."
	var file *placement.FileError
	if errors.As(err, &file) && strings.HasSuffix(file.Path, "tokens.json") {
		remedy += " If it comes from a run of this resource that was interrupted on another machine, the host may have renewed its token since: " +
			"then adopt it with the token of a new login (\"es login\"), not with the one pushed before, which is spent."
	}
	return remedy
}

// isKeyFault reports that our own SSH key can't be read.
func isKeyFault(err error) bool {
	var (
		key  *credential.KeyError
		file *fs.PathError
	)
	return errors.As(err, &key) || errors.As(err, &file)
}

// placeAtFault is the argument of the file at which an error arose, if it arose
// at one.
func (m *remoteHostModel) placeAtFault(err error) (path.Path, bool) {
	var (
		file   *placement.FileError
		place  *files.Error
		edited *files.ConflictError
	)
	switch {
	case errors.As(err, &file):
		return m.pathOf(file.Path), true
	case errors.As(err, &place) && place.Path != "":
		return m.pathOf(place.Path), true
	case errors.As(err, &edited):
		return m.pathOf(edited.Path), true
	}
	return path.Path{}, false
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
	config := placement.ConfigPath
	if given, ok := m.ConfigFile.Attributes()["path"].(types.String); ok && known(given) {
		config = given.ValueString()
	}
	if clean, err := files.CleanPath(config); err == nil && clean == file {
		return path.Root("config_file")
	}
	return path.Root("tokens_file")
}

func unknownSSHError(names []string) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Provider Argument Not Known Yet", fmt.Sprintf(unknownDetail, strings.Join(names, ", "))+
		"Apply what the argument comes from first (terraform apply -target), then this host.")
}

func listed(names []string) string { return strings.Join(names, ", ") }
