package remote

import (
	"context"
	"errors"
	"net"
	"slices"
	"strconv"
	"sync"

	"golang.org/x/crypto/ssh"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/hostkey"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/posixshell"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/process"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/sshprogram"
)

// programEntry is a client of the ssh program, made once per target.
type programEntry struct {
	once   sync.Once
	client *sshprogram.Client
	err    error
}

// programReach works on a host through the ssh program.
type programReach struct {
	pool   *Pool
	client *sshprogram.Client
	target Target
}

// reachOpenSSH prepares the ssh program for the target, once.
func (p *Pool) reachOpenSSH(ctx context.Context, target Target) (reacher, error) {
	way := programRoute(target)
	way.ConfigFile = p.options.expandHome(way.ConfigFile)
	key := p.programKey(way)
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, ErrClosed
	}
	entry, found := p.programs[key]
	if !found {
		entry = &programEntry{}
		p.programs[key] = entry
	}
	p.mu.Unlock()
	entry.once.Do(func() {
		entry.client, entry.err = sshprogram.New(ctx, sshprogram.Machine{
			Program: p.options.SSHProgram, Home: p.options.Home, Environ: p.options.Environ,
			Keys: p.options.credentialReader(ctx), Sessions: p.options.MaxSessions, Idle: p.options.IdleTimeout,
		}, way)
	})
	if entry.err != nil {
		p.mu.Lock()
		if p.programs[key] == entry {
			delete(p.programs, key)
		}
		p.mu.Unlock()
		return nil, programError(entry.err)
	}
	return &programReach{pool: p, client: entry.client, target: target}, nil
}

func programRoute(target Target) sshprogram.Route {
	timeout := target.ConnectTimeout
	if timeout <= 0 {
		timeout = DefaultConnectTimeout
	}
	way := sshprogram.Route{Configured: target.Jumps == nil, ConfigFile: target.ConfigFile, Timeout: timeout}
	for _, jump := range target.Jumps {
		hop := sshprogram.Hop{Host: jump.Host, User: jump.User, Port: jump.Port, Auth: target.Auth, HostKey: jump.HostKey}
		if jump.Auth != nil {
			hop.Auth = *jump.Auth
		}
		hop.HostKey.TrustOnFirstUse = hop.HostKey.TrustOnFirstUse || target.HostKey.TrustOnFirstUse
		if len(hop.HostKey.Files) == 0 {
			hop.HostKey.Files = target.HostKey.Files
		}
		way.Hops = append(way.Hops, hop)
	}
	way.Hops = append(way.Hops, sshprogram.Hop{Host: target.Host, User: target.User, Port: target.Port, Auth: target.Auth, HostKey: target.HostKey})
	return way
}

// programKey identifies a client as Pool.key does a connection.
func (p *Pool) programKey(way sshprogram.Route) string {
	var hops []endpoint
	for _, hop := range way.Hops {
		hops = append(hops, endpoint{host: hop.Host, user: hop.User, port: hop.Port, auth: hop.Auth, policy: hop.HostKey})
	}
	return p.key(hops) + strconv.FormatBool(way.Configured) + way.ConfigFile
}

func (p *Pool) closePrograms() error {
	p.mu.Lock()
	entries := p.programs
	p.programs = make(map[string]*programEntry)
	p.mu.Unlock()
	var errs []error
	for _, entry := range entries {
		entry.once.Do(func() { entry.err = ErrClosed })
		if entry.client != nil {
			errs = append(errs, entry.client.Close())
		}
	}
	return errors.Join(errs...)
}

// address returns where ssh's configuration leads.
func (r *programReach) address() string {
	return net.JoinHostPort(r.client.Settings.HostName, strconv.Itoa(r.client.Settings.Port))
}

// key implements reacher.
func (r *programReach) key() string { return r.client.Settings.User + "@" + r.address() }

// start implements reacher.
func (r *programReach) start(ctx context.Context, report *Report) (process.Start, func(), error) {
	err := r.pool.patiently(ctx, r.target.Wait, r.address(), func() error { return r.explain(r.client.Connect(ctx)) })
	if err != nil {
		return nil, nil, err
	}
	*report = Report{User: r.client.Settings.User, Address: r.address(), Port: r.client.Settings.Port, UID: -1}
	for _, line := range r.client.Accepted() {
		if key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line)); err == nil {
			report.HostKeys = append(report.HostKeys, HostKey{Address: r.address(), Line: line, Fingerprint: ssh.FingerprintSHA256(key)})
		}
	}
	return r.client.Start, func() {}, nil
}

// transact implements reacher.
func (r *programReach) transact(ctx context.Context, tx Transaction) (Report, error) {
	report, err := r.pool.transactByShell(ctx, r, tx)
	if errors.Is(err, posixshell.ErrNoShell) {
		return report, &TransportError{Transport: OpenSSH, Detail: "the account has no POSIX shell; the native transport can use SFTP"}
	}
	var lost *files.LostError
	if errors.As(err, &lost) && !lost.Sent {
		if explained := r.explain(lost.Cause); explained != lost.Cause { //nolint:errorlint // the same value comes back if there is nothing to explain
			return report, explained
		}
	}
	return report, err
}

// explain gives the program's failures the types that the native transport's
// have.
func (r *programReach) explain(err error) error {
	var failure *sshprogram.Error
	if !errors.As(err, &failure) {
		return err
	}
	kinds := map[sshprogram.Failure]ConnectKind{
		sshprogram.Unresolvable: Unresolvable, sshprogram.Refused: Refused, sshprogram.Unreachable: Unreachable,
		sshprogram.TimedOut: TimedOut, sshprogram.Dropped: Dropped, sshprogram.Incompatible: Incompatible,
	}
	settings := r.client.Settings
	switch failure.Failure {
	case sshprogram.NotLoggedIn:
		if slices.Contains(failure.Methods, "keyboard-interactive") && !slices.Contains(failure.Methods, "publickey") {
			// The key was accepted, or is of no use: what is left needs a person.
			return &AuthError{User: settings.User, Address: r.address(), Tried: []string{"publickey"}, Asked: OtherQuestion}
		}
		notes := []string{"run `ssh -v " + r.target.Host + " true` to see what ssh offers"}
		return &AuthError{User: settings.User, Address: r.address(), Tried: slices.Clone(failure.Methods), Notes: notes}
	case sshprogram.KeyChanged, sshprogram.KeyUnknown, sshprogram.KeyRevoked:
		reasons := map[sshprogram.Failure]hostkey.Reason{sshprogram.KeyChanged: hostkey.Changed, sshprogram.KeyUnknown: hostkey.Unknown, sshprogram.KeyRevoked: hostkey.Revoked}
		return &hostkey.Error{
			Reason: reasons[failure.Failure], Host: settings.HostName, Port: settings.Port, Alias: settings.HostKeyAlias,
			SeenType: failure.KeyType, SeenFingerprint: failure.Fingerprint,
		}
	case sshprogram.BadConfig, sshprogram.Other:
		return err
	}
	return &ConnectError{Kind: kinds[failure.Failure], Address: r.address(), Stage: "ssh", Err: failure}
}

// programError gives a failed preparation its type.
func programError(err error) error {
	var config *sshprogram.ConfigError
	if errors.As(err, &config) {
		return &TransportError{Transport: OpenSSH, Detail: config.Detail}
	}
	return err
}
