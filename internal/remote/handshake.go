package remote

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync/atomic"

	"golang.org/x/crypto/ssh"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/credential"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/hostkey"
)

// login is one attempt to log in at one endpoint.
type login struct {
	endpoint endpoint
	via      []string
	verifier *hostkey.Verifier
	set      *credential.Set
	guard    *passwordGuard
	trusted  atomic.Bool // the host key was accepted
	tried    []string
	password *offer   // the password was given out
	accepted []string // methods that succeeded, but were not enough
	asked    Question // what has no prepared answer
	spent    string   // why the password was not given out
}

// client shakes hands over conn, which it closes on failure. The host key is
// checked before any credential is offered.
func (l *login) client(ctx context.Context, conn net.Conn) (*ssh.Client, error) {
	// An agent that waits for somebody to touch a key is let go of as well.
	stop := context.AfterFunc(ctx, func() { _ = errors.Join(conn.Close(), l.set.Close()) })
	defer stop()
	// The library keeps these functions for as long as the connection lives. They
	// must not keep the caller's context with all that it carries.
	current := ctx
	defer func() { current = nil }()
	now := func() context.Context { return current }
	config := &ssh.ClientConfig{
		User:              l.endpoint.user,
		Auth:              l.methods(now), //nolint:contextcheck // by way of now
		HostKeyAlgorithms: l.verifier.Algorithms(),
		AuthCallback:      l.mayContinue(now), //nolint:contextcheck // by way of now
		HostKeyCallback: func(host string, remote net.Addr, key ssh.PublicKey) error {
			err := l.verifier.Check(host, remote, key)
			l.trusted.Store(err == nil)
			return err
		},
	}
	secured, channels, requests, err := ssh.NewClientConn(conn, l.endpoint.address(), config)
	if err == nil && !stop() {
		_ = secured.Close()
		err = ctx.Err()
	}
	if err != nil {
		err = l.explain(ctx, err)
	}
	l.password.settle(l.verdict(err))
	if err != nil {
		return nil, err
	}
	return ssh.NewClient(secured, channels, requests), nil
}

// reveal finds out which key a server has that offers none of a known type.
func (l *login) reveal(ctx context.Context, conn net.Conn) error {
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	defer func() { _ = conn.Close() }()
	_, _, _, err := ssh.NewClientConn(conn, l.endpoint.address(), &ssh.ClientConfig{
		User: l.endpoint.user, HostKeyAlgorithms: hostkey.AllAlgorithms(), HostKeyCallback: l.verifier.Reveal,
	})
	var refused *hostkey.Error
	if errors.As(err, &refused) {
		return refused
	}
	return err
}

// explain turns the library's error into what a user can act on.
func (l *login) explain(ctx context.Context, err error) error {
	var refused *hostkey.Error
	if errors.As(err, &refused) {
		return refused
	}
	stage := "key exchange"
	if l.trusted.Load() {
		stage = "login"
	}
	failure := &ConnectError{Address: l.endpoint.address(), Via: l.via, Stage: stage, Err: err}
	switch {
	case ctx.Err() != nil:
		failure.Kind, failure.Err = TimedOut, context.Cause(ctx)
	case stage == "login" && (isRefusal(err) || l.asked != ""):
		return l.authError()
	default:
		failure.Kind = classifyStream(err)
	}
	return failure
}

// isRefusal tells a refused login from a connection that broke. The library has
// no type for either. A disconnect message with reason 2 or 14 is what servers
// send after too many attempts (RFC 4253, section 11.1); message 51 is a failure
// that comes before the question that the library waits for.
func isRefusal(err error) bool {
	if errors.Is(err, errPasswordSpent) || errors.Is(err, errNoAnswer) {
		return true
	}
	text := err.Error()
	for _, words := range []string{"unable to authenticate", "too many authentication", "disconnect, reason 2:", "disconnect, reason 14:", "unexpected message type 51"} {
		if strings.Contains(strings.ToLower(text), words) {
			return true
		}
	}
	return false
}
