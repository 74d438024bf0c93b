package remote

import (
	"context"
	"errors"
	"fmt"
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
	trusted  atomic.Bool // the host key was accepted
	tried    []string
	password bool
}

// client shakes hands over conn, which it closes on failure. The host key is
// checked before any credential is offered.
func (l *login) client(ctx context.Context, conn net.Conn) (*ssh.Client, error) {
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	config := &ssh.ClientConfig{
		User:              l.endpoint.user,
		Auth:              l.methods(),
		HostKeyAlgorithms: l.verifier.Algorithms(),
		AuthCallback:      l.mayContinue,
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
		return nil, l.explain(ctx, err)
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

// methods lists each method once: all keys are in one, since the library tries
// a method name only once.
func (l *login) methods() []ssh.AuthMethod {
	var methods []ssh.AuthMethod
	if len(l.set.Signers) > 0 {
		methods = append(methods, ssh.PublicKeysCallback(func() ([]ssh.Signer, error) {
			l.tried = append(l.tried, "publickey")
			return l.set.Signers, nil
		}))
	}
	if len(l.set.Password) > 0 {
		methods = append(methods, ssh.PasswordCallback(l.passwordOnce("password")), ssh.KeyboardInteractive(l.answer))
	}
	return methods
}

var (
	errPasswordSpent = errors.New("the password was refused once already")
	errNoAnswer      = errors.New("the server asks a question that has no prepared answer")
)

// passwordOnce gives the password out a single time: a second refusal of the
// same password can lock an account.
func (l *login) passwordOnce(method string) func() (string, error) {
	return func() (string, error) {
		if l.password {
			return "", errPasswordSpent
		}
		l.password = true
		l.tried = append(l.tried, method)
		return string(l.set.Password), nil
	}
}

// mayContinue ends a login whose password was refused, instead of starting the
// other method that asks for it. With no error the library takes the next of the
// methods.
func (l *login) mayContinue(state *ssh.ClientAuthContext) (ssh.AuthMethod, error) {
	for _, refused := range state.TriedMethods {
		if l.password && (refused == "password" || refused == "keyboard-interactive") {
			return nil, errPasswordSpent
		}
	}
	return nil, nil
}

// answer replies to keyboard-interactive questions that ask for the password: a
// single question without echo (RFC 4256, section 3.2).
func (l *login) answer(_, _ string, questions []string, echos []bool) ([]string, error) {
	switch {
	case len(questions) == 0:
		return nil, nil
	case len(questions) > 1 || echos[0]:
		return nil, errNoAnswer
	}
	password, err := l.passwordOnce("keyboard-interactive")()
	if err != nil {
		return nil, err
	}
	return []string{password}, nil
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
	case stage == "login" && isRefusal(err):
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

func (l *login) authError() error {
	refused := &AuthError{User: l.endpoint.user, Address: l.endpoint.address(), Via: l.via, Tried: l.tried, Password: l.password, Notes: l.set.Notes}
	for _, method := range l.tried {
		if method != "publickey" {
			continue
		}
		for _, signer := range l.set.Signers {
			public := signer.PublicKey()
			refused.Keys = append(refused.Keys, fmt.Sprintf("%s %s", public.Type(), ssh.FingerprintSHA256(public)))
		}
	}
	return refused
}
