package process

import (
	"errors"
	"os/exec"
	"strings"
	"testing"
)

func TestEscape_printfGivesItBack(t *testing.T) {
	t.Parallel()
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("SKIPPED: sh is not installed")
	}
	for _, text := range []string{"plain/path", "a b'c\"d$e`f!g\\n\\0123%s", "ünïcödé", "-x", "~/x", "\x01\x7f\xff"} {
		escaped := Escape(text)
		if strings.ContainsAny(escaped, "' \"$`!") {
			t.Errorf("Escape(%q) = %q", text, escaped)
		}
		output, err := exec.Command(shell, "-c", `printf %b "$1"`, "sh", escaped).Output()
		if err != nil || string(output) != text {
			t.Errorf("printf %%b %q = %q, %v, want %q", escaped, output, err, text)
		}
	}
}

func TestNonce_differs(t *testing.T) {
	t.Parallel()
	if a, b := Nonce(), Nonce(); a == b || len(a) != 32 {
		t.Errorf("nonces %q, %q", a, b)
	}
}

func TestBecome_check(t *testing.T) {
	t.Parallel()
	var nobody *Become
	for _, valid := range []*Become{nobody, {User: "svc"}, {User: "svc-app_1", Method: "sudo", Password: []byte("a b'c")}, {User: "host$"}} {
		if err := valid.Check(); err != nil {
			t.Errorf("%v: %v", valid, err)
		}
	}
	for _, invalid := range []*Become{{}, {User: "-u root"}, {User: "a b"}, {User: "a;b"}, {User: "svc", Method: "su"}, {User: "svc", Password: []byte("SECRET\nx")}} {
		var refused *BecomeError
		if err := invalid.Check(); !errors.As(err, &refused) || refused.Reason != BecomeInvalid || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%s: %v", invalid.User, err)
		}
	}
}

func TestBecome_commandHoldsNoPassword(t *testing.T) {
	t.Parallel()
	line := ShellCommand("true", "n")
	for want, become := range map[string]*Become{
		"exec sh -c 'true' es 'n'":                                                  nil,
		"exec env LC_ALL=C sudo -n -H -u svc -- sh -c 'true' es 'n'":                {User: "svc"},
		"exec env LC_ALL=C sudo -S -p N-password: -H -u svc -- sh -c 'true' es 'n'": {User: "svc", Password: []byte("SECRET")},
	} {
		if got := become.Command("N", line); got != want {
			t.Errorf("command = %q, want %q", got, want)
		}
	}
}
