package remote

import "context"

// Effective is the account and port that a target means, once the SSH
// configuration and OpenSSH's defaults have filled in what it leaves open.
// Nobody is connected to. The local transport has no port.
//
// Errors: *sshconfig.ConfigError.
func (p *Pool) Effective(ctx context.Context, target Target) (user string, port int, err error) {
	if target.Transport == Local {
		return p.options.LocalUser, 0, nil
	}
	settings, err := p.lookup(ctx, &route{}, target.ConfigFile, target.Host, target.User, target.Port)
	return settings.User, settings.Port, err
}
