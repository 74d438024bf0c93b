package identity

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func newControl(t *testing.T, s *Server) *Control {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	control, err := NewControl(s.URL(), &http.Client{Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	return control
}

func TestNewControl_otherHost(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"http://login.example.org/", "http://127.0.0.1.example.org/", "ftp://127.0.0.1/", "127.0.0.1:80", ":"} {
		if _, err := NewControl(address, http.DefaultClient); !errors.Is(err, ErrNotLoopback) {
			t.Errorf("NewControl(%q) = %v, want ErrNotLoopback", address, err)
		}
	}
}

func TestControl_loginAndReport(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Rotating: true})
	control := newControl(t, s)
	tokens, err := control.Login(t.Context(), User{Subject: "auth0|f"})
	if err != nil {
		t.Fatal(err)
	}
	if !tokens.ExpiresAt.Equal(s.Now().Add(24*time.Hour)) || tokens.ExpiresIn != 86400 || tokens.IDToken == "" {
		t.Errorf("expires at %s in %d", tokens.ExpiresAt, tokens.ExpiresIn)
	}
	refresh(t, s, tokens.RefreshToken)
	refresh(t, s, tokens.RefreshToken)
	report, err := control.Report(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	fingerprint := Fingerprint(tokens.RefreshToken)
	if report.Counts.Refreshes() != 2 || len(report.Log) != 2 || !slices.Equal(report.SpentTwice, []string{fingerprint}) {
		t.Errorf("report = %+v", report)
	}
	if err := control.Do(t.Context(), "POST", "reset", nil, nil); err != nil {
		t.Fatal(err)
	}
	if s.Requests().Total != 0 || len(s.SpentTwice()) != 0 {
		t.Error("reset left requests")
	}
}

func TestControl_changes(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	control := newControl(t, s)
	token := s.Login(User{}).RefreshToken
	deviceCode, userCode := startDevice(t, s)
	_, denied := startDevice(t, s)
	for _, step := range []struct {
		method, name string
		in           map[string]any
	}{
		{"POST", "clock", map[string]any{"advance": "1h"}},
		{"POST", "settings", map[string]any{"rotating": true, "leeway": "10s", "access_token_lifetime": "5m", "auto_approve": false}},
		{"POST", "faults", map[string]any{"kind": "skewed_date", "skew": "1h", "times": 2, "after": true}},
		{"DELETE", "faults", nil},
		{"POST", "faults", map[string]any{"kind": "rate_limit", "endpoint": "oauth/revoke", "retry_after": "7s"}},
		{"POST", "clients", map[string]any{"client_id": "machine", "client_secret": "made-up"}},
		{"POST", "rate-limit", map[string]any{"limit": 0}},
		{"POST", "release", nil},
		{"POST", "block", map[string]any{"subject": "auth0|g"}},
		{"POST", "unblock", map[string]any{"subject": "auth0|g"}},
		{"POST", "deny", map[string]any{"user_code": denied}},
	} {
		var in any
		if step.in != nil {
			in = step.in
		}
		if err := control.Do(t.Context(), step.method, step.name, in, nil); err != nil {
			t.Fatalf("%s %s: %v", step.method, step.name, err)
		}
	}
	status, err := control.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(status.PendingDevices) != 0 { // both codes are past their quarter of an hour
		t.Errorf("pending = %v, want none", status.PendingDevices)
	}
	status.PendingDevices = nil
	want := Status{
		URL: s.URL(), Audience: DefaultAudience, Now: time.Date(2026, time.May, 1, 13, 0, 0, 0, time.UTC), Rotating: true,
		Leeway: "10s", AccessTokenLifetime: "5m0s", QueuedFaults: 1, RefreshTokensInForce: 1,
	}
	if !slices.Equal([]any{status.URL, status.Audience, status.Now, status.Rotating, status.Leeway, status.AccessTokenLifetime, status.QueuedFaults, status.RefreshTokensInForce},
		[]any{want.URL, want.Audience, want.Now, want.Rotating, want.Leeway, want.AccessTokenLifetime, want.QueuedFaults, want.RefreshTokensInForce}) {
		t.Errorf("status = %+v\nwant %+v", status, want)
	}
	wantJSON(t, poll(t, s, deviceCode), 403, expiredBody)
	if err := control.Do(t.Context(), "POST", "approve", map[string]any{"user_code": userCode}, nil); err == nil {
		t.Error("approving an expired code succeeded")
	}
	if err := control.Do(t.Context(), "POST", "revoke", map[string]any{"refresh_token": token}, nil); err != nil {
		t.Fatal(err)
	}
	if s.RefreshTokenValid(token) {
		t.Error("the token was not revoked")
	}
}

func TestControl_refused(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	control := newControl(t, s)
	for name, in := range map[string]any{
		"nothing":    nil,
		"approve":    map[string]any{"user_code": "BCDF-BCDF"},
		"deny":       map[string]any{"code": "BCDF-BCDF"},
		"block":      map[string]any{"user": "a"},
		"revoke":     []string{},
		"login":      map[string]any{"password": "a"},
		"clients":    1,
		"clock":      map[string]any{"advance": "tomorrow"},
		"settings":   map[string]any{"leeway": "soon"},
		"rate-limit": map[string]any{"window": "long"},
		"faults":     map[string]any{"kind": "explode"},
	} {
		if err := control.Do(t.Context(), "POST", name, in, nil); !errors.Is(err, ErrControl) {
			t.Errorf("POST %s = %v, want ErrControl", name, err)
		}
	}
	if err := control.Do(t.Context(), "POST", "settings", map[string]any{"rotating": 1}, nil); !errors.Is(err, ErrControl) {
		t.Errorf("settings of a wrong type = %v, want ErrControl", err)
	}
}

func TestControl_webPageRefused(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	for name, spoil := range map[string]func(*http.Request){
		"foreign origin": func(r *http.Request) { r.Header.Set("Origin", "https://example.org") },
		"foreign host":   func(r *http.Request) { r.Host = "example.org:80" },
	} {
		request := newRequest(t, http.MethodPost, s.URL()+"sandbox/login", "", "")
		spoil(request)
		got, err := do(t, request)
		if err != nil {
			t.Fatal(err)
		}
		if got.status != 403 || strings.Contains(got.body, "access_token") {
			t.Errorf("%s: %d, want 403", name, got.status)
		}
	}
}

func TestActivatePage(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	deviceCode, userCode := startDevice(t, s)
	_, denied := startDevice(t, s)
	page := get(t, s, "activate?user_code="+userCode+"%22%3E", "")
	if page.status != 200 || !strings.Contains(page.body, "Approve</button>") || !strings.Contains(page.body, userCode+"&#34;&gt;") {
		t.Errorf("page: %d %s", page.status, page.body)
	}
	for _, step := range []struct {
		decision, code string
		status         int
		text           string
	}{
		{"approve", strings.ToLower(userCode), 200, "Approved."},
		{"approve", userCode, 404, "No device login waits"},
		{"deny", denied, 200, "Denied."},
	} {
		got := post(t, s, "activate", "user_code", step.code, "decision", step.decision)
		if got.status != step.status || !strings.Contains(got.body, step.text) {
			t.Errorf("%s: %d, want %d with %q", step.decision, got.status, step.status, step.text)
		}
	}
	if got := poll(t, s, deviceCode); got.status != 200 {
		t.Errorf("poll after approval: %d, want 200", got.status)
	}
	request := newRequest(t, http.MethodDelete, s.URL()+"activate", "", "")
	if got, err := do(t, request); err != nil || got.status != 405 {
		t.Errorf("DELETE: %d %v, want 405", got.status, err)
	}
}

func TestMetadata(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	got := get(t, s, ".well-known/openid-configuration", "")
	if got.text(t, "issuer") != s.URL() || got.text(t, "token_endpoint") != s.URL()+"oauth/token" {
		t.Errorf("metadata = %s", got.body)
	}
	if keys := get(t, s, ".well-known/jwks.json", "").document(t)["keys"].([]any); len(keys) != 1 {
		t.Errorf("keys = %d, want 1", len(keys))
	}
	if total := s.Requests().Total; total != 0 {
		t.Errorf("counted %d requests, want none of these", total)
	}
}

func TestTokensFile_format(t *testing.T) {
	t.Parallel()
	set := TokenSet{AccessToken: "a", IDToken: "i", RefreshToken: "r"}
	if got, want := string(set.TokensFile()), "{\n  \"access_token\": \"a\",\n  \"id_token\": \"i\",\n  \"refresh_token\": \"r\"\n}"; got != want {
		t.Errorf("TokensFile = %q, want %q", got, want)
	}
	if got, want := string(TokenSet{AccessToken: "a"}.TokensFile()), "{\n  \"access_token\": \"a\"\n}"; got != want {
		t.Errorf("TokensFile = %q, want %q", got, want)
	}
}

func TestWriteHome(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	home := t.TempDir()
	first, second := s.Login(User{}), s.Login(User{})
	for _, set := range []TokenSet{first, second} {
		path, err := set.WriteHome(home)
		if err != nil {
			t.Fatal(err)
		}
		if path != filepath.Join(home, ".earthscope", "default", "tokens.json") {
			t.Errorf("path = %s", path)
		}
		content, err := os.ReadFile(path)
		if err != nil || string(content) != string(set.TokensFile()) {
			t.Errorf("content differs (%v)", err)
		}
	}
}

func TestWriteHome_foreignLogin(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	foreign := TokenSet{AccessToken: s.sign(claims{Issuer: "https://login.example.org/"})}
	for _, content := range []string{string(foreign.TokensFile()), `{"refresh_token":"r"}`, `{"access_token":"opaque"}`, "", "{"} {
		home := t.TempDir()
		path := filepath.Join(home, ".earthscope", "default", "tokens.json")
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Login(User{}).WriteHome(home); !errors.Is(err, ErrForeignLogin) {
			t.Errorf("WriteHome = %v, want ErrForeignLogin", err)
		}
		if after, err := os.ReadFile(path); err != nil || string(after) != content {
			t.Error("the file changed")
		}
	}
}
