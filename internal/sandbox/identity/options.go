package identity

import "time"

// Values that EarthScope's production tenant and SDK use, and that the sandbox
// therefore assumes where nothing else is asked for.
const (
	// DefaultClientID is the public client of the EarthScope SDK and CLI.
	DefaultClientID = "b9DtAFBd6QvMg761vI3YhYquNZbJX5G0"
	// DefaultAudience is the audience that EarthScope's API expects.
	DefaultAudience = "https://api.earthscope.org"
	// DefaultScope is what a login through [Server.Login] is granted.
	DefaultScope = "openid profile offline_access"
)

const (
	defaultAccessTokenLifetime    = 24 * time.Hour
	defaultMaxRefreshTokens       = 200
	defaultDeviceInterval         = 5 * time.Second
	defaultDeviceLifetime         = 15 * time.Minute
	defaultAWSCredentialsLifetime = time.Hour
)

// Options configure a [Server]. The zero value is a non-rotating server on a
// free loopback port with the defaults named at each field.
type Options struct {
	// Address to listen on, "127.0.0.1:0" by default. Only loopback addresses
	// are accepted, since the server hands out tokens to whoever asks.
	Address string
	// TLS serves HTTPS with a certificate of an authority made at start, which
	// no client knows; [Server.CACertificate] returns it.
	TLS bool
	// Rotating makes every refresh return a successor and retire the token that
	// was sent (Auth0, refresh token rotation).
	Rotating bool
	// Leeway is Auth0's rotation overlap period: for this long after its first
	// use the immediately previous token yields another successor. Zero, as in
	// Auth0, means that any reuse is detected.
	Leeway time.Duration
	// ReuseSparesGrant limits reuse detection to the token's own family. By
	// default the grant goes with it: every refresh token of the same user,
	// client and audience.
	ReuseSparesGrant bool
	// RevocationDeletesGrant is the tenant's toggle of the same name: revoking
	// one refresh token revokes all of that user, client and audience.
	RevocationDeletesGrant bool
	// AutoApprove approves every device login at once, as [DefaultUser].
	AutoApprove bool
	// AccessTokenLifetime is the life of new access tokens, 24 h by default.
	AccessTokenLifetime time.Duration
	// MaxRefreshTokens is the number of live refresh tokens per user and client,
	// 200 by default; beyond it the oldest is deleted without notice.
	MaxRefreshTokens int
	// DeviceInterval is the poll interval of the device flow, whole seconds, 5 s
	// by default. Polling faster is answered with slow_down.
	DeviceInterval time.Duration
	// DeviceLifetime is how long a device code waits for approval, 15 min by
	// default.
	DeviceLifetime time.Duration
	// AWSCredentialsLifetime is the life of AWS credentials, 1 h by default.
	AWSCredentialsLifetime time.Duration
	// Audience that the API demands, [DefaultAudience] by default.
	Audience string
	// Now is the server's clock, time.Now by default; [Server.Advance] adds to it.
	Now func() time.Time
}

func (o Options) withDefaults() Options {
	setDefault(&o.Address, "127.0.0.1:0")
	setDefault(&o.AccessTokenLifetime, defaultAccessTokenLifetime)
	setDefault(&o.MaxRefreshTokens, defaultMaxRefreshTokens)
	setDefault(&o.DeviceInterval, defaultDeviceInterval)
	setDefault(&o.DeviceLifetime, defaultDeviceLifetime)
	setDefault(&o.AWSCredentialsLifetime, defaultAWSCredentialsLifetime)
	setDefault(&o.Audience, DefaultAudience)
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
