package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
)

func TestSnapshot_differences(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	for name, mode := range map[string]os.FileMode{"same": 0o600, "mode": 0o600, "content": 0o600, "gone": 0o600} {
		if err := os.WriteFile(filepath.Join(home, name), []byte(name), mode); err != nil {
			t.Fatal(err)
		}
	}
	before, err := takeSnapshot(home)
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range []error{
		os.Chmod(filepath.Join(home, "mode"), 0o644), os.WriteFile(filepath.Join(home, "content"), []byte("other"), 0o600),
		os.Remove(filepath.Join(home, "gone")), os.Mkdir(filepath.Join(home, "new"), 0o700),
	} {
		if change != nil {
			t.Fatal(change)
		}
	}
	after, err := takeSnapshot(home)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := before.differences(after), []string{"content", "gone", "mode", "new"}; !slices.Equal(got, want) {
		t.Errorf("differences = %q, want %q", got, want)
	}
}

func TestPlannedRepairs_namesHostFileAndReason(t *testing.T) {
	t.Parallel()
	plan := `{"resource_changes":[
		{"index":"b","change":{"before":{"files":{"~/x":{"state":"missing"},"~/y":{"state":"in sync"}}},"after":{"files":{"~/x":{"state":"in sync"},"~/y":{"state":"in sync"}}}}},
		{"index":"a","change":{"before":{"files":{}},"after":{"files":{"~/z":{"state":"in sync"}}}}}]}`
	got, err := plannedRepairs([]byte(plan))
	if want := []string{"a ~/z:  -> in sync", "b ~/x: missing -> in sync"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("repairs = %q, %v, want %q", got, err, want)
	}
	if _, err := plannedRepairs([]byte("no plan")); err == nil {
		t.Error("no error for what is no plan")
	}
}

func TestEntryNames_neverAValue(t *testing.T) {
	t.Parallel()
	for file, test := range map[string]struct{ content, want string }{
		hostTokens: {`{"refresh_token":"v1.secret","access_token":"ey.secret"}`, "access_token refresh_token"},
		hostConfig: {"# a = comment\n[profile.default]\noauth2.domain = \"https://x/\"\n", "oauth2.domain"},
	} {
		if got := strings.Join(entryNames(file, []byte(test.content)), " "); got != test.want {
			t.Errorf("%s: %q, want %q", file, got, test.want)
		}
	}
}

// The stand-in refreshes once, saves what the SDK saves, and calls the API.
func TestGetProfile_asTheCLIDoes(t *testing.T) {
	t.Parallel()
	server, err := identity.Start(identity.Options{Rotating: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	home := t.TempDir()
	environ := []string{
		"HOME=" + home, "ES_OAUTH2__DOMAIN=" + server.URL(), "ES_RESOURCES__API_URL=" + server.URL(),
		`ES_BOOTSTRAP_SETTINGS={"oauth2":{"refresh_token":"` + server.Login(identity.User{}).RefreshToken + `"}}`,
	}
	for range 2 {
		var printed strings.Builder
		if err := getProfile(t.Context(), []string{"user", "get-profile"}, environ, &printed); err != nil || printed.String() != "Ada Quake\n" {
			t.Errorf("printed %q, %v", &printed, err)
		}
	}
	if got := server.Requests().TokenRequests(); got != 1 {
		t.Errorf("%d token requests, want 1", got)
	}
	info, err := os.Stat(filepath.Join(home, ".earthscope", "default", "tokens.json"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("tokens.json: %v, %v", info, err)
	}
	if err := getProfile(t.Context(), []string{"login"}, environ, &strings.Builder{}); err == nil {
		t.Error("an unknown command is accepted")
	}
	refused := append(environ, "ES_OAUTH2__ACCESS_TOKEN=ey.not.valid")
	if err := getProfile(t.Context(), []string{"user", "get-profile"}, refused, &strings.Builder{}); err == nil || strings.Contains(err.Error(), "ey.not") {
		t.Errorf("a token that the API refuses gives %v", err)
	}
}
