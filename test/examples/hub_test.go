package examples_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/lab"
)

// hubValues are the Helm values that the example writes.
type hubValues struct {
	SingleUser struct {
		ExtraEnv       map[string]string `yaml:"extraEnv"`
		LifecycleHooks struct {
			PostStart struct {
				Exec struct {
					Command []string `yaml:"command"`
				} `yaml:"exec"`
			} `yaml:"postStart"`
		} `yaml:"lifecycleHooks"`
	} `yaml:"singleuser"`
}

func applyHub(t *testing.T) (*deployment, hubValues) {
	t.Helper()
	d := deploy(t, "jupyterhub-shared-env", identity.Options{})
	needProvider(t, "local")
	d.init()
	d.apply()
	d.tokenRequests(0)
	var values hubValues
	if err := yaml.Unmarshal([]byte(readFile(t, filepath.Join(d.folder, "values.yaml"))), &values); err != nil {
		t.Fatal(err)
	}
	return d, values
}

// What KubeSpawner makes of the value is JSON that the real SDK takes its
// settings from.
func TestJupyterHub_formattedValueParses(t *testing.T) {
	t.Parallel()
	d, values := applyHub(t)
	given := values.SingleUser.ExtraEnv["ES_BOOTSTRAP_SETTINGS"]
	interpreter := python(t)
	const format = "import sys; print(sys.argv[1].format(username='jovyan', servername=''), end='')"
	formatted, status := lab.Run(t, d.folder, nil, interpreter, "-c", format, given)
	if status != 0 {
		t.Fatalf("str.format: %s", formatted)
	}
	var settings map[string]map[string]any
	if err := json.Unmarshal([]byte(formatted), &settings); err != nil {
		t.Fatalf("%v: %s", err, formatted)
	}
	for name, want := range map[string]string{
		"domain": "https://login.earthscope.org/", "audience": "https://api.earthscope.org",
		"client_id": "b9DtAFBd6QvMg761vI3YhYquNZbJX5G0", "scope": "openid profile offline_access",
	} {
		if got := settings["oauth2"][name]; got != want {
			t.Errorf("oauth2.%s = %v, want %s", name, got, want)
		}
	}
	const load = "from earthscope_sdk.config.settings import SdkSettings as S; s = S(); print(s.oauth2.scope, s.http.extra_headers)"
	environment := []string{"HOME=" + t.TempDir(), "ES_BOOTSTRAP_SETTINGS=" + formatted}
	if read, _ := lab.Run(t, d.folder, environment, interpreter, "-c", load); strings.TrimSpace(read) != "openid profile offline_access {'X-Hub': 'ours'}" {
		t.Errorf("the SDK reads %q", read)
	}
	d.unchanged()
}

// A login of long ago in a user's home is reported to the user; a new one, and
// a home without any, are not.
func TestJupyterHub_staleLoginIsReported(t *testing.T) {
	t.Parallel()
	_, values := applyHub(t)
	hook := values.SingleUser.LifecycleHooks.PostStart.Exec.Command
	if len(hook) != 3 {
		t.Fatalf("hook = %q", hook)
	}
	shell := lab.NeedPart(t, hook[0])
	for name, test := range map[string]struct {
		age  time.Duration
		want bool
	}{"old": {48 * time.Hour, true}, "new": {time.Hour, false}, "none": {0, false}} {
		home := t.TempDir()
		tokens := filepath.Join(home, ".earthscope", "default", "tokens.json")
		if test.age > 0 {
			writeFile(t, tokens, "{}", 0o600)
			then := time.Now().Add(-test.age)
			if err := os.Chtimes(tokens, then, then); err != nil {
				t.Fatal(err)
			}
		}
		environment := []string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "ES_BOOTSTRAP_SETTINGS={}"}
		if output, status := lab.Run(t, home, environment, shell, hook[1:]...); status != 0 {
			t.Errorf("%s: exit status %d, which would keep the server from starting: %s", name, status, output)
		}
		note, err := os.ReadFile(filepath.Join(home, "EARTHSCOPE-LOGIN-IS-OLD.txt"))
		if (err == nil) != test.want || test.want && !strings.Contains(string(note), tokens) {
			t.Errorf("%s: note %q", name, note)
		}
	}
}
