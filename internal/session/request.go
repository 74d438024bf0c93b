package session

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"

	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// endpointAt is another path of the server that tokenURL belongs to. Paths are
// appended to the domain as text, as the SDK does.
func endpointAt(tokenURL, path string) string {
	return strings.TrimSuffix(tokenURL, "oauth/token") + path
}

const (
	contentTypeForm = "application/x-www-form-urlencoded"
	contentTypeJSON = "application/json"
)

// send is post for another endpoint than the token endpoint: any 200 counts as
// granted, and what it says is in body.
func (e *endpoint) send(ctx context.Context, address, contentType, content string) (got answer, body []byte) {
	connected := false
	ctx, cancel := context.WithTimeout(ctx, e.timeout)
	defer cancel()
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected = true }})
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(content))
	if err != nil {
		return answer{outcome: final, err: err}, nil
	}
	for name, values := range e.headers {
		request.Header[name] = values
	}
	request.Header.Set("Content-Type", contentType)
	request.Header.Set("Accept", "*/*")
	request.Header.Set("User-Agent", e.userAgent)
	response, err := e.client.Do(request)
	if err != nil {
		return e.failed(err, connected), nil
	}
	defer func() { _ = response.Body.Close() }()
	body, err = io.ReadAll(io.LimitReader(response.Body, answerLimit))
	if err != nil {
		return answer{outcome: ambiguous, status: response.StatusCode, err: errors.New("the answer was cut short")}, nil
	}
	got = e.read(response, body)
	if response.StatusCode == http.StatusOK && !got.html {
		got.outcome, got.err = granted, nil
	}
	return got, body
}

// repeat sends a request that does no harm when it arrives twice, until there
// is a verdict or the SDK's limits for retries are reached. The error is that
// of ctx.
func (r *refresher) repeat(ctx context.Context, address, contentType, content string) (answer, []byte, error) {
	started := r.now()
	for try := 1; ; try++ {
		if ctx.Err() != nil {
			return answer{}, nil, context.Cause(ctx)
		}
		got, body := r.endpoint.send(ctx, address, contentType, content)
		r.log.InfoContext(ctx, "asked the identity server", "endpoint", settings.RedactURL(address), "try", try, "status", got.status, "error", got.code)
		if got.outcome != unsent && got.outcome != ambiguous && got.outcome != limited {
			return got, body, nil
		}
		wait := r.backoff(try)
		if got.outcome == limited {
			wait = max(got.limitedUntil.Sub(r.now()), 0)
		}
		if try >= r.retry.Attempts || r.now().Add(wait).Sub(started) > r.retry.Timeout {
			return got, nil, nil
		}
		if err := r.sleep(ctx, wait); err != nil {
			return got, nil, err
		}
	}
}
