package provider

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/config"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
)

// withAWS is factories with something in the place of provider "aws".
func (p *place) withAWS() map[string]func() (tfprotov6.ProviderServer, error) {
	all := p.factories()
	all["aws"] = providerserver.NewProtocol6WithError(awsStub{})
	return all
}

func example(t *testing.T, parts ...string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(append([]string{"..", "..", "examples"}, parts...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestAccDataSourceUserProfile(t *testing.T) {
	t.Parallel()
	p := newAPIPlace(t, identity.Options{})
	user := identity.DefaultUser()
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: p.factories(),
		Steps: []resource.TestStep{{
			Config: p.block() + example(t, "data-sources", "earthscope_user_profile", "data-source.tf"),
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue("data.earthscope_user_profile.this", tfjsonpath.New("user_id"), exactly(user.Subject)),
				statecheck.ExpectKnownValue("data.earthscope_user_profile.this", tfjsonpath.New("region_code"), exactly(user.RegionCode)),
				statecheck.ExpectKnownOutputValue("tags", knownvalue.ObjectExact(map[string]knownvalue.Check{
					"Owner": exactly(user.FirstName + " " + user.LastName), "Institution": exactly(user.Institution),
				})),
			},
		}},
	})
}

func TestAccDataSourceAWSCredentials(t *testing.T) {
	t.Parallel()
	p := newAPIPlace(t, identity.Options{})
	const address = "data.earthscope_aws_credentials.this"
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: p.factories(),
		Steps: []resource.TestStep{{
			Config: p.block() + example(t, "data-sources", "earthscope_aws_credentials", "data-source.tf"),
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectSensitiveValue(address, tfjsonpath.New("access_key_id")),
				statecheck.ExpectSensitiveValue(address, tfjsonpath.New("secret_access_key")),
				statecheck.ExpectSensitiveValue(address, tfjsonpath.New("session_token")),
				statecheck.ExpectKnownValue(address, tfjsonpath.New("access_key_id"), knownvalue.StringRegexp(regexp.MustCompile(`^ASIA[A-Z2-7]{16}$`))),
				statecheck.ExpectKnownOutputValue("valid_until", knownvalue.StringRegexp(regexp.MustCompile(`^20\d\d-\d\d-\d\dT[\d:]{8}Z$`))),
			},
			// Credentials are new in every run, and outputs of them with it.
			ExpectNonEmptyPlan: true,
		}},
	})
}

func TestAccEphemeralAWSCredentials_feedsProviderAWS(t *testing.T) {
	t.Parallel()
	p := newAPIPlace(t, identity.Options{})
	resource.Test(t, resource.TestCase{
		TerraformVersionChecks:   ephemeralCore,
		ProtoV6ProviderFactories: p.withAWS(),
		Steps: []resource.TestStep{{
			Config:            p.block() + example(t, "ephemeral-resources", "earthscope_aws_credentials", "ephemeral-resource.tf"),
			ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownOutputValue("role_in_use", exactly("temporary credentials"))},
		}},
	})
	if got := p.server.Requests().TokenRequests(); got != 1 {
		t.Errorf("%d token requests, want 1", got)
	}
}

// What is wrong with the arguments is said before anything is asked, also
// where they come from variables.
func TestAccAWSCredentials_validation(t *testing.T) {
	t.Parallel()
	p := newAPIPlace(t, identity.Options{})
	configuration := func(kind string) string {
		return p.block() + fmt.Sprintf(`
variable "network" {
  type = string
}
%s "earthscope_aws_credentials" "this" {
  role    = "s3-miniseed-v2"
  network = var.network
}
`, kind)
	}
	var steps []resource.TestStep
	for _, kind := range []string{"data", "ephemeral"} {
		steps = append(steps, resource.TestStep{
			Config: configuration(kind), ConfigVariables: config.Variables{"network": config.StringVariable("FDSN:7D")},
			ExpectError: regexp.MustCompile(`(?s)Temporary Network Without a Year.*FDSN:7D is the code`),
		}, resource.TestStep{
			Config: configuration(kind), ConfigVariables: config.Variables{"network": config.StringVariable("IU")},
			ExpectError: regexp.MustCompile(`(?s)Invalid Network.*write\s+"FDSN:IU"`),
		})
	}
	resource.Test(t, resource.TestCase{TerraformVersionChecks: ephemeralCore, ProtoV6ProviderFactories: p.factories(), Steps: steps})
	if got := p.server.Requests().Total; got != 0 {
		t.Errorf("%d requests, want none", got)
	}
}

func TestAccEphemeralAWSCredentials_roleRefused(t *testing.T) {
	t.Parallel()
	p := newAPIPlace(t, identity.Options{})
	resource.Test(t, resource.TestCase{
		TerraformVersionChecks:   ephemeralCore,
		ProtoV6ProviderFactories: p.factories(),
		Steps: []resource.TestStep{{
			Config: p.block() + "ephemeral \"earthscope_aws_credentials\" \"this\" {\n  count = 20\n  role = \"s3-none\"\n}\n",
			ExpectError: regexp.MustCompile(`(?s)Not Authorized.*role = "s3-none".*AWS\s+role\s+"s3-none"\s+to\s+user\s+` +
				regexp.QuoteMeta(identity.DefaultUser().Subject)),
		}},
	})
	if got := p.server.Requests().ByEndpoint[identity.EndpointAWSCredentials]; got != 1 {
		t.Errorf("%d requests for twenty objects, want 1", got)
	}
}

// The example of decode_access_token refuses a token that is too old.
func TestAccDecodeAccessToken_inAValidation(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	p.login("default")
	p.set("ES_OAUTH2__DOMAIN=" + p.server.URL())
	set := p.server.LoginAs(identity.LoginRequest{User: identity.DefaultUser()})
	step := functionStep(example(t, "functions", "decode_access_token", "function.tf"))
	step.ConfigVariables = config.Variables{"access_token": config.StringVariable(set.AccessToken)}
	p.server.SetAccessTokenLifetime(30 * time.Minute)
	old := p.server.Login(identity.DefaultUser())
	refused := step
	refused.ConfigVariables = config.Variables{"access_token": config.StringVariable(old.AccessToken)}
	refused.ExpectError = regexp.MustCompile(`The access token expires within the hour`)
	resource.Test(t, resource.TestCase{
		TerraformVersionChecks: ephemeralCore, ProtoV6ProviderFactories: p.factories(), Steps: []resource.TestStep{step, refused},
	})
}
