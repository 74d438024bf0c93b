package identity

import (
	"html/template"
	"net/http"
	"strings"
)

// serveUncounted answers what is no part of the imitated services' traffic: the
// discovery documents, the page where a person approves a device login, and the
// control API. It reports whether the request was one of these.
func (s *Server) serveUncounted(w http.ResponseWriter, r *http.Request) bool {
	switch {
	case r.URL.Path == "/activate":
		s.activate(w, r)
	case r.URL.Path == "/.well-known/jwks.json":
		jsonAnswer(http.StatusOK, s.keySet()).write(w)
	case r.URL.Path == "/.well-known/openid-configuration":
		jsonAnswer(http.StatusOK, s.metadata()).write(w)
	case strings.HasPrefix(r.URL.Path, controlPrefix):
		s.control(w, r)
	default:
		return false
	}
	return true
}

// metadata is the authorization server metadata (RFC 8414).
func (s *Server) metadata() map[string]any {
	base := s.URL()
	return map[string]any{
		"issuer":                        base,
		"token_endpoint":                base + string(EndpointToken),
		"device_authorization_endpoint": base + string(EndpointDeviceCode),
		"revocation_endpoint":           base + string(EndpointRevoke),
		"jwks_uri":                      base + ".well-known/jwks.json",
		"grant_types_supported":         []string{grantRefresh, grantClient, grantDevice},
	}
}

var activatePage = template.Must(template.New("activate").Parse(`<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>EarthScope sandbox: device login</title></head>
<body>
<h1>EarthScope sandbox</h1>
{{if .Result}}<p role="status">{{.Result}}</p>{{else}}
<p>A device asks to log in as {{.User}}. Approve it if the code below is the one that the device shows.</p>
<form method="post" action="/activate">
<p><label>Code <input name="user_code" value="{{.Code}}" required autocomplete="off"></label></p>
<p><button name="decision" value="approve">Approve</button>
<button name="decision" value="deny">Deny</button></p>
</form>{{end}}
</body>
</html>
`))

// activate is the verification page of RFC 8628 section 3.3. Anybody at this
// machine may press the buttons: there is nothing to protect here.
func (s *Server) activate(w http.ResponseWriter, r *http.Request) {
	page := struct{ Code, User, Result string }{Code: r.URL.Query().Get("user_code"), User: DefaultUser().PrimaryEmail}
	status := http.StatusOK
	switch r.Method {
	case http.MethodGet, http.MethodHead:
	case http.MethodPost:
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		decide, result := s.ApproveDevice, "Approved. You can close this page and return to the device."
		if r.PostFormValue("decision") == "deny" {
			decide, result = s.DenyDevice, "Denied. The device gets no access."
		}
		if err := decide(r.PostFormValue("user_code")); err != nil {
			status, result = http.StatusNotFound, "No device login waits under this code. Start it again on the device."
		}
		page.Result = result
	default:
		w.Header().Set("Allow", "GET, POST")
		status, page.Result = http.StatusMethodNotAllowed, "This page answers GET and POST."
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_ = activatePage.Execute(w, page) // the browser may be gone
}
