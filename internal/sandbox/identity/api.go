package identity

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// Roles of GET beta/user/credentials/aws/{role}.
const (
	// RoleLegacy is the SDK's deprecated default.
	RoleLegacy = "s3-miniseed"
	// RoleMiniSEED takes the query parameters network and year.
	RoleMiniSEED = "s3-miniseed-v2"
)

var (
	networkForm = regexp.MustCompile(`^FDSN:[A-Z0-9]{1,8}$`)
	yearForm    = regexp.MustCompile(`^[0-9]{4}$`)
)

// detail is an error body of the API.
func detail(status int, text string) answer {
	return jsonAnswer(status, map[string]string{"detail": text})
}

// authorized runs next for a valid bearer token (RFC 6750) and refuses others.
func (s *Server) authorized(c *call, next func(*call, claims) answer) answer {
	scheme, token, _ := strings.Cut(c.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		c.entry.Outcome = OutcomeRefused
		ans := detail(http.StatusUnauthorized, "Not authenticated")
		ans.header.Set("WWW-Authenticate", "Bearer")
		return ans
	}
	c.entry.Fingerprint = Fingerprint(token)
	holder, err := s.verify(token)
	if err != nil {
		c.entry.Outcome = OutcomeRefused
		text := "Could not validate credentials: " + err.Error()
		if errors.Is(err, errTokenAudience) {
			text += fmt.Sprintf(" (expected %s)", s.opts.Audience)
		}
		ans := detail(http.StatusUnauthorized, text)
		ans.header.Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		return ans
	}
	c.entry.ClientID = holder.Client
	c.entry.Outcome = OutcomeGranted
	return next(c, holder)
}

// userProfile answers GET beta/user/profile. A machine has no profile.
func (s *Server) userProfile(c *call, holder claims) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	if document, ok := s.profiles[holder.Subject]; ok {
		return newAnswer(http.StatusOK, "application/json", document)
	}
	user, ok := s.users[holder.Subject]
	if !ok {
		c.entry.Outcome = OutcomeRefused
		return detail(http.StatusForbidden, "No user profile belongs to this token")
	}
	return jsonAnswer(http.StatusOK, user.profile())
}

// awsCredentials answers GET beta/user/credentials/aws/{role}.
func (s *Server) awsCredentials(c *call, holder claims) answer {
	role := strings.TrimPrefix(c.URL.Path, "/"+string(EndpointAWSCredentials)+"/")
	query := c.URL.Query()
	if role != RoleLegacy && role != RoleMiniSEED || s.roleDenied(holder.Subject, role) {
		c.entry.Outcome = OutcomeRefused
		return detail(http.StatusForbidden, "User is not authorized for this role")
	}
	network, year := query.Get("network"), query.Get("year")
	if network != "" && !networkForm.MatchString(network) || year != "" && !yearForm.MatchString(year) {
		c.entry.Outcome = OutcomeInvalid
		return detail(http.StatusUnprocessableEntity, "network must look like FDSN:XX and year like 2024")
	}
	return jsonAnswer(http.StatusOK, s.newAWSCredentials(holder.Subject+"|"+role+"|"+query.Encode()))
}

// newAWSCredentials makes up credentials in the shape of AWS's. They differ with
// every request and open nothing.
func (s *Server) newAWSCredentials(purpose string) map[string]any {
	digest := sha256.Sum256([]byte(purpose + randomText(16)))
	return map[string]any{
		"aws_access_key_id":     "ASIA" + base32.StdEncoding.EncodeToString(digest[:])[:16],
		"aws_secret_access_key": base64.StdEncoding.EncodeToString([]byte(randomText(30)))[:40],
		"aws_session_token":     base64.StdEncoding.EncodeToString([]byte(randomText(180))),
		"expiration":            s.Now().UTC().Add(s.opts.AWSCredentialsLifetime).Format(time.RFC3339),
	}
}

// DenyRole makes the API refuse an AWS role to a user with 403.
func (s *Server) DenyRole(subject, role string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deniedRoles[subject+"|"+role] = true
}

func (s *Server) roleDenied(subject, role string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.deniedRoles[subject+"|"+role]
}

// data answers GET beta/data/… with one line of text: something to fetch with an
// access token and look at.
func (s *Server) data(c *call, holder claims) answer {
	name := strings.TrimPrefix(c.URL.Path, "/"+string(EndpointData)+"/")
	line := fmt.Sprintf("EarthScope sandbox data %q for %s, access token valid until %s\n",
		name, holder.Subject, time.Unix(holder.ExpiresAt, 0).UTC().Format(time.RFC3339))
	return newAnswer(http.StatusOK, "text/plain; charset=utf-8", []byte(line))
}
