package identity

import (
	"fmt"
	"time"
)

// loginDocument is the request of POST sandbox/login.
type loginDocument struct {
	User     User   `json:"user,omitzero"`
	ClientID string `json:"client_id,omitempty"`
	Audience string `json:"audience,omitempty"`
	Scope    string `json:"scope,omitempty"`
}

func (s *Server) controlLogin(body []byte) (any, error) {
	in, err := decode[loginDocument](body)
	if err != nil {
		return nil, err
	}
	set := s.LoginAs(LoginRequest{User: in.User, ClientID: in.ClientID, Audience: in.Audience, Scope: in.Scope})
	return set.document(), nil
}

func (s *Server) controlRevoke(body []byte) (any, error) {
	in, err := decode[struct {
		RefreshToken string `json:"refresh_token"`
	}](body)
	if err != nil {
		return nil, err
	}
	s.RevokeRefreshToken(in.RefreshToken)
	return nil, nil
}

func (s *Server) controlClient(body []byte) (any, error) {
	in, err := decode[struct {
		ClientID     string `json:"client_id"`
		ClientSecret string `json:"client_secret"`
	}](body)
	if err != nil {
		return nil, err
	}
	s.AddClient(in.ClientID, in.ClientSecret)
	return nil, nil
}

func (s *Server) controlClock(body []byte) (any, error) {
	in, err := decode[struct {
		Advance string `json:"advance"`
	}](body)
	if err != nil {
		return nil, err
	}
	by, err := time.ParseDuration(in.Advance)
	if err != nil {
		return nil, fmt.Errorf("advance: %w", err)
	}
	s.Advance(by)
	return map[string]time.Time{"now": s.Now()}, nil
}

func (s *Server) controlRateLimit(body []byte) (any, error) {
	in, err := decode[struct {
		Limit  int    `json:"limit"`
		Window string `json:"window"`
	}](body)
	if err != nil {
		return nil, err
	}
	window, err := parseOptional(in.Window)
	if err != nil {
		return nil, fmt.Errorf("window: %w", err)
	}
	s.SetRateLimit(in.Limit, window)
	return nil, nil
}

// controlSettings changes what the request names and leaves the rest.
func (s *Server) controlSettings(body []byte) (any, error) {
	in, err := decode[struct {
		Rotating            *bool   `json:"rotating"`
		Leeway              *string `json:"leeway"`
		AccessTokenLifetime *string `json:"access_token_lifetime"`
		AutoApprove         *bool   `json:"auto_approve"`
	}](body)
	if err != nil {
		return nil, err
	}
	for _, setting := range []struct {
		name  string
		value *string
		set   func(time.Duration)
	}{
		{"leeway", in.Leeway, s.SetLeeway},
		{"access_token_lifetime", in.AccessTokenLifetime, s.SetAccessTokenLifetime},
	} {
		if setting.value == nil {
			continue
		}
		duration, err := time.ParseDuration(*setting.value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", setting.name, err)
		}
		setting.set(duration)
	}
	if in.Rotating != nil {
		s.SetRotating(*in.Rotating)
	}
	if in.AutoApprove != nil {
		s.SetAutoApprove(*in.AutoApprove)
	}
	return s.status(), nil
}

// controlFault queues a fault. Its members are those of [Fault], durations in
// Go's notation; after stands for AfterProcessing.
func (s *Server) controlFault(body []byte) (any, error) {
	in, err := decode[struct {
		Kind       FaultKind `json:"kind"`
		Endpoint   Endpoint  `json:"endpoint"`
		GrantType  string    `json:"grant_type"`
		Times      int       `json:"times"`
		After      bool      `json:"after"`
		Status     int       `json:"status"`
		Body       string    `json:"body"`
		RedirectTo string    `json:"redirect_to"`
		Skew       string    `json:"skew"`
		RetryAfter string    `json:"retry_after"`
	}](body)
	if err != nil {
		return nil, err
	}
	skew, err := parseOptional(in.Skew)
	if err != nil {
		return nil, fmt.Errorf("skew: %w", err)
	}
	retryAfter, err := parseOptional(in.RetryAfter)
	if err != nil {
		return nil, fmt.Errorf("retry_after: %w", err)
	}
	return nil, s.Fault(Fault{
		Kind: in.Kind, Endpoint: in.Endpoint, GrantType: in.GrantType, Times: in.Times, AfterProcessing: in.After,
		Status: in.Status, Body: in.Body, RedirectTo: in.RedirectTo, Skew: skew, RetryAfter: retryAfter,
	})
}

func parseOptional(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	return time.ParseDuration(text)
}
