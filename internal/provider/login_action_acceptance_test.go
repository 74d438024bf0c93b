package provider

import (
	"path/filepath"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
)

// actionCore are the versions of Terraform that know actions.
var actionCore = []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_14_0)}

// A resource's event invokes the login, and an object of the same run uses it.
func TestAccLoginAction_triggered(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{AutoApprove: true})
	p.sleep = (&waits{}).sleep
	resource.Test(t, resource.TestCase{
		TerraformVersionChecks: actionCore, ProtoV6ProviderFactories: p.factories(),
		Steps: []resource.TestStep{{
			Config: p.block() + `
action "earthscope_login" "now" {}

resource "terraform_data" "run" {
  lifecycle {
    action_trigger {
      events  = [before_create]
      actions = [action.earthscope_login.now]
    }
  }
}

data "earthscope_identity" "me" {
  depends_on = [terraform_data.run]
}
`,
			Check: resource.TestCheckResourceAttr("data.earthscope_identity.me", "subject", identity.DefaultUser().Subject),
		}},
	})
	if !t.Skipped() && p.files()[filepath.Join(".earthscope", "default", "tokens.json")] == "" {
		t.Error("no login was saved")
	}
}

func TestAccRevokeRefreshTokenAction_triggered(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	set := p.login("default")
	resource.Test(t, resource.TestCase{
		TerraformVersionChecks: actionCore, ProtoV6ProviderFactories: p.factories(),
		Steps: []resource.TestStep{{Config: p.block() + `
action "earthscope_revoke_refresh_token" "now" {}

resource "terraform_data" "run" {
  lifecycle {
    action_trigger {
      events  = [after_create]
      actions = [action.earthscope_revoke_refresh_token.now]
    }
  }
}
`}},
	})
	if !t.Skipped() && p.server.RefreshTokenValid(set.RefreshToken) {
		t.Error("the session is alive")
	}
}
