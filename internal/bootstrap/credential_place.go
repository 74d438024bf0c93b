package bootstrap

// Rotation is what is known about an identity provider's handling of refresh tokens.
type Rotation int

// Rotation is unknown until a session has been seen to get a new refresh token.
const (
	RotationUnknown Rotation = iota
	Rotating
	NotRotating
)

// CredentialKind is what is placed on a host.
type CredentialKind int

// The kinds of credential.
const (
	RefreshToken CredentialKind = iota
	ClientCredentials
	AccessToken
)

// PlacementKind is a kind of file that can hold a credential, or the legacy state of the old command line client, which
// is read but never written here.
type PlacementKind int

// The kinds of placement.
const (
	TokensFile PlacementKind = iota
	ConfigFile
	EnvironmentFile
	ComposeFile
	LegacyFile
)

// Placement is one place on a host that holds a credential, ours or one that was found there.
type Placement struct {
	Kind PlacementKind
	// Path names the file in messages.
	Path string
	// Style applies to environment and Compose files.
	Style Style
	// Services is the number of services in a Compose file that get the credential; each has a home of its own.
	Services int
	// Foreign is set for what was found on the host and is not from here.
	Foreign bool
}

// String names the placement for messages.
func (p Placement) String() string {
	switch {
	case p.Path != "":
		return p.Path
	case p.Kind == LegacyFile:
		return "sso_tokens.json"
	case p.Kind == ConfigFile:
		return tomlTitle
	case p.Kind == TokensFile:
		return tokensTitle
	default:
		return "the environment"
	}
}

// rank is the place in the SDK's order of sources, 1 being the highest.
func (p Placement) rank() int {
	switch p.Kind {
	case EnvironmentFile, ComposeFile:
		if p.Style == StyleBootstrap {
			return 8
		}
		return 2
	case ConfigFile:
		return 4
	case TokensFile:
		return 6
	default:
		return 7
	}
}

// survivesRotation says whether the SDK finds the successor that it wrote to tokens.json: only what ranks below that
// file does not hide it.
func (p Placement) survivesRotation() bool { return p.rank() >= 6 }
