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
	transport.Proxy = proxyFor(options.Environ)
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

// isTLS reports a handshake that failed for good: the peer is not who it
// should be, or does not speak TLS.
func isTLS(err error) bool {
	var verification *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	return errors.As(err, &verification) || errors.As(err, &record) || errors.As(err, &alert) ||
		strings.Contains(err.Error(), "server gave HTTP response to HTTPS client")
}

func isNoSuchHost(err error) bool {
	var dns *net.DNSError
	return errors.As(err, &dns) && dns.IsNotFound
}
