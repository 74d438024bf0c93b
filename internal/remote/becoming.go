package remote

import (
	"context"
	"errors"
	"fmt"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/process"
)

// becoming does work that needs another user's rights. A password that sudo has
// refused is not sent there again, and one that nobody has accepted is tried on few
// hosts, since failed attempts can lock the account. The host is connected already:
// one that is waited for must not hold up the others.
func (p *Pool) becoming(ctx context.Context, account string, become *process.Become, work func() error) error {
	if become == nil || len(become.Password) == 0 {
		return work()
	}
	offer, err := p.passwords.admit(ctx, "sudo", account, become.Password)
	if err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return fmt.Errorf("%w (%w)", &process.BecomeError{User: become.User, Reason: process.SudoWrongPassword}, err)
	}
	err = work()
	var refused *process.BecomeError
	switch {
	case err == nil:
		offer.settle(passwordAccepted)
	case errors.As(err, &refused) && refused.Reason == process.SudoWrongPassword:
		offer.settle(passwordRefused)
	default:
		offer.settle(noVerdict)
	}
	return err
}
