package command

import (
	"context"
	"flag"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
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

// longerThanAny is more life than a token has, so that asking for it refreshes.
const longerThanAny = 100 * 365 * 24 * time.Hour

func (r *run) refresh(ctx context.Context) error {
	s, err := r.open()
	if err != nil {
		return err
	}
	token, err := s.Token(ctx, longerThanAny)
	var notices []session.Notice
	for _, n := range s.Notices() {
		if n.Kind != session.KindExpired { // that no token lives for a hundred years
			notices = append(notices, n)
		}
	}
	r.tell(notices)
	if err != nil {
		return err
	}
	return r.print("The access token of profile %s is valid until %s.", r.settings.Profile, token.Claims.ExpiresAt.UTC().Format(time.RFC3339))
}
