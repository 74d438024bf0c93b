package remote

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/credential"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/hostkey"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/sshconfig"
)

// endpoint is one server on the way, with everything settled.
type endpoint struct {
	host, user string
	port       int
	auth       credential.Source
	policy     hostkey.Policy
	timeout    time.Duration
}

func (e endpoint) address() string { return net.JoinHostPort(e.host, strconv.Itoa(e.port)) }

// route is the way to a host: the jump hosts and, last, the host itself.
type route struct {
	hops  []endpoint
	notes []string
}

// maxHops bounds chains of ProxyJump, which could lead in a circle.
const maxHops = 8

// resolve settles what a target leaves open. Errors: *sshconfig.ConfigError,
// *TransportError for a configuration that only ssh itself can follow.
func (p *Pool) resolve(ctx context.Context, target Target) (route, error) {
	var way route
	settings, err := p.lookup(ctx, &way, target.ConfigFile, target.Host, target.User, target.Port)
	if err != nil {
		return route{}, err
	}
	jumps := target.Jumps
	if jumps == nil {
		if settings.ProxyCommand != "" {
			return route{}, proxyCommandError(target.Host)
		}
		if jumps, err = parseJumps(settings.ProxyJump); err != nil {
			return route{}, err
		}
	}
	for i, jump := range jumps {
		hops, err := p.resolveJump(ctx, &way, target, jump, i == 0)
		if err != nil {
			return route{}, err
		}
		way.hops = append(way.hops, hops...)
	}
	way.hops = append(way.hops, p.settle(target, settings, target.Auth, target.HostKey))
	return way, nil
}

func proxyCommandError(host string) error {
	return &TransportError{Transport: Native, Detail: "the SSH configuration of " + host + " has a ProxyCommand; set the transport to openssh, or name the jump hosts"}
}

func parseJumps(list []string) ([]Hop, error) {
	var jumps []Hop
	for _, text := range list {
		hop, err := sshconfig.ParseHop(text)
		if err != nil {
			return nil, err
		}
		jumps = append(jumps, Hop{Host: hop.Host, Port: hop.Port, User: hop.User})
	}
	return jumps, nil
}

// resolveJump settles a jump host. The configuration may send the first one
// through further ones, as it does for ssh.
func (p *Pool) resolveJump(ctx context.Context, way *route, target Target, jump Hop, first bool) ([]endpoint, error) {
	var hops []endpoint
	for depth := 0; ; depth++ {
		if depth == maxHops {
			return nil, fmt.Errorf("jump host %s: the SSH configuration leads through more than %d hosts, or in a circle", jump.Host, maxHops)
		}
		settings, err := p.lookup(ctx, way, target.ConfigFile, jump.Host, jump.User, jump.Port)
		if err != nil {
			return nil, err
		}
		auth := target.Auth
		if jump.Auth != nil {
			auth = *jump.Auth
		}
		policy := jump.HostKey
		policy.TrustOnFirstUse = policy.TrustOnFirstUse || target.HostKey.TrustOnFirstUse
		if policy.TrustOnFirstUse && len(policy.Pinned) == 0 {
			policy.Pinned = target.JumpKeys
		}
		if len(policy.Files) == 0 {
			policy.Files = target.HostKey.Files
		}
		hops = append([]endpoint{p.settle(target, settings, auth, policy)}, hops...)
		if first && settings.ProxyCommand != "" {
			return nil, proxyCommandError(jump.Host)
		}
		earlier, err := parseJumps(settings.ProxyJump)
		if err != nil || !first || len(earlier) == 0 {
			return hops, err
		}
		jump = earlier[len(earlier)-1]
	}
}

func (p *Pool) defaults(query sshconfig.Query) sshconfig.Settings {
	settings := sshconfig.Settings{HostName: query.Host, User: query.User, Port: query.Port}
	if settings.User == "" {
		settings.User = p.options.LocalUser
	}
	if settings.Port == 0 {
		settings.Port = 22
	}
	dir := filepath.Join(p.options.Home, ".ssh")
	for _, name := range []string{"id_ed25519", "id_ecdsa", "id_rsa"} {
		settings.IdentityFiles = append(settings.IdentityFiles, filepath.Join(dir, name))
	}
	settings.KnownHostsFiles = []string{filepath.Join(dir, "known_hosts"), filepath.Join(dir, "known_hosts2"), "/etc/ssh/ssh_known_hosts"}
	return settings
}

// settle merges what was given with what the configuration says.
func (p *Pool) settle(target Target, settings sshconfig.Settings, auth credential.Source, policy hostkey.Policy) endpoint {
	auth.KeyFiles = slices.Clone(auth.KeyFiles)
	for i, file := range auth.KeyFiles {
		auth.KeyFiles[i] = p.options.expandHome(file)
	}
	auth.DefaultKeyFiles = slices.Concat(auth.DefaultKeyFiles, settings.IdentityFiles)
	auth.CertificateFiles = slices.Concat(auth.CertificateFiles, settings.CertificateFiles)
	auth.IdentitiesOnly = auth.IdentitiesOnly || settings.IdentitiesOnly
	if auth.AgentSocket == "" && !auth.NoAgent && settings.IdentityAgent != "none" {
		if auth.AgentSocket = settings.IdentityAgent; auth.AgentSocket == "" {
			auth.AgentSocket = p.options.getenv("SSH_AUTH_SOCK")
		}
	}
	policy.Files = slices.Clone(policy.Files)
	for i, file := range policy.Files {
		policy.Files[i] = p.options.expandHome(file)
	}
	if len(policy.Files) == 0 {
		policy.Files = settings.KnownHostsFiles
	}
	policy.RevokedFiles = slices.Concat(policy.RevokedFiles, settings.RevokedHostKeys)
	if policy.Alias == "" {
		policy.Alias = settings.HostKeyAlias
	}
	timeout := target.ConnectTimeout
	if timeout <= 0 {
		timeout = DefaultConnectTimeout
	}
	return endpoint{host: settings.HostName, user: settings.User, port: settings.Port, auth: auth, policy: policy, timeout: timeout}
}

// key identifies a connection: two endpoints share one only if the way there,
// the account, every credential and the trust in host keys are the same. It is
// a keyed hash, so that the pool's map holds no secret.
func (p *Pool) key(hops []endpoint) string {
	mac := hmac.New(sha256.New, p.seed)
	field := func(data []byte) {
		_ = binary.Write(mac, binary.BigEndian, uint64(len(data)))
		mac.Write(data)
	}
	list := func(texts []string) {
		_ = binary.Write(mac, binary.BigEndian, uint64(len(texts)))
		for _, text := range texts {
			field([]byte(text))
		}
	}
	for _, hop := range hops {
		a, h := hop.auth, hop.policy
		list([]string{
			hop.address(), hop.user, a.AgentSocket, h.Alias, strconv.FormatBool(a.IdentitiesOnly),
			strconv.FormatBool(a.NoAgent), strconv.FormatBool(a.AgentRequired), strconv.FormatBool(h.TrustOnFirstUse), strconv.Itoa(len(a.PrivateKeys)),
		})
		list(a.KeyFiles)
		list(a.DefaultKeyFiles)
		list(a.CertificateFiles)
		list(h.Files)
		list(h.RevokedFiles)
		list(h.Pinned)
		for _, secret := range append(slices.Clone(a.PrivateKeys), a.Passphrase, a.Certificate, a.Password) {
			field(secret)
		}
	}
	return string(mac.Sum(nil))
}
