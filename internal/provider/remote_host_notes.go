package provider

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/EarthScope/terraform-provider-earthscope/internal/placement"
)

// hostNotes is where this machine notes what is about to be written on a host,
// until Terraform is seen to have saved it. A run that is killed in between
// leaves a host that its state does not know of, or not as it is; and of a
// killed create Terraform saves nothing at all that a provider could look at.
// With its note the next run knows what on the host is its own, even where the
// host's SDK has renewed the token meanwhile.
//
// A note holds what is saved beside a state: names and times, no value.
type hostNotes struct {
	folder string // "" where nothing is kept on this machine
	host   string // the first part of the names of the notes about one host
	// resumed is the note that was taken up, to be kept if this run fails.
	resumed *hostMemory
}

// notesOf are the notes about a host, kept beside the sessions.
func (r *remoteHostResource) notesOf(ctx context.Context, m *remoteHostModel) *hostNotes {
	own := r.client.profile(ctx, "")
	if !r.client.block.persist || own.settings == nil {
		return &hostNotes{}
	}
	sum := sha256.Sum256([]byte(r.placeOf(ctx, m)))
	return &hostNotes{
		folder: filepath.Join(own.settings.Paths.ConfigDir, ".terraform-hosts"), host: hex.EncodeToString(sum[:8]),
	}
}

// placeOf tells the accounts and profiles of hosts apart. What the plan could
// not tell is asked of the SSH configuration.
func (r *remoteHostResource) placeOf(ctx context.Context, m *remoteHostModel) string {
	var ignored diag.Diagnostics // the transaction, which follows, reports them
	user, port := m.User.ValueString(), int(m.Port.ValueInt64())
	if m.User.IsUnknown() || m.Port.IsUnknown() {
		user, port, _ = r.client.pool().Effective(ctx, m.target(ctx, r.client.block.ssh, nil, &ignored))
	}
	owner := ""
	if become := m.becomeUser(ctx, r.client.block.ssh, &ignored); become != nil {
		owner = become.User
	}
	return fmt.Sprintf("%s\n%s\n%d\n%s\n%s\n%s", or(m.Transport, "native"), m.Host.ValueString(), port, user, owner, or(m.Profile, usualProfile))
}

func (n *hostNotes) file(instance string) string {
	return filepath.Join(n.folder, n.host+"-"+instance+".json")
}

// begin notes a write before it begins. A machine where nothing can be kept
// works without notes, as it does without a token store.
func (n *hostNotes) begin(ctx context.Context, intended hostMemory) {
	if n.folder == "" {
		return
	}
	if err := n.save(intended); err != nil {
		tflog.SubsystemInfo(ctx, remoteLog, "no note of this write is kept: a run that is killed may leave what the next one does not know of",
			map[string]any{"error": err.Error()})
	}
}

func (n *hostNotes) save(intended hostMemory) error {
	text, err := json.Marshal(intended)
	if err != nil {
		return err
	}
	temporary, err := n.create()
	if err != nil {
		return err
	}
	_, err = temporary.Write(text)
	if err = errors.Join(err, temporary.Close()); err == nil {
		err = os.Rename(temporary.Name(), n.file(intended.Instance))
	}
	if err != nil {
		_ = os.Remove(temporary.Name())
	}
	return err
}

// create makes a temporary file in the folder, which another resource may take
// away at any time, since it was empty.
func (n *hostNotes) create() (file *os.File, err error) {
	for range 5 {
		if err = os.MkdirAll(n.folder, 0o700); err != nil {
			return nil, err
		}
		if file, err = os.CreateTemp(n.folder, ".note-*"); !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	return file, err
}

// resume makes memory that of a killed run. A create, whose resource nobody
// knows, takes up the note of one that pushed the same credential into a file
// that this one is to write.
func (n *hostNotes) resume(memory *hostMemory, host placement.Host, op operation, same func(hostMemory) bool) {
	noted, found := n.later(*memory)
	if op == creating {
		noted, found = n.interrupted(host, same)
	}
	if found {
		n.resumed = &noted
		*memory = noted.unconfirmed(*memory)
	}
}

// later returns the note of a resource if it tells of a write that memory does
// not know of.
func (n *hostNotes) later(memory hostMemory) (hostMemory, bool) {
	if n.folder == "" || memory.Instance == "" {
		return hostMemory{}, false
	}
	noted, err := readNote(n.file(memory.Instance))
	return noted, err == nil && noted.Writes > memory.Writes
}

func (n *hostNotes) interrupted(host placement.Host, same func(hostMemory) bool) (hostMemory, bool) {
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
		noted, err := readNote(filepath.Join(n.folder, entry.Name()))
		if err != nil || noted.Kind != host.Credential.Kind || !noted.holdsAny(host.Files) {
			continue
		}
		// A client secret has no name, and an access token has many.
		if noted.Kind != placement.RefreshToken && noted.Ledger.ClientID == host.Credential.ClientID || same(noted) {
			return noted, true
		}
	}
	return hostMemory{}, false
}

func readNote(file string) (hostMemory, error) {
	var noted hostMemory
	text, err := os.ReadFile(file) //nolint:gosec // below our own folder
	if err != nil {
		return noted, err
	}
	return noted, json.Unmarshal(text, &noted)
}

// undo forgets the note of a write that is known not to have come about.
func (n *hostNotes) undo(ctx context.Context, intended hostMemory) {
	if n.resumed != nil {
		n.begin(ctx, *n.resumed)
		return
	}
	n.end(ctx, intended)
}

// end drops the note of a resource, whose state is known to be saved.
func (n *hostNotes) end(ctx context.Context, memory hostMemory) {
	if n.folder == "" || memory.Instance == "" {
		return
	}
	if err := os.Remove(n.file(memory.Instance)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		tflog.SubsystemInfo(ctx, remoteLog, "a note of a finished write stays", map[string]any{"error": err.Error()})
	}
	if info, err := os.Lstat(n.folder); err == nil && info.IsDir() {
		_ = os.Remove(n.folder) // succeeds where it is empty
	}
}
