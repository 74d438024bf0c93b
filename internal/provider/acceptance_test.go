package provider

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
)

// ephemeralCore skips where the core knows no ephemeral values.
var ephemeralCore = []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_10_0)}

// echoed checks a value that the echo provider has put into state.
func echoed(name string, check knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue("echo.this", tfjsonpath.New("data").AtMapKey(name), check)
}

func exactly(text string) knownvalue.Check { return knownvalue.StringExact(text) }

func TestAccEphemeralAccessToken_values(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	p.set("ES_OAUTH2__REFRESH_TOKEN=" + p.server.Login(identity.DefaultUser()).RefreshToken)
	resource.Test(t, resource.TestCase{
		TerraformVersionChecks:   ephemeralCore,
		ProtoV6ProviderFactories: p.factories(),
		Steps: []resource.TestStep{{
			Config: p.block() + `
ephemeral "earthscope_access_token" "this" {
  min_ttl = "1h"
}
provider "echo" {
  data = ephemeral.earthscope_access_token.this
}
resource "echo" "this" {}
`,
			ConfigStateChecks: []statecheck.StateCheck{
				echoed("access_token", knownvalue.StringRegexp(regexp.MustCompile(`^ey[\w-]+\.ey[\w-]+\.[\w-]+$`))),
				echoed("token_type", exactly("Bearer")),
				echoed("subject", exactly(identity.DefaultUser().Subject)),
				echoed("client_id", exactly(identity.DefaultClientID)),
				echoed("issuer", exactly(p.server.URL())),
				echoed("scope", exactly(identity.DefaultScope)),
				echoed("audience", knownvalue.ListExact([]knownvalue.Check{exactly(identity.DefaultAudience)})),
				echoed("min_ttl", exactly("1h")),
				echoed("profile", knownvalue.Null()),
				echoed("token_file", knownvalue.Null()),
			},
		}},
	})
	if got := p.server.Requests().TokenRequests(); got != 1 {
		t.Errorf("%d token requests, want 1", got)
	}
}

// The token feeds another provider: here a second block of this one.
func TestAccEphemeralAccessToken_feedsAProvider(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{Rotating: true})
	p.login("default")
	resource.Test(t, resource.TestCase{
		TerraformVersionChecks:   ephemeralCore,
		ProtoV6ProviderFactories: p.factories(),
		Steps: []resource.TestStep{{
			Config: p.block() + fmt.Sprintf(`
ephemeral "earthscope_access_token" "this" {}
provider "earthscope" {
  alias        = "worker"
  domain       = %q
  access_token = ephemeral.earthscope_access_token.this.access_token
}
data "earthscope_identity" "worker" {
  provider = earthscope.worker
}
`, p.server.URL()),
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue("data.earthscope_identity.worker", tfjsonpath.New("source"), exactly("argument access_token")),
				statecheck.ExpectKnownValue("data.earthscope_identity.worker", tfjsonpath.New("flow"), exactly("access_token")),
				statecheck.ExpectKnownValue("data.earthscope_identity.worker", tfjsonpath.New("rotating"), knownvalue.Null()),
			},
		}},
	})
	if got := p.server.Requests().TokenRequests(); got != 1 {
		t.Errorf("%d token requests, want 1", got)
	}
}

func TestAccEphemeralAccessToken_tokenFile(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	p.login("default")
	file, copied := filepath.Join(p.home, "token"), filepath.Join(p.home, "copy")
	resource.Test(t, resource.TestCase{
		TerraformVersionChecks:   ephemeralCore,
		ProtoV6ProviderFactories: p.factories(),
		Steps: []resource.TestStep{{
			Config: p.block() + fmt.Sprintf(`
ephemeral "earthscope_access_token" "this" {
  token_file = %q
}
resource "terraform_data" "reader" {
  provisioner "local-exec" {
    command = "cp \"$TOKEN_FILE\" \"$COPY\""
    environment = {
      TOKEN_FILE = ephemeral.earthscope_access_token.this.token_file
      COPY       = %q
    }
  }
}
`, file, copied),
			Check: func(*terraform.State) error {
				content, err := os.ReadFile(copied)
				if err != nil {
					return err
				}
				claims, err := session.DecodeClaims(string(content))
				if err == nil && claims.Subject != identity.DefaultUser().Subject {
					err = fmt.Errorf("the file held a token of %q", claims.Subject)
				}
				return err
			},
		}},
	})
	mustBeGone(t, file)
}

func TestAccEphemeralAccessToken_tokenFileExists(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	p.login("default")
	file := p.write("precious", "precious")
	resource.Test(t, resource.TestCase{
		TerraformVersionChecks:   ephemeralCore,
		ProtoV6ProviderFactories: p.factories(),
		Steps: []resource.TestStep{{
			Config: p.block() + fmt.Sprintf("ephemeral \"earthscope_access_token\" \"this\" {\n  token_file = %q\n}\n", file),
			// The diagnostic shows the argument at fault.
			ExpectError: regexp.MustCompile(`(?s)Token File Exists.*token_file = `),
		}},
	})
	mustHold(t, file, "precious")
}

// With for_each over profiles every host gets a login of its own.
func TestAccEphemeralRefreshToken_byProfile(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{Rotating: true})
	p.write(".earthscope/config.toml", "[profile.node1]\n[profile.node2]\n")
	first, second := p.login("node1"), p.login("node2")
	resource.Test(t, resource.TestCase{
		TerraformVersionChecks:   ephemeralCore,
		ProtoV6ProviderFactories: p.factories(),
		Steps: []resource.TestStep{{
			Config: p.block() + `
ephemeral "earthscope_refresh_token" "this" {
  for_each = toset(["node1", "node2"])
  profile  = each.key
}
provider "echo" {
  data = { for name, token in ephemeral.earthscope_refresh_token.this : name => token.fingerprint }
}
resource "echo" "this" {}
`,
			ConfigStateChecks: []statecheck.StateCheck{
				echoed("node1", exactly(session.Fingerprint(first.RefreshToken))),
				echoed("node2", exactly(session.Fingerprint(second.RefreshToken))),
			},
		}},
	})
	if got := p.server.Requests().Total; got != 0 {
		t.Errorf("%d requests, want none", got)
	}
}

// A value that is known only after apply: the ephemeral object waits for it,
// and so does a data source that is told to.
// openTofu reports whether the tests drive OpenTofu, which scripts/testacc says
// in the variable that it needs for that.
func openTofu() bool { return strings.Contains(os.Getenv("TF_ACC_PROVIDER_HOST"), "opentofu") }

func TestAccProvider_unknownUntilApply(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	p.login("default") // somebody else's, which must not take the unknown one's place
	token := p.server.Login(identity.User{Subject: personA}).RefreshToken
	wait := "" // Terraform waits by itself; OpenTofu takes no unknown result, and has to be told
	if openTofu() {
		wait = "depends_on = [terraform_data.token]"
	}
	resource.Test(t, resource.TestCase{
		TerraformVersionChecks:   ephemeralCore,
		ProtoV6ProviderFactories: p.factories(),
		Steps: []resource.TestStep{{
			Config: fmt.Sprintf(`
resource "terraform_data" "token" {
  input = %q
}
provider "earthscope" {
  domain        = %q
  refresh_token = terraform_data.token.output
}
ephemeral "earthscope_access_token" "this" {
  %s
}
data "earthscope_identity" "this" {
  depends_on = [terraform_data.token]
}
provider "echo" {
  data = { subject = ephemeral.earthscope_access_token.this.subject }
}
resource "echo" "this" {}
`, token, p.server.URL(), wait),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectUnknownValue("echo.this", tfjsonpath.New("data")),
			}},
			ConfigStateChecks: []statecheck.StateCheck{
				echoed("subject", exactly(personA)),
				statecheck.ExpectKnownValue("data.earthscope_identity.this", tfjsonpath.New("subject"), exactly(personA)),
			},
		}},
	})
}

func TestAccProvider_unknownStopsADataSource(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	p.login("default")
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: p.factories(),
		Steps: []resource.TestStep{{
			Config: fmt.Sprintf(`
resource "terraform_data" "token" {
  input = "a-token"
}
provider "earthscope" {
  domain        = %q
  refresh_token = terraform_data.token.output
}
data "earthscope_identity" "this" {}
`, p.server.URL()),
			ExpectError: regexp.MustCompile(`(?s)Provider Argument Not Known Yet.*refresh_token.*depends_on`),
		}},
	})
	if got := p.server.Requests().Total; got != 0 {
		t.Errorf("%d requests, want none", got)
	}
}

// Where nothing needs a token, nothing needs credentials or their values.
func TestAccProvider_unusedNeedsNothing(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	p.write(".earthscope/config.toml", "malformed")
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: p.factories(),
		Steps: []resource.TestStep{{
			Config: `
resource "terraform_data" "token" {
  input = "a-token"
}
provider "earthscope" {
  refresh_token = terraform_data.token.output
}
`,
		}},
	})
}

// Terraform shows what validation finds inside the provider block.
func TestAccProvider_validation(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	step := func(arguments, message string) resource.TestStep {
		return resource.TestStep{
			Config:      p.block(arguments) + "data \"earthscope_identity\" \"this\" {}\n",
			ExpectError: regexp.MustCompile(message),
		}
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: p.factories(),
		Steps: []resource.TestStep{
			step(`refresh_token = ""`, `(?s)Empty Value.*refresh_token = `),
			step(`refresh_threshold = "1 minute"`, `(?s)Invalid Duration.*refresh_threshold = `),
			step("refresh_token = \"r\"\n  client_secret = \"s\"", `(?s)Two Credentials in the Provider Block.*client_secret = `),
			step(`max_retries = 99`, `(?s)Number out of Range.*max_retries = 99`),
		},
	})
}

func TestAccDataSourceIdentity_secondPlanIsEmpty(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{Rotating: true})
	p.set("ES_OAUTH2__REFRESH_TOKEN=" + p.server.Login(identity.DefaultUser()).RefreshToken)
	configuration := p.block() + `
data "earthscope_identity" "this" {}
resource "terraform_data" "who" {
  input = data.earthscope_identity.this
}
`
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: p.factories(),
		Steps: []resource.TestStep{
			{
				Config: configuration,
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue("data.earthscope_identity.this", tfjsonpath.New("rotating"), knownvalue.Bool(true)),
				},
			},
			{
				Config:           configuration,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
			},
		},
	})
	if got := p.server.Requests().TokenRequests(); got != 1 {
		t.Errorf("%d token requests, want 1", got)
	}
}
