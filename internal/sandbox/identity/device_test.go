package identity

import (
	"errors"
	"regexp"
	"slices"
	"testing"
	"time"
)

// startDevice begins a login as the SDK does and returns its codes.
func startDevice(t *testing.T, s *Server) (deviceCode, userCode string) {
	t.Helper()
	got := post(t, s, "oauth/device/code",
		"client_id", DefaultClientID, "scope", "offline_access", "audience", DefaultAudience)
	if got.status != 200 {
		t.Fatalf("device code: %d %s", got.status, got.body)
	}
	return got.text(t, "device_code"), got.text(t, "user_code")
}

// poll waits out the interval, then polls.
func poll(t *testing.T, s *Server, deviceCode string) reply {
	t.Helper()
	s.Advance(5 * time.Second)
	return pollNow(t, s, deviceCode)
}

func pollNow(t *testing.T, s *Server, deviceCode string) reply {
	t.Helper()
	return post(t, s, "oauth/token",
		"grant_type", grantDevice, "device_code", deviceCode, "client_id", DefaultClientID)
}

const (
	pendingBody  = `{"error":"authorization_pending","error_description":"User has yet to authorize device code."}`
	slowDownBody = `{"error":"slow_down","error_description":"You are polling faster than the specified interval."}`
	deadCodeBody = `{"error":"invalid_grant","error_description":"Invalid or expired device code."}`
	expiredBody  = `{"error":"expired_token","error_description":"The device code has expired."}`
	deniedBody   = `{"error":"access_denied","error_description":"User cancelled the confirmation prompt."}`
)

func TestDevice_startAnswer(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	document := post(t, s, "oauth/device/code", "client_id", DefaultClientID).document(t)
	userCode, _ := document["user_code"].(string)
	if !regexp.MustCompile(`^[B-Z]{4}-[B-Z]{4}$`).MatchString(userCode) {
		t.Errorf("user_code = %q", userCode)
	}
	for name, want := range map[string]any{
		"verification_uri":          s.URL() + "activate",
		"verification_uri_complete": s.URL() + "activate?user_code=" + userCode,
		"expires_in":                900.0,
		"interval":                  5.0,
	} {
		if document[name] != want {
			t.Errorf("%s = %v, want %v", name, document[name], want)
		}
	}
	if got := s.PendingDevices(); !slices.Equal(got, []string{userCode}) {
		t.Errorf("PendingDevices = %v, want %v", got, userCode)
	}
	wantJSON(t, post(t, s, "oauth/device/code", "client_id", "nobody"), 401,
		`{"error":"invalid_client","error_description":"Unknown client: the client id is not registered here."}`)
}

func TestDevice_approvedAfterPending(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	deviceCode, userCode := startDevice(t, s)
	wantJSON(t, poll(t, s, deviceCode), 403, pendingBody)
	wantJSON(t, pollNow(t, s, deviceCode), 429, slowDownBody)
	s.Advance(5*time.Second - time.Nanosecond)
	wantJSON(t, pollNow(t, s, deviceCode), 429, slowDownBody)
	if err := s.ApproveDeviceAs(" "+userCode, User{Subject: "auth0|c"}); err != nil {
		t.Fatal(err)
	}
	got := poll(t, s, deviceCode)
	if got.status != 200 {
		t.Fatalf("approved: %d %s", got.status, got.body)
	}
	holder, err := s.verify(got.text(t, "access_token"))
	if err != nil || holder.Subject != "auth0|c" || holder.GrantType != grantDevice {
		t.Errorf("claims = %+v, %v", holder, err)
	}
	if again := refresh(t, s, got.text(t, "refresh_token")); again.status != 200 {
		t.Errorf("refresh after login: %d, want 200", again.status)
	}
	wantJSON(t, poll(t, s, deviceCode), 403, deadCodeBody)
}

func TestDevice_ends(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		end  func(*Server, string) error
		body string
	}{
		"denied":  {(*Server).DenyDevice, deniedBody},
		"expired": {(*Server).ExpireDevice, expiredBody},
		"timeout": {func(s *Server, _ string) error { s.Advance(15 * time.Minute); return nil }, expiredBody},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, Options{})
			deviceCode, userCode := startDevice(t, s)
			if err := test.end(s, userCode); err != nil {
				t.Fatal(err)
			}
			wantJSON(t, poll(t, s, deviceCode), 403, test.body)
			wantJSON(t, poll(t, s, deviceCode), 403, deadCodeBody)
			if err := s.ApproveDevice(userCode); !errors.Is(err, ErrUnknownUserCode) {
				t.Errorf("ApproveDevice afterwards = %v, want ErrUnknownUserCode", err)
			}
		})
	}
}

func TestDevice_autoApproveWithoutOfflineAccess(t *testing.T) {
	t.Parallel()
	s := start(t, Options{AutoApprove: true})
	deviceCode := post(t, s, "oauth/device/code", "client_id", DefaultClientID, "scope", "openid").text(t, "device_code")
	document := pollNow(t, s, deviceCode).document(t)
	if document["refresh_token"] != nil || document["id_token"] == nil || document["access_token"] == nil {
		t.Error("without offline_access there must be an ID token and no refresh token")
	}
}

func TestDevice_blockedUser(t *testing.T) {
	t.Parallel()
	s := start(t, Options{AutoApprove: true})
	s.BlockUser(DefaultUser().Subject)
	deviceCode, _ := startDevice(t, s)
	wantJSON(t, pollNow(t, s, deviceCode), 403, `{"error":"invalid_grant","error_description":"user is blocked"}`)
	s.UnblockUser(DefaultUser().Subject)
	if got := poll(t, s, deviceCode); got.status != 200 {
		t.Errorf("unblocked: %d, want 200", got.status)
	}
}
