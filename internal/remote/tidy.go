package remote

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/hostkey"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/sftp"
)

// tidyTime bounds how long a host is tried again to remove temporary files from
// it, tidyAttempts how often. The time counts also when the caller's has ended:
// someone who interrupts a run wants no secret left in a stray file.
const (
	tidyTime     = 5 * time.Second
	tidyAttempts = 4
)

// remover is a reacher whose exchanges can leave something behind.
type remover interface {
	// remove tries once to remove what was left and returns what still may be.
	remove(ctx context.Context, left files.Remains) (files.Remains, error)
}

// tidy removes what is left when a transaction is over. What could not be removed
// it adds to the transaction's error, or to the notes if there is none.
func (p *Pool) tidy(ctx context.Context, reach reacher, left files.Remains, report *Report, err error) error {
	left = p.remove(ctx, reach, left)
	switch {
	case len(left.Temporary) == 0:
		return err
	case err == nil:
		note := "a temporary file of an attempt that broke off may remain on the host: " + strings.Join(left.Paths(), ", ")
		report.Notes = append(slices.Clone(report.Notes), note)
		return nil
	}
	return &files.RemainsError{Paths: left.Paths(), Err: err}
}

// remove returns what could not be removed.
func (p *Pool) remove(ctx context.Context, reach reacher, left files.Remains) files.Remains {
	host, ok := reach.(remover)
	if !ok || left.Empty() {
		return left
	}
	if ctx.Err() != nil {
		ctx = context.WithoutCancel(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, tidyTime)
	defer cancel()
	delay := firstPause / 2
	for attempt := 1; ; attempt++ {
		var err error
		left, err = host.remove(ctx, left)
		var refused *AuthError
		var untrusted *hostkey.Error
		if left.Empty() || attempt == tidyAttempts || ctx.Err() != nil || errors.As(err, &refused) || errors.As(err, &untrusted) {
			return left
		}
		p.options.Sleep(ctx, delay)
		delay *= 2
	}
}

// remove implements remover.
func (n *nativeReach) remove(ctx context.Context, left files.Remains) (files.Remains, error) {
	l, err := n.pool.acquire(ctx, n.way.hops)
	if err != nil {
		return left, err
	}
	defer n.pool.release(l)
	proc, err := l.startSubsystem(ctx, "sftp")
	if err != nil {
		n.retireIfLost(l, err)
		return left, err
	}
	left = sftp.Remove(ctx, proc, left, n.pool.options.Sleep)
	if !left.Empty() {
		n.pool.retire(l)
	}
	return left, nil
}
