package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
)

const serveIntroduction = `Usage: earthscope-sandbox [serve] [flags]

Runs a sandbox until SIGINT or SIGTERM and prints the variables that point the
provider, the EarthScope SDK or its CLI at it.
`

// serveOptions are the flags of serve.
type serveOptions struct {
	identity.Options
	home, readyFile, caFile string
}

func serveFlags() (*flag.FlagSet, *serveOptions) {
	o := &serveOptions{}
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	flags.StringVar(&o.Address, "listen", "127.0.0.1:0", "loopback `address` to listen on; port 0 takes a free one")
	flags.BoolVar(&o.Rotating, "rotating", false, "rotate refresh tokens: each refresh retires the token that was sent")
	flags.DurationVar(&o.Leeway, "leeway", 0, "how long the previous refresh token still works after a rotation, such as 10s")
	flags.DurationVar(&o.AccessTokenLifetime, "access-token-lifetime", 24*time.Hour, "life of access tokens")
	flags.BoolVar(&o.AutoApprove, "auto-approve", false, "approve device logins at once, without a person")
	flags.StringVar(&o.home, "home", "", "write a fresh login to `DIR`/.earthscope/default/tokens.json")
	flags.StringVar(&o.readyFile, "ready-file", "",
		"write {\"url\":…,\"pid\":…} to `PATH` once the sandbox listens; removed at the end")
	flags.StringVar(&o.caFile, "tls-ca-file", "", "serve HTTPS and write the authority's certificate (PEM) to `PATH`")
	return flags, o
}

func (p *program) serve(ctx context.Context, arguments []string) (err error) {
	flags, o := serveFlags()
	if err := p.parse(flags, serveIntroduction, arguments); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return usagef("unexpected argument %q", flags.Arg(0))
	}
	if o.Leeway < 0 || o.AccessTokenLifetime < time.Second {
		return usagef("--leeway must not be negative and --access-token-lifetime at least 1s")
	}
	o.TLS = o.caFile != ""
	server, err := identity.Start(o.Options)
	if err != nil {
		return err
	}
	defer server.Close()
	if o.TLS {
		if err := identity.WriteFile(o.caFile, server.CACertificate()); err != nil {
			return err
		}
	}
	if o.home != "" {
		if o.home, err = filepath.Abs(o.home); err != nil {
			return fmt.Errorf("find the home directory: %w", err)
		}
		if _, err := server.Login(identity.DefaultUser()).WriteHome(o.home); err != nil {
			return err
		}
	}
	p.announce(server, o)
	if o.readyFile != "" {
		if err := writeReady(o.readyFile, server.URL()); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.Remove(o.readyFile)) }()
	}
	p.printf("# Ready. Ctrl-C stops it.\n")
	<-ctx.Done()
	return nil
}

func writeReady(path, url string) error {
	content, err := json.Marshal(struct {
		URL string `json:"url"`
		PID int    `json:"pid"`
	}{url, os.Getpid()})
	if err != nil {
		return fmt.Errorf("encode the ready file: %w", err)
	}
	return identity.WriteFile(path, append(content, '\n'))
}

// announce prints lines that a shell can read. It comes before the ready file, so
// that a script that waits for that file finds them complete.
func (p *program) announce(server *identity.Server, o *serveOptions) {
	p.printf("# EarthScope sandbox at %s\n", server.URL())
	p.printf("# Point the provider, the SDK or the CLI at it:\n")
	for _, line := range exports(server.URL(), o.home, o.caFile) {
		p.printf("%s\n", line)
	}
	p.printf("# Device logins are approved at %sactivate\n", server.URL())
}

// exports are the shell commands that point a client at the sandbox. Without
// allowed_hosts the SDK sends its token to EarthScope's hosts only.
func exports(url, home, caFile string) []string {
	lines := []string{
		"export ES_OAUTH2__DOMAIN=" + shellQuote(url),
		"export ES_RESOURCES__API_URL=" + shellQuote(url),
		"export ES_OAUTH2__ALLOWED_HOSTS=" + shellQuote(`["127.0.0.1","localhost","::1"]`),
	}
	if home != "" {
		lines = append(lines, "export HOME="+shellQuote(home))
	}
	if caFile != "" {
		lines = append(lines, "export SSL_CERT_FILE="+shellQuote(caFile))
	}
	return lines
}

func shellQuote(text string) string {
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
