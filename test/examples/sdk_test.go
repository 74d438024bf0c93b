package examples_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/lab"
)

// python is the interpreter that has the real earthscope-sdk.
func python(t *testing.T) string {
	t.Helper()
	path := os.Getenv("ES_TEST_PYTHON")
	if path == "" {
		path = filepath.Join(root, ".cache", "venv", "bin", "python")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		lab.MissingPart(t, "earthscope-sdk is not there (scripts/python-environment makes it)")
	}
	return path
}

// script is the path of a program of testdata.
func script(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// sdk runs testdata/profile.py, which asks the API for the user's profile with
// the real SDK: COUNT clients in one process.
func (d *deployment) sdk(count string, environment ...string) (string, int) {
	d.t.Helper()
	env := append([]string{
		"PATH=" + os.Getenv("PATH"), "ES_OAUTH2__DOMAIN=" + d.server.URL(), "ES_RESOURCES__API_URL=" + d.server.URL(),
		`ES_OAUTH2__ALLOWED_HOSTS=["127.0.0.1"]`,
	}, environment...)
	return lab.Run(d.t, d.t.TempDir(), env, python(d.t), script(d.t, "profile.py"), count)
}
