package identity

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// controlPrefix is where a sandbox of its own process is observed and steered.
// Its requests are not counted.
const controlPrefix = "/sandbox/"

// Report is the answer of GET sandbox/requests.
type Report struct {
	Counts     Counts    `json:"counts"`
	SpentTwice []string  `json:"spent_twice"`
	Log        []Request `json:"log"`
}

// Status is the answer of GET sandbox/status. Durations are in Go's notation.
type Status struct {
	URL                  string    `json:"url"`
	Audience             string    `json:"audience"`
	Now                  time.Time `json:"now"`
	Rotating             bool      `json:"rotating"`
	Leeway               string    `json:"leeway"`
	AccessTokenLifetime  string    `json:"access_token_lifetime"`
	PendingDevices       []string  `json:"pending_devices"`
	QueuedFaults         int       `json:"queued_faults"`
	RefreshTokensInForce int       `json:"refresh_tokens_in_force"`
}

// controlRoutes are the control API: method and name to handler. Every request
// and answer is a JSON object.
var controlRoutes = map[string]func(*Server, []byte) (any, error){
	"GET status":      func(s *Server, _ []byte) (any, error) { return s.status(), nil },
	"GET requests":    func(s *Server, _ []byte) (any, error) { return s.report(), nil },
	"POST reset":      func(s *Server, _ []byte) (any, error) { s.ResetRequests(); return nil, nil },
	"POST release":    func(s *Server, _ []byte) (any, error) { s.ReleaseHeld(); return nil, nil },
	"DELETE faults":   func(s *Server, _ []byte) (any, error) { s.ClearFaults(); return nil, nil },
	"POST faults":     (*Server).controlFault,
	"POST login":      (*Server).controlLogin,
	"POST settings":   (*Server).controlSettings,
	"POST clock":      (*Server).controlClock,
	"POST approve":    controlDevice((*Server).ApproveDevice),
	"POST deny":       controlDevice((*Server).DenyDevice),
	"POST expire":     controlDevice((*Server).ExpireDevice),
	"POST revoke":     (*Server).controlRevoke,
	"POST block":      controlSubject((*Server).BlockUser),
	"POST unblock":    controlSubject((*Server).UnblockUser),
	"POST clients":    (*Server).controlClient,
	"POST rate-limit": (*Server).controlRateLimit,
}

// control answers the control API, for this machine's programs only.
func (s *Server) control(w http.ResponseWriter, r *http.Request) {
	if !fromThisMachine(r) {
		detail(http.StatusForbidden, "The control API answers programs on this machine only").write(w)
		return
	}
	name := r.Method + " " + strings.TrimPrefix(r.URL.Path, controlPrefix)
	handle, ok := controlRoutes[name]
	if !ok {
		detail(http.StatusNotFound, "The control API has no "+name).write(w)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		detail(http.StatusBadRequest, "The request's body could not be read").write(w)
		return
	}
	document, err := handle(s, body)
	switch {
	case errors.Is(err, ErrUnknownUserCode):
		detail(http.StatusNotFound, err.Error()).write(w)
	case err != nil:
		detail(http.StatusBadRequest, err.Error()).write(w)
	case document == nil:
		newAnswer(http.StatusNoContent, "", nil).write(w)
	default:
		jsonAnswer(http.StatusOK, document).write(w)
	}
}

// fromThisMachine reports whether the client is local and no web page: a page of
// another origin would send its Origin, or reach us under its own host name.
func fromThisMachine(r *http.Request) bool {
	remote, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil || !isLoopback(remote) || r.Header.Get("Origin") != "" {
		return false
	}
	host := (&url.URL{Host: r.Host}).Hostname()
	return isLoopback(host)
}

// decode reads the JSON object of a control request; an empty body is an empty
// object, an unknown member an error.
func decode[T any](body []byte) (T, error) {
	var document T
	if len(body) == 0 {
		return document, nil
	}
	decoder := json.NewDecoder(strings.NewReader(string(body)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&document); err != nil {
		return document, fmt.Errorf("read the request's JSON: %w", err)
	}
	return document, nil
}

func (s *Server) status() Status {
	pending := s.PendingDevices()
	s.mu.Lock()
	defer s.mu.Unlock()
	status := Status{
		URL:                 s.URL(),
		Audience:            s.opts.Audience,
		Now:                 s.Now(),
		Rotating:            s.opts.Rotating,
		Leeway:              s.opts.Leeway.String(),
		AccessTokenLifetime: s.opts.AccessTokenLifetime.String(),
		PendingDevices:      append([]string{}, pending...),
		QueuedFaults:        len(s.faults),
	}
	for _, token := range s.order {
		if token.live() {
			status.RefreshTokensInForce++
		}
	}
	return status
}

func (s *Server) report() Report {
	log := s.RequestLog()
	return Report{Counts: Count(log), SpentTwice: append([]string{}, s.SpentTwice()...), Log: log}
}

func controlDevice(decide func(*Server, string) error) func(*Server, []byte) (any, error) {
	return func(s *Server, body []byte) (any, error) {
		in, err := decode[struct {
			UserCode string `json:"user_code"`
		}](body)
		if err != nil {
			return nil, err
		}
		return nil, decide(s, in.UserCode)
	}
}

func controlSubject(set func(*Server, string)) func(*Server, []byte) (any, error) {
	return func(s *Server, body []byte) (any, error) {
		in, err := decode[struct {
			Subject string `json:"subject"`
		}](body)
		if err != nil {
			return nil, err
		}
		set(s, in.Subject)
		return nil, nil
	}
}
