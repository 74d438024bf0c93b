package remote

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/credential"
)

// credentials loads what an endpoint is logged in at with, within the hop's time:
// an agent can wait for somebody to unlock it.
func (p *Pool) credentials(ctx context.Context, to endpoint) (*credential.Set, error) {
	limited, cancel := context.WithTimeout(ctx, to.timeout)
	defer cancel()
	reader := p.options.credentialReader(limited)
	reader.Keys = p.keys
	dial := reader.DialAgent
	reader.DialAgent = func(path string) (net.Conn, error) {
		conn, err := dial(path)
		if err == nil {
			// The handshake closes the connection at its own end.
			context.AfterFunc(limited, func() {
				if ctx.Err() != nil || errors.Is(limited.Err(), context.DeadlineExceeded) {
					_ = conn.SetDeadline(time.Unix(1, 0))
				}
			})
		}
		return conn, err
	}
	set, err := credential.Load(to.auth, reader)
	if ctx.Err() != nil {
		if err == nil {
			_ = set.Close()
		}
		return nil, context.Cause(ctx)
	}
	return set, err
}
