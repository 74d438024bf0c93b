package provider

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
)

// requirements is the block that says where the provider comes from: here it
// comes from the test.
var requirements = regexp.MustCompile(`(?ms)^terraform \{.*?^\}\n`)

// The documentation's examples are applied as they stand. What needs another
// provider is left out here: Terraform would have to fetch it.
func TestAccExamples_apply(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("..", "..", "examples", "*", "*.tf"))
	more, err2 := filepath.Glob(filepath.Join("..", "..", "examples", "*", "earthscope_*", "*.tf"))
	if err != nil || err2 != nil || len(files)+len(more) < 5 {
		t.Fatalf("%d examples found: %v, %v", len(files)+len(more), err, err2)
	}
	applied := 0
	for _, file := range append(files, more...) {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(content), `resource "aws_`) || strings.Contains(file, "resources/earthscope_remote_host") ||
			strings.Contains(file, filepath.Join("examples", "demo")) {
			continue
		}
		applied++
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, identity.Options{})
			p.login("default")
			p.set("ES_OAUTH2__DOMAIN=" + p.server.URL())
			p.set("ES_RESOURCES__API_URL=" + p.server.URL())
			p.set(`ES_OAUTH2__ALLOWED_HOSTS=["127.0.0.1"]`)
			configuration := strings.ReplaceAll(string(content), `${path.root}/.terraform`, p.home)
			core := ephemeralCore
			if strings.Contains(file, filepath.Join("examples", "actions")) {
				core = actionCore
			}
			configuration = requirements.ReplaceAllString(configuration, "")
			resource.Test(t, resource.TestCase{
				TerraformVersionChecks:   core,
				ProtoV6ProviderFactories: p.withAWS(),
				Steps: []resource.TestStep{{
					Config: configuration,
					// AWS credentials in state are new in every run.
					ExpectNonEmptyPlan: strings.Contains(configuration, `data "earthscope_aws_credentials"`),
				}},
			})
		})
	}
	if applied < 4 {
		t.Errorf("%d examples applied, want at least 4", applied)
	}
}
