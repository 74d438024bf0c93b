package remote

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/hostkey"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/posixshell"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/sshserver"
)

// needPart skips a test whose part is not installed, which is a failure where
// ES_TEST_REQUIRE_PARTS=1 says that all parts are.
func needPart(t *testing.T, name string) string {
	t.Helper()
	for _, candidate := range []string{name, "/usr/sbin/" + name} {
		if path, err := exec.LookPath(candidate); err == nil {
			return path
		}
	}
	if os.Getenv("ES_TEST_REQUIRE_PARTS") == "1" {
		t.Fatalf("%s is missing although ES_TEST_REQUIRE_PARTS=1", name)
	}
	t.Skipf("SKIPPED: %s is not installed", name)
	return ""
}

func withProgram(t *testing.T) func(*Options) {
	program := needPart(t, "ssh")
	return func(o *Options) {
		o.SSHProgram = program
		o.Environ = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + o.Home}
	}
}

func TestOpenSSH_transaction(t *testing.T) {
	t.Parallel()
	h := startHost(t, nil)
	pool := newPool(t, withProgram(t))
	target := h.target
	target.Transport = OpenSSH
	target.ConfigFile = "none"
	for _, content := range []string{"secret", "secret again"} {
		report, err := pool.Transact(testContext(t), target, Transaction{Paths: threeFiles, Edit: write(content)})
		if err != nil {
			t.Fatal(err)
		}
		if report.User != "gnss" || report.Port != h.target.Port || report.Results[2].Outcome != files.Written {
			t.Errorf("report = %+v", report)
		}
	}
	report, err := pool.Read(testContext(t), target, nil, threeFiles...)
	if err != nil || string(report.States[0].Content) != "secret again" {
		t.Fatalf("states = %+v, %v", report.States, err)
	}
	if output, err := pool.Run(testContext(t), target, Command{Text: "echo hi; exit 4"}); err != nil || string(output.Stdout) != "hi\n" || output.ExitCode != 4 {
		t.Errorf("output = %+v, %v", output, err)
	}
	if c := h.Counters(); c.Connections != 1 || c.Logins != 1 {
		t.Errorf("%d connections, %d logins, want one of each", c.Connections, c.Logins)
	}
}

func TestOpenSSH_errors(t *testing.T) {
	t.Parallel()
	h := startHost(t, nil)
	other, err := sshserver.NewKey(sshserver.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	pem, _ := other.PEM("")
	for name, test := range map[string]struct {
		change func(*Target)
		check  func(error) bool
	}{
		"key refused": {func(tg *Target) { tg.Auth.PrivateKeys = [][]byte{pem} }, func(err error) bool { var e *AuthError; return errors.As(err, &e) }},
		"host key changed": {func(tg *Target) {
			tg.HostKey = hostkey.Policy{Pinned: []string{strings.TrimSpace(other.AuthorizedKey())}}
		}, func(err error) bool {
			var e *hostkey.Error
			return errors.As(err, &e) && e.Reason == hostkey.Changed && strings.HasPrefix(e.SeenFingerprint, "SHA256:")
		}},
		"host key unknown": {func(tg *Target) { tg.HostKey = hostkey.Policy{Files: []string{"/dev/null"}} }, func(err error) bool {
			var e *hostkey.Error
			return errors.As(err, &e) && e.Reason == hostkey.Unknown
		}},
		"refused":      {func(tg *Target) { tg.Port = 1 }, isConnect(Refused)},
		"unresolvable": {func(tg *Target) { tg.Host = "no-such-host.invalid" }, isConnect(Unresolvable)},
		"password":     {func(tg *Target) { tg.Auth.Password = []byte("x") }, func(err error) bool { var e *TransportError; return errors.As(err, &e) }},
		"option":       {func(tg *Target) { tg.Host = "-oProxyCommand=x" }, func(err error) bool { var e *TransportError; return errors.As(err, &e) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := h.target
			target.Transport, target.ConfigFile = OpenSSH, "none"
			test.change(&target)
			_, err := newPool(t, withProgram(t)).Read(testContext(t), target, nil, "~/f")
			if !test.check(err) {
				t.Errorf("error = %T %v", err, err)
			}
		})
	}
}

func isConnect(kind ConnectKind) func(error) bool {
	return func(err error) bool {
		var e *ConnectError
		return errors.As(err, &e) && e.Kind == kind
	}
}

// TestOpenSSH_ownControlPath leaves the connection to the user's configuration,
// so ssh's own words come from the session itself.
func TestOpenSSH_ownControlPath(t *testing.T) {
	t.Parallel()
	h := startHost(t, nil)
	options := withProgram(t)
	var home string
	pool := newPool(t, func(o *Options) { options(o); home = o.Home })
	config := filepath.Join(home, "config")
	if err := os.WriteFile(config, []byte("Host node\n  HostName 127.0.0.1\n  Port "+h.Port()+"\n  ControlPath "+home+"/none\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	target := h.target
	target.Host, target.Port, target.Transport, target.ConfigFile = "node", 0, OpenSSH, config
	if _, err := pool.Transact(testContext(t), target, Transaction{Paths: threeFiles, Edit: write("x")}); err != nil {
		t.Fatal(err)
	}
	h.SetUser("gnss", sshserver.User{})
	_, err := pool.Transact(testContext(t), target, Transaction{Paths: threeFiles, Edit: write("x")})
	var refused *AuthError
	if !errors.As(err, &refused) {
		t.Errorf("error = %T %v, want *AuthError", err, err)
	}
}

func TestLocal_transaction(t *testing.T) {
	t.Parallel()
	needPart(t, "sh")
	var home string
	pool := newPool(t, func(o *Options) { o.Environ = []string{"PATH=" + os.Getenv("PATH")}; home = o.Home })
	target := Target{Host: "localhost", Transport: Local}
	if _, err := pool.Transact(testContext(t), target, Transaction{Paths: threeFiles, Edit: write("x")}); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(home, "app/.env")); err != nil || info.Mode() != 0o600 {
		t.Errorf("file: %v, %v", info, err)
	}
	if output, err := pool.Run(testContext(t), target, Command{Text: "cat ~/app/.env"}); err != nil || string(output.Stdout) != "x" {
		t.Errorf("output = %+v, %v", output, err)
	}
	_, err := newPool(t, nil).Run(testContext(t), Target{Host: "h", Transport: OpenSSH}, Command{Text: "true"})
	var missing *TransportError
	if !errors.As(err, &missing) || errors.Is(err, posixshell.ErrNoShell) {
		t.Errorf("without ssh: %v", err)
	}
}
