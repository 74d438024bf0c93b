package provider

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
)

// drift is a change on the host, what a refresh says of it, and nothing of it
// after the next apply.
type drift struct {
	file   string
	change func(p *hostPlace, text string) string // "" removes the file
	mode   os.FileMode
	want   string
}

func replacing(old, with string) func(*hostPlace, string) string {
	return func(p *hostPlace, text string) string {
		if !strings.Contains(text, old) {
			p.t.Errorf("%q is not in %q: the test shows nothing", old, text)
		}
		return strings.ReplaceAll(text, old, with)
	}
}

func withoutLine(start string) func(*hostPlace, string) string {
	return func(_ *hostPlace, text string) string {
		lines := strings.SplitAfter(text, "\n")
		return strings.Join(slices.DeleteFunc(lines, func(line string) bool { return strings.HasPrefix(line, start) }), "")
	}
}

func keepText(_ *hostPlace, text string) string { return text }

var drifts = map[string]drift{
	"tokens missing":            {file: tokensOnHost, change: func(*hostPlace, string) string { return "" }, want: "missing"},
	"tokens of somebody else":   {file: tokensOnHost, change: func(*hostPlace, string) string { return refreshTokenFile("v1.foreign") }, want: "token differs"},
	"tokens without a token":    {file: tokensOnHost, change: func(*hostPlace, string) string { return "{}" }, want: "entries missing: oauth2.refresh_token"},
	"tokens that are no JSON":   {file: tokensOnHost, change: func(*hostPlace, string) string { return "{" }, want: "not valid"},
	"tokens open to others":     {file: tokensOnHost, change: keepText, mode: 0o644, want: "mode differs: 0644"},
	"config without the domain": {file: ".earthscope/config.toml", change: withoutLine("oauth2.domain"), want: "entries missing: oauth2.domain"},
	"config with another value": {file: ".earthscope/config.toml", change: replacing("= \"7\"", "= \"8\""), want: "settings differ: http.timeout_read"},
	"config that is no TOML":    {file: ".earthscope/config.toml", change: func(*hostPlace, string) string { return "a = 1\nb = [\n" }, want: "not valid: line "},
	"environment, token":        {file: "node.env", change: replacing("ES_OAUTH2__REFRESH_TOKEN=", "ES_OAUTH2__REFRESH_TOKEN=x"), want: "token differs"},
	"environment, gone":         {file: "node.env", change: func(*hostPlace, string) string { return "" }, want: "missing"},
	"compose, setting": {
		file: "compose.yaml", change: replacing("ES_HTTP__TIMEOUT_READ: '7'", "ES_HTTP__TIMEOUT_READ: '70'"), want: "settings differ: http.timeout_read",
	},
	"compose, mode": {file: "compose.yaml", change: keepText, mode: 0o640, want: "mode differs: 0640"},
}

const composeBefore = "# ours\nservices:\n  web:\n    image: debian\n"

// Every kind of drift is named and repaired, and the rest of the host stays.
func TestRemoteHost_driftIsNamedAndRepaired(t *testing.T) {
	t.Parallel()
	everywhere := values{
		"settings": values{"http.timeout_read": "7"}, "tokens_file": values{}, "config_file": values{"include_token": false},
		"environment_files": values{"~/node.env": values{}}, "compose_files": values{"~/compose.yaml": values{"services": []any{"web"}}},
	}
	for name, test := range drifts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newHostPlace(t, identity.Options{})
			p.login("default")
			p.writeHost("compose.yaml", composeBefore, 0o644)
			before := p.hostFiles()
			d := p.drive(nil)
			if diagnostics := d.apply(everywhere); failed(diagnostics) {
				t.Fatal(describe(diagnostics))
			}
			complete := p.hostFiles()
			p.alter(test)
			d.configure(nil)
			mustBeClean(t, "refresh", d.refresh())
			if got := d.fileState("~/" + test.file); got != test.want && (!strings.HasSuffix(test.want, " ") || !strings.HasPrefix(got, test.want)) {
				t.Errorf("the state is %q, want %q", got, test.want)
			}
			plan := d.plan(everywhere)
			if !d.hasChange(plan) {
				t.Error("nothing is planned")
			}
			if test.want == "not valid: line " { // somebody's file is not overwritten
				mustSay(t, d.applyPlan(plan, d.config(everywhere)), "config_file", "line 2")
				return
			}
			if diagnostics := d.applyPlan(plan, d.config(everywhere)); failed(diagnostics) {
				t.Fatal(describe(diagnostics))
			}
			p.mustBeAsBefore(complete)
			mustBeClean(t, "refresh", d.refresh())
			if d.hasChange(d.plan(everywhere)) {
				t.Error("a second plan has changes")
			}
			mustBeClean(t, "destroy", d.destroy())
			p.mustBeAsBefore(before)
		})
	}
}

// alter makes the drift.
func (p *hostPlace) alter(test drift) {
	p.t.Helper()
	file := filepath.Join(p.hostHome(), test.file)
	info, err := os.Stat(file)
	if err != nil {
		p.t.Fatal(err)
	}
	changed := test.change(p, p.readHost(test.file))
	mode := info.Mode().Perm()
	if test.mode != 0 {
		mode = test.mode
	}
	if changed == "" {
		if err := os.Remove(file); err != nil {
			p.t.Fatal(err)
		}
		return
	}
	p.writeHost(test.file, changed, mode)
}

const configBefore = "# the site's own\n[default]\nhttp.timeout_connect = 3 # seconds\n\n[profile.other.oauth2]\naudience = \"x\""

// Arguments come and go: what they put in goes with them, and at the end the
// host is as it was, comments and the missing final newline included.
func TestAccRemoteHost_argumentsComeAndGo(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{})
	set := p.login("default")
	p.writeHost(".earthscope/config.toml", configBefore, 0o644)
	p.writeHost("site.env", "A=1", 0o640)
	before := p.hostFiles()
	config := func(want string, mode string) func() {
		return func() {
			t.Helper()
			got := p.hostFiles()[".earthscope/config.toml"]
			if !strings.HasPrefix(got, mode+" # the site's own\n[default]\nhttp.timeout_connect = 3 # seconds\n") || !strings.Contains(got, want) {
				t.Errorf("config.toml = %q, want %s and %q", got, mode, want)
			}
		}
	}
	update := changes(plancheck.ResourceActionUpdate)
	step := func(check func(), arguments ...string) resource.TestStep {
		return resource.TestStep{Config: p.block() + p.resource(arguments...), ConfigPlanChecks: update, Check: p.checkHost(check)}
	}
	first := step(config(set.RefreshToken, "0600"), `config_file = {}`)
	first.ConfigPlanChecks = changes(plancheck.ResourceActionCreate)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: p.factories(),
		Steps: []resource.TestStep{
			first,
			step(config(p.server.URL(), "0644"), `config_file = { include_token = false }`, `tokens_file = {}`), // it loses the token
			step(func() {
				if got := p.hostFiles()["site.env"]; !strings.HasPrefix(got, "0600 A=1\n") || !strings.Contains(got, set.RefreshToken) || strings.HasSuffix(got, "\n") {
					t.Errorf("site.env = %q", got)
				}
				if _, still := p.hostFiles()[tokensOnHost]; still {
					t.Error("tokens.json is still there")
				}
				config("", "0644")()
			}, `environment_files = { "~//site.env" = {} }`),
			step(func() {
				if got := p.hostFiles()["site.env"]; !strings.HasPrefix(got, "0640 A=1\n") || strings.Contains(got, "ES_OAUTH2__REFRESH_TOKEN") {
					t.Errorf("site.env = %q", got)
				}
				if got := p.hostFiles()["elsewhere/tokens.json"]; got != "0640 "+refreshTokenFile(set.RefreshToken) {
					t.Errorf("tokens.json = %q", got)
				}
			}, `environment_files = { "~/site.env" = { include_token = false } }`, `tokens_file = { path = "~/elsewhere/tokens.json", mode = "0640" }`),
			step(func() { // the path is removed, and with it the file
				if _, still := p.hostFiles()["elsewhere"]; still {
					t.Error("the folder made for the path is still there")
				}
			}, `tokens_file = {}`),
			{Config: p.block(), Check: p.checkHost(func() { p.mustBeAsBefore(before) })},
		},
	})
}

// All formats and styles of environment and Compose files, and a change of
// style and format in place.
func TestAccRemoteHost_environmentAndCompose(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{})
	set := p.login("default")
	p.writeHost("compose.yaml", composeBefore, 0o644)
	before := p.hostFiles()
	arguments := func(styleA, styleB, format string) string {
		var files strings.Builder
		for _, f := range []string{"dotenv", "shell", "systemd"} {
			fmt.Fprintf(&files, "    \"~/a/%s\" = { format = %q, style = %q }\n    \"~/b/%s\" = { format = %q, style = %q }\n", f, f, styleA, f, f, styleB)
		}
		fmt.Fprintf(&files, "    \"~/c\" = { format = %q }\n", format)
		return "environment_files = {\n" + files.String() + "  }\n  compose_files = { \"~/compose.yaml\" = { services = [\"web\"], style = \"" + styleA + "\" } }"
	}
	holds := func(file, start string) {
		t.Helper()
		if got := p.readHost(file); !strings.Contains(got, start) || !strings.Contains(got, set.RefreshToken) {
			t.Errorf("%s = %q, want %q", file, got, start)
		}
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: p.factories(),
		Steps: []resource.TestStep{
			{Config: p.block() + p.resource(arguments("variables", "bootstrap", "dotenv")), Check: p.checkHost(func() {
				holds("a/dotenv", "\nES_OAUTH2__REFRESH_TOKEN=")
				holds("a/shell", "\nexport ES_OAUTH2__REFRESH_TOKEN='")
				holds("a/systemd", "\nES_OAUTH2__REFRESH_TOKEN=")
				holds("b/dotenv", "\nES_BOOTSTRAP_SETTINGS=")
				holds("b/shell", "\nexport ES_BOOTSTRAP_SETTINGS='")
				holds("b/systemd", "\nES_BOOTSTRAP_SETTINGS=\"")
				holds("compose.yaml", "      ES_OAUTH2__REFRESH_TOKEN:")
			})},
			{
				Config: p.block() + p.resource(arguments("bootstrap", "variables", "shell")), ConfigPlanChecks: changes(plancheck.ResourceActionUpdate),
				Check: p.checkHost(func() {
					holds("b/dotenv", "\nES_OAUTH2__REFRESH_TOKEN=")
					holds("a/shell", "\nexport ES_BOOTSTRAP_SETTINGS='")
					holds("c", "\nexport ES_OAUTH2__REFRESH_TOKEN='")
					holds("compose.yaml", "      ES_BOOTSTRAP_SETTINGS:")
					if got := p.readHost("compose.yaml"); strings.Contains(got, "ES_OAUTH2__REFRESH_TOKEN") {
						t.Errorf("compose.yaml still has variables: %q", got)
					}
				}),
			},
			{Config: p.block(), Check: p.checkHost(func() { p.mustBeAsBefore(before) })},
		},
	})
}
