package session_test

import (
	"strings"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
)

// Only an OAuth error is a verdict on a token (RFC 6749 section 5.2). What a
// firewall, a proxy or a gateway answers in the server's place says nothing of
// it: the next process asks again, and nobody is sent to log in anew.
func TestToken_refusalWithoutAnOAuthErrorIsNoVerdict(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault identity.Fault
		want  string
	}{
		"page of a firewall": {identity.Fault{Kind: identity.FaultHTML, Status: 403}, "an HTML page (status 403)"},
		"page without a type": {
			identity.Fault{Kind: identity.FaultStatus, Status: 403, Body: "<html><body>Blocked by policy</body></html>"}, "an HTML page (status 403)",
		},
		"gateway":  {identity.Fault{Kind: identity.FaultStatus, Status: 403, Body: `{"message":"Forbidden"}`}, "status 403, but without an OAuth error"},
		"text":     {identity.Fault{Kind: identity.FaultStatus, Status: 401, Body: "who are you?"}, "status 401, but without an OAuth error"},
		"no error": {identity.Fault{Kind: identity.FaultStatus, Status: 404, Body: `{"error":""}`}, "status 404, but without an OAuth error"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, identity.Options{Rotating: true})
			set := w.login()
			fault(t, w.server, test.fault)
			opened := w.open(envToken(set))
			failure := w.refused(opened, session.KindBadAnswer)
			if !strings.Contains(failure.Detail, test.want) || strings.Contains(failure.Detail, "es login") || strings.Contains(failure.Detail, "policy") {
				t.Errorf("detail = %q, want %q in it and nothing of a login", failure.Detail, test.want)
			}
			w.refused(opened, session.KindBadAnswer) // asks nobody: this process has heard it
			w.requests(1)
			w.token(w.open(envToken(set)), 0)
			w.requests(1)
		})
	}
}

func TestRevokeAndLogin_refusalWithoutAnOAuthError(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{})
	w.writeLogin("default", w.login())
	before := w.snapshot()
	fault(t, w.server, identity.Fault{Kind: identity.FaultHTML, Status: 403, Times: 2})
	_, err := w.revoke(setup{}, session.RevokeRequest{})
	failure := w.checkError(err, session.KindStillAlive)
	if !strings.Contains(failure.Detail, "an HTML page (status 403)") {
		t.Errorf("detail = %q", failure.Detail)
	}
	_, err = w.approveAfter(0).run(t.Context(), setup{}, session.LoginRequest{})
	failure = w.checkError(err, session.KindBadAnswer)
	if !strings.Contains(failure.Detail, "an HTML page (status 403)") || !strings.Contains(failure.Detail, "former session is untouched") {
		t.Errorf("detail = %q", failure.Detail)
	}
	if after := w.snapshot(); len(after) != len(before) || after["/.earthscope/default/tokens.json"] != before["/.earthscope/default/tokens.json"] {
		t.Error("files changed")
	}
}
