// Package terraform_test runs the real terraform against the provider as it is
// shipped: a binary of its own, started by terraform, several runs at once.
package terraform_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	testlab "github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/lab"
	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

var (
	terraform string // path of the terraform command, "" where there is none
	overrides string // CLI configuration that points at the provider built here
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	terraform, _ = exec.LookPath("terraform")
	folder, err := os.MkdirTemp("", "terraform-provider-earthscope-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(folder) }()
	if terraform != "" {
		if overrides, err = build(folder); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return m.Run()
}

// build compiles the provider and writes the CLI configuration that makes
// terraform use it.
func build(folder string) (string, error) {
	if err := testlab.Build(filepath.Join(folder, testlab.Executable("terraform-provider-earthscope")), ""); err != nil {
		return "", err
	}
	file := filepath.Join(folder, "terraform.rc")
	content := fmt.Sprintf("provider_installation {\n  dev_overrides {\n    \"earthscope/earthscope\" = %q\n  }\n  direct {}\n}\n", folder)
	return file, os.WriteFile(file, []byte(content), 0o600)
}

// needTerraform skips where there is no terraform, unless parts are required.
func needTerraform(t *testing.T) {
	t.Helper()
	if terraform == "" {
		testlab.MissingPart(t, "terraform is not on PATH")
	}
}

// lab is a home directory with an identity server beside it.
type lab struct {
	t      *testing.T
	server *identity.Server
	home   string
	env    []string
	secret []string
}

func newLab(t *testing.T, options identity.Options) *lab {
	t.Helper()
	needTerraform(t)
	server, err := identity.Start(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	l := &lab{t: t, server: server, home: t.TempDir()}
	l.env = []string{
		"HOME=" + l.home, "PATH=" + os.Getenv("PATH"), "TMPDIR=" + t.TempDir(), "TF_CLI_CONFIG_FILE=" + overrides,
		"TF_IN_AUTOMATION=1", "CHECKPOINT_DISABLE=1",
		"ES_OAUTH2__DOMAIN=" + server.URL(), "ES_RESOURCES__API_URL=" + server.URL(),
	}
	return l
}

func (l *lab) login() identity.TokenSet {
	set := l.server.Login(identity.User{})
	l.secret = append(l.secret, set.AccessToken, set.RefreshToken)
	return set
}

// saveLogin writes an expired login as "es login" left it a day ago.
func (l *lab) saveLogin() identity.TokenSet {
	l.t.Helper()
	set := l.login()
	file := filepath.Join(l.home, ".earthscope", "default", "tokens.json")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		l.t.Fatal(err)
	}
	data := settings.FormatTokens(settings.Tokens{RefreshToken: settings.NewSecret(set.RefreshToken)})
	if err := os.WriteFile(file, data, 0o600); err != nil {
		l.t.Fatal(err)
	}
	return set
}

// workspace is a folder with a configuration.
type workspace struct {
	*lab
	folder string
}

func (l *lab) workspace(configuration string) *workspace {
	l.t.Helper()
	w := &workspace{lab: l, folder: l.t.TempDir()}
	const header = "terraform {\n  required_providers {\n    earthscope = { source = \"earthscope/earthscope\" }\n  }\n}\n"
	if err := os.WriteFile(filepath.Join(w.folder, "main.tf"), []byte(header+configuration), 0o600); err != nil {
		l.t.Fatal(err)
	}
	return w
}

// command prepares a run of terraform in the workspace.
func (w *workspace) command(arguments ...string) (*exec.Cmd, *bytes.Buffer) {
	return testlab.Command(w.folder, w.env, terraform, arguments...)
}

// run runs terraform and returns what it printed and its exit status.
func (w *workspace) run(arguments ...string) (string, int) {
	w.t.Helper()
	output, status := testlab.Run(w.t, w.folder, w.env, terraform, arguments...)
	w.clean("the output of terraform "+arguments[0], []byte(output))
	return output, status
}

// must runs terraform and fails the test if it fails.
func (w *workspace) must(arguments ...string) string {
	w.t.Helper()
	output, status := w.run(arguments...)
	if status != 0 {
		w.t.Errorf("terraform %s: exit status %d\n%s", strings.Join(arguments, " "), status, output)
	}
	return output
}

// clean fails if data holds a token, or a base64 form of one.
func (l *lab) clean(where string, data []byte) {
	l.t.Helper()
	testlab.NoSecret(l.t, where, data, l.secret...)
}

func (l *lab) requests(want int) {
	l.t.Helper()
	if got := l.server.Requests().TokenRequests(); got != want {
		l.t.Errorf("token requests = %d, want %d", got, want)
	}
	if spent := l.server.SpentTwice(); len(spent) != 0 {
		l.t.Errorf("refresh tokens sent after they had a successor: %v", spent)
	}
	l.server.ResetRequests()
}
