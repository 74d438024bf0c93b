package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestMain lets this test binary be the "es" of the demo's hosts, too.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == standIn {
		os.Exit(runStandIn(context.Background(), os.Args[2:], os.Environ(), os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// needTerraform skips loudly where there is no Terraform for the demo, or
// fails where every part is required.
func needTerraform(t *testing.T) {
	t.Helper()
	if _, err := findTerraform(t.Context(), os.Environ()); err != nil {
		if os.Getenv("ES_TEST_REQUIRE_PARTS") == "1" {
			t.Fatalf("%v (ES_TEST_REQUIRE_PARTS=1)", err)
		}
		t.Skipf("NOT TESTED: the demo. %v", err)
	}
}

// ownTemporaryFolder makes the demo's folder appear in one that can be looked
// at afterwards. The Go caches stay where they are.
func ownTemporaryFolder(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	return folder
}

func entries(t *testing.T, folder string) []string {
	t.Helper()
	list, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range list {
		names = append(names, entry.Name())
	}
	return names
}

func TestAccDemo_endToEnd(t *testing.T) {
	needTerraform(t)
	temporary, home := ownTemporaryFolder(t), t.TempDir()
	// A login and settings of the person who runs it; neither may be used.
	login := filepath.Join(home, ".earthscope", "default", "tokens.json")
	if err := os.MkdirAll(filepath.Dir(login), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(login, []byte(`{"refresh_token":"own"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	environ := append(os.Environ(), "HOME="+home, "ES_OAUTH2__REFRESH_TOKEN=own", "ES_PROFILE=own", "TF_CLI_ARGS=-no-such-flag",
		"TF_DATA_DIR="+home)
	var stdout, stderr bytes.Buffer
	if status := run(t.Context(), nil, environ, &stdout, &stderr); status != exitDone {
		t.Fatalf("exit status %d\n%s%s", status, &stdout, &stderr)
	}
	report := stdout.String()
	for _, want := range []string{
		"token requests      1, counted by the sandbox", "exit status         0 (0: no changes",
		"TRACE log           no secret in", "saved plan          no secret in", "state               no secret in",
		"finds the access token in this state",
		"SSH connections     1 to the bastion, 1 to node1, 1 to node2", "the API answered 2 of 2", "token requests 2, one by each host",
		"the plan says       node1 ~/.earthscope/default/tokens.json: mode differs: 0644 -> in sync",
		"the plan says       node2 ~/.earthscope/config.toml: settings differ: resources.api_url -> in sync",
		"on the hosts        no secret in", "node1               empty, as it was",
		"node2 put: ~/hello on node2.sandbox.test:22 as gnss: written in one shell session", "node2 get: ~/hello on", "node2 rm: ~/hello on",
	} {
		if !strings.Contains(strings.Join(strings.Fields(report), " "), strings.Join(strings.Fields(want), " ")) {
			t.Errorf("the report does not say %q:\n%s", want, report)
		}
	}
	for line := range strings.Lines(report) {
		if length := utf8.RuneCountInString(strings.TrimRight(line, "\n")); length > 79 && !strings.Contains(line, temporary) {
			t.Errorf("a line of %d columns: %q", length, line)
		}
	}
	if strings.ContainsRune(report, '\x1b') {
		t.Error("colours in what is not a terminal")
	}
	if left := entries(t, temporary); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	if data, err := os.ReadFile(login); err != nil || string(data) != `{"refresh_token":"own"}` {
		t.Errorf("the login in HOME changed (%v)", err)
	}
	if got := entries(t, home); len(got) != 1 {
		t.Errorf("HOME has more than the login now: %v", got)
	}
}

// watcher cancels when the report reaches a text, as Ctrl-C would there.
type watcher struct {
	bytes.Buffer
	until  string
	cancel context.CancelFunc
}

func (w *watcher) Write(data []byte) (int, error) {
	n, err := w.Buffer.Write(data)
	if strings.Contains(w.String(), w.until) {
		w.cancel()
	}
	return n, err
}

func TestAccDemo_interrupted(t *testing.T) {
	needTerraform(t)
	for _, until := range []string{"1. Build", "terraform plan", "7. Give"} {
		temporary := ownTemporaryFolder(t)
		ctx, cancel := context.WithCancel(t.Context())
		stdout, stderr := &watcher{until: until, cancel: cancel}, &bytes.Buffer{}
		if status := run(ctx, nil, os.Environ(), stdout, stderr); status != exitInterrupted {
			t.Errorf("after %q: exit status %d, want %d\n%s%s", until, status, exitInterrupted, stdout, stderr)
		}
		if !strings.Contains(stderr.String(), "Interrupted.") {
			t.Errorf("after %q it says %q", until, stderr)
		}
		if left := entries(t, temporary); len(left) != 0 {
			t.Errorf("left behind after %q: %v", until, left)
		}
		cancel()
	}
}

func TestRun_terraformMissingOrOld(t *testing.T) {
	old := t.TempDir()
	script := "#!/bin/sh\necho '{\"terraform_version\":\"1.10.5\"}'\n"
	if err := os.WriteFile(filepath.Join(old, "terraform"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	for folder, want := range map[string]string{
		t.TempDir(): "terraform is not on PATH. Install Terraform 1.11 or newer",
		old:         "is Terraform 1.10.5. Write-only arguments, which keep a host's token out of state, came with Terraform 1.11",
	} {
		t.Setenv("PATH", folder)
		var stdout, stderr bytes.Buffer
		if status := run(t.Context(), nil, os.Environ(), &stdout, &stderr); status != exitFailed {
			t.Errorf("exit status %d, want %d", status, exitFailed)
		}
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("it says %q, want %q", &stderr, want)
		}
	}
}

func TestRun_arguments(t *testing.T) {
	t.Parallel()
	for argument, want := range map[string]int{"-h": exitDone, "-nonsense": exitUsage} {
		var stdout, stderr bytes.Buffer
		if status := run(t.Context(), []string{argument}, nil, &stdout, &stderr); status != want {
			t.Errorf("%s: exit status %d, want %d", argument, status, want)
		}
		if !strings.Contains(stderr.String(), "show what Terraform prints") {
			t.Errorf("%s: no help in %q", argument, &stderr)
		}
	}
}

func TestNewEnough_versions(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]bool{
		"1.11.0": true, "1.15.0": true, "1.11.0-beta1": true, "1.10.5": false, "2.0.0": true, "1.9.8": false, "0.15.5": false, "": false, "1.11": false, "x.y.z": false,
	} {
		if got := newEnough(version); got != want {
			t.Errorf("newEnough(%q) = %v, want %v", version, got, want)
		}
	}
}
