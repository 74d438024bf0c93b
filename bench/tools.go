package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// tools are the programs that are compared. A path is empty where there is none.
type tools struct {
	terraform string
	provider  string // ours, stripped as in a release
	empty     string // a provider that does nothing
	uncached  string // a provider that refreshes in memory
	es        string // the CLI
	ansible   string // ansible-playbook
	sshd, ssh string
	// hashicorp are HashiCorp's providers by name.
	hashicorp map[string]string

	cliConfig string // makes terraform use all of these
}

// build finds and compiles the programs.
func (b *bench) build() error {
	terraform, err := exec.LookPath("terraform")
	if err != nil {
		return fmt.Errorf("terraform is not on PATH: %w", err)
	}
	b.terraform = terraform
	for _, one := range []struct {
		target *string
		name   string
		folder string
	}{
		{&b.provider, "earthscope", "."}, {&b.empty, "empty", "bench/peers"}, {&b.uncached, "uncached", "bench/peers"},
	} {
		*one.target = filepath.Join(b.folder, one.name, "terraform-provider-"+one.name)
		what := "./" + one.name
		if one.folder == "." {
			what = "."
		}
		b.progress("build %s", one.name)
		command := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", *one.target, what) //nolint:gosec,noctx // our own programs
		command.Dir, command.Env = one.folder, append(os.Environ(), "CGO_ENABLED=0")
		if output, err := command.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w\n%s", one.name, err, output)
		}
	}
	b.es, b.ansible = b.part("es"), b.part("ansible-playbook")
	b.sshd, b.ssh = find("/usr/sbin/sshd", "sshd"), find("ssh")
	b.hashicorp = map[string]string{}
	for _, name := range []string{"local", "random", "tls"} {
		if path := b.part("terraform-provider-" + name); path != "" {
			b.hashicorp[name] = path
		}
	}
	return b.writeCLIConfig()
}

// part is a program that scripts/bench installed.
func (b *bench) part(name string) string {
	path, err := filepath.Abs(filepath.Join(b.parts, name))
	if err != nil {
		return ""
	}
	return find(path)
}

// find returns the first of some programs that is there, "" if none is.
func find(names ...string) string {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// writeCLIConfig writes the configuration by which terraform finds each provider without a registry.
func (b *bench) writeCLIConfig() error {
	providers := map[string]string{
		"earthscope/earthscope": b.provider, "benchmark/empty": b.empty, "benchmark/uncached": b.uncached,
	}
	for name, path := range b.hashicorp {
		// dev_overrides wants a folder that holds one program with the usual name.
		folder := filepath.Join(b.folder, name)
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return err
		}
		link := filepath.Join(folder, "terraform-provider-"+name)
		if err := os.Symlink(path, link); err != nil {
			return err
		}
		providers["hashicorp/"+name] = link
	}
	var text strings.Builder
	text.WriteString("disable_checkpoint = true\nprovider_installation {\n  dev_overrides {\n")
	for address, path := range providers {
		fmt.Fprintf(&text, "    %q = %q\n", address, filepath.Dir(path))
	}
	text.WriteString("  }\n  direct {}\n}\n")
	b.cliConfig = filepath.Join(b.folder, "terraform.rc")
	return write(b.cliConfig, text.String())
}

// describeMachine says what the figures were measured on, without naming the machine.
func (b *bench) describeMachine() []string {
	lines := []string{fmt.Sprintf("%s/%s, %d processors%s%s", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(),
		field(", ", "/proc/cpuinfo", "model name"), memory(field("", "/proc/meminfo", "MemTotal")))}
	if kernel, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		release, _, _ := strings.Cut(strings.TrimSpace(string(kernel)), "-") // what follows names the machine's owner
		lines = append(lines, "kernel "+release)
	}
	versions := []string{runtime.Version()}
	for _, one := range [][]string{
		{b.terraform, "version"}, {b.ansible, "--version"}, {b.ssh, "-V"},
	} {
		if one[0] == "" {
			continue
		}
		command := exec.Command(one[0], one[1:]...) //nolint:gosec,noctx // asks a tool for its version
		command.Env = append(os.Environ(), "TF_CLI_CONFIG_FILE="+b.cliConfig)
		output, _ := command.CombinedOutput()
		first, _, _ := strings.Cut(string(output), "\n")
		versions = append(versions, strings.TrimSpace(first))
	}
	return append(lines, strings.Join(versions, ", "))
}

// field reads "name: value" from a file of the kernel's.
func field(prefix, file, name string) string {
	data, err := os.ReadFile(file) //nolint:gosec // a constant
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(data)) {
		if key, value, found := strings.Cut(line, ":"); found && strings.TrimSpace(key) == name {
			return prefix + strings.TrimSpace(value)
		}
	}
	return ""
}

// memory writes what the kernel gives in kB in the unit that people use.
func memory(total string) string {
	kibibytes, err := strconv.ParseFloat(strings.TrimSuffix(total, " kB"), 64)
	if err != nil {
		return ""
	}
	return fmt.Sprintf(", %.0f GiB of memory", kibibytes/(1<<20))
}
