package terraform_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
)

// AWS credentials and what functions make of a token, handed to a program: its
// environment is the one place where they may be.
const credentialsForAProgram = `
variable "refresh_token" {
  type      = string
  ephemeral = true
}
provider "earthscope" {
  refresh_token = var.refresh_token
}
ephemeral "earthscope_aws_credentials" "this" {
  role    = "s3-miniseed-v2"
  network = "FDSN:IU"
}
ephemeral "earthscope_access_token" "this" {}
locals {
  settings = {
    "oauth2.access_token"  = ephemeral.earthscope_access_token.this.access_token
    "oauth2.refresh_token" = var.refresh_token
  }
}
resource "terraform_data" "program" {
  provisioner "local-exec" {
    command = "env >\"$OUT\""
    environment = merge(provider::earthscope::environment(local.settings), {
      OUT                   = "OUTPUT"
      AWS_SECRET_ACCESS_KEY = ephemeral.earthscope_aws_credentials.this.secret_access_key
      AWS_SESSION_TOKEN     = ephemeral.earthscope_aws_credentials.this.session_token
      ES_BOOTSTRAP_SETTINGS = provider::earthscope::bootstrap_settings(local.settings, "none")
      CONFIG                = provider::earthscope::config_toml("p", { "oauth2.access_token" = ephemeral.earthscope_access_token.this.access_token })
      SUBJECT               = provider::earthscope::decode_access_token(ephemeral.earthscope_access_token.this.access_token).subject
    })
  }
}
data "earthscope_user_profile" "this" {}
output "institution" { value = data.earthscope_user_profile.this.institution }
`

func TestSecrets_awsCredentialsAndFunctionsAtTrace(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the program here is a POSIX shell's")
	}
	l := newLab(t, identity.Options{Rotating: true})
	l.env = append(l.env, `ES_OAUTH2__ALLOWED_HOSTS=["127.0.0.1"]`)
	output := filepath.Join(t.TempDir(), "environment")
	w := l.workspace(strings.ReplaceAll(credentialsForAProgram, "OUTPUT", output))
	trace := filepath.Join(t.TempDir(), "trace.log")
	l.env = append(l.env, "TF_LOG=TRACE", "TF_LOG_PATH="+trace, "TF_VAR_refresh_token="+l.login().RefreshToken)
	printed := w.must("plan", "-out=saved.tfplan") + w.must("apply", "saved.tfplan")
	l.requests(1)

	seen := map[string]string{}
	data, err := os.ReadFile(output)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(data), "\n") {
		name, value, _ := strings.Cut(line, "=")
		seen[name] = value
	}
	if seen["SUBJECT"] != identity.DefaultUser().Subject || !strings.Contains(seen["ES_BOOTSTRAP_SETTINGS"], seen["ES_OAUTH2__ACCESS_TOKEN"]) {
		t.Error("the program did not get what was written for it")
	}
	for _, name := range []string{"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "ES_OAUTH2__ACCESS_TOKEN"} {
		if len(seen[name]) < 20 {
			t.Errorf("the program has no %s", name)
		}
		l.secret = append(l.secret, seen[name])
	}

	l.clean("what terraform printed", []byte(printed))
	for _, name := range []string{filepath.Join(w.folder, "terraform.tfstate"), trace} {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		l.clean(filepath.Base(name), data)
	}
	for name, content := range zipped(t, filepath.Join(w.folder, "saved.tfplan")) {
		l.clean("the saved plan's "+name, content)
	}
	if log, _ := os.ReadFile(trace); !strings.Contains(string(log), "asked the API") {
		t.Error("the log does not hold the API's lines")
	}
}
