//go:build unix

package examples_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/lab"
)

// readOnlyHome is a home as a pod has it: tokens.json is there and nothing can
// be written, by whom the SDK runs as.
func readOnlyHome(t *testing.T, tokens string) string {
	t.Helper()
	home, err := os.MkdirTemp("", "earthscope-readonly-")
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(home, ".earthscope", "default", "tokens.json"), tokens, 0o444)
	change := func(mode os.FileMode) func() {
		return func() {
			_ = filepath.WalkDir(home, func(name string, entry fs.DirEntry, err error) error {
				if err == nil && entry.IsDir() {
					err = os.Chmod(name, mode)
				}
				return err
			})
		}
	}
	change(0o555)()
	t.Cleanup(func() {
		change(0o755)()
		_ = os.RemoveAll(home)
	})
	return home
}

// asPod runs the real SDK in that home. Root goes without the right to write
// where permissions forbid it.
func (d *deployment) asPod(home string) (string, bool) {
	d.t.Helper()
	command := []string{python(d.t), script(d.t, "profile.py"), "1"}
	if os.Getuid() == 0 {
		command = append([]string{lab.NeedPart(d.t, "setpriv"), "--bounding-set", "-dac_override"}, command...)
	}
	output, status := lab.Run(d.t, home, []string{
		"HOME=" + home, "PATH=" + os.Getenv("PATH"), "ES_OAUTH2__DOMAIN=" + d.server.URL(),
		"ES_RESOURCES__API_URL=" + d.server.URL(), `ES_OAUTH2__ALLOWED_HOSTS=["127.0.0.1"]`,
	}, command[0], command[1:]...)
	return output, status == 0
}

// With a refresh token alone the SDK spends it and fails, since it can't save
// what it got; with the access token of the example it asks for nothing.
func TestKubernetesReadonlySecret_accessTokenOnly(t *testing.T) {
	t.Parallel()
	d := deploy(t, "kubernetes-readonly-secret", identity.Options{Rotating: true})
	d.aged("default", 13*time.Hour) // 11 hours are left, and the example asks for 12
	d.init()
	d.apply()
	d.tokenRequests(1)
	mounted := readFile(t, filepath.Join(d.folder, "tokens.json"))
	var tokens saved
	if err := json.Unmarshal([]byte(mounted), &tokens); err != nil || tokens.AccessToken == "" || tokens.RefreshToken != "" {
		t.Fatalf("the secret does not hold an access token alone: %v", err)
	}
	d.secret = append(d.secret, tokens.AccessToken)
	if output, ok := d.asPod(readOnlyHome(t, mounted)); !ok || strings.TrimSpace(output) != "1" {
		t.Errorf("with the access token: %s", output)
	}
	d.tokenRequests(0)
	d.unchanged()
	d.stateIsClean()

	alone := fmt.Sprintf("{\"refresh_token\": %q}", d.server.Login(identity.User{Subject: "auth0|other"}).RefreshToken)
	output, ok := d.asPod(readOnlyHome(t, alone))
	if ok || !strings.Contains(output, "Error: [Errno ") {
		t.Errorf("with a refresh token alone the SDK should fail to write: %s", output)
	}
	d.tokenRequests(1)
}
