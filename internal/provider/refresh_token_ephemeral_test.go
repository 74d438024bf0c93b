package provider

import (
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
)

const refreshToken = "earthscope_refresh_token"

func TestRefreshTokenEphemeral_asksNobody(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{Rotating: true})
	set := p.login("default")
	result, response := p.configured(nil).open(refreshToken, nil)
	mustBeClean(t, "open", response.Diagnostics)
	if text(t, result, "refresh_token") != set.RefreshToken {
		t.Error("this is not the login's token")
	}
	if got, want := text(t, result, "fingerprint"), session.Fingerprint(set.RefreshToken); got != want || len(got) != 16 {
		t.Errorf("fingerprint %q, want %q", got, want)
	}
	if got := p.server.Requests().Total; got != 0 {
		t.Errorf("%d requests, want none", got)
	}
}

// After a rotation the configured token is spent: its successor is handed out.
func TestRefreshTokenEphemeral_newestOfTheLineage(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{Rotating: true})
	configured := p.server.Login(identity.DefaultUser()).RefreshToken
	w := p.configured(values{"refresh_token": configured})
	_, opened := w.open(accessToken, nil)
	mustBeClean(t, "open", opened.Diagnostics)
	for name, w := range map[string]*wire{"this run": w, "the next run": p.configured(values{"refresh_token": configured})} {
		result, response := w.open(refreshToken, nil)
		mustBeClean(t, name, response.Diagnostics)
		got := text(t, result, "refresh_token")
		if got == configured || !p.server.RefreshTokenValid(got) {
			t.Errorf("%s: the token is not the live successor", name)
		}
	}
}

func TestRefreshTokenEphemeral_flowWithoutOne(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	_, response := p.configured(values{"access_token": p.server.Login(identity.DefaultUser()).AccessToken}).open(refreshToken, nil)
	if d := mustBeOne(t, response.Diagnostics); d.Summary != "No Refresh Token" {
		t.Errorf("got %s", describe(response.Diagnostics))
	}
}

func TestRefreshTokenEphemeral_unknownProfile(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	_, response := p.configured(nil).open(refreshToken, values{"profile": "nobody"})
	if d := mustBeOne(t, response.Diagnostics); attributeOf(d) != "profile" || d.Summary != "Unknown EarthScope Profile" {
		t.Errorf("got %s", describe(response.Diagnostics))
	}
}

func TestRefreshTokenEphemeral_emptyProfile(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	w := p.configured(nil)
	schema := w.schema.EphemeralResourceSchemas[refreshToken]
	diagnostics := w.validateEphemeral(refreshToken, w.encode(schema, values{"profile": ""}))
	if d := mustBeOne(t, diagnostics); attributeOf(d) != "profile" || d.Summary != "Empty Value" {
		t.Errorf("got %s", describe(diagnostics))
	}
}
