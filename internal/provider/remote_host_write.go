package provider

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/EarthScope/terraform-provider-earthscope/internal/placement"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

const usualProfile = "default"

func settingsSlug(profile string) string {
	if profile == "" {
		profile = usualProfile
	}
	return settings.Slug(profile)
}

// hostFor is what the host shall hold, but for the credential's value.
func (m *remoteHostModel) hostFor(ctx context.Context, from *credentialSource, credential placement.Credential, diagnostics *diag.Diagnostics) placement.Host {
	profile := or(m.Profile, usualProfile)
	h := placement.Host{
		Profile: profile, Slug: settingsSlug(profile), Credential: credential, Adopt: m.Adopt.ValueBool(),
		Settings: placement.Wanted(from.settings, m.userSettings(ctx, diagnostics)),
	}
	// The SDK refuses a named profile without a table, and finds settings for
	// its token store nowhere else.
	ownStore := !m.TokensFile.IsNull() || m.EnvironmentFiles.IsNull() && m.ComposeFiles.IsNull() && m.ConfigFile.IsNull()
	needsConfig := ownStore && (len(h.Settings) > 0 || profile != usualProfile)
	h.Files = m.placementFiles(ctx, h.Slug, needsConfig, diagnostics)
	return h
}

// write brings the host to what m says and fills in what is computed. It
// reports whether anything of the host is now in m and memory; if so they are
// to be saved, whatever the diagnostics say.
func (r *remoteHostResource) write(ctx context.Context, m, config *remoteHostModel, memory *hostMemory, op operation, diagnostics *diag.Diagnostics) bool {
	if names := slices.Concat(r.client.unknown(ctx, ""), r.client.block.ssh.unknown); len(names) > 0 {
		diagnostics.Append(unknownSSHError(names))
		return false
	}
	ctx, from := r.client.credentials(ctx, diagnostics)
	if from == nil {
		return false
	}
	credential := r.client.credential(ctx, m, config, from, diagnostics)
	if diagnostics.HasError() {
		return false
	}
	ctx = withMasks(ctx, credential.Secret)
	host := m.hostFor(ctx, from, credential.Credential, diagnostics)
	if diagnostics.HasError() {
		return false
	}
	notes := r.notesOf(ctx, m)
	notes.resume(memory, host, op, func(noted hostMemory) bool { return !newLineage(ctx, &noted, from, credential) })
	host.Credential.Replace = memory.Version != m.version() || !m.versioned() && newLineage(ctx, memory, from, credential)
	if host.Credential.Replace && credential.rotating && !m.AllowSharedSession.ValueBool() {
		diagnostics.Append(sharedSessionError(from))
		return false
	}
	if spent := r.client.spentPushError(ctx, m, host, credential, *memory, host.Credential.Replace); spent != nil {
		diagnostics.Append(spent)
		return false
	}
	after := memory.after(credential, host.Credential.Replace, m.version())
	work := host.Apply(memory.Ledger, r.client.dependencies.Now())
	work.Announce = func(intended placement.Ledger) error {
		noted := after
		noted.Ledger = intended
		notes.begin(ctx, noted)
		return nil
	}
	report, err := r.transact(ctx, m, work, op, diagnostics)
	if err != nil {
		diagnostics.Append(hostDiagnostic("Host Not Written", err, m))
	}
	lost := lostWhileWriting(err)
	if err != nil && !lost && !slices.ContainsFunc(report.Results, changed) {
		notes.undo(ctx, after)
		return false
	}
	after.Ledger = work.Ledger(report.Results, lost)
	*memory = after
	r.client.noteWritten(r.placeOf(ctx, m), after)
	m.CredentialFingerprint = credential.fingerprint
	m.adoptReport(ctx, report, diagnostics)
	r.describeFiles(ctx, m, host, report, diagnostics)
	return true
}

// lostWhileWriting reports that nobody knows which of the changes came about.
func lostWhileWriting(err error) bool {
	var broken *files.LostError
	return errors.As(err, &broken) && broken.Sent
}

func changed(result files.Result) bool {
	return result.Outcome == files.Written || result.Outcome == files.Deleted
}

// newLineage reports whether another credential than before is being pushed.
func newLineage(ctx context.Context, memory *hostMemory, from *credentialSource, credential pushed) bool {
	if memory.Fingerprint == "" {
		return true
	}
	if credential.own || memory.Own {
		return credential.own != memory.Own || credential.fingerprint.ValueString() != memory.Fingerprint
	}
	return from.session == nil || !descendant(ctx, from.session)(memory.Fingerprint)
}

// transact runs work on the host within the operation's time limit.
func (r *remoteHostResource) transact(ctx context.Context, m *remoteHostModel, work *placement.Work, op operation, diagnostics *diag.Diagnostics) (remote.Report, error) {
	ssh := r.client.block.ssh
	var keys []string
	if !m.KnownHostKeys.IsNull() && !m.KnownHostKeys.IsUnknown() {
		diagnostics.Append(m.KnownHostKeys.ElementsAs(ctx, &keys, false)...)
	}
	target := m.target(ctx, ssh, keys, diagnostics)
	become := m.becomeUser(ctx, ssh, diagnostics)
	limit := m.timeout(ctx, op, diagnostics)
	if diagnostics.HasError() {
		return remote.Report{}, errNotTried
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if op == creating {
		waitFor(ctx, &target, limit)
	}
	transaction := remote.Transaction{Paths: work.Paths, Become: become}
	if op != reading {
		transaction.Edit = work.Edit
	}
	report, err := r.client.pool().Transact(ctx, target, transaction)
	logHost(ctx, m, op, report, err)
	logResults(ctx, m, report.Results)
	return report, err
}

// adoptReport takes over what the transaction learnt about the host itself.
func (m *remoteHostModel) adoptReport(ctx context.Context, report remote.Report, diagnostics *diag.Diagnostics) {
	if m.Port.IsUnknown() {
		m.Port = portValue(report.Port)
	}
	if m.User.IsUnknown() {
		m.User = types.StringValue(report.User)
	}
	lines := make([]string, 0, len(report.HostKeys))
	for _, key := range report.HostKeys {
		lines = append(lines, key.Line)
	}
	keys, problems := types.ListValueFrom(ctx, types.StringType, lines)
	diagnostics.Append(problems...)
	m.KnownHostKeys = keys
	m.ID = types.StringValue(m.importID())
}

func portValue(port int) types.Int64 {
	if port == 0 {
		return types.Int64Null()
	}
	return types.Int64Value(int64(port))
}

// importID is "[user@]host[:port][#profile]".
func (m *remoteHostModel) importID() string {
	var id strings.Builder
	if user := m.User.ValueString(); user != "" {
		id.WriteString(user + "@")
	}
	host := m.Host.ValueString()
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	id.WriteString(host)
	if port := m.Port.ValueInt64(); port != 0 && port != 22 {
		fmt.Fprintf(&id, ":%d", port)
	}
	if profile := m.Profile.ValueString(); profile != "" && profile != usualProfile {
		id.WriteString("#" + profile)
	}
	return id.String()
}

// describeFiles fills in files after a write. What was planned is kept where
// the plan knew it, since Terraform holds the provider to it.
func (r *remoteHostResource) describeFiles(ctx context.Context, m *remoteHostModel, host placement.Host, report remote.Report, diagnostics *diag.Diagnostics) {
	planned := map[string]fileModel{}
	if !m.Files.IsUnknown() && !m.Files.IsNull() {
		diagnostics.Append(m.Files.ElementsAs(ctx, &planned, false)...)
	}
	described := map[string]fileModel{}
	for _, f := range host.Files {
		found, ok := planned[f.Path]
		if !ok {
			found = fileModel{Kind: types.StringValue(string(f.Kind)), State: types.StringValue(placement.InSync), Mode: types.StringUnknown()}
		}
		if found.Mode.IsUnknown() {
			found.Mode = types.StringValue(modeText(modeAfter(host, f, report)))
		}
		described[f.Path] = found
	}
	value, problems := types.MapValueFrom(ctx, fileModelType(), described)
	diagnostics.Append(problems...)
	m.Files = value
}

// modeAfter is the mode that a file has after the transaction.
func modeAfter(host placement.Host, f placement.File, report remote.Report) fs.FileMode {
	if wanted := host.Mode(f); wanted != 0 {
		return wanted
	}
	for _, state := range report.States {
		if state.Path == f.Path && state.Exists {
			return state.Mode
		}
	}
	return files.DefaultMode
}
