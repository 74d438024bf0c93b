package interop_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/bootstrap"
	"github.com/EarthScope/terraform-provider-earthscope/internal/placement"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// placed is one way of giving a home its credentials.
type placed struct {
	files []placement.File
	// read gives the environment that programs have; nil where the files are
	// the SDK's own.
	read reader
	// survives says that the session outlives several rotations.
	survives bool
}

func environmentFile(format bootstrap.EnvFormat, style bootstrap.Style) []placement.File {
	return []placement.File{{Path: "~/app.env", Kind: placement.Environment, Format: format, Style: style}}
}

func composeFile(style bootstrap.Style) []placement.File {
	return []placement.File{{Path: "~/compose.yml", Kind: placement.Compose, Style: style, Services: []string{"web"}}}
}

func inTokensFile() []placement.File {
	return []placement.File{
		{Path: placement.TokensPath("default"), Kind: placement.Tokens},
		{Path: placement.ConfigPath, Kind: placement.Config, WithoutToken: true},
	}
}

func inConfigFile() []placement.File {
	return []placement.File{{Path: placement.ConfigPath, Kind: placement.Config}}
}

func placements() map[string]placed {
	all := map[string]placed{
		"tokens file":        {inTokensFile(), nil, true},
		"config file":        {inConfigFile(), nil, false},
		"Compose, variables": {composeFile(bootstrap.StyleVariables), compose, false},
		"Compose, bootstrap": {composeFile(bootstrap.StyleBootstrap), compose, true},
	}
	for format, read := range map[bootstrap.EnvFormat]reader{
		bootstrap.FormatShell: sourced, bootstrap.FormatSystemd: systemd, bootstrap.FormatDotenv: dotenv,
	} {
		all[string(format)+", variables"] = placed{environmentFile(format, bootstrap.StyleVariables), read, false}
		all[string(format)+", bootstrap"] = placed{environmentFile(format, bootstrap.StyleBootstrap), read, true}
	}
	return all
}

func (h *host) environment(p placed) []string {
	h.t.Helper()
	if p.read == nil {
		return nil
	}
	return p.read(h.t, filepath.Join(h.home, strings.TrimPrefix(p.files[0].Path, "~/")))
}

// The real CLI authenticates on a home that was bootstrapped in any way, with
// nothing but what stands there; afterwards everything is taken out again.
func TestBootstrapped_theCLIAuthenticates(t *testing.T) {
	t.Parallel()
	for name, p := range placements() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t, identity.Options{AccessTokenLifetime: lifetime}, "default")
			h.place(p.files...)
			environment := h.environment(p)
			h.sees(p, environment)
			h.authenticates(environment)
			if p.read == nil {
				h.actsFor(identity.DefaultUser().Subject, nil)
			}
			if got := h.server.Requests().TokenRequests(); got != 1 {
				t.Errorf("%d token requests, want 1", got)
			}
			h.destroy()
		})
	}
}

// sees asserts that the file's reader gives exactly what was placed.
func (h *host) sees(p placed, environment []string) {
	h.t.Helper()
	if p.read == nil {
		return
	}
	url := h.server.URL()
	want := []string{
		`ES_OAUTH2__ALLOWED_HOSTS=["*.earthscope.org","127.0.0.1","earthscope.org"]`, "ES_OAUTH2__DOMAIN=" + url,
		"ES_OAUTH2__REFRESH_TOKEN=" + h.login.RefreshToken, "ES_RESOURCES__API_URL=" + url,
	}
	if p.files[0].Style == bootstrap.StyleBootstrap {
		document, err := json.Marshal(map[string]any{
			"oauth2": map[string]any{
				"allowed_hosts": []string{"*.earthscope.org", "127.0.0.1", "earthscope.org"}, "domain": url, "refresh_token": h.login.RefreshToken,
			},
			"resources": map[string]string{"api_url": url},
		})
		if err != nil {
			h.t.Fatal(err)
		}
		want = []string{"ES_BOOTSTRAP_SETTINGS=" + string(document)}
	}
	slices.Sort(environment)
	if !slices.Equal(environment, want) {
		h.t.Errorf("a process sees %q, want %q; or the values differ", variableNames(environment), variableNames(want))
	}
}

func variableNames(environment []string) []string {
	var names []string
	for _, assignment := range environment {
		name, _, _ := strings.Cut(assignment, "=")
		names = append(names, name)
	}
	return names
}

// Where the identity server replaces refresh tokens, the placements that are
// said to survive do, and the others break as the plan warns.
func TestBootstrapped_rotation(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"tokens file", "config file", "shell, variables", "shell, bootstrap", "Compose, bootstrap"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := placements()[name]
			h := newHost(t, identity.Options{Rotating: true, AccessTokenLifetime: shortLived}, "default")
			h.place(p.files...)
			environment := h.environment(p)
			breaks := slices.Contains(h.conflicts(bootstrap.Rotating), bootstrap.BreaksUnderRotation)
			if breaks == p.survives {
				t.Errorf("warned of breaking under rotation: %v, want %v", breaks, !p.survives)
			}
			if p.survives {
				h.refreshes(environment, 3)
				h.destroy()
				return
			}
			h.refreshes(environment, 1)
			if _, err := h.es(environment, "user", "get-access-token"); err == nil || !h.server.FamilyRevoked(h.login.RefreshToken) {
				t.Errorf("the second refresh ended with %v; the plan need not have warned", err)
			}
			h.destroy()
		})
	}
}

// A host whose SDK has renewed its own token shows no difference, an apply
// leaves it alone, and a new login replaces it.
func TestBootstrapped_rotatedByTheHost(t *testing.T) {
	t.Parallel()
	h := newHost(t, identity.Options{Rotating: true, AccessTokenLifetime: shortLived}, "default")
	h.place(inTokensFile()...)
	h.refreshes(nil, 1)
	at := placement.TokensPath("default")
	if got := h.states(); got[at] != placement.Rotated || got[placement.ConfigPath] != placement.InSync {
		t.Errorf("states = %v", got)
	}
	renewed := homeOf(t, h.home)[".earthscope/default/tokens.json"]
	h.place(inTokensFile()...)
	if homeOf(t, h.home)[".earthscope/default/tokens.json"] != renewed {
		t.Error("an apply touched what the host had renewed")
	}
	h.refreshes(nil, 1)

	h.login = h.server.Login(identity.User{})
	pushed := h.login.RefreshToken
	h.wanted.Credential.Secret, h.wanted.Credential.Replace = settings.NewSecret(pushed), true
	h.wanted.Credential.Recognises = func(found string) bool { return found == pushed }
	h.place(inTokensFile()...)
	if got := h.states()[at]; got != placement.InSync {
		t.Errorf("after a new login was pushed tokens.json is %q", got)
	}
	h.wanted.Credential.Replace = false
	h.refreshes(nil, 2)
	h.destroy()
}

// A named profile gets its own folder and the table without which the SDK
// refuses it.
func TestBootstrapped_namedProfile(t *testing.T) {
	t.Parallel()
	h := newHost(t, identity.Options{Rotating: true, AccessTokenLifetime: shortLived}, "Field Lab")
	h.place(
		placement.File{Path: placement.TokensPath("field-lab"), Kind: placement.Tokens},
		placement.File{Path: placement.ConfigPath, Kind: placement.Config, WithoutToken: true},
	)
	h.authenticates(nil, "-p", "Field Lab")
	h.refreshes([]string{"ES_PROFILE=Field Lab"}, 2)
	if _, err := os.Stat(filepath.Join(h.home, ".earthscope", "default")); err == nil {
		t.Error("the default profile was written too")
	}
	h.destroy()
}

// The other credentials: a machine's client, and a bare access token.
func TestBootstrapped_otherCredentials(t *testing.T) {
	t.Parallel()
	t.Run("client credentials", func(t *testing.T) {
		t.Parallel()
		h := newHost(t, identity.Options{}, "default")
		h.server.AddClient("robot", "robots-secret")
		h.wanted.Credential = placement.Credential{
			Kind: placement.ClientCredentials, Secret: settings.NewSecret("robots-secret"), ClientID: "robot", Subject: "robot@clients",
			Recognises: func(found string) bool { return found == "robots-secret" },
		}
		h.wanted.Settings = placement.Merge(h.wanted.Settings, []bootstrap.Setting{{Key: "oauth2.client_id", Value: "robot"}})
		h.place(inConfigFile()...)
		h.actsFor("robot@clients", nil)
		h.destroy()
	})
	t.Run("access token", func(t *testing.T) {
		t.Parallel()
		h := newHost(t, identity.Options{}, "default")
		h.wanted.Credential.Kind, h.wanted.Credential.Secret = placement.AccessToken, settings.NewSecret(h.login.AccessToken)
		h.place(inTokensFile()...)
		h.authenticates(nil)
		if got := h.server.Requests().TokenRequests(); got != 0 {
			t.Errorf("%d token requests, want none", got)
		}
		h.destroy()
	})
}

// What others wrote meanwhile stays when ours is taken out.
func TestBootstrapped_othersWorkStays(t *testing.T) {
	t.Parallel()
	h := newHost(t, identity.Options{Rotating: true, AccessTokenLifetime: shortLived}, "default")
	h.place(append(inTokensFile(), environmentFile(bootstrap.FormatShell, bootstrap.StyleBootstrap)...)...)
	for name, line := range map[string]string{".earthscope/config.toml": "\n[profile.mine]\n", "app.env": "\nexport LATER=2\n"} {
		file := filepath.Join(h.home, name)
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, append(content, line...), 0o600); err != nil {
			t.Fatal(err)
		}
		h.before[name] += line
	}
	writeFile(t, filepath.Join(h.home, ".earthscope", "mine", "tokens.json"), `{"refresh_token":"v1.of-somebody-else"}`)
	for _, name := range []string{".earthscope/mine", ".earthscope/mine/tokens.json"} {
		h.before[name] = homeOf(t, h.home)[name]
	}
	h.refreshes(nil, 2)
	h.destroy()
}
