package provider

import (
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"golang.org/x/crypto/ssh"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/sshserver"
)

// verify_command runs when everything is in state. Its failure shows what it
// printed, but for secrets.
func TestRemoteHost_verifyCommand(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{})
	set := p.login("default")
	d := p.drive(nil)
	mustSucceed(t, d.apply(values{"verify_command": "test -s ~/" + tokensOnHost}))
	command := "cat ~/" + tokensOnHost + "; base64 ~/" + tokensOnHost + "; base64 -w0 ~/" + tokensOnHost + "; " +
		"printf %s \"$(sed -n 's/.*: \"\\(.*\\)\"/\\1/p' ~/" + tokensOnHost + ")\" | base64 -w0; echo; echo the-end >&2; exit 3"
	arguments := values{"verify_command": command, "settings": values{"http.timeout_read": "7"}}
	diagnostics := d.apply(arguments)
	got := mustBeOne(t, diagnostics)
	if got.Summary != "Verification Failed" || attributeOf(got) != "verify_command" {
		t.Errorf("got %s", describe(diagnostics))
	}
	mustSay(t, diagnostics, "status 3", "(sensitive)", "the-end", "in state")
	for _, form := range []string{set.RefreshToken, base64.StdEncoding.EncodeToString([]byte(set.RefreshToken))} {
		if strings.Contains(got.Detail, form) {
			t.Errorf("a token shows: %s", got.Detail)
		}
	}
	for _, word := range strings.Fields(got.Detail) {
		if decoded, err := base64.StdEncoding.DecodeString(word); err == nil && strings.Contains(string(decoded), set.RefreshToken[:20]) {
			t.Errorf("a token shows in base64: %s", got.Detail)
		}
	}
	if got := d.fileState("~/" + tokensOnHost); got != "in sync" {
		t.Errorf("state: %q", got)
	}
	if d.hasChange(d.plan(arguments)) {
		t.Error("what was written is not in state")
	}
}

func TestAccRemoteHost_verifyCommandFails(t *testing.T) {
	t.Parallel()
	p := newHostPlace(t, identity.Options{})
	p.login("default")
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: p.factories(),
		Steps: []resource.TestStep{
			{Config: p.block() + p.resource(`verify_command = "echo no such network; exit 1"`), ExpectError: regexp.MustCompile(`(?s)Verification Failed.*no such network`)},
			{Config: p.block() + p.resource(`verify_command = "true"`)},
		},
	})
	if got := p.hostFiles(); len(got) != 0 {
		t.Errorf("after the destroy: %q", got)
	}
}

// Another user's files through sudo, with and without its password.
func TestRemoteHost_become(t *testing.T) {
	t.Parallel()
	for _, password := range []string{"", "the-sudo-password"} {
		t.Run("password "+password, func(t *testing.T) {
			t.Parallel()
			p := newHostPlaceWith(t, identity.Options{}, func(o *sshserver.Options) {
				o.Root = closedFolder(t)
				o.Users["gnss"] = sshserver.User{Password: "not-used"}
				o.Tools = map[string]string{"sudo": sshserver.FakeSudo(password, "gnss")}
			})
			set := p.login("default")
			block := values{"ssh": values{}}
			if password != "" {
				block = values{"ssh": values{"sudo_password": password}}
			}
			d := p.drive(block)
			arguments := values{"become": values{"user": "gnss"}, "verify_command": "test \"$USER\" = gnss"}
			mustSucceed(t, d.apply(arguments))
			home, err := p.host.Home("gnss")
			if err != nil {
				t.Fatal(err)
			}
			content, err := os.ReadFile(filepath.Join(home, tokensOnHost))
			if err != nil || string(content) != refreshTokenFile(set.RefreshToken) {
				t.Errorf("tokens.json = %q, %v", content, err)
			}
			mustSucceed(t, d.refresh())
			if d.hasChange(d.plan(arguments)) {
				t.Error("a second plan has changes")
			}
			p.mustNotBeInCommands(set.RefreshToken, password)
			mustBeClean(t, "destroy", d.destroy())
			if left, err := os.ReadDir(home); err != nil || len(left) != 0 {
				t.Errorf("after the destroy: %v, %v", left, err)
			}
		})
	}
}

// closedFolder is a folder below which nobody else can write: what root does
// for another user is refused below /tmp.
func closedFolder(t *testing.T) string {
	t.Helper()
	if os.Getuid() != 0 {
		return t.TempDir()
	}
	folder, err := os.MkdirTemp("/var/lib", "earthscope-test-*")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	return folder
}

// mustNotBeInCommands looks for secrets in what the host saw as command lines.
func (p *hostPlace) mustNotBeInCommands(secrets ...string) {
	p.t.Helper()
	for _, command := range p.host.Commands() {
		for _, secret := range secrets {
			if secret != "" && strings.Contains(command.Text, secret) {
				p.t.Errorf("a secret is on a command line")
			}
		}
	}
}

// This machine's own files, with a warning where git would commit them.
func TestRemoteHost_localTransport(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("git"); err != nil {
		skipMissing(t, "git")
	}
	p := newHostPlace(t, identity.Options{})
	set := p.login("default")
	tree := filepath.Join(p.home, "tree")
	run := exec.Command("git", "init", "-q", tree)
	if output, err := run.CombinedOutput(); err != nil {
		t.Fatalf("git init: %v, %s", err, output)
	}
	p.write("tree/.gitignore", "ignored.env\n")
	d := p.drive(nil)
	local := func(file string) values {
		return values{"transport": "local", "host": "localhost", "port": nil, "profile": "node", "environment_files": values{file: values{}}}
	}
	plan := d.plan(local("~/tree/node.env"))
	if got := plan.Diagnostics[0]; got.Summary != "Credential in a Git Work Tree" || pathText(got.Attribute) != "environment_files.~/tree/node.env" {
		t.Errorf("got %s", describe(plan.Diagnostics))
	}
	if got := describe(d.plan(local("~/tree/ignored.env")).Diagnostics); strings.Contains(got, "Git") {
		t.Errorf("a file that is ignored: %s", got)
	}
	arguments := values{"transport": "local", "host": "localhost", "port": nil, "profile": "node"}
	mustSucceed(t, d.apply(arguments))
	if got := p.files()[".earthscope/node/tokens.json"]; got != refreshTokenFile(set.RefreshToken) {
		t.Errorf("tokens.json = %q", got)
	}
	mustSucceed(t, d.refresh())
	if d.hasChange(d.plan(arguments)) {
		t.Error("a second plan has changes")
	}
	mustBeClean(t, "destroy", d.destroy())
	if err := os.RemoveAll(tree); err != nil {
		t.Fatal(err)
	}
	if after := p.files(); !strings.Contains(after[tokensOnHost], set.RefreshToken) || after[".earthscope/node/tokens.json"] != "" || after[".earthscope/config.toml"] != "" {
		t.Errorf("after the destroy: %q", after)
	}
	if got := p.host.Counters().Connections; got != 0 {
		t.Errorf("%d connections, want none", got)
	}
}

// The machine's own ssh carries the same life, with a key in memory too.
func TestRemoteHost_opensshTransport(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("ssh")
	if err != nil {
		skipMissing(t, "ssh")
	}
	p := newHostPlace(t, identity.Options{})
	p.sshProgram = program
	set := p.login("default")
	before := p.hostFiles()
	key, err := os.ReadFile(p.keyFile)
	if err != nil {
		t.Fatal(err)
	}
	d := p.drive(values{"ssh": values{"private_key": string(key), "private_key_file": nil}})
	arguments := values{"transport": "openssh", "verify_command": "true"}
	mustSucceed(t, d.apply(arguments))
	if got := p.readHost(tokensOnHost); got != refreshTokenFile(set.RefreshToken) {
		t.Errorf("tokens.json = %q", got)
	}
	mustSucceed(t, d.refresh())
	if d.hasChange(d.plan(arguments)) {
		t.Error("a second plan has changes")
	}
	mustBeClean(t, "destroy", d.destroy())
	p.mustBeAsBefore(before)
	p.host.SetUser(hostUser, sshserver.User{Keys: []ssh.PublicKey{}, Password: "a-password"})
	d = p.drive(values{"ssh": values{"password": "a-password"}})
	diagnostics := d.apply(values{"transport": "openssh", "timeouts": values{"create": "5s"}})
	mustBeOne(t, diagnostics)
	mustSay(t, diagnostics, "openssh transport", "password")
}

// skipMissing skips for want of a program, unless every part is asked for.
func skipMissing(t *testing.T, program string) {
	t.Helper()
	if os.Getenv("ES_TEST_REQUIRE_PARTS") == "1" {
		t.Fatalf("MISSING: %s is not installed, and ES_TEST_REQUIRE_PARTS=1 asks for every part", program)
	}
	t.Skipf("%s is not installed", program)
}
