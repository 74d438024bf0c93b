package bootstrap

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestMasking_followsTheContract(t *testing.T) {
	t.Parallel()
	tokens := Placement{Kind: TokensFile, Path: "tokens.json"}
	config := Placement{Kind: ConfigFile, Path: "config.toml"}
	env := Placement{Kind: EnvironmentFile, Path: "a.env", Style: StyleVariables}
	boot := Placement{Kind: EnvironmentFile, Path: "b.env", Style: StyleBootstrap}
	compose := Placement{Kind: ComposeFile, Path: "c.yaml", Style: StyleVariables, Services: 1}
	composeBoot := Placement{Kind: ComposeFile, Path: "d.yaml", Style: StyleBootstrap, Services: 2}
	foreign := Placement{Kind: ConfigFile, Path: "config.toml", Foreign: true}
	tests := map[string]struct {
		placements []Placement
		kind       CredentialKind
		rotation   Rotation
		want       []string // kind winner>loser certain
	}{
		"tokens alone":                {[]Placement{tokens}, RefreshToken, Rotating, nil},
		"bootstrap alone":             {[]Placement{boot}, RefreshToken, Rotating, nil},
		"variables, not rotating":     {[]Placement{env}, RefreshToken, NotRotating, nil},
		"variables, rotating":         {[]Placement{env}, RefreshToken, Rotating, []string{"breaks a.env true"}},
		"variables, unknown":          {[]Placement{env}, RefreshToken, RotationUnknown, []string{"breaks a.env false"}},
		"config, rotating":            {[]Placement{config}, RefreshToken, Rotating, []string{"breaks config.toml true"}},
		"client credentials":          {[]Placement{env}, ClientCredentials, Rotating, nil},
		"config over tokens":          {[]Placement{tokens, config}, RefreshToken, NotRotating, []string{"masks config.toml>tokens.json true"}},
		"environment over both":       {[]Placement{tokens, config, env}, RefreshToken, NotRotating, []string{"masks a.env>tokens.json false", "masks a.env>config.toml false"}},
		"tokens over bootstrap":       {[]Placement{boot, tokens}, RefreshToken, Rotating, []string{"masks tokens.json>b.env true"}},
		"foreign config over ours":    {[]Placement{tokens, foreign}, RefreshToken, NotRotating, []string{"masks config.toml>tokens.json true"}},
		"ours over foreign is silent": {[]Placement{env, foreign}, RefreshToken, NotRotating, nil},
		"compose, rotating":           {[]Placement{compose}, RefreshToken, Rotating, []string{"breaks c.yaml true"}},
		"two containers": {
			[]Placement{composeBoot},
			RefreshToken, Rotating,
			[]string{"holders d.yaml true", "home d.yaml false"},
		},
		"host and container": {
			[]Placement{tokens, compose},
			RefreshToken, RotationUnknown,
			[]string{"breaks c.yaml false", "holders c.yaml false"},
		},
		"access token in the environment": {
			[]Placement{tokens, env},
			AccessToken, Rotating,
			[]string{"masks a.env>tokens.json false", "expires a.env true"},
		},
	}
	names := map[ConflictKind]string{
		Masks: "masks", BreaksUnderRotation: "breaks", SeveralHolders: "holders",
		NeedsLastingHome: "home", Expires: "expires",
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, c := range Masking(tt.placements, tt.kind, tt.rotation) {
				winner := ""
				if c.Kind == Masks {
					winner = c.Winner.Path + ">"
				}
				got = append(got, fmt.Sprintf("%s %s%s %t", names[c.Kind], winner, c.Loser.Path, c.Certain))
				if c.WayOut == "" || !strings.Contains(c.Message(), c.Problem) {
					t.Errorf("incomplete message: %q", c.Message())
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Fatalf("got %q want %q", got, tt.want)
			}
		})
	}
}
