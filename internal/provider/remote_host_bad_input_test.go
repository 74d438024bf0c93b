package provider

import (
	"strings"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/sshserver"
)

// badHost is a mistake in a resource, and what is said about it.
type badHost struct {
	block, arguments values
	prepare          func(p *hostPlace)
	summary          string
	attribute        string // as the diagnostic's path is written
	say              []string
}

const aToken = "v1.a-token-that-must-not-show"

var badHosts = map[string]badHost{
	// Found by validation.
	"relative path": {
		arguments: values{"tokens_file": values{"path": "tokens.json"}}, summary: "Invalid Path", attribute: "tokens_file.path", say: []string{"~/"},
	},
	"path of another user's home": {
		arguments: values{"config_file": values{"path": "~root/config.toml"}}, summary: "Invalid Path", attribute: "config_file.path",
	},
	"relative key": {
		arguments: values{"environment_files": values{"node.env": values{}}}, summary: "Invalid Path", attribute: "environment_files.node.env",
	},
	"mode that is no number": {
		arguments: values{"tokens_file": values{"mode": "rw"}}, summary: "Invalid File Mode", attribute: "tokens_file.mode", say: []string{"0600"},
	},
	"mode that nobody can read": {
		arguments: values{"config_file": values{"mode": "0077"}}, summary: "Invalid File Mode", attribute: "config_file.mode",
	},
	"unknown credential": {arguments: values{"credential": "password"}, summary: "Unknown Choice", attribute: "credential", say: []string{"access_token"}},
	"unknown transport":  {arguments: values{"transport": "telnet"}, summary: "Unknown Choice", attribute: "transport"},
	"unknown format": {
		arguments: values{"environment_files": values{"~/a": values{"format": "ini"}}}, summary: "Unknown Choice", attribute: "environment_files.~/a.format",
	},
	"refresh token for a client": {
		arguments: values{"credential": "client_credentials", "config_file": values{}, "refresh_token_wo": aToken},
		summary:   "Credential Not Used", attribute: "refresh_token_wo", say: []string{"client_credentials"},
	},
	"client secret for a session": {arguments: values{"client_secret_wo": aToken}, summary: "Credential Not Used", attribute: "client_secret_wo"},
	"client secret in tokens.json": {
		arguments: values{"credential": "client_credentials"}, summary: "No Place for the Client Secret", attribute: "credential", say: []string{"config_file"},
	},
	"secret among the settings": {
		arguments: values{"settings": values{"oauth2.refresh_token": aToken}}, summary: "Invalid Setting", attribute: "settings.oauth2.refresh_token",
		say: []string{"refresh_token_wo"},
	},
	"unknown setting": {arguments: values{"settings": values{"oauth.domain": "x"}}, summary: "Invalid Setting", attribute: "settings.oauth.domain"},
	"setting of another type": {
		arguments: values{"settings": values{"oauth2.allowed_hosts": aToken}}, summary: "Invalid Setting", attribute: "settings.oauth2.allowed_hosts", say: []string{"JSON"},
	},
	"tokens.json without tokens": {
		arguments: values{"tokens_file": values{"include_token": false}}, summary: "Nothing to Write", attribute: "tokens_file.include_token",
	},
	"one file of two kinds": {
		arguments: values{"environment_files": values{"~/f": values{}}, "compose_files": values{"~/f": values{"services": []any{"a"}}}},
		summary:   "File Named Twice", attribute: "compose_files.~/f",
	},
	"compose without services": {
		arguments: values{"compose_files": values{"~/c.yaml": values{"services": []any{}}}}, summary: "No Services", attribute: "compose_files.~/c.yaml.services",
	},
	"local is not remote": {
		arguments: values{"transport": "local", "host": "node1"}, summary: "Not This Machine", attribute: "host", say: []string{"localhost"},
	},
	"a user for local": {
		arguments: values{"transport": "local", "host": "localhost", "port": nil, "user": "geo"}, summary: "No Login on This Machine", attribute: "user", say: []string{"become"},
	},
	"a port for local": {
		arguments: values{"transport": "local", "host": "localhost", "port": 22}, summary: "No Login on This Machine", attribute: "port",
	},
	"empty token":      {arguments: values{"refresh_token_wo": ""}, summary: "Empty Value", attribute: "refresh_token_wo"},
	"time of no kind":  {arguments: values{"timeouts": values{"create": "soon"}}, summary: "Invalid Duration", attribute: "timeouts.create"},
	"port of no kind":  {arguments: values{"port": 70000}, summary: "Number out of Range", attribute: "port"},
	"life of no kind":  {arguments: values{"min_ttl": "-1m"}, summary: "Invalid Duration", attribute: "min_ttl"},
	"host key garbage": {arguments: values{"host_key": "ssh-ed25519"}, summary: "Invalid Host Key", attribute: "host_key", say: []string{"ssh-keyscan"}},
	"host key of a hop": {
		arguments: values{"proxy_jump": []any{values{"host": "b", "host_key": "garbage"}}}, summary: "Invalid Host Key", attribute: "proxy_jump.0.host_key",
	},

	// Found by the plan.
	"no credentials": {
		prepare: func(p *hostPlace) { p.logout() }, summary: "No EarthScope Credentials", say: []string{"es login"},
	},
	"client without a secret": {
		arguments: values{"credential": "client_credentials", "config_file": values{}}, summary: "No Client Secret", attribute: "credential", say: []string{"client_secret_wo"},
	},
	"the provider's own token store": {
		arguments: values{"transport": "local", "host": "localhost", "port": nil}, summary: "The Provider's Own Token Store", attribute: "tokens_file",
	},

	// Found on the host.
	"TOML that is none": {
		prepare:   func(p *hostPlace) { p.writeHost(".earthscope/config.toml", "a = 1\nb = = 2\n", 0o600) },
		arguments: values{"config_file": values{}}, summary: "Host Not Written", attribute: "config_file", say: []string{"config.toml", "line 2", "column 5"},
	},
	"YAML that is none": {
		prepare:   func(p *hostPlace) { p.writeHost("c.yaml", "services:\n  web: [\n", 0o600) },
		arguments: values{"compose_files": values{"~/c.yaml": values{"services": []any{"web"}}}},
		summary:   "Host Not Written", attribute: "compose_files.~/c.yaml", say: []string{"c.yaml", "line 3"},
	},
	"wrong key": {
		prepare: func(p *hostPlace) { p.host.SetUser(hostUser, sshserver.User{Password: "other"}) }, arguments: values{"timeouts": values{"create": "1s"}},
		summary: "Host Not Written", say: []string{"refused to log in geo", "SHA256:"},
	},
	"key file that is missing": {
		block: values{"ssh": values{"private_key_file": "/nonexistent/id"}}, summary: "Host Not Written", attribute: "host",
		say: []string{"/nonexistent/id", "ssh.private_key_file"},
	},
	"key file of its own that is missing": {
		arguments: values{"private_key_file": "/nonexistent/id"}, summary: "Host Not Written", attribute: "private_key_file",
		say: []string{"/nonexistent/id", "leave it out"},
	},
	"unknown group": {
		arguments: values{"environment_files": values{"~/a": values{"group": "nobody-of-that-name"}}},
		summary:   "Host Not Written", attribute: "environment_files.~/a", say: []string{"create the user or group"},
	},
	"private key that is none": {
		block:   values{"ssh": values{"private_key": aToken, "private_key_file": nil}},
		summary: "Host Not Written", attribute: "host", say: []string{"ssh.private_key", "private_key_passphrase"},
	},
	"folder in the way": {
		prepare:   func(p *hostPlace) { p.writeHost("node.env/x", "", 0o600) },
		arguments: values{"environment_files": values{"~/node.env": values{}}}, summary: "Host Not Written", attribute: "environment_files.~/node.env",
		say: []string{": ~/node.env: not a regular file; name a regular file."},
	},
	"no sudo": {
		arguments: values{"become": values{"user": "gnss"}}, summary: "Host Not Written", attribute: "become", say: []string{"sudo"},
	},
	"unknown owner": {
		arguments: values{"tokens_file": values{"owner": "nobody-of-that-name"}}, summary: "Host Not Written", attribute: "tokens_file", say: []string{"create the user"},
	},
	"no such host": {
		arguments: values{"host": "no-such-host.invalid", "timeouts": values{"create": "1s"}}, summary: "Host Not Written", say: []string{"no-such-host.invalid"},
	},
}

func (p *hostPlace) logout() { p.home = p.t.TempDir() }

// Every mistake gives one diagnostic on the argument at fault; nothing is
// written, nothing secret shows.
func TestRemoteHost_badInput(t *testing.T) {
	t.Parallel()
	for name, test := range badHosts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newHostPlaceWith(t, identity.Options{}, func(o *sshserver.Options) { o.HideTools = []string{"sudo"} })
			p.login("default")
			if test.prepare != nil {
				test.prepare(p)
			}
			before := p.hostFiles()
			d := p.drive(test.block)
			diagnostics := d.validateHost(test.arguments)
			if len(diagnostics) == 0 {
				diagnostics = errorsOf(d.apply(test.arguments))
			}
			got := mustBeOne(t, diagnostics)
			if at := pathText(got.Attribute); got.Summary != test.summary || test.attribute != "" && at != test.attribute {
				t.Errorf("got %q at %q, want %q at %q:\n%s", got.Summary, at, test.summary, test.attribute, got.Detail)
			}
			mustSay(t, diagnostics, test.say...)
			if strings.Contains(describe(diagnostics), aToken) {
				t.Errorf("a secret shows: %s", describe(diagnostics))
			}
			if !d.state.IsNull() {
				t.Error("there is a state")
			}
			p.mustBeAsBefore(before)
		})
	}
}
