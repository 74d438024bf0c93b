package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// The version that the demo builds, and where Terraform looks for it.
const (
	demoVersion     = "0.0.1"
	providerAddress = "registry.terraform.io/earthscope/earthscope"
	providerBinary  = "terraform-provider-earthscope"
)

// workspace is the temporary folder that everything happens in.
type workspace struct {
	folder string
	source string // root of this repository
}

// newWorkspace makes the folder and finds the repository.
func newWorkspace(ctx context.Context) (*workspace, error) {
	module, err := output(ctx, "", "go", "env", "GOMOD")
	if err != nil {
		return nil, fmt.Errorf("find this repository with \"go env GOMOD\": %w", err)
	}
	source := filepath.Dir(strings.TrimSpace(module))
	if _, err := os.Stat(filepath.Join(source, "examples", "demo")); err != nil {
		return nil, errors.New("examples/demo was not found; start the demo in the provider's repository")
	}
	folder, err := os.MkdirTemp("", "earthscope-demo-*")
	if err != nil {
		return nil, fmt.Errorf("make a temporary folder: %w", err)
	}
	w := &workspace{folder: folder, source: source}
	for _, name := range []string{"home", "bin", "logs"} {
		if err := os.Mkdir(w.path(name), 0o700); err != nil {
			return nil, errors.Join(err, w.remove())
		}
	}
	if err := w.writeTerraformConfiguration(); err != nil {
		return nil, errors.Join(err, w.remove())
	}
	return w, nil
}

func (w *workspace) path(parts ...string) string {
	return filepath.Join(append([]string{w.folder}, parts...)...)
}

func (w *workspace) home() string { return w.path("home") }
func (w *workspace) tokensFile() string {
	return w.path("home", ".earthscope", "default", "tokens.json")
}

// sandboxCommand is the program that the example calls the API with.
func (w *workspace) sandboxCommand() string {
	return w.path("bin", "earthscope-sandbox"+executableSuffix())
}

func executableSuffix() string {
	if runtime.GOOS == "windows" {
		return ".exe"
	}
	return ""
}

// writeTerraformConfiguration makes "terraform init" take the provider from
// our mirror and ask no registry.
func (w *workspace) writeTerraformConfiguration() error {
	text := fmt.Sprintf(`disable_checkpoint = true
provider_installation {
  filesystem_mirror {
    path = %q
  }
}
`, filepath.ToSlash(w.path("mirror")))
	return os.WriteFile(w.path("terraform.rc"), []byte(text), 0o600)
}

// buildProvider compiles the provider into the mirror.
func (w *workspace) buildProvider(ctx context.Context) error {
	platform := runtime.GOOS + "_" + runtime.GOARCH
	binary := fmt.Sprintf("%s_v%s%s", providerBinary, demoVersion, executableSuffix())
	return w.build(ctx, w.path("mirror", filepath.FromSlash(providerAddress), demoVersion, platform, binary), ".",
		"-ldflags", "-X main.version="+demoVersion)
}

func (w *workspace) buildSandboxCommand(ctx context.Context) error {
	return w.build(ctx, w.sandboxCommand(), "./internal/sandbox/cmd/earthscope-sandbox")
}

func (w *workspace) build(ctx context.Context, target, what string, flags ...string) error {
	arguments := append([]string{"build", "-trimpath", "-o", target}, flags...)
	text, err := output(ctx, w.source, "go", append(arguments, what)...)
	if err != nil {
		return fmt.Errorf("go build %s: %w\n%s", what, err, text)
	}
	return nil
}

// output runs a program with the caller's own environment. On failure the text
// is what it printed on both outputs.
func output(ctx context.Context, folder, name string, arguments ...string) (string, error) {
	command := exec.CommandContext(ctx, name, arguments...)
	command.Dir = folder
	stopGently(command)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		return stdout.String() + stderr.String(), err
	}
	return stdout.String(), nil
}

// remove deletes the folder.
func (w *workspace) remove() error {
	if err := os.RemoveAll(w.folder); err != nil {
		return fmt.Errorf("remove the temporary folder: %w", err)
	}
	return nil
}
