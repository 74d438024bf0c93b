package interop_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/lab"
)

// awsCredentials is what botocore made of our credential process.
type awsCredentials struct {
	Method          string `json:"method"`
	AccessKeyID     string `json:"access_key_id"`
	SecretAccessKey string `json:"secret_access_key"`
	SessionToken    string `json:"session_token"`
}

// readAWSConfig lets the real reader of ~/.aws/config ask times for the
// credentials of a profile.
func (w *world) readAWSConfig(profile, times string) (found []awsCredentials, failure string) {
	w.t.Helper()
	command, stdout, stderr := w.program(python(w.t), []string{"AWS_EC2_METADATA_DISABLED=true"}, sourceFile(w.t, "testdata/aws_config.py"), profile, times)
	if err := command.Run(); err != nil {
		return nil, stderr.String()
	}
	for line := range strings.Lines(stdout.String()) {
		var one awsCredentials
		if err := json.Unmarshal([]byte(line), &one); err != nil {
			w.t.Fatal(err)
		}
		found = append(found, one)
	}
	return found, ""
}

func sourceFile(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(name)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// awsConfig writes the profile of the guide, with the binary as it is shipped.
func (w *world) awsConfig(arguments string) {
	w.t.Helper()
	python(w.t) // before the compiler is paid for
	binary := filepath.Join(w.t.TempDir(), lab.Executable("terraform-provider-earthscope"))
	if err := lab.Build(binary, ""); err != nil {
		w.t.Fatal(err)
	}
	writeFile(w.t, filepath.Join(w.home, ".aws", "config"),
		"[profile earthscope]\nregion = us-east-2\ncredential_process = "+binary+" credential-process "+arguments+"\n")
}

// AWS tools get credentials by way of ~/.aws/config, keep them while they live,
// and fetch others before they expire. One access token serves them all.
func TestCredentialProcess_throughTheAWSConfig(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{})
	w.awsConfig("--role s3-miniseed-v2 --network FDSN:IU")
	w.loginExpired("default", identity.User{})

	found, failure := w.readAWSConfig("earthscope", "3")
	if len(found) != 3 {
		t.Fatalf("botocore stopped: %s", failure)
	}
	for _, one := range found {
		if one.Method != "custom-process" || one.AccessKeyID == "" || one.SecretAccessKey == "" || one.SessionToken == "" || one != found[0] {
			t.Errorf("credentials by %q, the same ones: %v", one.Method, one == found[0])
		}
	}
	const want = "/beta/user/credentials/aws/s3-miniseed-v2"
	if asked := w.apiRequests(); len(asked) != 1 || !strings.HasSuffix(asked[0], want) {
		t.Errorf("asked for %q", asked)
	}

	// botocore renews what has less than ten minutes left.
	w.server.SetAWSCredentialsLifetime(5 * time.Minute)
	found, failure = w.readAWSConfig("earthscope", "2")
	if len(found) != 2 || found[0].AccessKeyID == found[1].AccessKeyID {
		t.Errorf("credentials that end soon were not fetched again: %s", failure)
	}
	if w.server.Requests().TokenRequests() != 0 {
		t.Error("the access token was refreshed though it is fresh")
	}
}

// A failure reaches the person who runs the AWS tool, with the reason and
// without a secret.
func TestCredentialProcess_failureThroughTheAWSConfig(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{})
	w.awsConfig("--role s3-miniseed-v2 --network FDSN:IU")
	set := w.login("default", identity.User{})
	w.server.DenyRole(identity.DefaultUser().Subject, "s3-miniseed-v2")
	found, failure := w.readAWSConfig("earthscope", "1")
	if len(found) != 0 || !strings.Contains(failure, `refused (403) the AWS role "s3-miniseed-v2" to user `+identity.DefaultUser().Subject) {
		t.Errorf("%d credentials, failure %s", len(found), failure)
	}
	lab.NoSecret(t, "botocore's message", []byte(failure), set.AccessToken, set.RefreshToken)
}
