package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
)

// target are the flags that say which sandbox is meant.
type target struct{ url, caFile string }

func (t *target) register(flags *flag.FlagSet) {
	flags.StringVar(&t.url, "url", "", "`URL` of the sandbox; default: ES_OAUTH2__DOMAIN")
	flags.StringVar(&t.caFile, "ca-file", "", "`PATH` of the authority that the sandbox wrote with --tls-ca-file")
}

// address returns the sandbox's URL from the flag or the environment.
func (t *target) address(p *program) (string, error) {
	address := t.url
	if address == "" {
		address = p.env("ES_OAUTH2__DOMAIN")
	}
	if address == "" {
		return "", usagef("which sandbox? Give --url or set ES_OAUTH2__DOMAIN")
	}
	return address, identity.CheckLoopbackURL(address)
}

// client returns an HTTP client that goes straight to the sandbox, past proxies.
func (t *target) client() (*http.Client, error) {
	transport := &http.Transport{}
	if t.caFile != "" {
		authority, err := os.ReadFile(t.caFile)
		if err != nil {
			return nil, fmt.Errorf("read the authority's certificate: %w", err)
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(authority) {
			return nil, fmt.Errorf("%s holds no certificate", t.caFile)
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	return &http.Client{
		Transport:     transport,
		Timeout:       time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

func (t *target) control(p *program) (*identity.Control, error) {
	address, err := t.address(p)
	if err != nil {
		return nil, err
	}
	client, err := t.client()
	if err != nil {
		return nil, err
	}
	return identity.NewControl(address, client)
}

const loginIntroduction = `Usage: earthscope-sandbox login --home DIR [flags]

Makes a finished login in a running sandbox, writes it to
DIR/.earthscope/default/tokens.json as "es login" would, and prints that path. A
login that no sandbox made is never overwritten.
`

func (p *program) login(ctx context.Context, arguments []string) error {
	var at target
	var home, subject string
	flags := flag.NewFlagSet("login", flag.ContinueOnError)
	at.register(flags)
	flags.StringVar(&home, "home", "", "home directory `DIR` that gets the login (required)")
	flags.StringVar(&subject, "subject", "", "user `id` to log in as; default: the sandbox's standard user")
	if err := p.parse(flags, loginIntroduction, arguments); err != nil {
		return err
	}
	if home == "" || flags.NArg() > 0 {
		return usagef("--home is required, and there are no other arguments")
	}
	control, err := at.control(p)
	if err != nil {
		return err
	}
	tokens, err := control.Login(ctx, identity.User{Subject: subject})
	if err != nil {
		return err
	}
	path, err := tokens.WriteHome(home)
	if err != nil {
		return err
	}
	p.printf("%s\n", path)
	return nil
}
