package provider

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/credential"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/hostkey"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/process"
)

// Default time limits of a resource's operations.
const (
	defaultWriteTimeout = 5 * time.Minute
	defaultReadTimeout  = time.Minute
	// authGrace is for how long a booting host may refuse a key: its cloud-init
	// installs keys after sshd has started.
	authGrace = 2 * time.Minute
)

// pool returns the connections of this provider, opened at first use.
func (c *client) pool() *remote.Pool {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.connections == nil {
		options := c.dependencies.Remote
		if options.Environ == nil {
			options.Environ = c.dependencies.Environ
		}
		if known(c.block.ssh.MaxConnections) {
			options.MaxConnections = int(c.block.ssh.MaxConnections.ValueInt64())
		}
		if c.dependencies.BeforeHosts != nil {
			c.dependencies.BeforeHosts()
		}
		c.connections = remote.NewPool(options)
	}
	return c.connections
}

// target says how to reach the host. keys are those seen before, which a first
// use that was trusted is held to.
func (m *remoteHostModel) target(ctx context.Context, ssh sshBlock, keys []string, diagnostics *diag.Diagnostics) remote.Target {
	t := remote.Target{
		Host: m.Host.ValueString(), Port: int(m.Port.ValueInt64()), User: m.User.ValueString(),
		Transport: remote.Transport(or(m.Transport, "native")), ConfigFile: ssh.ConfigFile.ValueString(),
		ConnectTimeout: ssh.connectTimeout, Auth: m.auth(ssh),
	}
	if t.Port == 0 && !known(m.Port) {
		t.Port = int(ssh.Port.ValueInt64())
	}
	if t.User == "" {
		t.User = ssh.User.ValueString()
	}
	t.HostKey = hostKeyPolicy(ssh, m.HostKey.ValueString())
	t.HostKey.TrustOnFirstUse = m.TrustOnFirstUse.ValueBool()
	if t.HostKey.TrustOnFirstUse && len(keys) > 0 {
		t.JumpKeys = keys[:len(keys)-1] // those of a ProxyJump in the SSH configuration too
		if len(t.HostKey.Pinned) == 0 {
			t.HostKey.Pinned = keys[len(keys)-1:]
		}
	}
	if m.ProxyJump.IsNull() {
		return t
	}
	var hops []hopModel
	diagnostics.Append(m.ProxyJump.ElementsAs(ctx, &hops, false)...)
	t.Jumps = []remote.Hop{}
	for _, h := range hops {
		hop := remote.Hop{Host: h.Host.ValueString(), Port: int(h.Port.ValueInt64()), User: or(h.User, ssh.User.ValueString()), HostKey: hostKeyPolicy(ssh, h.HostKey.ValueString())}
		hop.HostKey.TrustOnFirstUse = t.HostKey.TrustOnFirstUse
		t.Jumps = append(t.Jumps, hop)
	}
	return t
}

// knownJumps reports whether the way to the host is known.
func (m *remoteHostModel) knownJumps(ctx context.Context) bool {
	value, err := m.ProxyJump.ToTerraformValue(ctx)
	return err == nil && value.IsFullyKnown()
}

// validateJumps refuses a jump host without a name.
func (m *remoteHostModel) validateJumps(ctx context.Context, diagnostics *diag.Diagnostics) {
	var hops []hopModel
	diagnostics.Append(m.ProxyJump.ElementsAs(ctx, &hops, false)...)
	for i, h := range hops {
		if h.Host.IsNull() {
			diagnostics.AddAttributeError(path.Root("proxy_jump").AtListIndex(i).AtName("host"), "Jump Host Without a Name",
				"Give each element of proxy_jump a host: a name, an address or an alias of ~/.ssh/config.")
		}
	}
}

func hostKeyPolicy(ssh sshBlock, pinned string) hostkey.Policy {
	var policy hostkey.Policy
	if pinned != "" {
		policy.Pinned = []string{pinned}
	}
	if file := ssh.KnownHostsFile.ValueString(); file != "" {
		policy.Files = []string{file}
	}
	return policy
}

func (m *remoteHostModel) auth(ssh sshBlock) credential.Source {
	var source credential.Source
	file := or(m.PrivateKeyFile, ssh.PrivateKeyFile.ValueString())
	if file != "" {
		source.KeyFiles = []string{file}
	}
	// A key file of the resource's own replaces the provider's key.
	if key := ssh.PrivateKey.ValueString(); key != "" && m.PrivateKeyFile.IsNull() {
		source.PrivateKeys = [][]byte{[]byte(key)}
	}
	source.Passphrase = bytesOf(ssh.PrivateKeyPassphrase.ValueString())
	source.Certificate = bytesOf(ssh.Certificate.ValueString())
	source.Password = bytesOf(ssh.Password.ValueString())
	source.NoAgent = isFalse(ssh.Agent)
	source.AgentRequired = ssh.Agent.ValueBool()
	return source
}

func bytesOf(text string) []byte {
	if text == "" {
		return nil
	}
	return []byte(text)
}

// becomeUser is whose files are meant, nil for the user who logs in.
func (m *remoteHostModel) becomeUser(ctx context.Context, ssh sshBlock, diagnostics *diag.Diagnostics) *process.Become {
	if m.Become.IsNull() || m.Become.IsUnknown() {
		return nil
	}
	var b becomeModel
	diagnostics.Append(m.Become.As(ctx, &b, basetypes.ObjectAsOptions{})...)
	return &process.Become{User: b.User.ValueString(), Method: b.Method.ValueString(), Password: bytesOf(ssh.SudoPassword.ValueString())}
}

// refuseAnotherAccount refuses an update whose account, which the plan did not
// know, is not the one that has the files: only a plan that knows it replaces the
// resource, and takes them out.
func (r *remoteHostResource) refuseAnotherAccount(ctx context.Context, m, state *remoteHostModel, diagnostics *diag.Diagnostics) bool {
	user, _, err := r.client.pool().Effective(ctx, m.target(ctx, r.client.block.ssh, nil, diagnostics))
	former := state.User.ValueString()
	if err != nil || former == "" || user == former {
		return false // the transaction reports what is wrong
	}
	diagnostics.AddAttributeError(path.Root("user"), "Another SSH Account", fmt.Sprintf(
		"The files are in the account %s of %s, and the provider's ssh.user, which was not known when this was planned, is %s. Nothing was "+
			"changed. Run terraform apply again: it plans to take the files out there and to bring them to the other account.",
		former, m.Host.ValueString(), user))
	return true
}

// operation is one of the timeouts argument's names.
type operation string

const (
	creating operation = "create"
	reading  operation = "read"
	updating operation = "update"
	deleting operation = "delete"
)

// timeout is how long an operation may take.
func (m *remoteHostModel) timeout(ctx context.Context, op operation, diagnostics *diag.Diagnostics) time.Duration {
	limit := defaultWriteTimeout
	if op == reading {
		limit = defaultReadTimeout
	}
	if m.Timeouts.IsNull() || m.Timeouts.IsUnknown() {
		return limit
	}
	var t timeoutsModel
	diagnostics.Append(m.Timeouts.As(ctx, &t, basetypes.ObjectAsOptions{})...)
	value := map[operation]basetypes.StringValue{creating: t.Create, reading: t.Read, updating: t.Update, deleting: t.Delete}[op]
	if asked := durationOf(value, path.Root("timeouts").AtName(string(op)), diagnostics); asked > 0 {
		limit = asked
	}
	return limit
}

// waitFor makes a target wait for a host that is starting up, telling so every
// ten seconds.
func waitFor(ctx context.Context, t *remote.Target, limit time.Duration) {
	var told time.Duration
	t.Wait = remote.Wait{
		For: limit, AuthGrace: min(limit, authGrace),
		Progress: func(event remote.WaitEvent) {
			if event.Elapsed-told >= 10*time.Second || event.Attempt == 1 {
				told = event.Elapsed
				tflog.SubsystemInfo(ctx, remoteLog, "waiting for the host", map[string]any{
					"address": event.Address, "attempt": event.Attempt, "elapsed": event.Elapsed.String(), "reason": event.Err.Error(),
				})
			}
		},
	}
}
