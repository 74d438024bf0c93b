package session

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"golang.org/x/net/http/httpproxy"
)

// TransportOptions configure NewHTTPClient.
type TransportOptions struct {
	// CAFile is a PEM file of authorities to trust besides the system's.
	CAFile string
	// Environ gives the proxy variables (HTTPS_PROXY, NO_PROXY, ALL_PROXY and
	// their lower-case forms), in os.Environ form.
	Environ []string
	// ConnectTimeout bounds the TCP connect and the TLS handshake, each.
	ConnectTimeout time.Duration
}

// NewHTTPClient returns the client for token and API requests: no redirect is
// followed (a bearer token or a refresh token would travel with it), TLS is
// always verified, and proxies come from the environment. The error names the
// CA file at fault.
func NewHTTPClient(options TransportOptions) (*http.Client, error) {
	transport, ok := http.DefaultTransport.(*http.Transport) //nolint:forbidigo // only its defaults are copied
	if !ok {
		return nil, errors.New("the default HTTP transport was replaced")
	}
	transport = transport.Clone()
	proxy := proxyConfig(options.Environ).ProxyFunc()
	transport.Proxy = func(r *http.Request) (*url.URL, error) { return proxy(r.URL) }
	transport.DialContext = (&net.Dialer{Timeout: options.ConnectTimeout, KeepAlive: 30 * time.Second}).DialContext
	transport.TLSHandshakeTimeout = options.ConnectTimeout
	transport.OnProxyConnectResponse = func(_ context.Context, _ *url.URL, _ *http.Request, response *http.Response) error {
		if response.StatusCode != http.StatusOK {
			return &proxyRefusedError{status: response.StatusCode}
		}
		return nil
	}
	if options.CAFile != "" {
		pool, err := authorities(options.CAFile)
		if err != nil {
			return nil, err
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

func authorities(file string) (*x509.CertPool, error) {
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	pem, err := os.ReadFile(file) //nolint:gosec // the user's own setting
	if err != nil {
		return nil, fmt.Errorf("the certificate file cannot be read: %w", err)
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no PEM certificate", file)
	}
	return pool, nil
}

// proxyConfig reads the proxy variables as the SDK's HTTP library does:
// ALL_PROXY serves where no scheme's own variable is set.
func proxyConfig(environ []string) *httpproxy.Config {
	values := map[string]string{}
	for _, assignment := range environ {
		name, value, _ := strings.Cut(assignment, "=")
		switch key := strings.ToUpper(name); key {
		case "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY":
			if _, seen := values[key]; !seen || name != key {
				values[key] = value // lower case outranks, as in the SDK
			}
		}
	}
	first := func(a, b string) string {
		if a != "" {
			return a
		}
		return b
	}
	return &httpproxy.Config{
		HTTPProxy:  first(values["HTTP_PROXY"], values["ALL_PROXY"]),
		HTTPSProxy: first(values["HTTPS_PROXY"], values["ALL_PROXY"]),
		NoProxy:    values["NO_PROXY"],
	}
}

// isTLS reports a handshake that failed for good: the peer is not who it
// should be, or does not speak TLS.
func isTLS(err error) bool {
	var verification *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	return errors.As(err, &verification) || errors.As(err, &record) || errors.As(err, &alert) ||
		strings.Contains(err.Error(), "server gave HTTP response to HTTPS client")
}

// proxyRefusedError is a proxy's answer to CONNECT that is not a tunnel.
type proxyRefusedError struct{ status int }

func (p *proxyRefusedError) Error() string {
	return fmt.Sprintf("it answered with status %d (%s)", p.status, http.StatusText(p.status))
}

// isProxyRefusal reports that a proxy could not be reached or refused.
func isProxyRefusal(err error) bool {
	var refusal *proxyRefusedError
	var operation *net.OpError
	return errors.As(err, &refusal) ||
		errors.As(err, &operation) && operation.Op == "proxyconnect" && !operation.Timeout()
}

func isNoSuchHost(err error) bool {
	var dns *net.DNSError
	return errors.As(err, &dns) && dns.IsNotFound
}
