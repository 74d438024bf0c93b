package provider

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/sshserver"
)

func (p *hostPlace) notesFolder() string {
	return filepath.Join(p.home, ".earthscope", ".terraform-hosts")
}

// notes are the names of the notes on this machine.
func (p *hostPlace) notes() []string {
	p.t.Helper()
	entries, err := os.ReadDir(p.notesFolder())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		p.t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func (p *hostPlace) dropNotes() {
	p.t.Helper()
	if err := os.RemoveAll(p.notesFolder()); err != nil {
		p.t.Fatal(err)
	}
}

// A note is there from the write until a refresh finds the write in the state;
// it is for its owner alone and holds no secret.
func TestRemoteHost_noteOfAWrite(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{})
	set := p.login("default")
	d := p.drive(nil)
	for _, arguments := range []values{{}, {"refresh_token_wo": aToken, "environment_files": values{"~/a": values{}}}} {
		mustSucceed(t, d.apply(arguments))
		found := p.notes()
		if len(found) != 1 {
			t.Fatalf("%d notes, want 1", len(found))
		}
		file := filepath.Join(p.notesFolder(), found[0])
		info, err := os.Stat(file)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("mode = %v, %v", info.Mode(), err)
		}
		content, err := os.ReadFile(file)
		if err != nil || !strings.Contains(string(content), "~/.earthscope/") {
			t.Fatalf("nothing to search in: %v", err)
		}
		for _, secret := range []string{set.RefreshToken, set.AccessToken, aToken} {
			if strings.Contains(string(content), secret) {
				t.Error("the note holds a secret")
			}
		}
		d.configure(nil)
		mustBeClean(t, "refresh", d.refresh())
		if got := p.notes(); len(got) != 0 {
			t.Errorf("notes after the refresh: %v", got)
		}
	}
	mustSucceed(t, d.apply(values{"settings": values{"http.timeout_read": "7"}}))
	mustBeClean(t, "destroy", d.destroy())
	if got := p.notes(); len(got) != 0 {
		t.Errorf("notes after the destroy: %v", got)
	}
}

// Where nothing may or can be kept there is no note, and the work is done.
func TestRemoteHost_withoutNotes(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(p *hostPlace) values{
		"persist_tokens = false": func(*hostPlace) values { return values{"persist_tokens": false} },
		"a file in the way": func(p *hostPlace) values {
			p.write(".earthscope/.terraform-hosts", "not a folder")
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newHostPlace(t, identity.Options{})
			p.login("default")
			d := p.drive(prepare(p))
			const folder = ".earthscope/.terraform-hosts"
			before := p.files()[folder]
			d.life(nil)
			for name, text := range p.files() {
				if strings.HasPrefix(name, folder) && text != before {
					t.Errorf("there is %s", name)
				}
			}
			if after := p.files()[folder]; after != before {
				t.Errorf("what was in the way is %q, want %q", after, before)
			}
		})
	}
}

// A note that was cut short, or is about another credential, is passed over: an
// entry that is there counts as somebody else's again.
func TestRemoteHost_notesThatDoNotFit(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(p *hostPlace, note string){
		"cut short": func(p *hostPlace, note string) {
			if err := os.WriteFile(note, []byte(`{"ledger":`), 0o600); err != nil {
				p.t.Fatal(err)
			}
		},
		"another login": func(p *hostPlace, _ string) { p.login("default") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newHostPlace(t, identity.Options{})
			p.login("default")
			mustSucceed(t, p.drive(nil).apply(nil))
			renewed := usedTokenFile(p.server.Login(identity.DefaultUser()), "v1.only-the-host-knows")
			p.writeHost(tokensOnHost, renewed, 0o600)
			spoil(p, filepath.Join(p.notesFolder(), p.notes()[0]))
			diagnostics := p.drive(nil).apply(nil)
			if got := mustBeOne(t, errorsOf(diagnostics)); got.Summary != "Already There With Another Value" {
				t.Errorf("got %s", describe(diagnostics))
			}
			if got := p.readHost(tokensOnHost); got != renewed {
				t.Errorf("the host's token was touched: %q", got)
			}
		})
	}
}

// A write that did not come about leaves no note.
func TestRemoteHost_noNoteOfAFailure(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{})
	p.login("default")
	d := p.drive(nil)
	mustBeOne(t, errorsOf(d.apply(values{"environment_files": values{"~/z.env": values{"owner": "nobody-of-that-name"}}})))
	p.host.SetUser(hostUser, sshserver.User{Password: "another"})
	p.host.DropConnections()
	mustBeOne(t, errorsOf(p.drive(nil).apply(values{"timeouts": values{"create": "1s"}})))
	if got := p.notes(); len(got) != 0 {
		t.Errorf("notes: %v", got)
	}
}
