package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
)

// workspace is a folder with a Terraform configuration and a home of its own.
type workspace struct {
	program
	home  string
	state string // where it is kept, "" for a file in the folder
}

// providerAddresses are the required_providers of every configuration.
var providerAddresses = map[string]string{
	"earthscope": "earthscope/earthscope", "empty": "benchmark/empty", "uncached": "benchmark/uncached",
	"local": "hashicorp/local", "random": "hashicorp/random", "tls": "hashicorp/tls",
}

// workspace makes a folder with a configuration. Only the providers that the configuration names are required.
func (b *bench) workspace(home, configuration string, environment ...string) (*workspace, error) {
	folder, err := os.MkdirTemp(b.folder, "workspace-")
	if err != nil {
		return nil, err
	}
	var required strings.Builder
	for name, address := range providerAddresses {
		if strings.Contains(configuration, `"`+name+"_") || strings.Contains(configuration, "provider \""+name+"\"") {
			fmt.Fprintf(&required, "    %s = { source = %q }\n", name, address)
		}
	}
	text := "terraform {\n  required_providers {\n" + required.String() + "  }\n}\n" + configuration
	if err := write(filepath.Join(folder, "main.tf"), text); err != nil {
		return nil, err
	}
	return &workspace{home: home, program: program{folder: folder, path: b.terraform, environment: slices.Concat([]string{
		"HOME=" + home, "PATH=" + os.Getenv("PATH"), "TMPDIR=" + os.TempDir(),
		"TF_CLI_CONFIG_FILE=" + b.cliConfig, "TF_IN_AUTOMATION=1", "CHECKPOINT_DISABLE=1",
	}, environment)}}, nil
}

// forget removes what former rounds left in the workspace.
func (w *workspace) forget() error {
	for _, name := range []string{"terraform.tfstate", "terraform.tfstate.backup", "saved.tfplan"} {
		if err := os.RemoveAll(filepath.Join(w.folder, name)); err != nil {
			return err
		}
	}
	if w.state != "" {
		return forgetState(w.state)
	}
	return nil
}

// freshHome makes an empty home.
func (b *bench) freshHome() (string, error) { return os.MkdirTemp(b.folder, "home-") }

// serverSettings are what makes every tool ask the sandbox instead of EarthScope.
func serverSettings(server *identity.Server) []string {
	return []string{
		"ES_OAUTH2__DOMAIN=" + server.URL(), "ES_RESOURCES__API_URL=" + server.URL(),
		"ES_OAUTH2__CLIENT_ID=" + identity.DefaultClientID,
	}
}

// saveExpiredLogin writes a login without an access token into a home, as it is a day after "es login".
func saveExpiredLogin(home, refreshToken string) error {
	return write(filepath.Join(home, ".earthscope", "default", "tokens.json"), fmt.Sprintf("{\n  \"refresh_token\": %q\n}", refreshToken))
}
