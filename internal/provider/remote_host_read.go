package provider

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/EarthScope/terraform-provider-earthscope/internal/placement"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
)

// Read implements resource.Resource. A host that can't be reached or verified
// keeps its state: the plan, which has the configuration, decides about it.
func (r *remoteHostResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state remoteHostModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	memory := recall(ctx, req.Private, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	if resp.Identity != nil {
		defer func() { resp.Diagnostics.Append(resp.Identity.Set(ctx, state.identity())...) }()
	}
	if names := slices.Concat(r.client.unknown(ctx, ""), r.client.block.ssh.unknown); len(names) > 0 {
		resp.Diagnostics.AddWarning("Host Not Checked", fmt.Sprintf("The provider block takes %s from something that is only known after apply, "+
			"so %s was not looked at. Its state stays as it was.", strings.Join(names, ", "), state.Host.ValueString()))
		return
	}
	r.takeUpNote(ctx, &state, &memory)
	inspected, err := r.inspect(ctx, &state, &memory, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	memory.Unreachable = ""
	if err != nil {
		memory.Unreachable = err.Error()
	} else {
		state.Files = filesValue(ctx, inspected, &resp.Diagnostics)
	}
	r.client.keepFormer(r.placeOf(ctx, &state), memory)
	memory.store(ctx, resp.Private, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
}

// takeUpNote completes memory with a write of a run that was killed before
// Terraform saved it, and drops the note of one that was saved.
func (r *remoteHostResource) takeUpNote(ctx context.Context, state *remoteHostModel, memory *hostMemory) {
	notes := r.notesOf(ctx, state)
	noted, newer := notes.later(*memory)
	if !newer {
		notes.end(ctx, *memory)
		return
	}
	*memory = noted.unconfirmed(*memory)
	state.CredentialFingerprint = types.StringNull()
	if noted.Fingerprint != "" {
		state.CredentialFingerprint = types.StringValue(noted.Fingerprint)
	}
}

// inspect compares the host with m. Trouble with the host is err; trouble with
// the configuration is in diagnostics. memory learns whose credential it is.
func (r *remoteHostResource) inspect(ctx context.Context, m *remoteHostModel, memory *hostMemory, diagnostics *diag.Diagnostics) (map[string]fileModel, error) {
	ctx, from := r.client.credentials(ctx, diagnostics)
	if from == nil {
		return nil, errNotTried
	}
	host := m.hostFor(ctx, from, r.client.recognise(ctx, m, *memory, from), diagnostics)
	if diagnostics.HasError() {
		return nil, errNotTried
	}
	if host.Credential.Kind == placement.AccessToken {
		host.Credential.Recognises = host.RecognisesAccessToken(r.client.dependencies.Now())
	}
	work := host.Apply(memory.Ledger, r.client.dependencies.Now())
	report, err := r.transact(ctx, m, work, reading, diagnostics)
	if err != nil {
		return nil, err
	}
	if memory.Imported {
		warnOfContents(m, host, report, diagnostics)
		return map[string]fileModel{}, nil
	}
	memory.Ledger = memory.Ledger.Learn(report.States)
	r.learnSpent(ctx, *memory, from, memory.Ledger.Renewed(report.States))
	judged := r.judgeFiles(host, *memory, report)
	logDrift(ctx, m, judged)
	for _, f := range judged {
		memory.Rotated = memory.Rotated || f.State.ValueString() == placement.Rotated
	}
	return judged, nil
}

// judgeFiles says of every file that should be or was put there how it is.
func (r *remoteHostResource) judgeFiles(host placement.Host, memory hostMemory, report remote.Report) map[string]fileModel {
	states := map[string]files.State{}
	for _, state := range report.States {
		states[state.Path] = state
	}
	now, judged := r.client.dependencies.Now(), map[string]fileModel{}
	for _, f := range host.Files {
		state, entry := states[f.Path], memory.Ledger.Files[f.Path]
		judged[f.Path] = fileModel{
			Kind: types.StringValue(string(f.Kind)), Mode: types.StringValue(modeText(modeFound(host, f, state))),
			State: types.StringValue(host.Inspect(f, entry, state, now)),
		}
	}
	for _, at := range slices.Sorted(maps.Keys(memory.Ledger.Files)) {
		if _, wanted := judged[at]; !wanted {
			entry := memory.Ledger.Files[at]
			judged[at] = fileModel{
				Kind: types.StringValue(string(entry.File.Kind)), Mode: types.StringValue(modeText(states[at].Mode)), State: types.StringValue("to be removed"),
			}
		}
	}
	return judged
}

func filesValue(ctx context.Context, described map[string]fileModel, diagnostics *diag.Diagnostics) types.Map {
	value, problems := types.MapValueFrom(ctx, fileModelType(), described)
	diagnostics.Append(problems...)
	return value
}

// warnOfContents lists what an imported host already holds.
func warnOfContents(m *remoteHostModel, host placement.Host, report remote.Report, diagnostics *diag.Diagnostics) {
	var held []string
	for _, state := range report.States {
		if state.Exists {
			held = append(held, state.Path)
		}
	}
	if len(held) == 0 {
		held = []string{"nothing at the usual places"}
	}
	diagnostics.AddWarning("Imported Host Not Bootstrapped Yet", fmt.Sprintf("What others wrote on %s is not taken over by an import, so the next plan adds "+
		"everything. Found for profile %q: %s. Set adopt = true to take over entries with other values.",
		m.Host.ValueString(), host.Profile, strings.Join(held, ", ")))
}

// modeFound is the mode to show for a file as it is.
func modeFound(host placement.Host, f placement.File, state files.State) fs.FileMode {
	if state.Exists {
		return state.Mode
	}
	if mode := host.Mode(f); mode != 0 {
		return mode
	}
	return files.DefaultMode
}
