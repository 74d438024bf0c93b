package bootstrap

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestEnvShell_realShells sources what was written with the shells that a host may have.
func TestEnvShell_realShells(t *testing.T) {
	t.Parallel()
	value := "a 'b' \"c\" $HOME `id` \\ # ! * ~ {x,y} \t\u00e9 %s ;|&<>()="
	after, _, err := Env{FormatShell, StyleVariables}.Edit([]byte("A=1 # c"),
		Desired{Settings: []Setting{{Key: "oauth2.scope", Value: value}}}, Record{})
	if err != nil {
		t.Fatal(err)
	}
	secret := filepath.Join(t.TempDir(), "it's secret.env")
	if err := os.WriteFile(secret, after, 0o600); err != nil {
		t.Fatal(err)
	}
	snippet, _, err := Snippet{Path: secret}.Edit(nil, Desired{}, Record{})
	if err != nil {
		t.Fatal(err)
	}
	profile := filepath.Join(t.TempDir(), "profile.sh")
	if err := os.WriteFile(profile, snippet, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, shell := range []string{"sh", "bash", "dash", "zsh", "busybox"} {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			path, err := exec.LookPath(shell)
			if err != nil {
				if os.Getenv("ES_TEST_REQUIRE_PARTS") == "1" {
					t.Fatalf("%s is required here", shell)
				}
				t.Skipf("SKIPPED: %s is not installed", shell)
			}
			args := []string{"-c", `set -eu; . "$1"; sh -c 'printf %s "$ES_OAUTH2__SCOPE"'`, shell, profile}
			if shell == "busybox" {
				args = append([]string{"sh"}, args...)
			}
			got, err := exec.CommandContext(t.Context(), path, args...).Output()
			if err != nil || !bytes.Equal(got, []byte(value)) {
				t.Fatalf("got %q, %v", got, err)
			}
		})
	}
}
