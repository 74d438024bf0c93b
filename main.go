// Command terraform-provider-earthscope is the Terraform provider for
// EarthScope's credentials. Terraform starts it; run by hand it has commands
// that share its settings and its token store.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"os/user"
	"runtime/debug"
	"syscall"

	"github.com/EarthScope/terraform-provider-earthscope/internal/command"
	"github.com/EarthScope/terraform-provider-earthscope/internal/provider"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
)

// version is set by the release build.
var version = "dev"

// finishRefresh is the command under which the provider starts itself to see a
// refresh through although Terraform is killed.
const finishRefresh = "finish-refresh"

// cookie is the variable by which Terraform tells a plugin that it is one.
const cookie = "TF_PLUGIN_MAGIC_COOKIE"

// collectAt is by how many percent the memory in use grows before it is
// collected. With a thousand hosts the usual 100 takes 164 MiB instead of 145,
// and is no faster: Terraform is what they wait for. At the start it would cost
// two milliseconds.
const collectAt = 60

func saveMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
}

const help = `terraform-provider-earthscope %s

This is a Terraform provider: Terraform and OpenTofu start it themselves. Name it in a configuration

    terraform {
      required_providers {
        earthscope = { source = "earthscope/earthscope" }
      }
    }

and run "terraform init". Documentation:
https://registry.terraform.io/providers/earthscope/earthscope/latest/docs

By hand, or for tools, it has commands that use the same settings and tokens:

%s
    --version   print the version
    --debug     serve a debugger's session; prints the variable for Terraform to find it
    --help      print this; after a command, its arguments
`

func main() {
	log.SetOutput(io.Discard) // net/http quotes there what a server sends unasked
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run does what the arguments ask for and returns the exit status.
func run(arguments []string, stdin io.Reader, stdout, stderr io.Writer) int {
	first := ""
	if len(arguments) > 0 {
		first = arguments[0]
	}
	switch first {
	case finishRefresh:
		return finish(stdin, stdout, stderr)
	case "--version", "-version", "version":
		_, _ = fmt.Fprintf(stdout, "terraform-provider-earthscope %s\n", version)
		return 0
	case "--help", "-help", "-h", "help":
		_, _ = fmt.Fprintf(stdout, help, version, command.List())
		return 0
	case "--debug", "-debug":
		return serve(true, stderr)
	case "":
		if os.Getenv(cookie) == "" {
			_, _ = fmt.Fprintf(stderr, help, version, command.List())
			return 1
		}
		return serve(false, stderr)
	}
	if command.Known(first) {
		return assist(arguments, stdout, stderr)
	}
	_, _ = fmt.Fprintf(stderr, "unknown argument; run with --help\n")
	return 2
}

// assist runs a helper command until it is done or Ctrl-C ends it.
func assist(arguments []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	return command.Run(ctx, arguments, command.Machine{
		Version: version, Environ: os.Environ(), UserHomeDir: homeDirectory, Detach: detach(), Stdout: stdout, Stderr: stderr,
	})
}

// homeDirectory is asked where the environment names no home, as in a systemd
// service: like the SDK, it takes the account's.
func homeDirectory() (string, error) {
	if home, err := os.UserHomeDir(); err == nil {
		return home, nil
	}
	account, err := user.Current()
	if err != nil {
		return "", err
	}
	if account.HomeDir == "" {
		return "", fmt.Errorf("the account %s has no home directory", account.Username)
	}
	return account.HomeDir, nil
}

// detach is the command line by which the provider finishes a refresh alone;
// nil where the system does not say where this program is.
func detach() []string {
	executable, err := os.Executable()
	if err != nil {
		return nil
	}
	return []string{executable, finishRefresh}
}

// finish does one refresh for a provider that may be killed meanwhile. Ctrl-C
// reaches every process of a terminal, and a time limit or a service manager
// ends every process of a job: this one carries on, for a few seconds at most.
func finish(stdin io.Reader, stdout, stderr io.Writer) int {
	signal.Ignore(os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	if err := session.FinishRefresh(context.Background(), stdin, stdout, os.Environ()); err != nil {
		_, _ = fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}

func serve(debugging bool, stderr io.Writer) int {
	dependencies := provider.Dependencies{
		Environ: os.Environ(), UserHomeDir: homeDirectory, Detach: detach(), Remote: remote.SystemOptions(),
		BeforeHosts: saveMemory,
	}
	if err := provider.Serve(version, dependencies, debugging); err != nil {
		_, _ = fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}
