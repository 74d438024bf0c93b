package terraform_test

import (
	"archive/zip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
)

// Ephemeral in, ephemeral out: no secret may rest anywhere.
const ephemeralInAndOut = `
variable "refresh_token" {
  type      = string
  ephemeral = true
}
provider "earthscope" {
  refresh_token = var.refresh_token
}
provider "earthscope" {
  alias        = "second"
  access_token = ephemeral.earthscope_access_token.this.access_token
}
ephemeral "earthscope_access_token" "this" {}
ephemeral "earthscope_refresh_token" "this" {}
data "earthscope_identity" "second" { provider = earthscope.second }
resource "terraform_data" "who" { input = data.earthscope_identity.second.subject }
`

func TestSecrets_nowhereAtTrace(t *testing.T) {
	l := newLab(t, identity.Options{Rotating: true})
	w := l.workspace(ephemeralInAndOut)
	trace := filepath.Join(t.TempDir(), "trace.log")
	l.env = append(l.env, "TF_LOG=TRACE", "TF_LOG_PATH="+trace, "TF_VAR_refresh_token="+l.login().RefreshToken)
	w.must("plan", "-out=saved.tfplan")
	w.must("apply", "saved.tfplan")
	w.must("apply", "-refresh-only", "-auto-approve")
	w.must("destroy", "-auto-approve")
	l.requests(1)
	l.addStoredTokens()
	for _, name := range []string{"terraform.tfstate", "terraform.tfstate.backup"} {
		data, err := os.ReadFile(filepath.Join(w.folder, name))
		if err != nil {
			t.Fatal(err)
		}
		l.clean(name, data)
	}
	data, err := os.ReadFile(trace)
	if err != nil || !strings.Contains(string(data), "provider.terraform-provider-earthscope") {
		t.Fatalf("the log does not hold the provider's lines: %v", err)
	}
	l.clean("the TRACE log", data)
	for name, content := range zipped(t, filepath.Join(w.folder, "saved.tfplan")) {
		l.clean("the saved plan's "+name, content)
	}
}

// The data source's token is in state, as its page says, and nothing else is.
func TestSecrets_dataSourceStoresItsTokenOnly(t *testing.T) {
	l := newLab(t, identity.Options{})
	l.saveLogin()
	w := l.workspace(`data "earthscope_access_token" "this" {}`)
	w.must("apply", "-auto-approve")
	state, err := os.ReadFile(filepath.Join(w.folder, "terraform.tfstate"))
	if err != nil {
		t.Fatal(err)
	}
	l.clean("the state", state) // neither the refresh token nor the old access token
	before := len(l.secret)
	l.addStoredTokens()
	found := false
	for _, secret := range l.secret[before:] {
		found = found || strings.Contains(string(state), secret)
	}
	if !found {
		t.Error("the state does not hold the data source's access token")
	}
}

// addStoredTokens adds every token below the home to what nothing may hold.
func (l *lab) addStoredTokens() {
	l.t.Helper()
	before := len(l.secret)
	err := filepath.WalkDir(filepath.Join(l.home, ".earthscope"), func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".json" {
			return err
		}
		data, err := os.ReadFile(path)
		for _, line := range strings.Split(string(data), "\n") {
			name, value, _ := strings.Cut(strings.Trim(strings.TrimSpace(line), ","), ": ")
			if strings.HasSuffix(name, `_token"`) && !strings.Contains(name, "received") && !strings.Contains(name, "suspect") && !strings.Contains(name, "refused") {
				l.secret = append(l.secret, strings.Trim(value, `"`))
			}
		}
		return err
	})
	if err != nil {
		l.t.Fatal(err)
	}
	if len(l.secret) < before+2 {
		l.t.Errorf("found %d stored tokens, want an access token and a refresh token", len(l.secret)-before)
	}
}

func zipped(t *testing.T, file string) map[string][]byte {
	t.Helper()
	archive, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = archive.Close() }()
	contents := map[string][]byte{}
	for _, part := range archive.File {
		reader, err := part.Open()
		if err != nil {
			t.Fatal(err)
		}
		if contents[part.Name], err = io.ReadAll(reader); err != nil {
			t.Fatal(err)
		}
	}
	return contents
}
