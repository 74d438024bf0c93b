package command

import (
	"context"
	"flag"
	"time"
)

func tokenCommand() command {
	return command{
		name: "token", arguments: "[--profile NAME] [--min-ttl DURATION]", summary: "print a fresh access token",
		help: "Prints an access token and a line break, as \"es user get-access-token\" does. It is refreshed only if it has to be.",
		flags: func(set *flag.FlagSet) func(context.Context, *run) error {
			minTTL := set.Duration("min-ttl", 0, "`life` that the token must have left, such as 30m")
			return func(ctx context.Context, r *run) error { return r.token(ctx, *minTTL) }
		},
	}
}

func (r *run) token(ctx context.Context, minTTL time.Duration) error {
	if minTTL < 0 {
		return usage("--min-ttl can't be negative")
	}
	s, err := r.open()
	if err != nil {
		return err
	}
	token, err := s.Token(ctx, minTTL)
	r.tell(s.Notices())
	if err != nil {
		return err
	}
	return r.print("%s", token.AccessToken.Reveal())
}
