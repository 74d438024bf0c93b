package command

import (
	"context"
	"flag"

	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
)

func loginCommand() command {
	return command{
		name: "login", arguments: "[--profile NAME] [--revoke-previous]", summary: "log in with a code in the browser, as \"es login\" does",
		help: "Shows a page and a code, waits for it to be confirmed, and saves the tokens in the profile's tokens.json, where the SDK and the CLI\n" +
			"find them too. Until then the former login stays as it is.",
		flags: func(set *flag.FlagSet) func(context.Context, *run) error {
			revoke := set.Bool("revoke-previous", false, "revoke the session that this login replaces, once the new one is saved")
			return func(ctx context.Context, r *run) error { return r.login(ctx, *revoke) }
		},
	}
}

func (r *run) login(ctx context.Context, revokePrevious bool) error {
	if err := r.load(); err != nil {
		return err
	}
	result, err := session.Login(ctx, r.sessionOptions(), session.LoginRequest{
		RevokePrevious: revokePrevious,
		Prompt:         func(p session.DevicePrompt) { r.say("%s", p.Text()) },
		Progress:       func(line string) { r.say("%s", line) },
	})
	r.tell(result.Notices)
	if result.File != "" {
		if printing := r.print("%s", result.Text()); err == nil {
			err = printing
		}
	}
	return err
}
