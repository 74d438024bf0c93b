package identity

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// ErrUnknownUserCode says that no device login waits under the given code.
var ErrUnknownUserCode = errors.New("no device login waits under this user code")

type deviceState int

const (
	devicePending deviceState = iota
	deviceApproved
	deviceDenied
	deviceExpired
	deviceDone // redeemed, or its end was told
)

// deviceLogin is one device authorization (RFC 8628).
type deviceLogin struct {
	userCode, code string
	grant          grant
	user           User
	state          deviceState
	expiresAt      time.Time
	lastPoll       time.Time
}

// startDevice answers POST oauth/device/code.
func (s *Server) startDevice(c *call) answer {
	clientID, denied := s.authenticate(c)
	if c.malformed != "" {
		denied = invalidRequest(c.malformed)
	}
	if denied != nil {
		c.entry.Outcome = denied.outcome
		return denied.answer()
	}
	c.entry.Outcome = OutcomeGranted
	return jsonAnswer(http.StatusOK, s.newDeviceLogin(clientID, c.form))
}

func (s *Server) newDeviceLogin(clientID string, form url.Values) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	audience := form.Get("audience")
	setDefault(&audience, s.opts.Audience)
	login := &deviceLogin{
		userCode:  newUserCode(),
		code:      randomText(24),
		grant:     grant{clientID: clientID, audience: audience, scope: form.Get("scope")},
		expiresAt: s.Now().Add(s.opts.DeviceLifetime),
	}
	if s.opts.AutoApprove {
		login.state, login.user = deviceApproved, DefaultUser()
	}
	s.devices = append(s.devices, login)
	page := s.URL() + "activate"
	return map[string]any{
		"device_code":               login.code,
		"user_code":                 login.userCode,
		"verification_uri":          page,
		"verification_uri_complete": page + "?user_code=" + login.userCode,
		"expires_in":                int(s.opts.DeviceLifetime / time.Second),
		"interval":                  int(s.opts.DeviceInterval / time.Second),
	}
}

// newUserCode returns a code in the form and alphabet of RFC 8628 section 6.1:
// consonants only, so that no word comes out.
func newUserCode() string {
	const alphabet = "BCDFGHJKLMNPQRSTVWXZ"
	raw := make([]byte, 8)
	_, _ = rand.Read(raw) // never fails
	for i, b := range raw {
		raw[i] = alphabet[int(b)%len(alphabet)]
	}
	return string(raw[:4]) + "-" + string(raw[4:])
}

// pollDevice answers grant_type=…:device_code with Auth0's statuses. The interval
// is enforced between polls.
func (s *Server) pollDevice(c *call) (answer, *oauthError) {
	clientID, refusal := s.authenticate(c)
	if refusal != nil {
		return answer{}, refusal
	}
	code := c.form.Get("device_code")
	if code == "" {
		return answer{}, missingParameter("device_code")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var login *deviceLogin
	for _, candidate := range s.devices {
		if candidate.code == code && candidate.grant.clientID == clientID {
			login = candidate
		}
	}
	if login == nil {
		return answer{}, errDeadCode
	}
	if refusal := s.pollVerdict(login); refusal != nil {
		return answer{}, refusal
	}
	login.state = deviceDone
	login.grant.subject = login.user.Subject
	set := s.finishLogin(login.user, login.grant, s.opts.AccessTokenLifetime)
	return jsonAnswer(http.StatusOK, set.document()), nil
}

// pollVerdict returns nil if the login is approved. An end (expired, denied) is
// told once; after that the code is as good as unknown. The caller holds mu.
func (s *Server) pollVerdict(login *deviceLogin) *oauthError {
	now := s.Now()
	early := !login.lastPoll.IsZero() && now.Sub(login.lastPoll) < s.opts.DeviceInterval
	login.lastPoll = now
	if login.state != deviceDone && !now.Before(login.expiresAt) {
		login.state = deviceExpired
	}
	switch login.state {
	case deviceExpired:
		login.state = deviceDone
		return errExpiredCode
	case deviceDenied:
		login.state = deviceDone
		return errDeniedCode
	case deviceDone:
		return errDeadCode
	}
	if early {
		return errSlowDown
	}
	if login.state == devicePending {
		return errPending
	}
	if s.blocked[login.user.Subject] {
		return errBlocked
	}
	return nil
}

// ApproveDevice approves a device login as [DefaultUser], as the person in front
// of the browser would. It returns [ErrUnknownUserCode] if none is pending.
func (s *Server) ApproveDevice(userCode string) error {
	return s.ApproveDeviceAs(userCode, DefaultUser())
}

// ApproveDeviceAs is [Server.ApproveDevice] for another user.
func (s *Server) ApproveDeviceAs(userCode string, user User) error {
	return s.decideDevice(userCode, func(login *deviceLogin) {
		login.state, login.user = deviceApproved, user.withDefaults()
	})
}

// DenyDevice denies a device login. It returns [ErrUnknownUserCode] if none is
// pending.
func (s *Server) DenyDevice(userCode string) error {
	return s.decideDevice(userCode, func(login *deviceLogin) { login.state = deviceDenied })
}

// ExpireDevice lets a device code expire now. It returns [ErrUnknownUserCode] if
// none is pending.
func (s *Server) ExpireDevice(userCode string) error {
	return s.decideDevice(userCode, func(login *deviceLogin) { login.state = deviceExpired })
}

func (s *Server) decideDevice(userCode string, decide func(*deviceLogin)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, login := range s.devices {
		if login.state == devicePending && strings.EqualFold(login.userCode, strings.TrimSpace(userCode)) {
			decide(login)
			return nil
		}
	}
	return fmt.Errorf("decide device login %q: %w", userCode, ErrUnknownUserCode)
}

// PendingDevices returns the user codes of device logins that wait for approval,
// oldest first.
func (s *Server) PendingDevices() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var codes []string
	for _, login := range s.devices {
		if login.state == devicePending && s.Now().Before(login.expiresAt) {
			codes = append(codes, login.userCode)
		}
	}
	return codes
}
