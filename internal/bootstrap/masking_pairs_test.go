package bootstrap

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// held are the places that can hold a credential, by the names used below; those of somebody else begin with "their".
var held = map[string]Placement{
	"tokens":        {Kind: TokensFile, Path: "tokens"},
	"config":        {Kind: ConfigFile, Path: "config"},
	"env":           {Kind: EnvironmentFile, Path: "env", Style: StyleVariables},
	"boot":          {Kind: EnvironmentFile, Path: "boot", Style: StyleBootstrap},
	"compose":       {Kind: ComposeFile, Path: "compose", Style: StyleVariables, Services: 1},
	"composeboot":   {Kind: ComposeFile, Path: "composeboot", Style: StyleBootstrap, Services: 1},
	"their tokens":  {Kind: TokensFile, Path: "their tokens", Foreign: true},
	"their config":  {Kind: ConfigFile, Path: "their config", Foreign: true},
	"their env":     {Kind: EnvironmentFile, Path: "their env", Style: StyleVariables, Foreign: true},
	"their legacy":  {Kind: LegacyFile, Path: "their legacy", Foreign: true},
	"their compose": {Kind: ComposeFile, Path: "their compose", Style: StyleVariables, Services: 3, Foreign: true},
}

// told writes conflicts shortly: what happens, to what, a question mark where it depends.
func told(conflicts []Conflict) string {
	names := map[ConflictKind]string{Masks: "masks", BreaksUnderRotation: "breaks", SeveralHolders: "holders", NeedsLastingHome: "home", Expires: "expires"}
	var out []string
	for _, c := range conflicts {
		text := names[c.Kind]
		switch c.Kind {
		case Masks:
			text += " " + c.Winner.Path + ">" + c.Loser.Path
		case SeveralHolders: // which of them is named says nothing
		default:
			text += " " + c.Loser.Path
		}
		if !c.Certain {
			text += "?"
		}
		out = append(out, text)
	}
	return strings.Join(out, ", ")
}

// The SDK's order: variables, config.toml, tokens.json, the legacy file, ES_BOOTSTRAP_SETTINGS. What outranks tokens.json
// breaks under rotation; what ranks below survives with a home that lasts; a token in two homes breaks in both.
func TestMasking_everyPair(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ one, two, rotating, steady, access string }{
		{"tokens", "", "", "", ""},
		{"config", "", "breaks config", "", ""},
		{"env", "", "breaks env", "", "expires env"},
		{"boot", "", "", "", "expires boot"},
		{"compose", "", "breaks compose", "", "expires compose"},
		{"composeboot", "", "home composeboot?", "", "expires composeboot"},

		{"tokens", "config", "breaks config, masks config>tokens", "masks config>tokens", "masks config>tokens"},
		{"tokens", "env", "breaks env, masks env>tokens?", "masks env>tokens?", "masks env>tokens?, expires env"},
		{"tokens", "boot", "masks tokens>boot", "masks tokens>boot", "masks tokens>boot, expires boot"},
		{"tokens", "compose", "breaks compose, holders", "", "expires compose"},
		{"tokens", "composeboot", "holders, home composeboot?", "", "expires composeboot"},
		{"config", "env", "breaks config, breaks env, masks env>config?", "masks env>config?", "masks env>config?, expires env"},
		{"config", "boot", "breaks config, masks config>boot", "masks config>boot", "masks config>boot, expires boot"},
		{"config", "compose", "breaks config, breaks compose, holders", "", "expires compose"},
		{"config", "composeboot", "breaks config, holders, home composeboot?", "", "expires composeboot"},
		{"env", "boot", "breaks env, masks env>boot?", "masks env>boot?", "masks env>boot?, expires env, expires boot"},
		{"env", "compose", "breaks env, breaks compose, holders", "", "expires env, expires compose"},
		{"env", "composeboot", "breaks env, holders, home composeboot?", "", "expires env, expires composeboot"},
		{"boot", "compose", "breaks compose, holders", "", "expires boot, expires compose"},
		{"boot", "composeboot", "holders, home composeboot?", "", "expires boot, expires composeboot"},
		{"compose", "composeboot", "breaks compose, holders, home composeboot?", "", "expires compose, expires composeboot"},

		{"tokens", "their config", "masks their config>tokens", "masks their config>tokens", "masks their config>tokens"},
		{"tokens", "their env", "masks their env>tokens?", "masks their env>tokens?", "masks their env>tokens?"},
		{"tokens", "their legacy", "", "", ""},
		{"tokens", "their compose", "", "", ""},
		{"config", "their tokens", "breaks config", "", ""},
		{"config", "their env", "breaks config, masks their env>config?", "masks their env>config?", "masks their env>config?"},
		{"env", "their config", "breaks env", "", "expires env"},
		{"boot", "their tokens", "masks their tokens>boot", "masks their tokens>boot", "masks their tokens>boot, expires boot"},
		{"boot", "their legacy", "masks their legacy>boot", "masks their legacy>boot", "masks their legacy>boot, expires boot"},
		{"compose", "their config", "breaks compose", "", "expires compose"},
		{"composeboot", "their tokens", "home composeboot?", "", "expires composeboot"},
	} {
		placements := []Placement{held[tt.one]}
		if tt.two != "" {
			placements = append(placements, held[tt.two])
		}
		for range 2 {
			for _, column := range []struct {
				kind     CredentialKind
				rotation Rotation
				want     string
			}{{RefreshToken, Rotating, tt.rotating}, {RefreshToken, NotRotating, tt.steady}, {AccessToken, Rotating, tt.access}, {ClientCredentials, Rotating, tt.steady}} {
				got := told(Masking(placements, column.kind, column.rotation))
				if !sameInAnyOrder(got, column.want) {
					t.Errorf("%s, %s, kind %d, rotation %d: got %q, want %q", tt.one, tt.two, column.kind, column.rotation, got, column.want)
				}
			}
			// While rotation is unknown the same is said, nothing about rotation for certain.
			for _, c := range Masking(placements, RefreshToken, RotationUnknown) {
				if c.Certain && c.Kind != Masks {
					t.Errorf("%s, %s, rotation unknown: %q is certain", tt.one, tt.two, c.Problem)
				}
			}
			unknown := strings.ReplaceAll(told(Masking(placements, RefreshToken, RotationUnknown)), "?", "")
			if !sameInAnyOrder(unknown, strings.ReplaceAll(tt.rotating, "?", "")) {
				t.Errorf("%s, %s, rotation unknown: got %q", tt.one, tt.two, unknown)
			}
			slices.Reverse(placements)
		}
	}
}

func sameInAnyOrder(a, b string) bool {
	x, y := strings.Split(a, ", "), strings.Split(b, ", ")
	slices.Sort(x)
	slices.Sort(y)
	return slices.Equal(x, y)
}

// Whatever loses a session comes before what is merely not used, and the certain before the possible.
func TestMasking_worstFirst(t *testing.T) {
	t.Parallel()
	all := []Placement{held["tokens"], held["config"], held["env"], held["boot"], held["composeboot"]}
	want := "breaks config, breaks env, holders, home composeboot?, masks env>tokens?, masks env>config?, masks env>boot?"
	if got := told(Masking(all, RefreshToken, Rotating)); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Each message names the file and what to type.
func TestMasking_waysOut(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		placements []string
		kind       CredentialKind
		rotation   Rotation
		says       []string
	}{
		{[]string{"config"}, RefreshToken, Rotating, []string{"the identity provider rotates", "the refresh token in config", "include_token = false in config_file", "tokens_file"}},
		{[]string{"config"}, RefreshToken, RotationUnknown, []string{"if the identity provider rotates", "the refresh token in config"}},
		{[]string{"env"}, RefreshToken, Rotating, []string{"the refresh token in env", `style = "bootstrap"`, "tokens_file"}},
		{[]string{"compose"}, RefreshToken, Rotating, []string{"the refresh token in compose", `style = "bootstrap" in compose_files`, "volume at ~/.earthscope"}},
		{[]string{"composeboot"}, RefreshToken, Rotating, []string{"a container of composeboot", "mount a volume at ~/.earthscope"}},
		{[]string{"tokens", "composeboot"}, RefreshToken, Rotating, []string{"2 homes", "ephemeral.earthscope_refresh_token", `credential = "access_token"`}},
		{[]string{"tokens", "config"}, RefreshToken, NotRotating, []string{"config outranks the one in tokens", "include_token = false for config"}},
		{[]string{"tokens", "config"}, AccessToken, NotRotating, []string{"include_token = false for config or for tokens"}},
		{[]string{"tokens", "env"}, RefreshToken, NotRotating, []string{"in every process that reads env", "include_token = false for env"}},
		{[]string{"tokens", "their config"}, RefreshToken, NotRotating, []string{"remove the credential from their config", "adopt"}},
		{[]string{"env"}, AccessToken, NotRotating, []string{"the access token of env", "use tokens_file", `credential = "refresh_token"`}},
	} {
		var placements []Placement
		for _, name := range tt.placements {
			placements = append(placements, held[name])
		}
		var text strings.Builder
		for _, c := range Masking(placements, tt.kind, tt.rotation) {
			fmt.Fprintln(&text, c.Message())
		}
		for _, part := range tt.says {
			if !strings.Contains(text.String(), part) {
				t.Errorf("%v: %q is not in\n%s", tt.placements, part, text.String())
			}
		}
	}
}

func TestPlacement_names(t *testing.T) {
	t.Parallel()
	for kind, want := range map[PlacementKind]string{
		TokensFile: "tokens.json", ConfigFile: "config.toml", EnvironmentFile: "the environment", ComposeFile: "the environment", LegacyFile: "sso_tokens.json",
	} {
		if got := (Placement{Kind: kind}).String(); got != want {
			t.Errorf("%d is called %q, want %q", kind, got, want)
		}
		if got := (Placement{Kind: kind, Path: "/x"}).String(); got != "/x" {
			t.Errorf("%d with a path is called %q", kind, got)
		}
	}
}
