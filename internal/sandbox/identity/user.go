package identity

import (
	"encoding/json"
	"time"
)

// User is somebody who can log in. Zero fields are taken from [DefaultUser], so
// that User{Subject: "auth0|b"} is a complete second user.
type User struct {
	// Subject is the claim "sub" and the API's user id, such as "auth0|abc".
	Subject string `json:"subject"`
	// FirstName and the fields below are what beta/user/profile returns.
	FirstName    string `json:"first_name,omitempty"`
	LastName     string `json:"last_name,omitempty"`
	CountryCode  string `json:"country_code,omitempty"`
	RegionCode   string `json:"region_code,omitempty"`
	Institution  string `json:"institution,omitempty"`
	WorkSector   string `json:"work_sector,omitempty"`
	PrimaryEmail string `json:"primary_email,omitempty"`
}

// DefaultUser returns the person who logs in when nobody else is named.
func DefaultUser() User {
	return User{
		Subject:      "auth0|0123456789abcdef01234567",
		FirstName:    "Ada",
		LastName:     "Quake",
		CountryCode:  "US",
		RegionCode:   "CO",
		Institution:  "Sandbox Institute of Geodesy",
		WorkSector:   "academic",
		PrimaryEmail: "ada.quake@example.org",
	}
}

func (u User) withDefaults() User {
	standard := DefaultUser()
	setDefault(&u.Subject, standard.Subject)
	setDefault(&u.FirstName, standard.FirstName)
	setDefault(&u.LastName, standard.LastName)
	setDefault(&u.CountryCode, standard.CountryCode)
	setDefault(&u.RegionCode, standard.RegionCode)
	setDefault(&u.Institution, standard.Institution)
	setDefault(&u.WorkSector, standard.WorkSector)
	setDefault(&u.PrimaryEmail, standard.PrimaryEmail)
	return u
}

// profileTime is when every made-up account was created.
var profileTime = time.Date(2024, time.March, 1, 12, 0, 0, 0, time.UTC)

// profile is the answer of GET beta/user/profile, with the keys that the SDK's
// model requires.
func (u User) profile() map[string]any {
	return map[string]any{
		"first_name":    u.FirstName,
		"last_name":     u.LastName,
		"country_code":  u.CountryCode,
		"region_code":   u.RegionCode,
		"institution":   u.Institution,
		"work_sector":   u.WorkSector,
		"user_id":       u.Subject,
		"primary_email": u.PrimaryEmail,
		"created_at":    profileTime.Format(time.RFC3339),
		"updated_at":    profileTime.AddDate(0, 6, 0).Format(time.RFC3339),
	}
}

// SetProfile makes GET beta/user/profile answer with document, as it stands, for
// this subject: for fields that are missing, null or new. nil restores the
// regular profile.
func (s *Server) SetProfile(subject string, document json.RawMessage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if document == nil {
		delete(s.profiles, subject)
		return
	}
	s.profiles[subject] = document
}

// BlockUser makes every grant of this subject fail with 403 invalid_grant "user
// is blocked". Access tokens that are already out stay valid, as at Auth0.
func (s *Server) BlockUser(subject string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.blocked[subject] = true
}

// UnblockUser undoes [Server.BlockUser].
func (s *Server) UnblockUser(subject string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.blocked, subject)
}
