//go:build !unix

package remote

import (
	"context"
	"net"
	"os"
	"time"
)

// dialAgent opens the named pipe of Windows' OpenSSH agent.
func dialAgent(ctx context.Context, path string) (net.Conn, error) {
	if len(path) < 3 || path[:2] != `\\` {
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}
	pipe, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	return pipeConn{pipe}, nil
}

type pipeConn struct{ *os.File }

func (pipeConn) LocalAddr() net.Addr             { return nil }
func (pipeConn) RemoteAddr() net.Addr            { return nil }
func (p pipeConn) SetDeadline(t time.Time) error { return p.File.SetDeadline(t) }
