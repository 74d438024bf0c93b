package command

import (
	"context"
	"flag"

	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
)

func logoutCommand() command {
	return command{
		name: "logout", arguments: "[--profile NAME] [--revoke]", summary: "remove the login from this machine; --revoke ends it everywhere",
		help: "Deletes the profile's tokens.json, as \"es logout\" does. That revokes nothing: whoever has a copy of the refresh token can go on.\n" +
			"With --revoke the session is first ended at the identity server, and with it what earlier logins could not revoke.",
		flags: func(set *flag.FlagSet) func(context.Context, *run) error {
			revoke := set.Bool("revoke", false, "end the session at the identity server before removing it here")
			return func(ctx context.Context, r *run) error { return r.logout(ctx, *revoke) }
		},
	}
}

func (r *run) logout(ctx context.Context, revoke bool) error {
	if err := r.load(); err != nil {
		return err
	}
	if revoke {
		result, err := session.Revoke(ctx, r.sessionOptions(), session.RevokeRequest{LoginOnly: true})
		r.tell(result.Notices)
		if len(result.Tokens) > 0 {
			if printing := r.print("%s", result.Text()); err == nil {
				err = printing
			}
		}
		return err
	}
	result, err := session.Logout(ctx, r.sessionOptions())
	if err != nil {
		return err
	}
	r.tell(result.Notices)
	if !result.Existed {
		return r.print("There is no login in %s.", result.File)
	}
	if result.Fingerprint == "" {
		return r.print("Removed the login from %s. It held no refresh token.", result.File)
	}
	return r.print("Removed the login from %s. Nothing was revoked: the refresh token with fingerprint %s stays valid at the identity server.",
		result.File, result.Fingerprint)
}
