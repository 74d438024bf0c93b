package provider

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/EarthScope/terraform-provider-earthscope/internal/placement"
)

// localFile is where a placement of transport = "local" lies.
func (c *client) localFile(f placement.File) string {
	home := c.dependencies.Remote.Home
	if home == "" && c.dependencies.UserHomeDir != nil {
		home, _ = c.dependencies.UserHomeDir()
	}
	if rest, below := strings.CutPrefix(f.Path, "~/"); below {
		return filepath.Join(home, rest)
	}
	return filepath.Clean(f.Path)
}

// validateLocal refuses what has no meaning for this machine's own files.
func (m *remoteHostModel) validateLocal(refuse func(attribute, summary, detail string)) {
	switch {
	case known(m.Host) && m.Host.ValueString() != "localhost":
		refuse("host", "Not This Machine", "transport = \"local\" edits this machine's own files: set host = \"localhost\", or another transport.")
	case !m.User.IsNull():
		refuse("user", "No Login on This Machine", "transport = \"local\" edits this machine's own files without a login. Remove user; become edits another account's files.")
	case !m.Port.IsNull():
		refuse("port", "No Login on This Machine", "transport = \"local\" edits this machine's own files without a connection. Remove port.")
	}
}

// warnOfWorkTree tells about secrets that are about to be written where the
// next commit takes them along.
func (p *hostPlan) warnOfWorkTree(ctx context.Context, host placement.Host, diagnostics *diag.Diagnostics) {
	if p.plan.Transport.ValueString() != "local" {
		return
	}
	for _, f := range host.Files {
		if at := p.client.localFile(f); host.HoldsToken(f) && inWorkTree(at) && !ignoredByGit(ctx, at) {
			diagnostics.AddAttributeWarning(p.plan.pathOf(f.Path), "Credential in a Git Work Tree", fmt.Sprintf(
				"%s gets a credential and lies in a git work tree that does not ignore it. Add it to .gitignore, or choose a path outside.", at))
		}
	}
}

// inWorkTree reports whether a folder above the file is a git work tree.
func inWorkTree(file string) bool {
	for folder := filepath.Dir(file); ; folder = filepath.Dir(folder) {
		if _, err := os.Lstat(filepath.Join(folder, ".git")); err == nil {
			return true
		}
		if folder == filepath.Dir(folder) {
			return false
		}
	}
}

// ignoredByGit asks git. Where there is no git, nothing is known to be ignored.
// The repository may be somebody else's, and its hooks are not run.
func ignoredByGit(ctx context.Context, file string) bool {
	folder := filepath.Dir(file)
	for {
		if _, err := os.Stat(folder); !errors.Is(err, os.ErrNotExist) {
			break
		}
		folder = filepath.Dir(folder)
	}
	git := exec.CommandContext(ctx, "git", "-c", "safe.directory=*", "-c", "core.fsmonitor=false", "-C", folder, "check-ignore", "--quiet", "--", file) //nolint:gosec // git itself; the path stands after "--"
	return git.Run() == nil
}

// ownStoreError refuses to treat this machine's login, which the provider
// itself works with, as a copy on a host that a destroy takes away.
func (p *hostPlan) ownStoreError(host placement.Host) diag.Diagnostic {
	if p.plan.Transport.ValueString() != "local" || p.from.settings.Paths.TokensFile == "" {
		return nil
	}
	for _, f := range host.Files {
		if f.Kind == placement.Tokens && p.client.localFile(f) == filepath.Clean(p.from.settings.Paths.TokensFile) {
			return diag.NewAttributeErrorDiagnostic(p.plan.pathOf(f.Path), "The Provider's Own Token Store", fmt.Sprintf(
				"%s is where the provider itself keeps its session, so there is nothing to bring there. Choose another profile or path.", f.Path))
		}
	}
	return nil
}
