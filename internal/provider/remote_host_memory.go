package provider

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/EarthScope/terraform-provider-earthscope/internal/placement"
)

// hostMemory is what is remembered of a host beside its state: names, times
// and reasons, never a value.
type hostMemory struct {
	Ledger placement.Ledger `json:"ledger"`
	// Own says that the host was given a credential of its own, which only the
	// configuration's write-only arguments know.
	Own bool `json:"own,omitempty"`
	// Kind is the kind of what was pushed.
	Kind placement.CredentialKind `json:"kind,omitempty"`
	// Fingerprint names the credential that was pushed.
	Fingerprint string `json:"fingerprint,omitempty"`
	// Version is the version of the write-only argument that was pushed, as
	// text; empty where there was none.
	Version string `json:"version,omitempty"`
	// Instance is a random name that tells this resource from another one with
	// the same arguments.
	Instance string `json:"instance,omitempty"`
	// Writes counts the writes of this resource, so that a note of a later one
	// than Terraform saved is recognised.
	Writes int `json:"writes,omitempty"`
	// Rotated says that the host was seen to have renewed the token itself: what
	// was pushed is spent and must not be pushed again.
	Rotated bool `json:"rotated,omitempty"`
	// Unreachable is why the last refresh could not look at the host.
	Unreachable string `json:"unreachable,omitempty"`
	// Imported says that nothing was put there yet.
	Imported bool `json:"imported,omitempty"`
}

const memoryKey = "host"

// after is what is remembered once a credential has been written, but for the
// ledger. replaced says that another one than before was pushed.
func (m hostMemory) after(credential pushed, replaced bool, version string) hostMemory {
	m.Writes++
	m.Own, m.Kind, m.Fingerprint, m.Version = credential.own, credential.Kind, credential.fingerprint.ValueString(), version
	m.Rotated = m.Rotated && !replaced
	m.Unreachable, m.Imported = "", false
	return m
}

// newMemory is the memory of a resource that begins now.
func newMemory() hostMemory { return hostMemory{Instance: rand.Text()} }

// unconfirmed is m as a note that nobody knows the outcome of, where confirmed is
// what was known before.
func (m hostMemory) unconfirmed(confirmed hostMemory) hostMemory {
	m.Ledger = m.Ledger.Unconfirmed(confirmed.Ledger)
	return m
}

func (m hostMemory) holdsAny(wanted []placement.File) bool {
	return slices.ContainsFunc(wanted, func(f placement.File) bool {
		_, held := m.Ledger.Files[f.Path]
		return held
	})
}

type privateReader interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
}

type privateWriter interface {
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

func recall(ctx context.Context, private privateReader, diagnostics *diag.Diagnostics) hostMemory {
	var memory hostMemory
	data, problems := private.GetKey(ctx, memoryKey)
	diagnostics.Append(problems...)
	if len(data) == 0 {
		return memory
	}
	if err := json.Unmarshal(data, &memory); err != nil {
		diagnostics.AddError("Resource Memory Unreadable", "What this resource remembers of its host beside the state can't be read: "+err.Error()+
			". This is an error in the provider: please report it. terraform state rm followed by terraform import starts anew.")
	}
	return memory
}

func (m hostMemory) store(ctx context.Context, private privateWriter, diagnostics *diag.Diagnostics) {
	data, err := json.Marshal(m)
	if err != nil {
		diagnostics.AddError("Resource Memory Not Saved", "This is an error in the provider: please report it. "+err.Error())
		return
	}
	diagnostics.Append(private.SetKey(ctx, memoryKey, data)...)
}
