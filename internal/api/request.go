package api

import (
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
)

// maxBody bounds what is read of an answer; the real ones are a few kilobytes.
const maxBody = 1 << 20

// question is one GET request.
type question struct {
	// path is relative to the API's base, with every segment escaped.
	path  string
	query url.Values
	// role is the AWS role that is asked for, "" for anything else.
	role string
}

// address appends the question to the base as text, as the SDK does.
func (q question) address(base string) string {
	address := base + q.path
	if len(q.query) > 0 {
		address += "?" + q.query.Encode()
	}
	return address
}

// answer is the outcome of one try.
type answer struct {
	status int
	html   bool
	body   []byte
	date   time.Time // of the server; zero where it gave none
	err    error     // no whole answer came
}

// ask sends the question until there is an answer that a retry would not
// change, and returns the body of a success. Errors are *Error, or what the
// token source returns.
func (c *Client) ask(ctx context.Context, q question) ([]byte, error) {
	target, err := url.Parse(q.address(c.options.APIURL))
	if err != nil || target.Host == "" {
		return nil, badAddress(err)
	}
	if !hostAllowed(target.Hostname(), c.options.AllowedHosts) {
		return nil, hostNotAllowed(target)
	}
	token, err := c.options.Tokens.Token(ctx, 0)
	if err != nil {
		return nil, err
	}
	got, tries := c.try(ctx, target, token)
	if got.err == nil && got.status/100 == 2 && !got.html {
		return got.body, nil
	}
	if ctx.Err() != nil {
		return nil, interrupted(ctx)
	}
	return nil, c.failure(q, target, token, got, tries)
}

// try follows the SDK's rules: what is retried is decided by the status alone
// (http.retry.status_codes), a connection that fails is not; no try starts once
// http.retry.timeout has passed since the first; 0 attempts count as 1.
func (c *Client) try(ctx context.Context, target *url.URL, token session.Token) (got answer, tries int) {
	retry := c.options.Retry
	start := c.options.Now()
	for tries = 1; ; tries++ {
		got = c.send(ctx, target, token)
		c.options.Log.DebugContext(ctx, "asked the API", "host", target.Host, "path", target.Path, "status", got.status, "try", tries)
		if got.err != nil || !slices.Contains(retry.StatusCodes, got.status) || tries >= retry.Attempts ||
			c.options.Now().Sub(start) >= retry.Timeout {
			return got, tries
		}
		if err := c.options.Sleep(ctx, c.wait(tries)); err != nil {
			got.err = err
			return got, tries
		}
	}
}

// wait is the pause after the given number of tries: min(wait_max,
// wait_initial*base^(tries-1) + a random part of wait_jitter).
func (c *Client) wait(tries int) time.Duration {
	retry := c.options.Retry
	pause := float64(retry.WaitInitial)*math.Pow(retry.WaitExpBase, float64(tries-1)) + c.options.Jitter()*float64(retry.WaitJitter)
	return time.Duration(min(pause, float64(retry.WaitMax)))
}

// send makes one request and reads its answer.
func (c *Client) send(ctx context.Context, target *url.URL, token session.Token) answer {
	ctx, cancel := context.WithTimeout(ctx, c.options.RequestTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), http.NoBody)
	if err != nil {
		return answer{err: err}
	}
	for name, value := range c.options.ExtraHeaders {
		request.Header.Set(name, value)
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", c.options.UserAgent)
	request.Header.Set("Authorization", session.TokenType+" "+token.AccessToken.Reveal())
	response, err := c.options.HTTPClient.Do(request)
	if err != nil {
		return answer{err: withoutAddress(err)}
	}
	defer func() { _ = response.Body.Close() }()
	got := answer{status: response.StatusCode}
	got.date, _ = http.ParseTime(response.Header.Get("Date"))
	got.html = strings.HasPrefix(response.Header.Get("Content-Type"), "text/html")
	got.body, err = io.ReadAll(io.LimitReader(response.Body, maxBody))
	if err != nil {
		got.err = err
	}
	return got
}

// withoutAddress takes the cause out of what http.Client wraps around it: the
// method and the whole address.
func withoutAddress(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}
