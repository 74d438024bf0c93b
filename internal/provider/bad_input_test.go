package provider

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
)

// badInput is a mistake that a person can make, and what the provider says.
type badInput struct {
	options identity.Options
	prepare func(*place) values
	summary string
	// say are parts of the detail: the source and the remedy.
	say []string
	// warning means that the work goes on, saved that a refresh was saved.
	warning, saved bool
}

var badInputs = map[string]badInput{
	"no credentials at all": {
		prepare: func(*place) values { return nil },
		summary: "No EarthScope Credentials", say: []string{"ES_OAUTH2__REFRESH_TOKEN", "tokens.json", "es login"},
	},
	"unknown profile in the block": {
		prepare: func(p *place) values {
			p.login("default")
			p.write(".earthscope/config.toml", "[profile.stage]\n")
			return values{"profile": "Stage"}
		},
		summary: "Unknown EarthScope Profile", say: []string{`"Stage"`, "argument profile", `"stage"`, "config.toml"},
	},
	"unknown profile in the environment": {
		prepare: func(p *place) values { p.set("ES_PROFILE=stage"); p.login("default"); return nil },
		summary: "Unknown EarthScope Profile", say: []string{"ES_PROFILE", "config.toml", "name another profile"},
	},
	"malformed config.toml": {
		prepare: func(p *place) values {
			p.login("default")
			p.write(".earthscope/config.toml", "[default]\noauth2 = {\n")
			return nil
		},
		summary: "Malformed config.toml", say: []string{"config.toml", "line 2, column "},
	},
	"malformed tokens.json": {
		prepare: func(p *place) values {
			p.write(".earthscope/default/tokens.json", "{\n  \"refresh_token\": tru\n}")
			return nil
		},
		summary: "No EarthScope Credentials", say: []string{"tokens.json", "line 2, column 20", "es login"},
	},
	"token file that others can read": {
		prepare: func(p *place) values {
			p.login("default")
			if err := os.Chmod(filepath.Join(p.home, ".earthscope/default/tokens.json"), 0o644); err != nil {
				p.t.Fatal(err)
			}
			return nil
		},
		summary: "Token File Open to Others", say: []string{"tokens.json", "0644", "chmod 600"}, warning: true,
	},
	"revoked refresh token of the login": {
		prepare: func(p *place) values {
			p.server.RevokeRefreshToken(p.login("default").RefreshToken)
			return nil
		},
		summary: "Refresh Token Refused", say: []string{"tokens.json", "invalid_grant", "es login"},
	},
	"revoked refresh token of the block": {
		prepare: func(p *place) values {
			p.login("default")
			set := p.server.Login(identity.DefaultUser())
			p.server.RevokeRefreshToken(set.RefreshToken)
			return values{"refresh_token": set.RefreshToken}
		},
		summary: "Refresh Token Refused", say: []string{"argument refresh_token", "invalid_grant", "es user get-refresh-token"},
	},
	"blocked user": {
		prepare: func(p *place) values {
			p.login("default")
			p.server.BlockUser(identity.DefaultUser().Subject)
			return nil
		},
		summary: "EarthScope User Blocked", say: []string{"tokens.json", "data-help@earthscope.org"},
	},
	"wrong client secret": {
		prepare: func(p *place) values {
			p.server.AddClient("machine", "right")
			return values{"client_id": "machine", "client_secret": "wrong-secret"}
		},
		summary: "Client Credentials Refused", say: []string{"argument client_secret", "client_id and client_secret"},
	},
	"identity server down": {
		prepare: func(p *place) values {
			p.login("default")
			p.server.Close()
			return values{"max_retries": 0}
		},
		summary: "Identity Server Unavailable", say: []string{"127.0.0.1", "domain", "HTTPS_PROXY"},
	},
	"certificate of an unknown authority": {
		options: identity.Options{TLS: true},
		prepare: func(p *place) values { p.login("default"); return nil },
		summary: "TLS Failure", say: []string{"127.0.0.1", "ca_cert_file"},
	},
	"certificate file that is none": {
		prepare: func(p *place) values {
			p.login("default")
			return values{"ca_cert_file": p.write("ca.pem", "no certificate")}
		},
		summary: "Unusable CA Certificate File", say: []string{"ca.pem", "ca_cert_file"},
	},
	"proxy that refuses": {
		prepare: func(p *place) values {
			p.login("default")
			p.set("HTTPS_PROXY=" + p.server.URL())
			return values{"domain": "https://login.example.org/", "max_retries": 0}
		},
		summary: "Proxy Refused", say: []string{"HTTPS_PROXY", "NO_PROXY", "login.example.org"},
	},
	"HTML instead of JSON": {
		prepare: func(p *place) values {
			p.login("default")
			p.fault(identity.Fault{Kind: identity.FaultHTML, Times: -1})
			return nil
		},
		summary: "Not an Identity Server", say: []string{"HTML", "ES_OAUTH2__DOMAIN"},
	},
	"access token that is no JWT": {
		prepare: func(*place) values { return values{"access_token": "opaque-access-token"} },
		summary: "Unreadable Access Token", say: []string{"argument access_token", "es user get-access-token"},
	},
	"answer without a JWT": {
		prepare: func(p *place) values {
			p.login("default")
			p.fault(identity.Fault{Kind: identity.FaultOpaqueToken, Times: -1})
			return nil
		},
		summary: "Unusable Access Token", say: []string{"ES_OAUTH2__AUDIENCE"},
	},
	"access token that has expired": {
		prepare: func(p *place) values {
			set := p.server.LoginAs(identity.LoginRequest{AccessTokenLifetime: time.Second})
			p.now = func() time.Time { return time.Now().Add(time.Hour) }
			return values{"access_token": set.AccessToken}
		},
		summary: "Access Token Expired", say: []string{"argument access_token", "refresh_token"},
	},
	"clock hours ahead": {
		prepare: func(p *place) values {
			p.login("default")
			p.now = func() time.Time { return time.Now().Add(30 * time.Hour) }
			return nil
		},
		summary: "Access Token Already Expired", say: []string{"clock", " ahead of the identity server's", "timedatectl"}, saved: true,
	},
	"clock hours behind": {
		prepare: func(p *place) values {
			p.login("default")
			p.now = func() time.Time { return time.Now().Add(-5 * time.Hour) }
			return nil
		},
		summary: "Clock Differs From the Identity Server's", say: []string{" behind the identity server's", "timedatectl"}, warning: true,
	},
	"empty variable hides the login": {
		prepare: func(p *place) values { p.login("default"); p.set("ES_OAUTH2__REFRESH_TOKEN="); return nil },
		summary: "No EarthScope Credentials", say: []string{"ES_OAUTH2__REFRESH_TOKEN, is empty", "Remove the empty one"},
	},
}

func (p *place) fault(f identity.Fault) {
	p.t.Helper()
	if err := p.server.Fault(f); err != nil {
		p.t.Fatal(err)
	}
}

// Every mistake gives one diagnostic with source and remedy; what was there
// before is there afterwards, and nothing quotes a secret.
func TestBadInput_oneDiagnosticAndNoFileChanged(t *testing.T) {
	t.Parallel()
	for name, test := range badInputs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, test.options)
			block := test.prepare(p)
			before := p.files()
			result, diagnostics := p.configured(block).read("earthscope_identity", nil)
			d := mustBeOne(t, diagnostics)
			severity := tfprotov6.DiagnosticSeverityError
			if test.warning {
				severity = tfprotov6.DiagnosticSeverityWarning
			}
			if d.Summary != test.summary || d.Severity != severity {
				t.Errorf("got %s, want %s %q", describe(diagnostics), severity, test.summary)
			}
			for _, part := range test.say {
				if !strings.Contains(d.Detail, part) {
					t.Errorf("the detail does not say %q:\n%s", part, d.Detail)
				}
			}
			if got := text(t, result, "subject") != ""; got != test.warning {
				t.Errorf("has a result: %v, want %v", got, test.warning)
			}
			mustBeUnchanged(t, before, p.files(), test.warning || test.saved)
			mustNotQuote(t, describe(diagnostics), block, before)
		})
	}
}

// mustBeUnchanged compares the files that were there. Where the work went on,
// a refresh may have saved its token.
func mustBeUnchanged(t *testing.T, before, after map[string]string, refreshed bool) {
	t.Helper()
	after = maps.Clone(after)
	for name, content := range before {
		if after[name] != content && !refreshed {
			t.Errorf("%s was changed", name)
		}
		delete(after, name)
	}
	for name := range after {
		if filepath.Ext(name) == ".lock" || strings.Contains(name, "terraform") {
			continue // what we remember of the session, in files of our own
		}
		t.Errorf("%s is new", name)
	}
}

// mustNotQuote looks for the values of credentials.
func mustNotQuote(t *testing.T, said string, block values, files map[string]string) {
	t.Helper()
	secrets := []string{}
	for _, name := range []string{"refresh_token", "access_token", "client_secret"} {
		if block[name] != nil {
			secrets = append(secrets, fmt.Sprint(block[name]))
		}
	}
	if _, rest, found := strings.Cut(files[filepath.Join(".earthscope", "default", "tokens.json")], `"refresh_token": "`); found {
		token, _, _ := strings.Cut(rest, `"`)
		secrets = append(secrets, token)
	}
	for _, secret := range secrets {
		if strings.Contains(said, secret) {
			t.Errorf("the diagnostic quotes a secret: %s", said)
		}
	}
}
