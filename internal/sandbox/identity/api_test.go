package identity

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestAPI_bearerRefused(t *testing.T) {
	t.Parallel()
	s, stranger := start(t, Options{}), start(t, Options{})
	good := s.Login(User{}).AccessToken
	expired := s.LoginAs(LoginRequest{AccessTokenLifetime: time.Second}).AccessToken
	s.Advance(time.Second)
	const prefix = `{"detail":"Could not validate credentials: `
	for name, test := range map[string]struct{ token, body string }{
		"none":           {"", `{"detail":"Not authenticated"}`},
		"opaque":         {"opaque", prefix + `the access token is not a signed JWT"}`},
		"not base64":     {"a.!.c", prefix + `the access token is not a signed JWT"}`},
		"forged":         {good[:len(good)-8] + "AAAAAAAA", prefix + `the access token's signature is not valid"}`},
		"expired":        {expired, prefix + `the access token has expired"}`},
		"other issuer":   {stranger.Login(User{}).AccessToken, prefix + `the access token was issued by another server"}`},
		"other audience": {s.LoginAs(LoginRequest{Audience: "https://a.example.org"}).AccessToken, prefix + `the access token is for another audience (expected https://api.earthscope.org)"}`},
	} {
		t.Run(name, func(t *testing.T) {
			got := get(t, s, "beta/user/profile", test.token)
			wantJSON(t, got, 401, test.body)
			if !strings.HasPrefix(got.header.Get("WWW-Authenticate"), "Bearer") {
				t.Errorf("WWW-Authenticate = %q, want Bearer", got.header.Get("WWW-Authenticate"))
			}
		})
	}
}

func TestAPI_userProfile(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	login := s.Login(User{Subject: "auth0|d", FirstName: "Inge"})
	wantJSON(t, get(t, s, "beta/user/profile", login.AccessToken), 200,
		`{"country_code":"US","created_at":"2024-03-01T12:00:00Z","first_name":"Inge",`+
			`"institution":"Sandbox Institute of Geodesy","last_name":"Quake","primary_email":"ada.quake@example.org",`+
			`"region_code":"CO","updated_at":"2024-09-01T12:00:00Z","user_id":"auth0|d","work_sector":"academic"}`)
	s.SetProfile("auth0|d", json.RawMessage(`{"region_code":null}`))
	wantJSON(t, get(t, s, "beta/user/profile", login.AccessToken), 200, `{"region_code":null}`)
	s.AddClient("machine", "made-up")
	machine := post(t, s, "oauth/token", "grant_type", "client_credentials", "client_id", "machine",
		"client_secret", "made-up").text(t, "access_token")
	wantJSON(t, get(t, s, "beta/user/profile", machine), 403, `{"detail":"No user profile belongs to this token"}`)
}

func TestAPI_awsCredentials(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	token := s.Login(User{}).AccessToken
	s.DenyRole(DefaultUser().Subject, RoleLegacy)
	const path = "beta/user/credentials/aws/"
	got := get(t, s, path+"s3-miniseed-v2?network=FDSN%3AXX&year=2024", token)
	if got.status != 200 {
		t.Fatalf("status = %d: %s", got.status, got.body)
	}
	for name, length := range map[string]int{"aws_access_key_id": 20, "aws_secret_access_key": 40, "aws_session_token": 320} {
		if value := got.text(t, name); len(value) != length {
			t.Errorf("%s has %d characters, want %d", name, len(value), length)
		}
	}
	if want := "2026-05-01T13:00:00Z"; got.text(t, "expiration") != want {
		t.Errorf("expiration = %s, want %s", got.text(t, "expiration"), want)
	}
	const denied = `{"detail":"User is not authorized for this role"}`
	wantJSON(t, get(t, s, path+"s3-miniseed", token), 403, denied)
	wantJSON(t, get(t, s, path+"unknown", token), 403, denied)
	wantJSON(t, get(t, s, path+"s3-miniseed-v2?network=XX", token), 422,
		`{"detail":"network must look like FDSN:XX and year like 2024"}`)
	if got := get(t, s, path+"s3-miniseed-v2", token); got.status != 200 {
		t.Errorf("without a network: %d, want 200 (lists, cannot read)", got.status)
	}
}

func TestAPI_data(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	got := get(t, s, "beta/data/gnss/AC60", s.Login(User{Subject: "auth0|e"}).AccessToken)
	want := "EarthScope sandbox data \"gnss/AC60\" for auth0|e, access token valid until 2026-05-02T12:00:00Z\n"
	if got.status != 200 || got.body != want {
		t.Errorf("got %d %q, want %q", got.status, got.body, want)
	}
}
