package session_test

import (
	"strings"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
)

// A proxy that can't be used is an error where it would be used, never a
// direct connection: the proxy may be there for a reason.
func TestToken_unusableProxyIsTold(t *testing.T) {
	t.Parallel()
	for environ, variable := range map[string]string{
		"HTTP_PROXY=http://user:hunter2@[::1":                    "HTTP_PROXY",
		"http_proxy=http://user:hunter2@proxy.example.org:port/": "http_proxy",
		"ALL_PROXY=socks4://user:hunter2@proxy.example.org":      "ALL_PROXY",
		"HTTP_PROXY=http://":                                     "HTTP_PROXY",
		"all_proxy=hunter2 proxy":                                "all_proxy",
		"HTTP_PROXY=file:///hunter2":                             "HTTP_PROXY",
	} {
		t.Run(environ, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, identity.Options{})
			configured := envToken(w.login())
			configured.env = append(configured.env, "ES_OAUTH2__DOMAIN=http://login.example.org/")
			configured.options.Environ = []string{environ}
			failure := w.refused(w.open(configured), session.KindProxy)
			if !strings.Contains(failure.Detail, variable+" is not the address of a proxy") || strings.Contains(failure.Error(), "hunter2") {
				t.Errorf("detail = %q, want the variable %s and no value", failure.Detail, variable)
			}
			// Hosts that need no proxy need no sound one.
			configured.options.Environ = []string{environ, "NO_PROXY=127.0.0.1"}
			configured.env = envTokenOf(configured)
			w.token(w.open(configured), 0)
			w.requests(1)
		})
	}
}

// envTokenOf is the environment of a setup without its domain, so that the
// world's own server is meant.
func envTokenOf(s setup) []string {
	var kept []string
	for _, assignment := range s.env {
		if !strings.HasPrefix(assignment, "ES_OAUTH2__DOMAIN=") {
			kept = append(kept, assignment)
		}
	}
	return kept
}

func TestToken_proxyWithoutAScheme(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{})
	configured := envToken(w.login())
	configured.env = append(configured.env, "ES_OAUTH2__DOMAIN=http://login.example.org/")
	configured.options.Environ = []string{"HTTP_PROXY=" + strings.TrimSuffix(strings.TrimPrefix(w.server.URL(), "http://"), "/")}
	w.token(w.open(configured), 0) // the server answers in the proxy's place
	w.requests(1)
}
