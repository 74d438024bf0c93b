package provider

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
)

const accessToken = "earthscope_access_token"

// moving puts the place and its server on one clock that only advance moves.
func (p *place) moving() (advance func(time.Duration)) {
	now := time.Now().Truncate(time.Second)
	p.now = func() time.Time { return now }
	p.server.SetNow(p.now)
	return func(d time.Duration) { now = now.Add(d) }
}

func TestAccessTokenEphemeral_valuesWithoutFile(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{AccessTokenLifetime: time.Hour})
	p.moving()
	p.login("default")
	w := p.configured(nil)
	result, response := w.open(accessToken, nil)
	mustBeClean(t, "open", response.Diagnostics)
	for name, want := range map[string]string{
		"token_type": "Bearer", "subject": identity.DefaultUser().Subject, "issuer": p.server.URL(),
		"client_id": identity.DefaultClientID, "scope": identity.DefaultScope,
		"issued_at": p.now().UTC().Format(time.RFC3339), "expires_at": p.now().Add(time.Hour).UTC().Format(time.RFC3339),
		"profile": "", "min_ttl": "", "token_file": "",
	} {
		if got := text(t, result, name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	if !response.RenewAt.IsZero() || len(response.Private) != 0 {
		t.Errorf("without a token file there is nothing to renew: RenewAt %v, private %q", response.RenewAt, response.Private)
	}
	if got := p.server.Requests().TokenRequests(); got != 1 {
		t.Errorf("%d token requests, want 1", got)
	}
}

// Terraform hands Close the private data of Open, OpenTofu that of Renew.
func TestAccessTokenEphemeral_renewAndCloseWithEitherPrivateData(t *testing.T) {
	t.Parallel()
	for name, pick := range map[string]func(opened, renewed []byte) []byte{
		"of Open":  func(opened, _ []byte) []byte { return opened },
		"of Renew": func(_, renewed []byte) []byte { return renewed },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, identity.Options{Rotating: true, AccessTokenLifetime: time.Hour})
			advance := p.moving()
			p.login("default")
			w := p.configured(nil)
			file := filepath.Join(p.home, "token")
			result, opened := w.open(accessToken, values{"token_file": file})
			mustBeClean(t, "open", opened.Diagnostics)
			first := text(t, result, "access_token")
			mustHold(t, file, first)
			if want := p.now().Add(time.Hour - 90*time.Second); !opened.RenewAt.Equal(want) {
				t.Errorf("RenewAt %v, want %v", opened.RenewAt, want)
			}
			private := opened.Private
			for range 3 {
				advance(time.Hour - 90*time.Second)
				renewed := w.renew(private)
				mustBeClean(t, "renew", renewed.Diagnostics)
				if want := p.now().Add(time.Hour - 90*time.Second); !renewed.RenewAt.Equal(want) {
					t.Errorf("RenewAt %v, want %v", renewed.RenewAt, want)
				}
				private = pick(opened.Private, renewed.Private)
			}
			content, err := os.ReadFile(file)
			if err != nil || string(content) == first || strings.Count(string(content), ".") != 2 {
				t.Errorf("the file was not renewed (%v)", err)
			}
			mustBeClean(t, "close", w.close(private))
			mustBeGone(t, file)
			if got := p.server.Requests().TokenRequests(); got != 4 {
				t.Errorf("%d token requests, want 4", got)
			}
			if spent := p.server.SpentTwice(); len(spent) > 0 {
				t.Errorf("spent twice: %v", spent)
			}
		})
	}
}

func TestAccessTokenEphemeral_privateDataIsARandomHandle(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	p.login("default")
	w := p.configured(nil)
	handles := map[string]bool{}
	for _, name := range []string{"one", "two"} {
		result, response := w.open(accessToken, values{"token_file": filepath.Join(p.home, name)})
		mustBeClean(t, "open", response.Diagnostics)
		var private map[string][]byte
		if err := json.Unmarshal(response.Private, &private); err != nil || len(private) != 1 {
			t.Fatalf("private data %q: %v", response.Private, err)
		}
		var handle string
		if err := json.Unmarshal(private[handleKey], &handle); err != nil || len(handle) != 26 {
			t.Errorf("handle %q: %v", private[handleKey], err)
		}
		handles[handle] = true
		if bytes.Contains(response.Private, []byte(text(t, result, "access_token"))) {
			t.Error("private data holds the token")
		}
	}
	if len(handles) != 2 {
		t.Errorf("%d handles for two objects", len(handles))
	}
}

func TestAccessTokenEphemeral_foreignPrivateDataIsIgnored(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	w := p.configured(nil)
	encoded := func(handle string) []byte {
		data, err := json.Marshal(map[string][]byte{handleKey: []byte(handle)})
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	for name, private := range map[string][]byte{
		"none": nil, "of another process": encoded(`"ABCDEFGHIJKLMNOPQRSTUVWXYZ"`), "of another kind": encoded(`7`),
	} {
		t.Run(name, func(t *testing.T) {
			renewed := w.renew(private)
			mustBeClean(t, "renew", renewed.Diagnostics)
			if !renewed.RenewAt.IsZero() {
				t.Errorf("RenewAt %v", renewed.RenewAt)
			}
			mustBeClean(t, "close", w.close(private))
		})
	}
}

func TestAccessTokenEphemeral_failedRenewalWarnsWhileTheTokenLives(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{AccessTokenLifetime: time.Hour})
	advance := p.moving()
	p.login("default")
	w := p.configured(values{"max_retries": 0})
	file := filepath.Join(p.home, "token")
	result, opened := w.open(accessToken, values{"token_file": file})
	mustBeClean(t, "open", opened.Diagnostics)
	p.fault(identity.Fault{Kind: identity.FaultStatus, Times: -1})

	advance(opened.RenewAt.Sub(p.now()))
	renewed := w.renew(opened.Private)
	if d := mustBeOne(t, renewed.Diagnostics); d.Severity != tfprotov6.DiagnosticSeverityWarning || !strings.Contains(d.Detail, "expires at") {
		t.Errorf("while the token lives: %s", describe(renewed.Diagnostics))
	}
	if wait := renewed.RenewAt.Sub(p.now()); wait < renewalPause || wait > time.Minute {
		t.Errorf("next try in %v", wait)
	}
	mustHold(t, file, text(t, result, "access_token"))

	advance(2 * time.Minute)
	renewed = w.renew(opened.Private)
	if d := mustBeOne(t, renewed.Diagnostics); d.Severity != tfprotov6.DiagnosticSeverityError {
		t.Errorf("when the token is dead: %s", describe(renewed.Diagnostics))
	}
	if wait := renewed.RenewAt.Sub(p.now()); wait != renewalPause {
		t.Errorf("next try in %v, want %v", wait, renewalPause)
	}

	p.server.ClearFaults()
	advance(6 * time.Minute)
	renewed = w.renew(opened.Private)
	mustBeClean(t, "renew once the server is back", renewed.Diagnostics)
	if content, _ := os.ReadFile(file); string(content) == text(t, result, "access_token") {
		t.Error("the file still holds the dead token")
	}
	mustBeClean(t, "close", w.close(opened.Private))
	mustBeGone(t, file)
}

func TestAccessTokenEphemeral_tokenFileRefused(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	p.login("default")
	w := p.configured(nil)
	theirs := p.write("theirs", "precious")
	live := filepath.Join(p.home, "live")
	_, opened := w.open(accessToken, values{"token_file": live})
	mustBeClean(t, "open", opened.Diagnostics)
	for name, test := range map[string]struct{ file, summary, say string }{
		"somebody's file":  {theirs, "Token File Exists", "another path"},
		"an open one":      {live, "Token File in Use", "each its own token_file"},
		"a missing folder": {filepath.Join(p.home, "missing", "token"), "Token File Without a Folder", "Create it first"},
	} {
		t.Run(name, func(t *testing.T) {
			_, response := w.open(accessToken, values{"token_file": test.file})
			d := mustBeOne(t, response.Diagnostics)
			if d.Summary != test.summary || attributeOf(d) != "token_file" || !strings.Contains(d.Detail, test.say) {
				t.Errorf("got %s", describe(response.Diagnostics))
			}
			if len(response.Private) != 0 || !response.RenewAt.IsZero() {
				t.Error("a refused file is renewed")
			}
		})
	}
	mustHold(t, theirs, "precious")
}

// A run that was killed leaves its file and its record; the next one takes the
// path over.
func TestAccessTokenEphemeral_staleFileIsReplaced(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	p.login("default")
	file := filepath.Join(p.home, "token")
	r := &tokenFileRegistry{folder: filepath.Join(p.home, ".earthscope", "terraform", "token-files"), now: time.Now}
	kill(t, r.claimed(t, file, "token-of-a-killed-run"))
	w := p.configured(nil)
	result, response := w.open(accessToken, values{"token_file": file})
	mustBeClean(t, "open", response.Diagnostics)
	mustHold(t, file, text(t, result, "access_token"))
	mustBeClean(t, "close", w.close(response.Private))
	mustBeGone(t, file)
}

func TestAccessTokenEphemeral_closeKeepsWhatOthersWrote(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	p.login("default")
	w := p.configured(nil)
	file := filepath.Join(p.home, "token")
	_, response := w.open(accessToken, values{"token_file": file})
	mustBeClean(t, "open", response.Diagnostics)
	put(t, file, "theirs")
	mustBeClean(t, "close", w.close(response.Private))
	mustHold(t, file, "theirs")
}

func TestAccessTokenEphemeral_tokenFileWithoutRegistry(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(*place) values{
		"persist_tokens = false": func(*place) values { return values{"persist_tokens": false} },
		"no home":                func(p *place) values { p.home = ""; return values{} },
		"no room for a registry": func(p *place) values { p.write(".earthscope/terraform", ""); return values{} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, identity.Options{})
			block := prepare(p)
			block["refresh_token"] = p.server.Login(identity.DefaultUser()).RefreshToken
			w := p.configured(block)
			file := filepath.Join(t.TempDir(), "token")
			result, response := w.open(accessToken, values{"token_file": file})
			for _, d := range response.Diagnostics {
				if d.Severity == tfprotov6.DiagnosticSeverityError {
					t.Fatal(describe(response.Diagnostics))
				}
			}
			mustHold(t, file, text(t, result, "access_token"))
			mustBeClean(t, "close", w.close(response.Private))
			mustBeGone(t, file)
		})
	}
}

// A bare access token can't be refreshed, so its file is never renewed.
func TestAccessTokenEphemeral_bareTokenIsNotRenewed(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	set := p.server.Login(identity.DefaultUser())
	w := p.configured(values{"access_token": set.AccessToken})
	file := filepath.Join(p.home, "token")
	_, response := w.open(accessToken, values{"token_file": file})
	mustBeClean(t, "open", response.Diagnostics)
	mustHold(t, file, set.AccessToken)
	if !response.RenewAt.IsZero() {
		t.Errorf("RenewAt %v", response.RenewAt)
	}
	mustBeClean(t, "close", w.close(response.Private))
	if got := p.server.Requests().Total; got != 0 {
		t.Errorf("%d requests, want none", got)
	}
}

// Under a debugger one process serves all aliases: the second configuration
// must not make the first one's file unknown.
func TestAccessTokenEphemeral_secondConfigurationOfOneProcess(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{AccessTokenLifetime: time.Hour})
	advance := p.moving()
	p.login("default")
	w := p.configured(nil)
	file := filepath.Join(p.home, "token")
	result, opened := w.open(accessToken, values{"token_file": file})
	mustBeClean(t, "open", opened.Diagnostics)
	configured, err := w.server.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{
		Config: w.encode(w.schema.Provider, values{"access_token": text(t, result, "access_token")}),
	})
	if err != nil {
		t.Fatal(err)
	}
	mustBeClean(t, "configure", configured.Diagnostics)
	advance(opened.RenewAt.Sub(p.now()))
	mustBeClean(t, "renew", w.renew(opened.Private).Diagnostics)
	if content, _ := os.ReadFile(file); string(content) == text(t, result, "access_token") {
		t.Error("the file was not renewed")
	}
	mustBeClean(t, "close", w.close(opened.Private))
	mustBeGone(t, file)
}
