package command

import (
	"context"
	"flag"
	"time"
)

func refreshCommand() command {
	return command{
		name: "refresh", arguments: "[--profile NAME]", summary: "get a new access token now and save it",
		help: "Refreshes the access token although it is still valid, unless it is new already, and saves what the identity server gives.\n" +
			"Run on a schedule, it keeps a session from ending because nobody used it.",
		flags: func(*flag.FlagSet) func(context.Context, *run) error {
			return func(ctx context.Context, r *run) error { return r.refresh(ctx) }
		},
	}
}

func (r *run) refresh(ctx context.Context) error {
	s, err := r.open()
	if err != nil {
		return err
	}
	token, err := s.Refresh(ctx)
	r.tell(s.Notices())
	if err != nil {
		return err
	}
	return r.print("The access token of profile %s is valid until %s.", r.settings.Profile, token.Claims.ExpiresAt.UTC().Format(time.RFC3339))
}
