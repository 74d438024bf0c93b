package identity

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// start runs a server on a clock that stands still, so that only Advance moves it.
func start(t *testing.T, opts Options) *Server {
	t.Helper()
	if opts.Now == nil {
		at := time.Date(2026, time.May, 1, 12, 0, 0, 0, time.UTC)
		opts.Now = func() time.Time { return at }
	}
	s, err := Start(opts)
	if err != nil {
		t.Fatalf("Start: %v", err)
	}
	t.Cleanup(s.Close)
	return s
}

// reply is a response that has been read.
type reply struct {
	status int
	header http.Header
	body   string
}

func (r reply) document(t *testing.T) map[string]any {
	t.Helper()
	var document map[string]any
	if err := json.Unmarshal([]byte(r.body), &document); err != nil {
		t.Fatalf("answer is not JSON: %v", err)
	}
	return document
}

func (r reply) text(t *testing.T, name string) string {
	t.Helper()
	text, _ := r.document(t)[name].(string)
	return text
}

func do(t *testing.T, request *http.Request) (reply, error) {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	client := &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	response, err := client.Do(request)
	if err != nil {
		return reply{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return reply{response.StatusCode, response.Header, string(body)}, err
}

func newRequest(t *testing.T, method, address, contentType, body string) *http.Request {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	return request
}

// post sends a form given as name, value pairs, in that order.
func post(t *testing.T, s *Server, path string, pairs ...string) reply {
	t.Helper()
	got, err := tryPost(t, s, path, pairs...)
	if err != nil {
		t.Fatalf("POST %s: %v", path, err)
	}
	return got
}

func tryPost(t *testing.T, s *Server, path string, pairs ...string) (reply, error) {
	t.Helper()
	var fields []string
	for i := 0; i < len(pairs); i += 2 {
		fields = append(fields, pairs[i]+"="+url.QueryEscape(pairs[i+1]))
	}
	return do(t, newRequest(t, http.MethodPost, s.URL()+path,
		"application/x-www-form-urlencoded", strings.Join(fields, "&")))
}

// refresh sends what the SDK sends.
func refresh(t *testing.T, s *Server, token string) reply {
	t.Helper()
	return post(t, s, "oauth/token", refreshFields(token)...)
}

func refreshFields(token string) []string {
	return []string{
		"grant_type", "refresh_token", "client_id", DefaultClientID, "refresh_token", token, "scopes", "offline_access",
	}
}

func get(t *testing.T, s *Server, path, token string) reply {
	t.Helper()
	request := newRequest(t, http.MethodGet, s.URL()+path, "", "")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	got, err := do(t, request)
	if err != nil {
		t.Fatalf("GET %s: %v", path, err)
	}
	return got
}

func wantJSON(t *testing.T, got reply, status int, body string) {
	t.Helper()
	if got.status != status || got.body != body {
		t.Errorf("got %d %s\nwant %d %s", got.status, got.body, status, body)
	}
	if contentType := got.header.Get("Content-Type"); contentType != "application/json" {
		t.Errorf("Content-Type = %q, want application/json", contentType)
	}
}

const deadToken = `{"error":"invalid_grant","error_description":"Unknown or invalid refresh token."}`

func TestStart_otherAddress(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"0.0.0.0:0", "192.0.2.1:0", ":0", "example.org:0", "127.0.0.1"} {
		if s, err := Start(Options{Address: address}); err == nil {
			s.Close()
			t.Errorf("Start(%q) succeeded, want an error", address)
		}
	}
}

func TestServer_unknownPathOrMethod(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	wantJSON(t, get(t, s, "oauth/other", ""), 404, `{"detail":"Not Found","error":"not_found"}`)
	got := get(t, s, "oauth/token", "")
	wantJSON(t, got, 405, `{"detail":"Method Not Allowed","error":"method_not_allowed"}`)
	if allow := got.header.Get("Allow"); allow != "POST" {
		t.Errorf("Allow = %q, want POST", allow)
	}
	if got := s.Requests().ByOutcome[OutcomeInvalid]; got != 2 {
		t.Errorf("invalid requests = %d, want 2", got)
	}
}

func TestServer_dateFollowsClock(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	s.Advance(3 * time.Hour)
	if got, want := get(t, s, "beta/user/profile", "").header.Get("Date"), "Fri, 01 May 2026 15:00:00 GMT"; got != want {
		t.Errorf("Date = %q, want %q", got, want)
	}
}
