package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
)

// result is what one invocation left behind.
type result struct {
	status         int
	stdout, stderr string
}

// invoke runs the command with the given environment and standard input.
func invoke(t *testing.T, env map[string]string, stdin string, arguments ...string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	p := &program{
		env:    func(name string) string { return env[name] },
		stdin:  strings.NewReader(stdin),
		stdout: &stdout, stderr: &stderr,
	}
	status := p.run(t.Context(), arguments)
	return result{status, stdout.String(), stderr.String()}
}

func startServer(t *testing.T, opts identity.Options) (*identity.Server, map[string]string) {
	t.Helper()
	s, err := identity.Start(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s, map[string]string{"ES_OAUTH2__DOMAIN": s.URL()}
}

func TestRun_usage(t *testing.T) {
	t.Parallel()
	env := map[string]string{"ES_OAUTH2__DOMAIN": "http://127.0.0.1:1/"}
	for name, test := range map[string]struct {
		arguments []string
		status    int
		text      string // in standard output for status 0, else in standard error
	}{
		"help":            {[]string{"--help"}, 0, "--ready-file PATH"},
		"help word":       {[]string{"help"}, 0, "Usage:"},
		"serve help":      {[]string{"serve", "--help"}, 0, "--rotating"},
		"login help":      {[]string{"login", "-h"}, 0, "--home DIR"},
		"call help":       {[]string{"call", "--help"}, 0, "--token-env NAME"},
		"requests help":   {[]string{"requests", "--help"}, 0, "--json"},
		"control help":    {[]string{"control", "--help"}, 0, "DELETE faults"},
		"unknown command": {[]string{"explode"}, 2, `unknown command "explode"`},
		"unknown flag":    {[]string{"--explode"}, 2, "explode"},
		"extra argument":  {[]string{"serve", "now"}, 2, `unexpected argument "now"`},
		"bad duration":    {[]string{"--leeway", "long"}, 2, "leeway"},
		"negative leeway": {[]string{"--leeway", "-1s"}, 2, "must not be negative"},
		"public address":  {[]string{"--listen", "0.0.0.0:0"}, 1, "loopback addresses only"},
		"login homeless":  {[]string{"login"}, 2, "--home is required"},
		"call tokenless":  {[]string{"call"}, 2, "either --token-file or --token-env"},
		"call both":       {[]string{"call", "--token-file", "a", "--token-env", "B"}, 2, "either --token-file or --token-env"},
		"call empty":      {[]string{"call", "--token-env", "UNSET"}, 1, "there is none"},
		"public URL":      {[]string{"requests", "--url", "https://example.org/"}, 1, "loopback addresses only"},
		"nobody there":    {[]string{"requests"}, 1, "is it running?"},
		"control nothing": {[]string{"control"}, 2, "name of one request"},
		"no CA file":      {[]string{"requests", "--ca-file", "/nonexistent"}, 1, "authority's certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := invoke(t, env, "", test.arguments...)
			text := got.stderr
			if test.status == 0 {
				text = got.stdout
			}
			if got.status != test.status || !strings.Contains(text, test.text) {
				t.Errorf("status %d\nstdout: %s\nstderr: %s\nwant %d with %q", got.status, got.stdout, got.stderr, test.status, test.text)
			}
		})
	}
}

func TestRun_whichSandbox(t *testing.T) {
	t.Parallel()
	got := invoke(t, nil, "", "requests")
	if got.status != exitUsage || !strings.Contains(got.stderr, "ES_OAUTH2__DOMAIN") {
		t.Errorf("got %d %s", got.status, got.stderr)
	}
}

// TestServe runs a whole life: ready file, exports, login in the home, stop.
func TestServe(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	ready, home, authority := filepath.Join(folder, "ready.json"), filepath.Join(folder, "home"), filepath.Join(folder, "ca.pem")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	p := &program{env: func(string) string { return "" }, stdout: writer, stderr: os.Stderr}
	done := make(chan int)
	go func() {
		done <- p.run(ctx, []string{"--ready-file", ready, "--home", home, "--tls-ca-file", authority, "--rotating"})
		writer.Close()
	}()
	output := make([]byte, 0, 2048)
	for !bytes.Contains(output, []byte("Ctrl-C")) { // the last line that it prints
		chunk := make([]byte, 1024)
		n, err := reader.Read(chunk)
		if err != nil {
			t.Fatalf("output ended: %v\n%s", err, output)
		}
		output = append(output, chunk[:n]...)
	}
	var announced struct {
		URL string `json:"url"`
		PID int    `json:"pid"`
	}
	content, err := os.ReadFile(ready)
	if err != nil || json.Unmarshal(content, &announced) != nil {
		t.Fatalf("ready file: %v: %s", err, content)
	}
	if announced.PID != os.Getpid() || !strings.HasPrefix(announced.URL, "https://127.0.0.1:") {
		t.Errorf("ready file = %+v", announced)
	}
	for _, line := range []string{
		"export ES_OAUTH2__DOMAIN='" + announced.URL + "'",
		"export ES_RESOURCES__API_URL='" + announced.URL + "'",
		`export ES_OAUTH2__ALLOWED_HOSTS='["127.0.0.1","localhost","::1"]'`,
		"export HOME='" + home + "'",
		"export SSL_CERT_FILE='" + authority + "'",
	} {
		if !strings.Contains(string(output), line+"\n") {
			t.Errorf("output lacks %q:\n%s", line, output)
		}
	}
	tokens := filepath.Join(home, ".earthscope", "default", "tokens.json")
	env := map[string]string{"ES_OAUTH2__DOMAIN": announced.URL}
	if got := invoke(t, env, "", "call", "--ca-file", authority, "--token-file", tokens); got.status != 0 {
		t.Errorf("call: %d %s", got.status, got.stderr)
	}
	stop()
	if status := <-done; status != exitOK {
		t.Errorf("status = %d, want 0", status)
	}
	if _, err := os.Stat(ready); !os.IsNotExist(err) {
		t.Errorf("the ready file is still there (%v)", err)
	}
}

func TestCall(t *testing.T) {
	t.Parallel()
	s, env := startServer(t, identity.Options{})
	token := s.Login(identity.User{Subject: "auth0|h"}).AccessToken
	env["TOKEN"] = token
	const want = `EarthScope sandbox data "hello" for auth0|h, access token valid until `
	for name, got := range map[string]result{
		"environment":    invoke(t, env, "", "call", "--token-env", "TOKEN"),
		"standard input": invoke(t, env, token+"\n", "call", "--token-file", "-"),
	} {
		if got.status != 0 || !strings.HasPrefix(got.stdout, want) {
			t.Errorf("%s: %d %s %s", name, got.status, got.stdout, got.stderr)
		}
	}
	if got := invoke(t, env, "", "call", "--token-env", "TOKEN", "/beta/user/profile"); !strings.Contains(got.stdout, `"user_id":"auth0|h"`) {
		t.Errorf("profile: %d %s", got.status, got.stdout)
	}
	env["TOKEN"] = token + "x"
	got := invoke(t, env, "", "call", "--token-env", "TOKEN")
	if got.status != exitFailure || !strings.Contains(got.stderr, "refused the call with status 401") || strings.Contains(got.stderr, token) {
		t.Errorf("bad token: %d", got.status)
	}
}

func TestLogin(t *testing.T) {
	t.Parallel()
	s, env := startServer(t, identity.Options{})
	home := t.TempDir()
	got := invoke(t, env, "", "login", "--home", home, "--subject", "auth0|i")
	path := filepath.Join(home, ".earthscope", "default", "tokens.json")
	if got.status != 0 || got.stdout != path+"\n" {
		t.Fatalf("got %d %q %s", got.status, got.stdout, got.stderr)
	}
	if live := s.ActiveRefreshTokens(identity.User{Subject: "auth0|i"}); live != 1 {
		t.Errorf("live tokens = %d, want 1", live)
	}
	if err := os.WriteFile(path, []byte(`{"refresh_token":"mine"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := invoke(t, env, "", "login", "--home", home); got.status != 1 || !strings.Contains(got.stderr, "no sandbox made") {
		t.Errorf("a real login: %d %s", got.status, got.stderr)
	}
}

func TestRequests_table(t *testing.T) {
	t.Parallel()
	report := identity.Report{SpentTwice: []string{"aaaaaaaaaaaaaaaa"}, Log: []identity.Request{
		{Endpoint: identity.EndpointToken, GrantType: "refresh_token", Outcome: identity.OutcomeGranted, Fingerprint: "aaaaaaaaaaaaaaaa"},
		{Endpoint: identity.EndpointToken, GrantType: "refresh_token", Outcome: identity.OutcomeRefused, Fingerprint: "aaaaaaaaaaaaaaaa", Reused: true},
		{Endpoint: identity.EndpointToken, GrantType: "urn:ietf:params:oauth:grant-type:device_code", Outcome: identity.OutcomePending},
		{Endpoint: identity.EndpointData, Outcome: identity.OutcomeGranted},
	}}
	report.Counts = identity.Count(report.Log)
	want := `ENDPOINT      GRANT TYPE      OUTCOME   REQUESTS
beta/data     -               granted   1
oauth/token   device_code     pending   1
oauth/token   refresh_token   granted   1
oauth/token   refresh_token   refused   1
total                                   4

REFRESH TOKEN      SENT   GRANTED   REFUSED
aaaaaaaaaaaaaaaa   2      1         1

Token requests: 3. Refresh tokens spent twice: aaaaaaaaaaaaaaaa.
`
	if got := formatReport(report); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestRequests_jsonAndReset(t *testing.T) {
	t.Parallel()
	s, env := startServer(t, identity.Options{})
	env["TOKEN"] = s.Login(identity.User{}).AccessToken
	invoke(t, env, "", "call", "--token-env", "TOKEN")
	got := invoke(t, env, "", "requests", "--json", "--reset")
	var report identity.Report
	if got.status != 0 || json.Unmarshal([]byte(got.stdout), &report) != nil || report.Counts.Total != 1 || len(report.Log) != 1 {
		t.Errorf("got %d %s %s", got.status, got.stdout, got.stderr)
	}
	if total := s.Requests().Total; total != 0 {
		t.Errorf("after a reset: %d, want 0", total)
	}
}

func TestControl(t *testing.T) {
	t.Parallel()
	s, env := startServer(t, identity.Options{})
	if got := invoke(t, env, `{"kind":"drop","times":-1}`, "control", "--stdin", "faults"); got.status != 0 || got.stdout != "" {
		t.Errorf("faults: %d %q %s", got.status, got.stdout, got.stderr)
	}
	got := invoke(t, env, "", "control", "GET", "status")
	var status identity.Status
	if got.status != 0 || json.Unmarshal([]byte(got.stdout), &status) != nil || status.QueuedFaults != 1 || status.URL != s.URL() {
		t.Errorf("status: %d %s %s", got.status, got.stdout, got.stderr)
	}
	if got := invoke(t, env, "{", "control", "--stdin", "faults"); got.status != exitUsage {
		t.Errorf("malformed input: %d, want 2", got.status)
	}
	if got := invoke(t, env, "", "control", "explode"); got.status != exitFailure || !strings.Contains(got.stderr, "has no POST explode") {
		t.Errorf("unknown name: %d %s", got.status, got.stderr)
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, os.ErrInvalid }

func TestRun_outputLost(t *testing.T) {
	t.Parallel()
	_, env := startServer(t, identity.Options{})
	var stderr strings.Builder
	p := &program{env: func(name string) string { return env[name] }, stdout: fullDisk{}, stderr: &stderr}
	if status := p.run(t.Context(), []string{"requests"}); status != exitFailure || !strings.Contains(stderr.String(), "standard output") {
		t.Errorf("status = %d, want 1: %s", status, stderr.String())
	}
}
