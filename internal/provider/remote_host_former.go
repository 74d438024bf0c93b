package provider

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/EarthScope/terraform-provider-earthscope/internal/placement"
	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// Terraform plans the replacement of a tainted resource as if there were none
// yet: without what is remembered beside its state, which the destroy is then not
// given either. So a refresh keeps it for the plan that follows it.

// keepFormer keeps what a refresh found remembered of a host.
func (c *client) keepFormer(place string, memory hostMemory) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.former[place] = memory
}

// formerOf is what the refresh of this run found remembered of a host.
func (c *client) formerOf(place string) (hostMemory, bool) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	memory, known := c.former[place]
	return memory, known
}

// carryFormer gives the plan of a create what is remembered of the resource that
// it may replace. The create itself begins anew.
func (p *hostPlan) carryFormer(ctx context.Context, private privateWriter, diagnostics *diag.Diagnostics) {
	if !p.creating || p.instance != "" {
		return
	}
	if former, known := p.client.formerOf(p.placeOf(ctx, &p.plan)); known {
		former.store(ctx, private, diagnostics)
	}
}

// forgotten is what a destroy goes by that was told nothing: this machine's note
// of the write, or else what the state says.
func (r *remoteHostResource) forgotten(ctx context.Context, state *remoteHostModel, notes *hostNotes) hostMemory {
	if noted, found := notes.only(); found {
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
	described := map[string]fileModel{}
	ignored.Append(state.Files.ElementsAs(ctx, &described, false)...)
	return hostMemory{Kind: credential.Kind, Ledger: host.Presumed(func(f placement.File) bool {
		_, listed := described[f.Path]
		return listed
	})}
}

// only is the one note about a host, if there is one.
func (n *hostNotes) only() (hostMemory, bool) {
	if n.folder == "" {
		return hostMemory{}, false
	}
	entries, err := os.ReadDir(n.folder)
	if err != nil {
		return hostMemory{}, false // no note was ever made
	}
	var found []string
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), n.host+"-") {
			found = append(found, entry.Name())
		}
	}
	if len(found) != 1 {
		return hostMemory{}, false
	}
	noted, err := readNote(filepath.Join(n.folder, found[0]))
	return noted, err == nil
}
