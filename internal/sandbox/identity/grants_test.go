package identity

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestClientCredentials(t *testing.T) {
	t.Parallel()
	s := start(t, Options{AccessTokenLifetime: time.Hour})
	s.AddClient("machine", "made+up secret")
	form := func(secret string) []string {
		return []string{
			"grant_type", "client_credentials", "client_id", "machine", "client_secret", secret,
			"audience", DefaultAudience,
		}
	}
	got := post(t, s, "oauth/token", form("made+up secret")...)
	document := got.document(t)
	if got.status != 200 || document["refresh_token"] != nil || document["expires_in"] != 3600.0 {
		t.Fatalf("got %d %v", got.status, document)
	}
	holder, err := s.verify(got.text(t, "access_token"))
	if err != nil || holder.Subject != "machine@clients" || holder.GrantType != "client-credentials" {
		t.Errorf("claims = %+v, %v", holder, err)
	}
	wantJSON(t, post(t, s, "oauth/token", form("wrong")...), 401,
		`{"error":"access_denied","error_description":"Unauthorized"}`)
	request := newRequest(t, http.MethodPost, s.URL()+"oauth/token",
		"application/x-www-form-urlencoded", "grant_type=client_credentials")
	request.SetBasicAuth("machine", "made%2Bup+secret") // RFC 6749: form-encoded first
	if got, err := do(t, request); err != nil || got.status != 200 {
		t.Errorf("Basic authentication: %d %v, want 200", got.status, err)
	}
}

// postJSON sends what the SDK sends to revoke.
func postJSON(t *testing.T, s *Server, body string) reply {
	t.Helper()
	got, err := do(t, newRequest(t, http.MethodPost, s.URL()+"oauth/revoke", "application/json", body))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func revocation(clientID, token string) string {
	return fmt.Sprintf(`{"client_id":%q,"token":%q}`, clientID, token)
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	s.AddClient("other-app", "")
	s.AddClient("machine", "made-up")
	login, other := s.Login(User{}), s.Login(User{})
	for name, test := range map[string]struct {
		body   string
		status int
		want   string
	}{
		"unknown client":  {revocation("nobody", login.RefreshToken), 401, `{"error":"invalid_client","error_description":"Unknown client: the client id is not registered here."}`},
		"without secret":  {revocation("machine", login.RefreshToken), 401, `{"error":"access_denied","error_description":"Unauthorized"}`},
		"other's token":   {revocation("other-app", login.RefreshToken), 400, `{"error":"invalid_request","error_description":"The token was issued to another client."}`},
		"no token":        {`{"client_id":"` + DefaultClientID + `"}`, 400, `{"error":"invalid_request","error_description":"Missing required parameter: token"}`},
		"malformed":       {`{"client_id":`, 400, `{"error":"invalid_request","error_description":"The body is not a JSON object of strings."}`},
		"not an object":   {`[]`, 400, `{"error":"invalid_request","error_description":"The body is not a JSON object of strings."}`},
		"number as token": {`{"token":1}`, 400, `{"error":"invalid_request","error_description":"The body is not a JSON object of strings."}`},
	} {
		t.Run(name, func(t *testing.T) { wantJSON(t, postJSON(t, s, test.body), test.status, test.want) })
	}
	for _, token := range []string{login.RefreshToken, login.RefreshToken, "v1.unknown"} {
		if got := postJSON(t, s, revocation(DefaultClientID, token)); got.status != 200 || got.body != "" {
			t.Errorf("revoke: %d %q, want 200 and an empty body", got.status, got.body)
		}
	}
	wantJSON(t, refresh(t, s, login.RefreshToken), 403, deadToken)
	if got := refresh(t, s, other.RefreshToken); got.status != 200 {
		t.Errorf("the other login: %d, want 200", got.status)
	}
	if got := get(t, s, "beta/user/profile", login.AccessToken); got.status != 200 {
		t.Errorf("the access token: %d, want 200 until it expires", got.status)
	}
}

func TestRevoke_deletesGrant(t *testing.T) {
	t.Parallel()
	s := start(t, Options{RevocationDeletesGrant: true})
	login, same := s.Login(User{}), s.Login(User{})
	elsewhere := s.LoginAs(LoginRequest{Audience: "https://other.example.org"})
	postJSON(t, s, revocation(DefaultClientID, login.RefreshToken))
	wantJSON(t, refresh(t, s, same.RefreshToken), 403, deadToken)
	if got := refresh(t, s, elsewhere.RefreshToken); got.status != 200 {
		t.Errorf("another audience: %d, want 200", got.status)
	}
}

func TestRevoke_retiredTokenEndsFamily(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Rotating: true})
	first := s.Login(User{}).RefreshToken
	second := refresh(t, s, first).text(t, "refresh_token")
	postJSON(t, s, revocation(DefaultClientID, first))
	if s.RefreshTokenValid(second) || len(s.SpentTwice()) != 0 {
		t.Error("revoking an earlier generation must end the family, and is no reuse")
	}
}

func TestTokenSet_masked(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	set := s.Login(User{})
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("login", "tokens", set)
	for _, text := range []string{
		fmt.Sprint(set), fmt.Sprintf("%v %+v %#v %s", set, set, set, set), log.String(), fmt.Sprintf("%+v", s.RequestLog()),
	} {
		for _, secret := range []string{set.AccessToken, set.RefreshToken, set.IDToken} {
			if strings.Contains(text, secret) {
				t.Error("a token was printed")
			}
		}
	}
}

func TestFingerprint(t *testing.T) {
	t.Parallel()
	// printf earthscope-v1:v1.example | sha256sum | cut -c1-16
	if got, want := Fingerprint("v1.example"), "b196972344351164"; got != want {
		t.Errorf("Fingerprint = %s, want %s", got, want)
	}
}
