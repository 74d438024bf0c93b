//go:build unix

package remote

import (
	"context"
	"net"
)

func dialAgent(ctx context.Context, path string) (net.Conn, error) {
	return (&net.Dialer{}).DialContext(ctx, "unix", path)
}
