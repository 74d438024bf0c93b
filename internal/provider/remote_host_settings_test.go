package provider

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
)

// Settings of every type, lists and tables as JSON, reach every kind of file
// in the form that the SDK reads there.
func TestAccRemoteHost_settings(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{})
	p.login("default")
	p.writeHost("compose.yaml", composeBefore, 0o644)
	before := p.hostFiles()
	settings := `settings = {
    "http.timeout_read"         = "7.5"
    "http.retry.attempts"       = "4"
    "http.extra_headers"        = jsonencode({ "X-Site" = "P123" })
    "oauth2.retry.status_codes" = jsonencode([429, 503])
    "resources.api_url"         = "https://api.example.org/"
  }`
	configuration := p.block() + p.resource(settings, `config_file = {}`, `environment_files = { "~/a.env" = {} }`,
		`compose_files = { "~/compose.yaml" = { services = ["web"] } }`)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: p.factories(),
		Steps: []resource.TestStep{
			{Config: configuration, Check: p.checkHost(func() {
				for file, want := range map[string][]string{
					".earthscope/config.toml": {
						`http.timeout_read = "7.5"`, "http.retry.attempts = 4", `http.extra_headers.X-Site = "P123"`, "status_codes = [429, 503]", `"https://api.example.org/"`,
						`oauth2.allowed_hosts = ["*.earthscope.org", "api.example.org", "earthscope.org"]`,
					},
					"a.env": {
						"ES_HTTP__TIMEOUT_READ=7.5\n", "ES_HTTP__RETRY__ATTEMPTS=4\n", `{"X-Site":"P123"}`, "[429,503]", "ES_RESOURCES__API_URL=https://api.example.org/\n",
					},
					"compose.yaml": {"ES_HTTP__RETRY__ATTEMPTS: '4'", `{"X-Site":"P123"}`, "[429,503]"},
				} {
					for _, part := range want {
						if got := p.readHost(file); !strings.Contains(got, part) {
							t.Errorf("%s has no %q: %q", file, part, got)
						}
					}
				}
			})},
			{Config: configuration, ConfigPlanChecks: changes(plancheck.ResourceActionNoop)},
			{Config: p.block(), Check: p.checkHost(func() { p.mustBeAsBefore(before) })},
		},
	})
}
