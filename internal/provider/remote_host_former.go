package provider

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/EarthScope/terraform-provider-earthscope/internal/placement"
	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// Terraform plans the replacement of a tainted resource as if there were none
// yet: without what is remembered beside its state, which the destroy is then not
// given either. So a refresh keeps it for the plan that follows it.

// formerKey is where a plan keeps what may be remembered of what it replaces.
const formerKey = "former"

// keepFormer keeps what a refresh found remembered of a host. One place may have
// several resources, each with files of its own.
func (c *client) keepFormer(place string, memory hostMemory) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.former[place] == nil {
		c.former[place] = map[string]hostMemory{}
	}
	c.former[place][memory.Instance] = memory
}

// carryFormer gives the plan of a create what is remembered of the resources
// that it may replace. The create itself begins anew.
func (p *hostPlan) carryFormer(ctx context.Context, private privateWriter, diagnostics *diag.Diagnostics) {
	if !p.creating || p.instance != "" {
		return
	}
	place := p.placeOf(ctx, &p.plan)
	p.client.mutex.Lock()
	memories := slices.Collect(maps.Values(p.client.former[place]))
	p.client.mutex.Unlock()
	if len(memories) == 0 {
		return
	}
	data, err := json.Marshal(memories)
	if err != nil {
		diagnostics.AddError("Resource Memory Not Saved", "This is an error in the provider: please report it. "+err.Error())
		return
	}
	diagnostics.Append(private.SetKey(ctx, formerKey, data)...)
}

// carried is the memory that a plan has carried to the destroy of the resource
// that it replaces: the one that is about the same files and credential.
func carried(ctx context.Context, private privateReader, state *remoteHostModel) (hostMemory, bool) {
	data, problems := private.GetKey(ctx, formerKey)
	var memories []hostMemory
	if problems.HasError() || len(data) == 0 || json.Unmarshal(data, &memories) != nil {
		return hostMemory{}, false
	}
	for _, memory := range memories {
		if memory.isOf(ctx, state) {
			return memory, true
		}
	}
	return hostMemory{}, false
}

// isOf reports whether a memory may be that of a state: it is about the same
// credential, and about files that the state lists.
func (m hostMemory) isOf(ctx context.Context, state *remoteHostModel) bool {
	described := state.describedFiles(ctx)
	for at := range m.Ledger.Files {
		if _, listed := described[at]; !listed {
			return false
		}
	}
	return len(m.Ledger.Files) > 0 && m.Fingerprint == state.CredentialFingerprint.ValueString()
}

// describedFiles are the files that a state lists.
func (m *remoteHostModel) describedFiles(ctx context.Context) map[string]fileModel {
	described := map[string]fileModel{}
	if !m.Files.IsNull() && !m.Files.IsUnknown() {
		_ = m.Files.ElementsAs(ctx, &described, false) // the state was valid when it was made
	}
	return described
}

// forgotten is what a destroy goes by that was not told what is remembered: what
// the plan carried, this machine's note of the write, or else what the state says.
func (r *remoteHostResource) forgotten(ctx context.Context, private privateReader, state *remoteHostModel, notes *hostNotes) hostMemory {
	if memory, found := carried(ctx, private, state); found {
		return memory
	}
	if noted, found := notes.of(ctx, state); found {
		return noted.unconfirmed(hostMemory{})
	}
	from := r.sourceOf(ctx)
	if from == nil {
		return hostMemory{}
	}
	var ignored diag.Diagnostics // the state was valid when it was made
	credential := placement.Credential{
		Kind: state.kind(), Secret: settings.NewSecret("any"), ClientID: state.clientID(ctx, from),
		Fingerprint: state.CredentialFingerprint.ValueString(),
	}
	host := state.hostFor(ctx, from, credential, &ignored)
	described := state.describedFiles(ctx)
	return hostMemory{Kind: credential.Kind, Ledger: host.Presumed(func(f placement.File) bool {
		_, listed := described[f.Path]
		return listed
	})}
}

// of is the note about a host that may be that of a state, if there is one.
func (n *hostNotes) of(ctx context.Context, state *remoteHostModel) (hostMemory, bool) {
	if n.folder == "" {
		return hostMemory{}, false
	}
	entries, err := os.ReadDir(n.folder)
	if err != nil {
		return hostMemory{}, false // no note was ever made
	}
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), n.host+"-") {
			continue
		}
		if noted, err := readNote(filepath.Join(n.folder, entry.Name())); err == nil && noted.isOf(ctx, state) {
			return noted, true
		}
	}
	return hostMemory{}, false
}

// noteWritten notes what an instance has put on a host in this run.
func (c *client) noteWritten(place string, memory hostMemory) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for at := range memory.Ledger.Files {
		c.written[place+"\n"+at] = memory.Instance
	}
}

// withoutSuccessors is the ledger of a resource that is to go, without the files
// that its successor has written in this run: with create_before_destroy they are
// the successor's by now.
func (c *client) withoutSuccessors(place string, memory hostMemory) placement.Ledger {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	ledger := memory.Ledger
	ledger.Files = maps.Clone(ledger.Files)
	for at := range memory.Ledger.Files {
		if writer, known := c.written[place+"\n"+at]; known && writer != memory.Instance {
			delete(ledger.Files, at)
		}
	}
	return ledger
}
