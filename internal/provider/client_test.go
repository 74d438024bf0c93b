package provider

import (
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
)

const (
	personA = "auth0|aaaaaaaa"
	personB = "auth0|bbbbbbbb"
)

// twoPeople gives the place a login of B under the profile "other"; the token
// returned is A's.
func twoPeople(p *place) string {
	p.t.Helper()
	p.write(".earthscope/config.toml", "[profile.other]\n")
	b := p.server.Login(identity.User{Subject: personB})
	p.write(".earthscope/other/tokens.json", fmt.Sprintf("{\n  \"refresh_token\": %q\n}", b.RefreshToken))
	return p.server.Login(identity.User{Subject: personA}).RefreshToken
}

func TestClient_credentialsOfTheBlockBelongToItsProfile(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		block   func(token string) values
		environ string
		profile any
		want    string
	}{
		"own profile":                   {block: func(token string) values { return values{"refresh_token": token} }, want: personA},
		"own profile by name":           {block: func(token string) values { return values{"refresh_token": token} }, profile: "default", want: personA},
		"another profile":               {block: func(token string) values { return values{"refresh_token": token} }, profile: "other", want: personB},
		"own profile named twice":       {block: func(token string) values { return values{"refresh_token": token, "profile": "other"} }, profile: "other", want: personA},
		"own profile from the variable": {block: func(token string) values { return values{"refresh_token": token} }, environ: "ES_PROFILE=other", profile: "other", want: personA},
		"another profile, token unknown": {
			block: func(string) values { return values{"refresh_token": unknown, "client_secret": unknown} }, profile: "other", want: personB,
		},
		"what no token needs, unknown": {
			block: func(token string) values {
				return values{"refresh_token": token, "scope": unknown, "api_url": unknown}
			}, want: personA,
		},
		"profile unknown, another one asked for": {
			block: func(string) values { return values{"profile": unknown} }, profile: "other", want: personB,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, identity.Options{})
			block := test.block(twoPeople(p))
			if test.environ != "" {
				p.set(test.environ)
			}
			result, response := p.configured(block).open(accessToken, values{"profile": test.profile})
			mustBeClean(t, "open", response.Diagnostics)
			if got := text(t, result, "subject"); got != test.want {
				t.Errorf("subject %q, want %q", got, test.want)
			}
		})
	}
}

// Unknown is not null: nothing takes the place of an unknown value.
func TestClient_unknownArguments(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"profile", "refresh_token", "access_token", "client_secret", "client_id", "audience", "domain",
		"config_dir", "persist_tokens", "refresh_threshold", "request_timeout", "max_retries", "ca_cert_file",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, identity.Options{})
			p.set("ES_OAUTH2__REFRESH_TOKEN=" + p.login("default").RefreshToken)
			before := p.files()
			w := p.configured(values{name: unknown})

			for _, source := range []string{"earthscope_access_token", "earthscope_identity"} {
				_, diagnostics := w.read(source, nil)
				d := mustBeOne(t, diagnostics)
				if d.Severity != tfprotov6.DiagnosticSeverityError || d.Summary != "Provider Argument Not Known Yet" ||
					!strings.Contains(d.Detail, " "+name+" ") || !strings.Contains(d.Detail, "depends_on") {
					t.Errorf("data.%s: %s", source, describe(diagnostics))
				}
			}
			for object, results := range map[string][]string{
				"earthscope_access_token": {
					"access_token", "token_type", "expires_at", "issued_at", "scope", "subject", "audience", "issuer", "client_id",
				},
				"earthscope_refresh_token": {"refresh_token", "fingerprint"},
			} {
				result, response := w.open(object, nil)
				d := mustBeOne(t, response.Diagnostics)
				if d.Severity != tfprotov6.DiagnosticSeverityWarning || !strings.Contains(d.Detail, " "+name+" ") ||
					!strings.Contains(d.Detail, "depends_on") {
					t.Errorf("ephemeral.%s: %s", object, describe(response.Diagnostics))
				}
				for _, attribute := range results {
					if result[attribute].IsKnown() {
						t.Errorf("ephemeral.%s.%s is known", object, attribute)
					}
				}
			}
			if got := p.server.Requests().Total; got != 0 || !maps.Equal(before, p.files()) {
				t.Errorf("%d requests were sent, or files changed", got)
			}
		})
	}
}

func TestClient_consumersShareOneRequest(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{Rotating: true})
	p.login("default")
	w := p.configured(nil)
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			_, response := w.open(accessToken, nil)
			_, diagnostics := w.read("earthscope_identity", nil)
			if len(response.Diagnostics)+len(diagnostics) > 0 {
				t.Errorf("%s%s", describe(response.Diagnostics), describe(diagnostics))
			}
		})
	}
	group.Wait()
	if got := p.server.Requests().TokenRequests(); got != 1 {
		t.Errorf("%d token requests, want 1", got)
	}
}

func TestClient_memoryIsSharedByProfiles(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	p.write(".earthscope/config.toml", "[profile.other]\n")
	p.set("ES_OAUTH2__REFRESH_TOKEN=" + p.server.Login(identity.DefaultUser()).RefreshToken)
	before := p.files()
	w := p.configured(values{"persist_tokens": false})
	for _, profile := range []any{nil, "other"} {
		_, response := w.open(accessToken, values{"profile": profile})
		mustBeClean(t, "open", response.Diagnostics)
	}
	if got := p.server.Requests().TokenRequests(); got != 1 {
		t.Errorf("%d token requests, want 1", got)
	}
	if !maps.Equal(before, p.files()) {
		t.Error("persist_tokens = false wrote files")
	}
}

func TestClient_minTTL(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{AccessTokenLifetime: time.Hour})
	advance := p.moving()
	p.login("default")
	w := p.configured(nil)
	read := func(minTTL any) (time.Duration, []*tfprotov6.Diagnostic) {
		result, diagnostics := w.read("earthscope_access_token", values{"min_ttl": minTTL})
		expires, err := time.Parse(time.RFC3339, text(t, result, "expires_at"))
		if err != nil {
			t.Fatalf("%v\n%s", err, describe(diagnostics))
		}
		return expires.Sub(p.now()), diagnostics
	}
	steps := []struct {
		wait     time.Duration
		minTTL   any
		left     time.Duration
		requests int
		warning  bool
	}{
		{0, nil, time.Hour, 1, false},                          // nothing there yet
		{40 * time.Minute, nil, 20 * time.Minute, 1, false},    // enough
		{0, "15m", 20 * time.Minute, 1, false},                 // still enough
		{0, "30m", time.Hour, 2, false},                        // not enough
		{35 * time.Minute, nil, time.Hour, 3, false},           // objects of one run share the larger value
		{30 * time.Minute, "2h", time.Hour, 4, true},           // more than a token can have
		{time.Minute, "2h", 59 * time.Minute, 4, false},        // and again: said once, no request
		{time.Minute, "not given", 58 * time.Minute, 4, false}, // replaced by null below
	}
	for i, step := range steps {
		advance(step.wait)
		if step.minTTL == "not given" {
			step.minTTL = nil
		}
		left, diagnostics := read(step.minTTL)
		if left != step.left {
			t.Errorf("step %d: %v left, want %v", i, left, step.left)
		}
		if got := p.server.Requests().TokenRequests(); got != step.requests {
			t.Errorf("step %d: %d requests, want %d", i, got, step.requests)
		}
		if !step.warning {
			mustBeClean(t, fmt.Sprintf("step %d", i), diagnostics)
			continue
		}
		if d := mustBeOne(t, diagnostics); attributeOf(d) != "min_ttl" || d.Severity != tfprotov6.DiagnosticSeverityWarning {
			t.Errorf("step %d: %s", i, describe(diagnostics))
		}
	}
}

func TestClient_warningsAreGivenOnce(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	test := badInputs["token file that others can read"]
	w := p.configured(test.prepare(p))
	_, first := w.read("earthscope_identity", nil)
	mustBeOne(t, first)
	_, second := w.read("earthscope_access_token", nil)
	mustBeClean(t, "second", second)
}

func TestClient_userAgent(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		environ []string
		want    string
	}{
		"plain":       {nil, "terraform-provider-earthscope/1.2.3 terraform/1.11.4"},
		"appended":    {[]string{"TF_APPEND_USER_AGENT= ci/7 "}, "terraform-provider-earthscope/1.2.3 terraform/1.11.4 ci/7"},
		"of settings": {[]string{"ES_HTTP__USER_AGENT=campaign/2"}, "campaign/2 terraform-provider-earthscope/1.2.3 terraform/1.11.4"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, identity.Options{})
			p.login("default")
			p.environ = append(p.environ, test.environ...)
			_, diagnostics := p.configured(nil).read("earthscope_identity", nil)
			mustBeClean(t, "read", diagnostics)
			if got := p.server.RequestLog()[0].UserAgent; got != test.want {
				t.Errorf("user agent %q, want %q", got, test.want)
			}
		})
	}
}

func TestClient_certificateFile(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{TLS: true})
	p.login("default")
	file := p.write("ca.pem", string(p.server.CACertificate()))
	_, diagnostics := p.configured(values{"ca_cert_file": file}).read("earthscope_identity", nil)
	mustBeClean(t, "read", diagnostics)
}

func TestClient_configDir(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	p.login("default")
	folder := p.home
	p.home = t.TempDir()
	_, diagnostics := p.configured(values{"config_dir": filepath.Join(folder, ".earthscope")}).read("earthscope_identity", nil)
	mustBeClean(t, "read", diagnostics)
	if files := p.files(); len(files) > 0 {
		t.Errorf("the home was written to: %v", files)
	}
}
