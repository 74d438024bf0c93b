//go:build unix

package terraform_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// needActions skips where terraform knows no actions: before 1.14, and in
// OpenTofu, which follows the language of Terraform 1.12.
func needActions(t *testing.T) {
	t.Helper()
	needTerraform(t)
	output, err := exec.Command(terraform, "version", "-json").Output()
	var version struct {
		Terraform string `json:"terraform_version"`
	}
	if err != nil || json.Unmarshal(output, &version) != nil {
		t.Fatalf("terraform version -json: %v", err)
	}
	major, rest, _ := strings.Cut(version.Terraform, ".")
	minor, _, _ := strings.Cut(rest, ".")
	if n, err := strconv.Atoi(minor); major == "1" && err == nil && n < 14 {
		t.Skipf("SKIPPED: actions need Terraform 1.14, this one is %s; run scripts/testacc with ES_TEST_TERRAFORM", version.Terraform)
	}
}

const actionsConfiguration = `
action "earthscope_login" "this" {}

action "earthscope_login" "anew" {
  config { revoke_previous = true }
}

action "earthscope_revoke_refresh_token" "this" {}

# Neither is touched when an action is invoked.
resource "terraform_data" "other" { input = "x" }
ephemeral "earthscope_access_token" "other" {}
`

// newActionsLab is a lab in which a person has to wait a second for a login.
func newActionsLab(t *testing.T, options identity.Options) *workspace {
	t.Helper()
	needActions(t)
	options.DeviceInterval = time.Second
	return newLab(t, options).workspace(actionsConfiguration)
}

func invoke(name string) []string {
	return []string{"apply", "-auto-approve", "-input=false", "-no-color", "-invoke=action." + name}
}

// invocation is a terraform that runs an action.
type invocation struct {
	*workspace
	command *exec.Cmd
	lines   *bufio.Scanner
	output  strings.Builder
}

func (w *workspace) start(name string) *invocation {
	w.t.Helper()
	i := &invocation{workspace: w}
	i.command, _ = w.command(invoke(name)...)
	i.command.Stdout, i.command.Stderr = nil, nil
	i.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdout, err := i.command.StdoutPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	i.command.Stderr = i.command.Stdout
	if err := i.command.Start(); err != nil {
		w.t.Fatal(err)
	}
	i.lines = bufio.NewScanner(stdout)
	return i
}

// until reads what terraform prints up to a line with the given text.
func (i *invocation) until(text string) {
	i.t.Helper()
	for i.lines.Scan() {
		i.output.WriteString(i.lines.Text() + "\n")
		if strings.Contains(i.lines.Text(), text) {
			return
		}
	}
	_ = i.command.Wait()
	i.t.Fatalf("terraform never printed %q:\n%s", text, i.output.String())
}

// code is the code of the prompt, which is read while terraform waits.
func (i *invocation) code() string {
	i.t.Helper()
	i.until("and confirm the code ")
	pending := i.server.PendingDevices()
	if len(pending) != 1 || !strings.Contains(i.output.String(), "code "+pending[0]+".") ||
		!strings.Contains(i.output.String(), i.server.URL()+"activate?user_code="+pending[0]) {
		i.t.Fatalf("the page or the code %v is not in:\n%s", pending, i.output.String())
	}
	return pending[0]
}

// end waits for terraform and returns its exit status and all of its output.
func (i *invocation) end() (status int, output string) {
	i.t.Helper()
	for i.lines.Scan() {
		i.output.WriteString(i.lines.Text() + "\n")
	}
	err := i.command.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		i.t.Fatal(err)
	}
	i.clean("the output of an action", []byte(i.output.String()))
	return i.command.ProcessState.ExitCode(), i.output.String()
}

func (l *lab) tokensFile() string {
	return filepath.Join(l.home, ".earthscope", "default", "tokens.json")
}

// saved reads the login and adds its tokens to what nothing may print.
func (l *lab) saved() settings.Tokens {
	l.t.Helper()
	data, err := os.ReadFile(l.tokensFile())
	if err != nil {
		l.t.Fatal(err)
	}
	tokens, err := settings.ParseTokens(data)
	if err != nil {
		l.t.Fatal(err)
	}
	l.secret = append(l.secret, tokens.AccessToken.Reveal(), tokens.RefreshToken.Reveal(), tokens.IDToken.Reveal())
	return tokens
}

// The real terraform shows the page and the code while it waits, and leaves a
// login. Nothing secret is in its log, its state or its output.
func TestActions_loginLive(t *testing.T) {
	w := newActionsLab(t, identity.Options{})
	trace := filepath.Join(t.TempDir(), "trace.log")
	w.env = append(w.env, "TF_LOG=TRACE", "TF_LOG_PATH="+trace)
	i := w.start("earthscope_login.this")
	if err := w.server.ApproveDevice(i.code()); err != nil {
		t.Fatal(err)
	}
	status, output := i.end()
	if want := "Logged in as " + identity.DefaultUser().Subject + " (profile default). The tokens are in " + w.tokensFile(); status != 0 ||
		!strings.Contains(output, want) || !strings.Contains(output, "Action complete: action.earthscope_login.this") {
		t.Errorf("exit status %d:\n%s", status, output)
	}
	if info, err := os.Stat(w.tokensFile()); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("tokens.json: %v, %v", info, err)
	}
	tokens := w.saved()
	if !w.server.RefreshTokenValid(tokens.RefreshToken.Reveal()) {
		t.Error("the saved session is not alive")
	}
	w.clean("the output", []byte(output))
	for _, file := range []string{trace, filepath.Join(w.folder, "terraform.tfstate")} {
		if data, err := os.ReadFile(file); err == nil {
			w.clean(file, data)
		}
	}
	w.sampleIsReal(output)
}

// sampleIsReal compares the output that the page of the action shows with what
// was printed now, line by line, but for names, times and addresses.
func (w *workspace) sampleIsReal(output string) {
	w.t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", "templates", "actions", "login.md"))
	if err != nil {
		w.t.Fatal(err)
	}
	_, sample, _ := strings.Cut(string(page), "```text\n")
	sample, _, _ = strings.Cut(sample, "```")
	blank := func(text string) string {
		for _, form := range []string{`https?://\S+activate`, `[A-Z]{4}-[A-Z]{4}`, `\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`, `as \S+ \(`, `are in \S+;`} {
			text = regexp.MustCompile(form).ReplaceAllString(text, "*")
		}
		return strings.TrimSpace(text)
	}
	_, printed, found := strings.Cut(output, "Action started")
	printed, _, _ = strings.Cut("Action started"+printed, "\nApply complete")
	if got, want := blank(sample), blank(printed); !found || got != want {
		w.t.Errorf("the page of the action shows\n%s\nterraform printed\n%s", got, want)
	}
}

// Ctrl-C, a kill and a refusal leave the former login as it was.
func TestActions_loginCut(t *testing.T) {
	for name, test := range map[string]struct {
		cut  func(i *invocation, code string)
		want string // in the output
	}{
		"Ctrl-C": {func(i *invocation, _ string) {
			if err := syscall.Kill(-i.command.Process.Pid, syscall.SIGINT); err != nil {
				i.t.Fatal(err)
			}
		}, "The former session is untouched."},
		"kill -9": {func(i *invocation, _ string) { killAll(i.t, i.command) }, ""},
		"denied": {func(i *invocation, code string) {
			if err := i.server.DenyDevice(code); err != nil {
				i.t.Fatal(err)
			}
		}, "Login Denied"},
		"expired": {func(i *invocation, code string) {
			if err := i.server.ExpireDevice(code); err != nil {
				i.t.Fatal(err)
			}
		}, "Login Expired"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newActionsLab(t, identity.Options{})
			former := w.saveLogin()
			before, err := os.ReadFile(w.tokensFile())
			if err != nil {
				t.Fatal(err)
			}
			i := w.start("earthscope_login.anew")
			test.cut(i, i.code())
			status, output := i.end()
			if joined := strings.Join(strings.Fields(strings.ReplaceAll(output, "│", "")), " "); status == 0 || !strings.Contains(joined, test.want) {
				t.Errorf("exit status %d, want a failure with %q:\n%s", status, test.want, output)
			}
			if after, err := os.ReadFile(w.tokensFile()); err != nil || string(after) != string(before) {
				t.Errorf("the former login changed: %v", err)
			}
			if !w.server.RefreshTokenValid(former.RefreshToken) {
				t.Error("the former session is dead")
			}
		})
	}
}

func TestActions_loginAnewThenRevoke(t *testing.T) {
	w := newActionsLab(t, identity.Options{AutoApprove: true, Rotating: true})
	former := w.saveLogin()
	output := w.must(invoke("earthscope_login.anew")...)
	if want := "(refresh token with fingerprint " + session.Fingerprint(former.RefreshToken) + ") is revoked."; !strings.Contains(output, want) {
		t.Errorf("%q is not in:\n%s", want, output)
	}
	if w.server.RefreshTokenValid(former.RefreshToken) || w.server.ActiveRefreshTokens(identity.DefaultUser()) != 1 {
		t.Error("the former session is alive, or the new one is not")
	}
	current := w.saved()
	output = w.must(invoke("earthscope_revoke_refresh_token.this")...)
	if want := "Revoked the refresh token with fingerprint " + session.Fingerprint(current.RefreshToken.Reveal()); !strings.Contains(output, want) {
		t.Errorf("%q is not in:\n%s", want, output)
	}
	if _, err := os.Stat(w.tokensFile()); !errors.Is(err, os.ErrNotExist) || w.server.ActiveRefreshTokens(identity.DefaultUser()) != 0 {
		t.Errorf("tokens.json: %v", err)
	}
	if output, status := w.run(invoke("earthscope_revoke_refresh_token.this")...); status == 0 || !strings.Contains(output, "No EarthScope Credentials") {
		t.Errorf("exit status %d:\n%s", status, output)
	}
}

// A revocation that the server does not confirm names what is still alive and
// removes nothing.
func TestActions_revokeUnconfirmed(t *testing.T) {
	w := newActionsLab(t, identity.Options{})
	former := w.saveLogin()
	if err := w.server.Fault(identity.Fault{Kind: identity.FaultHTML, Status: 403, Endpoint: identity.EndpointRevoke, Times: -1}); err != nil {
		t.Fatal(err)
	}
	output, status := w.run(invoke("earthscope_revoke_refresh_token.this")...)
	joined := strings.Join(strings.Fields(strings.ReplaceAll(output, "│", "")), " ")
	if want := "The refresh token with fingerprint " + session.Fingerprint(former.RefreshToken) + " must be taken for alive"; status == 0 || !strings.Contains(joined, want) {
		t.Errorf("exit status %d:\n%s", status, output)
	}
	if got := w.saved().RefreshToken.Reveal(); got != former.RefreshToken {
		t.Error("the local copy is gone")
	}
	w.server.ClearFaults()
	w.must(invoke("earthscope_revoke_refresh_token.this")...)
	if w.server.RefreshTokenValid(former.RefreshToken) {
		t.Error("the session is alive")
	}
}
