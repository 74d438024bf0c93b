package session

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/http/httpproxy"
)

// proxySetting is what a proxy variable leads to; nothing where it is unset.
type proxySetting struct {
	url *url.URL
	err error // the value is no address of a proxy
}

// proxyFor is http.Transport.Proxy with the variables of environ, read as the
// SDK's HTTP library does: lower case outranks upper case, and ALL_PROXY serves
// where no scheme's own variable is set. A value that can't be used is an error
// for the requests that it is meant for, as in the SDK: going without the proxy
// would be another way than the one that was asked for.
func proxyFor(environ []string) func(*http.Request) (*url.URL, error) {
	variables := proxyVariables(environ)
	first := func(names ...string) proxySetting {
		for _, name := range names {
			if v := variables[name]; v.value != "" {
				return parseProxy(v.name, v.value)
			}
		}
		return proxySetting{}
	}
	plain, secure := first("HTTP_PROXY", "ALL_PROXY"), first("HTTPS_PROXY", "ALL_PROXY")
	// The library only decides which hosts are exempt: it drops what it can't
	// parse.
	const some = "http://proxy.invalid"
	exempt := (&httpproxy.Config{HTTPProxy: some, HTTPSProxy: some, NoProxy: variables["NO_PROXY"].value}).ProxyFunc()
	return func(r *http.Request) (*url.URL, error) {
		chosen := plain
		if r.URL.Scheme == "https" {
			chosen = secure
		}
		through, err := exempt(r.URL)
		if err != nil || through == nil {
			return nil, err
		}
		return chosen.url, chosen.err
	}
}

// assignment is a variable of the environment.
type assignment struct{ name, value string }

// proxyVariables are the proxy variables by their upper-case names.
func proxyVariables(environ []string) map[string]assignment {
	values := map[string]assignment{}
	for _, text := range environ {
		name, value, _ := strings.Cut(text, "=")
		switch key := strings.ToUpper(name); key {
		case "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY":
			if _, seen := values[key]; !seen || name != key {
				values[key] = assignment{name, value}
			}
		}
	}
	return values
}

// parseProxy reads a proxy's address; without a scheme it is an HTTP proxy.
func parseProxy(variable, value string) proxySetting {
	if !strings.Contains(value, "://") {
		value = "http://" + value
	}
	address, err := url.Parse(value)
	if err != nil || address.Hostname() == "" || !slices.Contains(proxySchemes, address.Scheme) {
		return proxySetting{err: &proxyMalformedError{variable}}
	}
	return proxySetting{url: address}
}

// proxySchemes are those that net/http speaks.
var proxySchemes = []string{"http", "https", "socks5", "socks5h"}

// proxyMalformedError is a proxy variable whose value, which may hold a
// password, is no address of a proxy.
type proxyMalformedError struct{ variable string }

func (p *proxyMalformedError) Error() string {
	return fmt.Sprintf("the environment variable %s is not the address of a proxy (write it like http://proxy.example.org:3128; "+
		"http, https, socks5 and socks5h are known)", p.variable)
}

// proxyRefusedError is a proxy's answer to CONNECT that is not a tunnel.
type proxyRefusedError struct{ status int }

func (p *proxyRefusedError) Error() string {
	return fmt.Sprintf("it answered with status %d (%s)", p.status, http.StatusText(p.status))
}

// isProxyMalformed reports that a proxy variable can't be used.
func isProxyMalformed(err error) bool {
	var malformed *proxyMalformedError
	return errors.As(err, &malformed)
}

// isProxyRefusal reports that a proxy could not be reached or refused.
func isProxyRefusal(err error) bool {
	var refusal *proxyRefusedError
	var operation *net.OpError
	return errors.As(err, &refusal) ||
		errors.As(err, &operation) && operation.Op == "proxyconnect" && !operation.Timeout()
}
