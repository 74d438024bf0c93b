package session

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/textproto"
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
		Transport:     unquoting{transport},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

// ErrNotHTTP stands for the errors of net/http that quote what a peer sent
// instead of an answer, which may be a page of a network's login or a secret.
var ErrNotHTTP = errors.New("its answer was not HTTP")

// errGoodbye stands for the end of a connection of HTTP/2, for which a peer can
// give a reason in its own words.
var errGoodbye = errors.New("it closed the connection")

// unquoting keeps a peer's bytes out of errors.
type unquoting struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (u unquoting) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := u.RoundTripper.RoundTrip(request)
	if err != nil {
		return response, withoutPeer(err)
	}
	response.Body = unquotingBody{response.Body}
	return response, nil
}

// unquotingBody keeps what follows the content out of errors: its trailer.
type unquotingBody struct{ io.ReadCloser }

// Read implements io.Reader.
func (b unquotingBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF { //nolint:errorlint // io.Reader gives io.EOF itself
		err = withoutPeer(err)
	}
	return n, err
}

// withoutPeer is err, or what stands for it where it quotes the peer.
func withoutPeer(err error) error {
	switch text := err.Error(); {
	case strings.HasPrefix(text, "net/http: invalid header "):
		return err // a header of ours
	case strings.Contains(text, "GOAWAY"):
		return errGoodbye
	case quotesPeer(err):
		return ErrNotHTTP
	}
	return err
}

// quotesPeer reports an error of net/http about the form of an answer. Most of
// them have no type of their own.
func quotesPeer(err error) bool {
	var protocol textproto.ProtocolError
	if errors.As(err, &protocol) {
		return true
	}
	for _, words := range []string{"malformed HTTP", "malformed MIME", "malformed chunked", "Content-Length", "transfer encoding", "invalid header", "invalid Trailer", "Trailer key"} {
		if strings.Contains(err.Error(), words) {
			return true
		}
	}
	return false
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
