package provider

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
)

// The plan warns of placements that hide each other or break when tokens are
// replaced, and names the way out.
func TestRemoteHost_placementWarnings(t *testing.T) {
	t.Parallel()
	web := values{"~/compose.yaml": values{"services": []any{"web"}}}
	for name, test := range map[string]struct {
		arguments values
		rotating  bool
		want      []string // summaries
		say       []string
	}{
		"the usual": {},
		"environment hides tokens.json": {
			arguments: values{"tokens_file": values{}, "environment_files": values{"~/n.env": values{}}},
			want:      []string{"Placement Hides Another"}, say: []string{"include_token = false"},
		},
		"environment under rotation": {
			arguments: values{"environment_files": values{"~/n.env": values{}}, "allow_shared_session": true}, rotating: true,
			want: []string{"Placement Breaks When Tokens Are Replaced"}, say: []string{"tokens_file"},
		},
		"settings only": {arguments: values{"tokens_file": values{}, "environment_files": values{"~/n.env": values{"include_token": false}}}, rotating: false},
		"access token in a container": {
			arguments: values{"credential": "access_token", "compose_files": web}, want: []string{"Access Token Expires on the Host"},
		},
		"client credentials in two places": {
			arguments: values{"credential": "client_credentials", "client_secret_wo": "s", "config_file": values{}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newHostPlace(t, identity.Options{Rotating: test.rotating})
			p.login("default")
			d := p.drive(nil)
			if test.rotating {
				if _, diagnostics := d.read("earthscope_identity", nil); failed(diagnostics) {
					t.Fatal(describe(diagnostics))
				}
			}
			plan := d.plan(test.arguments)
			mustSucceed(t, plan.Diagnostics)
			said := describe(plan.Diagnostics)
			for _, summary := range test.want {
				if !strings.Contains(said, "WARNING | "+summary) {
					t.Errorf("no %q in:\n%s", summary, said)
				}
			}
			if len(test.want) == 0 && said != "" {
				t.Errorf("got %s, want nothing", said)
			}
			mustSay(t, plan.Diagnostics, test.say...)
			if got := p.host.Counters().Connections; got != 0 {
				t.Errorf("%d connections, want none", got)
			}
		})
	}
}

// Neither plan nor state nor what is remembered beside them holds a secret,
// whatever is pushed and wherever it is placed.
func TestRemoteHost_noSecretInMessages(t *testing.T) {
	t.Parallel()
	everywhere := func(more values) values {
		all := values{"config_file": values{}, "environment_files": values{"~/a": values{}, "~/b": values{"style": "bootstrap"}}}
		for name, value := range more {
			all[name] = value
		}
		return all
	}
	for name, arguments := range map[string]values{
		"session": everywhere(values{"tokens_file": values{}}), "own": everywhere(values{"refresh_token_wo": aToken, "tokens_file": values{}}),
		"client": everywhere(values{"credential": "client_credentials", "client_secret_wo": aToken}),
		"access": everywhere(values{"credential": "access_token", "tokens_file": values{}}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newHostPlace(t, identity.Options{})
			set := p.login("default")
			d := p.drive(values{"ssh": values{"password": "the-ssh-password", "sudo_password": "the-sudo-password"}})
			secrets := []string{set.RefreshToken, aToken, "the-ssh-password", "the-sudo-password", "eyJ", "PRIVATE KEY"}
			clean := func(what string, data []byte) {
				t.Helper()
				for _, secret := range secrets {
					if strings.Contains(string(data), secret) {
						t.Errorf("%s holds a secret", what)
					}
				}
			}
			plan := d.plan(arguments)
			mustSucceed(t, plan.Diagnostics)
			clean("the plan", plan.PlannedState.MsgPack)
			clean("the planned memory", memoryText(t, plan.PlannedPrivate))
			mustSucceed(t, d.applyPlan(plan, d.config(arguments)))
			clean("the memory", memoryText(t, d.private))
			clean("the state", d.message(d.state).MsgPack)
			p.writeHost("a", "ES_OAUTH2__REFRESH_TOKEN="+aToken+"x\n", 0o600)
			mustSucceed(t, d.refresh())
			clean("the memory after a refresh", memoryText(t, d.private))
			clean("the state after a refresh", d.message(d.state).MsgPack)
			p.mustNotBeInCommands(secrets...)
		})
	}
}

// memoryText decodes private state, which the framework keeps as base64.
func memoryText(t *testing.T, private []byte) []byte {
	t.Helper()
	var values map[string][]byte
	if len(private) == 0 {
		return nil
	}
	if err := json.Unmarshal(private, &values); err != nil {
		t.Fatal(err)
	}
	return values[memoryKey]
}
