package provider

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/EarthScope/terraform-provider-earthscope/internal/api"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// client is what all objects of one configured provider share. Settings are
// read and sessions made when an object first asks for a profile, once each.
type client struct {
	version, terraformVersion string
	dependencies              Dependencies
	block                     block
	tokenFiles                *tokenFiles

	mutex sync.Mutex
	// The fields below are guarded by mutex.
	profiles map[string]*profile // by the name asked for; "" is the block's
	memory   session.Store       // for persist_tokens = false; all profiles share it
	told     map[string]bool     // the warnings that were given
	// connections are made at the first use of a host.
	connections *remote.Pool
	// claims say which resource plans to write what on which host.
	claims map[string]string
	// spent are the fingerprints of tokens that hosts were seen to have renewed.
	spent map[string]bool
	// written says which instance wrote a file in this run, by place and path.
	written map[string]string
	// former is what was remembered of the hosts that were refreshed, by place and
	// instance.
	former map[string]map[string]hostMemory
}

// profile is the outcome of resolving one profile.
type profile struct {
	settings *settings.Settings
	session  *session.Session
	api      *api.Client
	warnings []settings.Warning
	err      error
}

func newClient(version, terraformVersion string, dependencies Dependencies, b block) *client {
	c := &client{
		version: version, terraformVersion: terraformVersion, dependencies: dependencies, block: b,
		tokenFiles: newTokenFiles(), profiles: map[string]*profile{}, told: map[string]bool{}, claims: map[string]string{}, spent: map[string]bool{}, written: map[string]string{}, former: map[string]map[string]hostMemory{},
	}
	if !b.persist {
		c.memory = session.NewMemoryStore("persist_tokens = false")
	}
	return c
}

// unknown names the arguments of the block that a token for this profile
// depends on and that Terraform can't tell yet.
func (c *client) unknown(ctx context.Context, profile string) []string {
	foreign := profile != "" && c.isForeign(ctx, profile)
	var names []string
	for _, u := range c.block.unknown {
		switch {
		case u.credential && foreign: // not used for another profile
		case u.name == "profile" && profile != "" && !c.block.hasCredential(): // only says whose credentials the block holds
		default:
			names = append(names, u.name)
		}
	}
	return names
}

// isForeign reports that a profile is known to be another than the block's.
func (c *client) isForeign(ctx context.Context, name string) bool {
	for _, u := range c.block.unknown {
		if !u.credential {
			return false
		}
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	own := c.ownProfile(ctx)
	return own.settings == nil || own.settings.Profile != name
}

// use returns the session of a profile and the context to use it with: every
// secret that is known by now is masked in its log.
func (c *client) use(ctx context.Context, r request, diagnostics *diag.Diagnostics) (context.Context, *profile) {
	ctx = withLogging(ctx, c.block.secrets()...)
	p := c.profile(ctx, r.profile)
	if p.settings != nil {
		oauth := p.settings.OAuth2
		ctx = withMasks(ctx, oauth.AccessToken, oauth.IDToken, oauth.RefreshToken, oauth.ClientSecret)
	}
	if session.IsKind(p.err, session.KindNoCredentials) {
		diagnostics.Append(credentialsDiagnostic(p.err, p.warnings, r))
		return ctx, nil
	}
	for _, w := range p.warnings {
		c.tell(diagnostics, diag.NewWarningDiagnostic(w.Summary, w.Detail))
	}
	if p.err != nil {
		diagnostics.Append(errorDiagnostic(p.err, r))
		return ctx, nil
	}
	return ctx, p
}

// tell appends a warning, unless an object of this provider has given it.
func (c *client) tell(diagnostics *diag.Diagnostics, warning diag.Diagnostic) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	id := warning.Summary() + "\n" + warning.Detail()
	if !c.told[id] {
		c.told[id] = true
		diagnostics.Append(warning)
	}
}

// token returns an access token of the profile, nil with the reason in
// diagnostics. The session's notices become warnings either way.
func (c *client) token(ctx context.Context, r request, minTTL time.Duration, diagnostics *diag.Diagnostics) (context.Context, *session.Token) {
	ctx, p := c.use(ctx, r, diagnostics)
	if p == nil {
		return ctx, nil
	}
	token, err := p.session.Token(ctx, minTTL)
	for _, notice := range p.session.Notices() {
		if r.renewal && notice.Kind == session.KindExpired {
			continue
		}
		c.tell(diagnostics, noticeDiagnostic(notice, r))
	}
	if err != nil {
		diagnostics.Append(errorDiagnostic(err, r))
		return ctx, nil
	}
	ctx = withMasks(ctx, token.AccessToken)
	tflog.Debug(ctx, "have an access token", map[string]any{
		"profile": p.settings.Profile, "source": token.Source.String(), "expires_at": rfc3339(token.Claims.ExpiresAt),
	})
	return ctx, &token
}

// profile resolves a profile at its first use and remembers what came of it.
func (c *client) profile(ctx context.Context, name string) *profile {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if p, ok := c.profiles[name]; ok {
		return p
	}
	own := c.ownProfile(ctx)
	if name == "" || (own.settings != nil && own.settings.Profile == name) {
		c.profiles[name] = own
		return own
	}
	p := c.resolve(ctx, name, false)
	c.profiles[name] = p
	return p
}

// ownProfile is the profile that the block itself works with.
func (c *client) ownProfile(ctx context.Context) *profile {
	p, ok := c.profiles[""]
	if !ok {
		p = c.resolve(ctx, c.block.profile, true)
		c.profiles[""] = p
	}
	return p
}

// resolve reads the settings of a profile and makes its session. own says that
// the credentials in the block are the profile's.
func (c *client) resolve(ctx context.Context, name string, own bool) *profile {
	loaded, warnings, err := settings.Load(c.settingsRequest(name, own))
	p := &profile{settings: loaded, warnings: warnings, err: err}
	if err != nil {
		return p
	}
	ctx = withMasks(ctx, loaded.OAuth2.AccessToken, loaded.OAuth2.IDToken, loaded.OAuth2.RefreshToken, loaded.OAuth2.ClientSecret)
	for _, line := range loaded.Describe() {
		if line.Source.Link != settings.LinkDefault {
			tflog.SubsystemDebug(ctx, settingsLog, "setting", map[string]any{
				"path": line.Path, "value": line.Value, "source": line.Source.String(),
			})
		}
	}
	p.session, p.err = session.New(c.sessionOptions(loaded))
	if p.err != nil {
		return p
	}
	source, flow := p.session.Source()
	tflog.SubsystemInfo(ctx, settingsLog, "found credentials", map[string]any{
		"profile": loaded.Profile, "source": source.String(), "flow": string(flow),
	})
	p.api, p.err = c.newAPI(loaded, p.session)
	return p
}

// settingsRequest asks for a profile's settings with what the block gives.
func (c *client) settingsRequest(name string, own bool) settings.Request {
	arguments, names := map[string]string{}, map[string]string{}
	for _, s := range c.block.settings {
		if s.credential && !own {
			continue
		}
		arguments[s.path], names[s.path] = s.value.ValueString(), s.attribute
	}
	return settings.Request{
		Arguments: arguments, ArgumentNames: names, Profile: name, ConfigDir: c.block.configDir,
		Environ: c.dependencies.Environ, UserHomeDir: c.dependencies.UserHomeDir, ReadFile: c.dependencies.ReadFile,
	}
}

func (c *client) sessionOptions(loaded *settings.Settings) session.Options {
	return session.Options{
		Settings: loaded, Persist: c.block.persist, Store: c.memory,
		RefreshThreshold: c.block.threshold, RequestTimeout: c.block.requestTimeout, MaxRetries: c.block.maxRetries,
		CAFile: c.block.caFile, Environ: c.dependencies.Environ, UserAgent: c.userAgent(loaded.HTTP.UserAgent),
		Detach: c.dependencies.Detach, Log: slog.New(&logHandler{subsystem: sessionLog}),
		HTTPClient: c.dependencies.HTTPClient, Now: c.dependencies.Now, Sleep: c.dependencies.Sleep,
	}
}

// userAgent names the provider to the servers: what the settings ask for
// first, then the versions, then what Terraform's own variable adds.
func (c *client) userAgent(configured string) string {
	parts := []string{}
	if configured != "" {
		parts = append(parts, configured)
	}
	parts = append(parts, fmt.Sprintf("terraform-provider-earthscope/%s", c.version))
	if c.terraformVersion != "" {
		parts = append(parts, "terraform/"+c.terraformVersion)
	}
	if more := strings.TrimSpace(c.dependencies.variable("TF_APPEND_USER_AGENT")); more != "" {
		parts = append(parts, more)
	}
	return strings.Join(parts, " ")
}

// threshold is the life that a token must have left.
func (c *client) threshold() time.Duration {
	if c.block.threshold > 0 {
		return c.block.threshold
	}
	return defaultRefreshThreshold
}

// defaultRefreshThreshold is the SDK's.
const defaultRefreshThreshold = 60 * time.Second

// clientOf takes the client from what Configure of an object is given; nil
// while Terraform only validates.
func clientOf(providerData any, diagnostics *diag.Diagnostics) *client {
	if providerData == nil {
		return nil
	}
	c, ok := providerData.(*client)
	if !ok {
		diagnostics.AddError("EarthScope Provider Failed", fmt.Sprintf(
			"The provider was configured with a %T. This is an error in the provider: please report it.", providerData))
	}
	return c
}
