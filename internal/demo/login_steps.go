package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
)

// What the saved access token has left of its life. Both we and the SDK
// refresh below a minute.
const (
	tokenLifetime = 24 * time.Hour
	tokenLeft     = 20 * time.Second
)

// prepare builds both programs and starts the identity server and API.
func (d *demo) prepare(ctx context.Context) error {
	if err := d.timed("go build (the first time takes a minute or two)", func() error {
		return errors.Join(d.work.buildProvider(ctx), d.work.buildSandboxCommand(ctx))
	}); err != nil {
		return err
	}
	// A rotating server is the harder case: each refresh token works once.
	server, err := identity.Start(identity.Options{Rotating: true, AccessTokenLifetime: tokenLifetime})
	if err != nil {
		return fmt.Errorf("start the sandbox: %w", err)
	}
	d.server = server
	d.out.fact("Terraform", "%s (%s_%s)", d.terraform.version, runtime.GOOS, runtime.GOARCH)
	d.out.fact("sandbox", "%s, which replaces the refresh token at each use", server.URL())
	d.out.fact("HOME", "%s, empty; your own login is not touched", d.work.home())
	return nil
}

// login leaves what "es login" leaves.
func (d *demo) login(context.Context) error {
	d.server.Advance(tokenLeft - tokenLifetime)
	tokens := d.server.Login(identity.DefaultUser())
	d.server.Advance(tokenLifetime - tokenLeft)
	if _, err := tokens.WriteHome(d.work.home()); err != nil {
		return err
	}
	d.secrets = secrets{}
	if err := d.learnSecrets(); err != nil {
		return err
	}
	user := identity.DefaultUser()
	d.out.fact("logged in", "%s %s (%s)", user.FirstName, user.LastName, user.Subject)
	d.out.fact("saved in", "~/.earthscope/default/tokens.json")
	d.out.fact("access token", "expires in %v, so the provider has to refresh it", tokenLeft)
	return nil
}
