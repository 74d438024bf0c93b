// Package placement decides what goes into which file of a host, recognises
// what is there, and takes out exactly what was put in. It joins the editors of
// package bootstrap with the file transactions of package remote and knows
// nothing of Terraform or of how a host is reached.
package placement

import (
	"io/fs"
	"path"
	"slices"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/bootstrap"
	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// Kind is what a file is to the SDK.
type Kind string

// The kinds of files.
const (
	Tokens      Kind = "tokens"
	Config      Kind = "config"
	Environment Kind = "environment"
	Compose     Kind = "compose"
)

// File is one placement on a host.
type File struct {
	// Path is absolute or starts with ~/.
	Path string `json:"path"`
	Kind Kind   `json:"kind"`
	// Format is the dialect of an environment file, Style how settings become
	// variables there and in a Compose file, Services whose environment a
	// Compose file gets.
	Format   bootstrap.EnvFormat `json:"format,omitempty"`
	Style    bootstrap.Style     `json:"style,omitempty"`
	Services []string            `json:"services,omitempty"`
	// WithoutToken leaves the credential out: settings only.
	WithoutToken bool `json:"without_token,omitempty"`
	// Mode, Owner and Group are wanted; zero values leave them as they are, or
	// mean 0600 for a new file and one that holds a token.
	Mode  fs.FileMode `json:"mode,omitempty"`
	Owner string      `json:"owner,omitempty"`
	Group string      `json:"group,omitempty"`
}

// editor is what edits the file for a profile.
func (f File) editor(profile string) bootstrap.Editor {
	switch f.Kind {
	case Tokens:
		return bootstrap.Tokens{}
	case Config:
		return bootstrap.TOML{Profile: profile}
	case Environment:
		return bootstrap.Env{Format: f.Format, Style: f.Style}
	default:
		return bootstrap.Compose{Services: f.Services, Style: f.Style}
	}
}

// CredentialKind is what a host is given to authenticate with.
type CredentialKind string

// The kinds of credentials.
const (
	RefreshToken      CredentialKind = "refresh_token"
	ClientCredentials CredentialKind = "client_credentials"
	AccessToken       CredentialKind = "access_token"
)

// setting is the SDK's name for the credential.
func (k CredentialKind) setting() string {
	if k == ClientCredentials {
		return "oauth2.client_secret"
	}
	return "oauth2." + string(k)
}

// Credential is what a host authenticates with, and how to recognise it there.
type Credential struct {
	Kind CredentialKind
	// Secret is the value to write; not set where nothing is to be written.
	Secret settings.Secret
	// Recognises reports whether a value found on the host is this credential
	// or one of its lineage.
	Recognises func(found string) bool
	// Replace says that another lineage is being pushed, so that a token that
	// the host has rotated itself is overwritten.
	Replace bool
	// MinRemaining is the life that an access token on the host must have left
	// to be kept.
	MinRemaining time.Duration
	// Subject and ClientID say whose it is; an unknown Subject is empty.
	Subject, ClientID string
	// Fingerprint names it, where it has a name.
	Fingerprint string
}

// Host is what one host shall hold.
type Host struct {
	Profile    string
	Slug       string // the profile's folder name
	Files      []File
	Settings   []bootstrap.Setting // none of them secret
	Credential Credential
	Adopt      bool
}

// TokensPath is where the SDK keeps the tokens of a profile.
func TokensPath(slug string) string { return path.Join("~/.earthscope", slug, "tokens.json") }

// ConfigPath is the SDK's configuration file.
const ConfigPath = "~/.earthscope/config.toml"

// HoldsToken reports whether the credential goes into a file.
func (h Host) HoldsToken(f File) bool {
	switch {
	case f.WithoutToken:
		return false
	case f.Kind == Tokens:
		return h.Credential.Kind != ClientCredentials
	}
	return true
}

// settingsFor is what goes into a file.
func (h Host) settingsFor(f File) []bootstrap.Setting {
	var wanted []bootstrap.Setting
	if f.Kind != Tokens {
		wanted = slices.Clone(h.Settings)
	}
	if h.HoldsToken(f) {
		wanted = append(wanted, bootstrap.Setting{Key: h.Credential.Kind.setting(), Value: h.Credential.Secret.Reveal()})
	}
	return wanted
}

// expectations is how settingsFor is recognised.
func (h Host) expectations(f File) []bootstrap.Expectation {
	var plain []bootstrap.Setting
	if f.Kind != Tokens {
		plain = h.Settings
	}
	expected := bootstrap.Expect(plain)
	if h.HoldsToken(f) {
		expected = append(expected, bootstrap.Expectation{Key: h.Credential.Kind.setting(), Matches: h.Credential.Recognises})
	}
	return expected
}

// Mode is the mode that a file gets, or 0 where it keeps its own.
func (h Host) Mode(f File) fs.FileMode {
	switch {
	case f.Mode != 0:
		return f.Mode
	case h.HoldsToken(f):
		return 0o600
	}
	return 0
}

// file returns the placement at a path.
func (h Host) file(at string) (File, bool) {
	i := slices.IndexFunc(h.Files, func(f File) bool { return f.Path == at })
	if i < 0 {
		return File{}, false
	}
	return h.Files[i], true
}

// Ledger is what was put on a host, stored beside the resource's state. It
// holds names and times, never a value.
type Ledger struct {
	Profile string           `json:"profile"`
	Slug    string           `json:"slug"`
	Files   map[string]Entry `json:"files,omitempty"` // by path
	// Subject and ClientID are whose credential was pushed at PushedAt.
	Subject  string    `json:"subject,omitempty"`
	ClientID string    `json:"client_id,omitempty"`
	PushedAt time.Time `json:"pushed_at"`
	// Fingerprint names the credential, where it has one.
	Fingerprint string `json:"fingerprint,omitempty"`
	// DerivedDirs are the folders that did not exist for the tokens.json that
	// the SDK derives on the host.
	DerivedDirs []string `json:"derived_dirs,omitempty"`
	// LoginBefore says that there was a tokens.json of somebody else, which is
	// never taken for a derived one.
	LoginBefore bool `json:"login_before,omitempty"`
}

// Entry is what was done to one file.
type Entry struct {
	File   File             `json:"file"`
	Record bootstrap.Record `json:"record"`
	// Dirs are the folders that were made for it, outermost first.
	Dirs []string `json:"dirs,omitempty"`
	// Mode is the mode that was asked for, 0 where the file keeps its own.
	Mode fs.FileMode `json:"mode,omitempty"`
	// FormerMode is what a file that was there had before Mode, 0 where another
	// resource had closed it already.
	FormerMode fs.FileMode `json:"former_mode,omitempty"`
	// SecretBefore says that a secret of somebody else was in the file under its
	// former mode.
	SecretBefore bool `json:"secret_before,omitempty"`
	// FormerOwner and FormerGroup are the numbers that a file that was there had
	// before an owner or group was asked for.
	FormerOwner string `json:"former_owner,omitempty"`
	FormerGroup string `json:"former_group,omitempty"`
	// TakenOver says that a token store was there: written by an interrupted
	// run, or somebody's whose login was to be taken over.
	TakenOver bool `json:"taken_over,omitempty"`
	// Replaced is the fingerprint of the refresh token in a tokens.json over
	// which another one was pushed: where it is found again, the push did not
	// arrive. Push is what is known of that push.
	Replaced string    `json:"replaced,omitempty"`
	Push     PushState `json:"push,omitempty"`
	// Intended says that the run which was to write it ended before anybody knew
	// whether it did: what is there may be somebody else's.
	Intended bool `json:"intended,omitempty"`
}

// PushState is what is known of the last push of a token over another one.
type PushState string

// The states of a push.
const (
	PushConfirmed PushState = ""        // it was seen to arrive
	PushUnknown   PushState = "unknown" // nobody saw whether it arrived
	PushDue       PushState = "due"     // it is known not to have come about
)

// Unconfirmed reports that nobody saw whether the token arrived that was last
// pushed into the file.
func (e Entry) Unconfirmed() bool { return e.Push == PushUnknown }
