package api

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// CredentialsRequest says which AWS credentials are wanted.
type CredentialsRequest struct {
	// Role is the API's name of the role, such as s3-miniseed-v2.
	Role string
	// Parameters go to the query as they are (network, year, …).
	Parameters map[string]string
}

// query returns the parameters as a query; Encode sorts it by name.
func (r CredentialsRequest) query() url.Values {
	query := url.Values{}
	for name, value := range r.Parameters {
		query.Set(name, value)
	}
	return query
}

// key names the request in the cache.
func (r CredentialsRequest) key() string { return url.PathEscape(r.Role) + "?" + r.query().Encode() }

// Credentials are temporary AWS credentials.
type Credentials struct {
	AccessKeyID     string
	SecretAccessKey settings.Secret
	SessionToken    settings.Secret
	Expiration      time.Time // UTC
}

const (
	// cacheMargin is the life that cached credentials must have more than to
	// be handed out again: the SDK's ttl_threshold.
	cacheMargin = 30 * time.Second
	// verdictHolds is how long a refused request is not sent again.
	verdictHolds = time.Minute
)

// credentialsCache keeps what the API said, in memory.
type credentialsCache struct {
	mutex   sync.Mutex
	entries map[string]cacheEntry
}

type cacheEntry struct {
	credentials Credentials // the last that were given out; zero if there were none
	verdict     *Error      // what the API has refused since
	at          time.Time   // of the verdict
}

func (c *credentialsCache) get(key string) cacheEntry {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.entries[key]
}

func (c *credentialsCache) change(key string, edit func(*cacheEntry)) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.entries == nil {
		c.entries = map[string]cacheEntry{}
	}
	entry := c.entries[key]
	edit(&entry)
	c.entries[key] = entry
}

// AWSCredentials returns credentials for a role. They come from the cache while
// they have more than 30 seconds and more than minTTL left; a minTTL longer
// than credentials live thus asks the API every time.
//
// Errors are *Error, or the token source's.
func (c *Client) AWSCredentials(ctx context.Context, request CredentialsRequest, minTTL time.Duration) (Credentials, error) {
	// An escaped ".." is still a step up for servers that unescape first.
	if request.Role == "" || request.Role == "." || request.Role == ".." {
		return Credentials{}, &Error{
			Kind: KindInvalidRequest, Summary: "Invalid AWS Role", Role: request.Role,
			Detail: fmt.Sprintf("%q can't be the name of a role. Write one such as s3-miniseed-v2.", request.Role),
		}
	}
	key := request.key()
	if credentials, failure, found := c.cached(key, minTTL); found {
		return credentials, asError(failure)
	}
	return c.credentials.do(ctx, key, func(ctx context.Context) (Credentials, error) {
		// Another flight may have landed since the look above.
		if credentials, failure, found := c.cached(key, minTTL); found {
			return credentials, asError(failure)
		}
		return c.fetch(ctx, key, request)
	})
}

// asError keeps a nil *Error from becoming a non-nil error.
func asError(e *Error) error {
	if e == nil {
		return nil
	}
	return e
}

// cached returns what is known about a request, if that still counts.
func (c *Client) cached(key string, minTTL time.Duration) (Credentials, *Error, bool) {
	entry := c.cache.get(key)
	now := c.options.Now()
	if entry.credentials.Expiration.Sub(now) > max(cacheMargin, minTTL) {
		return entry.credentials, nil, true
	}
	age := now.Sub(entry.at)
	return Credentials{}, entry.verdict, entry.verdict != nil && age >= 0 && age < verdictHolds
}

// HeldUntil returns when the newest credentials expire that were given out for
// a request; zero if there were none. It asks nobody.
func (c *Client) HeldUntil(request CredentialsRequest) time.Time {
	return c.cache.get(request.key()).credentials.Expiration
}

// fetch asks the API and remembers the answer.
func (c *Client) fetch(ctx context.Context, key string, request CredentialsRequest) (Credentials, error) {
	body, err := c.ask(ctx, question{
		path: "beta/user/credentials/aws/" + url.PathEscape(request.Role), query: request.query(), role: request.Role,
	})
	if err != nil {
		var failure *Error
		if errors.As(err, &failure) && failure.verdict() {
			c.cache.change(key, func(entry *cacheEntry) { entry.verdict, entry.at = failure, c.options.Now() })
		}
		return Credentials{}, err
	}
	credentials, err := parseCredentials(body)
	now := c.options.Now()
	if err == nil && !credentials.Expiration.After(now) {
		err = fmt.Errorf("the credentials expired at %s, which is past by this machine's clock (%s)",
			credentials.Expiration.Format(time.RFC3339), now.UTC().Format(time.RFC3339))
	}
	if err != nil {
		failure := c.badAnswer("AWS credentials", err)
		failure.Role = request.Role
		return Credentials{}, failure
	}
	c.cache.change(key, func(entry *cacheEntry) { *entry = cacheEntry{credentials: credentials} })
	return credentials, nil
}

// parseCredentials reads the fields that the SDK's model requires.
func parseCredentials(body []byte) (Credentials, error) {
	d, err := parseDocument(body)
	if err != nil {
		return Credentials{}, err
	}
	credentials := Credentials{
		AccessKeyID:     d.text("aws_access_key_id"),
		SecretAccessKey: settings.NewSecret(d.text("aws_secret_access_key")),
		SessionToken:    settings.NewSecret(d.text("aws_session_token")),
	}
	expiration := d.text("expiration")
	if err := d.err(); err != nil {
		return Credentials{}, err
	}
	credentials.Expiration, err = parseTime(expiration)
	return credentials, err
}

var errNoTime = errors.New("the field expiration is not a time with a zone, such as 2026-01-02T15:04:05Z")

// parseTime reads a time in ISO 8601 with a zone, as the SDK's model demands.
func parseTime(text string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04Z07:00"} {
		if parsed, err := time.Parse(layout, text); err == nil {
			return parsed.UTC(), nil
		}
	}
	return time.Time{}, errNoTime // the parser's error quotes the text
}
