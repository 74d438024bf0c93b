package identity

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
)

const maxBody = 1 << 20

// call is one request while it is being answered.
type call struct {
	*http.Request
	form url.Values
	// malformed says why the body could not be read as a form.
	malformed string
	entry     Request
}

// newCall reads the whole body: only then does net/http notice when the client
// goes away. Forms and flat JSON objects are accepted alike, as at Auth0.
func newCall(s *Server, r *http.Request) *call {
	c := &call{Request: r, form: url.Values{}}
	c.entry = Request{
		Time:             s.Now(),
		Method:           r.Method,
		Path:             r.URL.Path,
		Endpoint:         classify(r.URL.Path),
		UserAgent:        r.UserAgent(),
		HasAuthorization: r.Header.Get("Authorization") != "",
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		c.malformed = "The body could not be read."
		return c
	}
	if len(body) > 0 {
		c.readBody(body)
	}
	c.entry.GrantType = c.form.Get("grant_type")
	c.entry.ClientID = c.form.Get("client_id")
	return c
}

func (c *call) readBody(body []byte) {
	mediaType, _, _ := mime.ParseMediaType(c.Header.Get("Content-Type"))
	switch mediaType {
	case "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(body))
		if err != nil {
			c.malformed = "The body is not a valid form."
			return
		}
		c.form = form
		for pair := range strings.SplitSeq(string(body), "&") {
			name, _, _ := strings.Cut(pair, "=")
			c.entry.Fields = append(c.entry.Fields, name)
		}
		for name, values := range form {
			if len(values) > 1 { // RFC 6749 section 3.2
				c.malformed = "Parameter given more than once: " + name
			}
		}
	case "application/json":
		var document map[string]string
		if json.Unmarshal(body, &document) != nil {
			c.malformed = "The body is not a JSON object of strings."
			return
		}
		for name, value := range document {
			c.form.Set(name, value)
		}
		c.entry.Fields = jsonFieldOrder(body)
	default:
		c.malformed = "The body must be a form or JSON."
	}
}

// jsonFieldOrder lists the keys of a flat JSON object as they were sent.
func jsonFieldOrder(body []byte) []string {
	var fields []string
	decoder := json.NewDecoder(strings.NewReader(string(body)))
	_, _ = decoder.Token()
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			break
		}
		if text, ok := name.(string); ok {
			fields = append(fields, text)
		}
		if _, err = decoder.Token(); err != nil {
			break
		}
	}
	return fields
}

// credentials returns the client's id and secret from the form or, as RFC 6749
// section 2.3.1 prefers, from HTTP Basic authentication.
func (c *call) credentials() (id, secret string) {
	if user, password, ok := c.BasicAuth(); ok {
		return unescape(user), unescape(password)
	}
	return c.form.Get("client_id"), c.form.Get("client_secret")
}

func unescape(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}
