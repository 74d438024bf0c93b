package provider

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
)

// Where nothing can be saved, tokens are kept in memory.
func TestNoHome_worksInMemory(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(*testing.T, *place) values{
		"no home":                func(_ *testing.T, p *place) values { p.home = ""; return values{} },
		"persist_tokens = false": func(*testing.T, *place) values { return values{"persist_tokens": false} },
		"a home that can't be written": func(t *testing.T, p *place) values {
			// A link to nowhere refuses the superuser too.
			if err := os.Symlink(filepath.Join(p.home, "missing", "folder"), filepath.Join(p.home, ".earthscope")); err != nil {
				t.Fatal(err)
			}
			return values{}
		},
	} {
		for kind, rotating := range map[string]bool{"": false, ", rotating": true} {
			t.Run(name+kind, func(t *testing.T) {
				t.Parallel()
				p := newPlace(t, identity.Options{Rotating: rotating})
				block := prepare(t, p)
				block["refresh_token"] = p.server.Login(identity.DefaultUser()).RefreshToken
				w := p.configured(block)
				result, diagnostics := w.read("earthscope_identity", nil)
				if text(t, result, "subject") != identity.DefaultUser().Subject {
					t.Errorf("no identity: %s", describe(diagnostics))
				}
				if rotating {
					// The configured token is spent by now: told at once, with what to do.
					d := mustBeOne(t, diagnostics)
					if d.Severity != tfprotov6.DiagnosticSeverityWarning || !strings.Contains(d.Detail, "argument refresh_token") ||
						!strings.Contains(d.Detail, "client credentials") {
						t.Errorf("got %s", describe(diagnostics))
					}
				} else {
					mustBeClean(t, "read", diagnostics)
				}
				_, diagnostics = w.read("earthscope_access_token", nil)
				mustBeClean(t, "second read", diagnostics)
				if got := p.server.Requests().TokenRequests(); got != 1 {
					t.Errorf("%d token requests, want 1", got)
				}
			})
		}
	}
}

// Profiles with one token share it in memory too, even at the same time.
func TestNoHome_profilesAtOnceShareOneRequest(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{Rotating: true})
	p.write(".earthscope/config.toml", "[profile.other]\n[profile.third]\n")
	p.set("ES_OAUTH2__REFRESH_TOKEN=" + p.server.Login(identity.DefaultUser()).RefreshToken)
	w := p.configured(values{"persist_tokens": false})
	var group sync.WaitGroup
	for _, profile := range []any{nil, "other", "third", nil, "other", "third"} {
		group.Go(func() {
			_, response := w.open(accessToken, values{"profile": profile})
			for _, d := range response.Diagnostics {
				if d.Severity == tfprotov6.DiagnosticSeverityError {
					t.Error(describe(response.Diagnostics))
				}
			}
		})
	}
	group.Wait()
	if got := p.server.Requests().TokenRequests(); got != 1 {
		t.Errorf("%d token requests, want 1", got)
	}
}
