package identity

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// ErrControl says that a running sandbox refused a control request.
var ErrControl = errors.New("the sandbox refused")

// Control steers a sandbox that runs in another process.
type Control struct {
	base string
	http *http.Client
}

// NewControl returns the control of the sandbox at address, which must be the
// URL of a loopback host. client carries the requests; it must trust the
// sandbox's authority if that serves TLS. It returns [ErrNotLoopback] for another
// host.
func NewControl(address string, client *http.Client) (*Control, error) {
	if err := CheckLoopbackURL(address); err != nil {
		return nil, err
	}
	return &Control{base: strings.TrimSuffix(address, "/") + controlPrefix, http: client}, nil
}

// CheckLoopbackURL returns [ErrNotLoopback] unless address is an HTTP URL of this
// machine: the sandbox's tokens are sent nowhere else, and nobody else's to it.
func CheckLoopbackURL(address string) error {
	parsed, err := url.Parse(address)
	if err != nil || parsed.Scheme != "http" && parsed.Scheme != "https" || !isLoopback(parsed.Hostname()) {
		return fmt.Errorf("sandbox URL %q: %w", address, ErrNotLoopback)
	}
	return nil
}

// Report returns what the sandbox was asked since its start or the last reset.
func (c *Control) Report(ctx context.Context) (Report, error) {
	var report Report
	return report, c.Do(ctx, http.MethodGet, "requests", nil, &report)
}

// Status returns the sandbox's settings and clock.
func (c *Control) Status(ctx context.Context) (Status, error) {
	var status Status
	return status, c.Do(ctx, http.MethodGet, "status", nil, &status)
}

// Login makes a finished login of user and returns its tokens.
func (c *Control) Login(ctx context.Context, user User) (TokenSet, error) {
	var out struct {
		AccessToken  string `json:"access_token"`
		RefreshToken string `json:"refresh_token"`
		IDToken      string `json:"id_token"`
		TokenType    string `json:"token_type"`
		Scope        string `json:"scope"`
		ExpiresIn    int64  `json:"expires_in"`
	}
	if err := c.Do(ctx, http.MethodPost, "login", loginDocument{User: user}, &out); err != nil {
		return TokenSet{}, err
	}
	set := TokenSet{
		AccessToken: out.AccessToken, RefreshToken: out.RefreshToken, IDToken: out.IDToken,
		TokenType: out.TokenType, Scope: out.Scope, ExpiresIn: out.ExpiresIn,
	}
	if c, ok := parseClaims(out.AccessToken); ok {
		set.ExpiresAt = time.Unix(c.ExpiresAt, 0)
	}
	return set, nil
}

// Do sends one control request: in as JSON if it is not nil, the answer into out
// if that is not nil. The names are listed at the sandbox's --help. It returns
// [ErrControl] with the sandbox's reason if that refuses.
func (c *Control) Do(ctx context.Context, method, name string, in, out any) error {
	var body io.Reader = http.NoBody
	if in != nil {
		encoded, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("control request %s: %w", name, err)
		}
		body = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.base+name, body)
	if err != nil {
		return fmt.Errorf("control request %s: %w", name, err)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return fmt.Errorf("reach the sandbox (is it running?): %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode >= http.StatusBadRequest {
		var refusal struct {
			Detail string `json:"detail"`
		}
		_ = json.NewDecoder(io.LimitReader(response.Body, maxBody)).Decode(&refusal)
		return fmt.Errorf("%s %s: %w with status %d: %s", method, name, ErrControl, response.StatusCode, refusal.Detail)
	}
	if out == nil || response.StatusCode == http.StatusNoContent {
		return nil
	}
	if err := json.NewDecoder(response.Body).Decode(out); err != nil {
		return fmt.Errorf("read the sandbox's answer to %s: %w", name, err)
	}
	return nil
}
