package main

import (
	"os"
	"os/user"
	"runtime"
	"strings"
	"testing"
)

func TestRun_byHand(t *testing.T) {
	t.Setenv(cookie, "")
	for name, test := range map[string]struct {
		arguments      []string
		status         int
		stdout, stderr string
	}{
		"nothing":           {nil, 1, "", "registry.terraform.io/providers/earthscope/earthscope"},
		"help":              {[]string{"--help"}, 0, "registry.terraform.io/providers/earthscope/earthscope", ""},
		"version":           {[]string{"--version"}, 0, "terraform-provider-earthscope dev\n", ""},
		"help of a command": {[]string{"token", "--help"}, 0, "Usage: terraform-provider-earthscope token", ""},
		"list of commands":  {[]string{"--help"}, 0, "    credential-process  print AWS credentials", ""},
		"wrong flag":        {[]string{"token", "--frob"}, 2, "", "token --help"},
		"unknown":           {[]string{"--frob"}, 2, "", "--help"},
		"refresh by hand":   {[]string{finishRefresh}, 1, "", "run by the provider itself"},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr strings.Builder
			if got := run(test.arguments, strings.NewReader("hello"), &stdout, &stderr); got != test.status {
				t.Errorf("status %d, want %d", got, test.status)
			}
			for stream, pair := range map[string][2]string{"stdout": {stdout.String(), test.stdout}, "stderr": {stderr.String(), test.stderr}} {
				if got, want := pair[0], pair[1]; !strings.Contains(got, want) || (want == "" && got != "") {
					t.Errorf("%s: %q, want %q", stream, got, want)
				}
			}
		})
	}
}

// A service of systemd has no HOME; the SDK then takes the account's, so that
// both find the same login.
func TestHomeDirectory_withoutHOME(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("HOME means nothing there")
	}
	account, err := user.Current()
	if err != nil || account.HomeDir == "" {
		t.Skip("this account has no home directory")
	}
	t.Setenv("HOME", "")
	if err := os.Unsetenv("HOME"); err != nil {
		t.Fatal(err)
	}
	got, err := homeDirectory()
	if err != nil || got != account.HomeDir {
		t.Errorf("homeDirectory() = %q, %v, want %q", got, err, account.HomeDir)
	}
}
