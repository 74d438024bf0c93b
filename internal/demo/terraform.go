package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Terraform 1.11 is the first with write-only arguments, by which a host gets
// its session; ephemeral resources came with 1.10.
const (
	leastMajor = 1
	leastMinor = 11
)

// stopTime is how long a program may take to stop after Ctrl-C.
const stopTime = 20 * time.Second

// terraform is the program found on PATH.
type terraform struct{ path, version string }

// findTerraform looks for a Terraform that is new enough, and otherwise says
// what to install.
func findTerraform(ctx context.Context, environ []string) (*terraform, error) {
	path, err := exec.LookPath("terraform")
	if err != nil {
		return nil, fmt.Errorf("terraform is not on PATH. Install Terraform %d.%d or newer "+
			"(https://developer.hashicorp.com/terraform/install) and try again", leastMajor, leastMinor)
	}
	command := exec.CommandContext(ctx, path, "version", "-json")
	command.Env = append(withoutSettings(environ), "CHECKPOINT_DISABLE=1")
	stopGently(command)
	text, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("%s does not run: %w", path, err)
	}
	var answer struct {
		Version string `json:"terraform_version"`
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return nil, fmt.Errorf("%s version -json gave no JSON: %w", path, err)
	}
	if !newEnough(answer.Version) {
		return nil, fmt.Errorf("%s is Terraform %s. Write-only arguments, which keep a host's token out of state, came with "+
			"Terraform %d.%d; install that or newer", path, answer.Version, leastMajor, leastMinor)
	}
	return &terraform{path: path, version: answer.Version}, nil
}

func newEnough(version string) bool {
	parts := strings.SplitN(version, ".", 3)
	if len(parts) != 3 {
		return false
	}
	major, errMajor := strconv.Atoi(parts[0])
	minor, errMinor := strconv.Atoi(parts[1])
	if errMajor != nil || errMinor != nil {
		return false
	}
	return major > leastMajor || major == leastMajor && minor >= leastMinor
}

// withoutSettings drops what of the caller's environment would change the
// demo: their EarthScope login and their Terraform settings.
func withoutSettings(environ []string) []string {
	return slices.DeleteFunc(slices.Clone(environ), func(assignment string) bool {
		name := strings.ToUpper(assignment)
		return strings.HasPrefix(name, "ES_") || strings.HasPrefix(name, "TF_") || strings.HasPrefix(name, "HOME=") ||
			strings.HasPrefix(name, "XDG_CONFIG_HOME=") || strings.HasPrefix(name, "APP_DIRECTORY=")
	})
}

// stopGently lets a program stop by itself when the demo is interrupted.
func stopGently(command *exec.Cmd) {
	ownGroup(command)
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = stopTime
}

// configuration is one root module in a folder of its own.
type configuration struct {
	folder string
	logs   string // file that Terraform's TRACE log goes to; empty for none
	// variables are given by environment.
	variables map[string]string
	// printed is all that Terraform has printed.
	printed bytes.Buffer
}

// run executes one Terraform command and returns its standard output and exit
// status. What it prints is shown in verbose mode and on failure, secrets
// removed. Exit status 2 is no failure where plan has -detailed-exitcode.
func (d *demo) run(ctx context.Context, c *configuration, arguments ...string) (string, int, error) {
	command := exec.CommandContext(ctx, d.terraform.path, arguments...)
	command.Dir = c.folder
	command.Env = append(withoutSettings(d.environ),
		"HOME="+d.work.home(), "TF_CLI_CONFIG_FILE="+d.work.path("terraform.rc"), "CHECKPOINT_DISABLE=1",
		"TF_IN_AUTOMATION=1", "TF_INPUT=0", "ES_OAUTH2__DOMAIN="+d.server.URL(), "ES_RESOURCES__API_URL="+d.server.URL())
	if c.logs != "" {
		command.Env = append(command.Env, "TF_LOG=TRACE", "TF_LOG_PATH="+c.logs)
	}
	for name, value := range c.variables {
		command.Env = append(command.Env, "TF_VAR_"+name+"="+value)
	}
	stopGently(command)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	err := command.Run()
	both := stdout.String() + stderr.String()
	c.printed.WriteString(both)
	// A refresh may have brought new tokens; know them before showing anything.
	if learned := d.learnSecrets(); learned != nil {
		return "", 0, learned
	}
	status := command.ProcessState.ExitCode()
	if ctx.Err() != nil {
		return "", status, ctx.Err()
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) && status == 2 && slices.Contains(arguments, "-detailed-exitcode") {
		err = nil
	}
	if err != nil {
		return "", status, fmt.Errorf("terraform %s: %w\n%s", strings.Join(arguments, " "), err, d.secrets.remove(both))
	}
	return stdout.String(), status, nil
}

// terraformStep runs one command as a timed line of the report.
func (d *demo) terraformStep(ctx context.Context, c *configuration, arguments ...string) (text string, status int, err error) {
	err = d.timed("terraform "+strings.Join(arguments, " "), func() error {
		text, status, err = d.run(ctx, c, append(arguments, "-no-color")...)
		return err
	})
	if d.verbose && err == nil {
		d.out.raw(d.secrets.remove(text))
	}
	return text, status, err
}
