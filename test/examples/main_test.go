// Package examples_test applies examples/deployments as a user would: terraform
// init takes the providers from a mirror, the configuration is the shipped one,
// and only what belongs to a cloud account is replaced by testdata/NAME.
package examples_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/lab"
)

// version is what the mirror offers; the examples ask for "~> 0.1".
const version = "0.1.0"

var (
	root     = filepath.Join("..", "..")
	built    string // folder of what all tests share; "" where there is no terraform
	provider string // path of the provider's binary
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	if _, err := exec.LookPath("terraform"); err != nil {
		return m.Run()
	}
	folder, err := os.MkdirTemp("", "terraform-provider-earthscope-examples-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(folder) }()
	built, provider = folder, mirrored(folder, "earthscope/earthscope", version)
	if err := lab.Build(provider, "", "-ldflags", "-X main.version="+version); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	content := fmt.Sprintf("disable_checkpoint = true\nprovider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n",
		filepath.ToSlash(filepath.Join(folder, "mirror")))
	if err := os.WriteFile(filepath.Join(folder, "terraform.rc"), []byte(content), 0o600); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// mirrored is where terraform init looks for a provider.
func mirrored(folder, address, version string) string {
	name := fmt.Sprintf("terraform-provider-%s_v%s", filepath.Base(address), version)
	host := os.Getenv("TF_ACC_PROVIDER_HOST") // as the acceptance tests have it: OpenTofu's differs
	if host == "" {
		host = "registry.terraform.io"
	}
	return filepath.Join(folder, "mirror", host, filepath.FromSlash(address), version,
		runtime.GOOS+"_"+runtime.GOARCH, lab.Executable(name))
}

// others are providers of others that the Go module proxy has, as their own
// source at a pinned commit.
var others = map[string]struct{ address, version, source, nosum string }{
	"local": {
		"hashicorp/local", "2.9.0", "github.com/terraform-providers/terraform-provider-local@v1.4.1-0.20260513075820-3561e410f9fe", "",
	},
	"tls": {
		"hashicorp/tls", "4.2.1", "github.com/hashicorp/terraform-provider-tls@v1.2.1-0.20260130152455-857b38cda3fc",
		"github.com/hashicorp/terraform-provider-tls", // the checksum database does not know this commit
	},
}

// made remembers, by name, which providers of others are in the mirror.
var made = struct {
	sync.Mutex
	errors map[string]error
}{errors: map[string]error{}}

// needProvider puts a provider of others into the mirror, once for all tests,
// and skips where it can't be had.
func needProvider(t *testing.T, name string) {
	t.Helper()
	made.Lock()
	defer made.Unlock()
	err, tried := made.errors[name]
	if !tried {
		err = mirror(name)
		made.errors[name] = err
	}
	if err != nil {
		lab.MissingPart(t, err.Error())
	}
}

// mirror compiles a provider of others and copies it to where terraform init
// looks.
func mirror(name string) error {
	of := others[name]
	folder := filepath.Join(built, "others", name)
	command := exec.Command("go", "install", of.source)
	command.Env = append(os.Environ(), "GOBIN="+folder, "GONOSUMDB="+of.nosum, "GOFLAGS=")
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("the provider %s can't be built: %w\n%s", of.address, err, output)
	}
	target := mirrored(built, of.address, of.version)
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	return os.Rename(filepath.Join(folder, lab.Executable("terraform-provider-"+name)), target)
}
