package remote

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/posixshell"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/process"
)

// errLinkLost reports that the connection broke before a command was started,
// so that the command can safely be started on a new one.
var errLinkLost = errors.New("the connection was lost")

// session waits for a free place on the connection and opens a session. A
// server that allows fewer than we assume refuses; the place is then given up
// for good, and the next one to become free is waited for.
func (l *link) session(ctx context.Context) (*ssh.Session, error) {
	for again := 1; ; {
		select {
		case l.slots <- struct{}{}:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		before := l.active.Load()
		session, err := await(ctx, l, l.client.NewSession)
		var refused *ssh.OpenChannelError
		switch {
		case err == nil:
			l.active.Add(1)
			return session, nil
		case errors.As(err, &refused) && before+l.active.Load() > 0:
			continue
		}
		<-l.slots
		if refused != nil && again <= 10 {
			// Another session may be opening just now, or the server may not quite
			// have let go of one that ended.
			l.pool.options.Sleep(ctx, time.Duration(again)*20*time.Millisecond)
			again++
			continue
		}
		if refused != nil {
			return nil, &TransportError{Transport: Native, Detail: "the server refuses to open a session (MaxSessions in its sshd_config?)"}
		}
		return nil, l.lost(ctx, err)
	}
}

// free gives the place of a session back.
func (l *link) free() {
	l.active.Add(-1)
	<-l.slots
}

// lost words a connection that broke when a session was to begin.
func (l *link) lost(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return &ConnectError{Kind: Closed, Address: l.hops[len(l.hops)-1].address(), Via: l.via(), Stage: "session", Err: errors.Join(errLinkLost, err)}
}

// await runs a request of the library, which takes no context. One that is not
// answered in time costs the connection: nothing else on it would be answered.
func await[T any](ctx context.Context, l *link, request func() (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	answers := make(chan answer, 1)
	go func() {
		value, err := request()
		answers <- answer{value, err}
	}()
	select {
	case a := <-answers:
		return a.value, a.err
	case <-ctx.Done():
		l.pool.retire(l)
		var none T
		return none, context.Cause(ctx)
	}
}

// start runs a command line in a session of its own. Errors: errLinkLost,
// posixshell.ErrNoShell if the server refuses to run commands.
func (l *link) start(ctx context.Context, command string) (process.Process, error) {
	return l.begin(ctx, func(session *ssh.Session) error { return session.Start(command) })
}

// startSubsystem starts a subsystem of the server. Errors are those of start.
func (l *link) startSubsystem(ctx context.Context, name string) (process.Process, error) {
	return l.begin(ctx, func(session *ssh.Session) error { return session.RequestSubsystem(name) })
}

func (l *link) begin(ctx context.Context, request func(*ssh.Session) error) (process.Process, error) {
	session, err := l.session(ctx)
	if err != nil {
		return nil, err
	}
	proc, err := newSessionProcess(session, l.free)
	if err == nil {
		_, err = await(ctx, l, func() (struct{}, error) { return struct{}{}, request(session) })
	}
	if err == nil {
		proc.run()
		return proc, nil
	}
	_ = session.Close()
	l.free()
	if ctx.Err() == nil && isRefusedRequest(err) {
		return nil, posixshell.ErrNoShell
	}
	return nil, l.lost(ctx, err)
}

// isRefusedRequest recognises a server's no to a command or a subsystem. The
// library has no type for it, and its message quotes the whole command.
func isRefusedRequest(err error) bool {
	text := err.Error()
	return strings.HasPrefix(text, "ssh: command ") || text == "ssh: subsystem request failed"
}

// sessionProcess is a command in an SSH session. Its streams pass through pipes,
// so that Kill unblocks readers and writers although the server may never answer.
type sessionProcess struct {
	session        *ssh.Session
	stdin          io.WriteCloser
	stdout, stderr io.Reader
	in             *io.PipeWriter
	inFrom         *io.PipeReader
	out, errs      *io.PipeReader
	outTo, errsTo  *io.PipeWriter
	finished       chan struct{}
	code           int
	err            error
	once           sync.Once
	release        func()
	killed         chan struct{}
}

func newSessionProcess(session *ssh.Session, release func()) (*sessionProcess, error) {
	p := &sessionProcess{session: session, release: release, finished: make(chan struct{}), killed: make(chan struct{})}
	var errs [3]error
	p.stdin, errs[0] = session.StdinPipe()
	p.stdout, errs[1] = session.StdoutPipe()
	p.stderr, errs[2] = session.StderrPipe()
	p.inFrom, p.in = io.Pipe()
	p.out, p.outTo = io.Pipe()
	p.errs, p.errsTo = io.Pipe()
	return p, errors.Join(errs[:]...)
}

// run starts moving the streams.
func (p *sessionProcess) run() {
	go func() {
		err := copyAll(p.stdin, p.inFrom)
		_ = p.stdin.Close()
		_ = p.inFrom.CloseWithError(err)
	}()
	var copies sync.WaitGroup
	copies.Go(func() { p.outTo.CloseWithError(drain(p.outTo, p.stdout)) })
	copies.Go(func() { p.errsTo.CloseWithError(drain(p.errsTo, p.stderr)) })
	go func() {
		err := p.session.Wait()
		copies.Wait()
		_ = p.inFrom.Close()
		p.code, p.err = exitCode(err)
		close(p.finished)
		p.release()
	}()
}

// buffers are what streams are copied through: three for each command.
var buffers = sync.Pool{New: func() any { return new([copySize]byte) }}

const copySize = 32 << 10

func copyAll(to io.Writer, from io.Reader) error {
	buffer, _ := buffers.Get().(*[copySize]byte)
	defer func() {
		clear(buffer[:]) // secrets pass through it
		buffers.Put(buffer)
	}()
	_, err := io.CopyBuffer(struct{ io.Writer }{to}, struct{ io.Reader }{from}, buffer[:])
	return err
}

// drain copies until the end, also when nobody reads any more: the channel
// closes only once its data is taken.
func drain(to io.Writer, from io.Reader) error {
	if err := copyAll(to, from); err != nil {
		_ = copyAll(io.Discard, from)
		return err
	}
	return nil
}

func exitCode(err error) (int, error) {
	var status *ssh.ExitError
	switch {
	case err == nil:
		return 0, nil
	case errors.As(err, &status) && status.Signal() == "":
		return status.ExitStatus(), nil
	case errors.As(err, &status):
		return 0, errors.New("the command was ended by signal " + status.Signal())
	default:
		return 0, errors.New("the connection ended before the command did")
	}
}

// Stdin implements process.Process.
func (p *sessionProcess) Stdin() io.WriteCloser { return p.in }

// Stdout implements process.Process.
func (p *sessionProcess) Stdout() io.Reader { return p.out }

// Stderr implements process.Process.
func (p *sessionProcess) Stderr() io.Reader { return p.errs }

// Wait implements process.Process.
func (p *sessionProcess) Wait() (int, error) {
	select {
	case <-p.finished:
		return p.code, p.err
	case <-p.killed:
		return 0, errors.New("the exchange was ended")
	}
}

// Kill implements process.Process. The session's place stays taken until the
// server confirms its end.
func (p *sessionProcess) Kill() {
	p.once.Do(func() {
		select {
		case <-p.finished:
			return
		default:
		}
		close(p.killed)
		_ = p.inFrom.Close()
		_ = p.out.Close()
		_ = p.errs.Close()
		go func() { _ = p.session.Close() }()
	})
}
