package examples_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
)

// aged saves a login as it is some hours after it was made.
func (d *deployment) aged(profile string, age time.Duration) {
	d.t.Helper()
	d.server.SetNow(func() time.Time { return time.Now().Add(-age) })
	set := d.server.Login(identity.DefaultUser())
	d.server.SetNow(time.Now)
	d.secret = append(d.secret, set.AccessToken, set.RefreshToken)
	writeFile(d.t, d.tokensFile(profile), string(set.TokensFile()), 0o600)
}

// One request for two hundred workers, none of them with a refresh token; no
// token in state, plans or the job definition; the secret is written when the
// token was refreshed and at no other time.
func TestFargateCampaign_oneRefreshForTwoHundredWorkers(t *testing.T) {
	t.Parallel()
	d := deploy(t, "fargate-campaign", identity.Options{})
	d.aged("default", 5*time.Hour) // 19 hours are left, and the campaign asks for 20
	d.init()
	d.apply()
	d.tokenRequests(1)

	var secret saved
	if err := json.Unmarshal([]byte(readFile(t, filepath.Join(d.folder, "secret.json"))), &secret); err != nil || secret.AccessToken == "" {
		t.Fatalf("the secret holds no access token: %v", err)
	}
	if secret.RefreshToken != "" {
		t.Error("the secret holds a refresh token")
	}
	d.secret = append(d.secret, secret.AccessToken)
	if answers, status := d.sdk("200", "HOME="+t.TempDir(), "ES_OAUTH2__ACCESS_TOKEN="+secret.AccessToken); status != 0 || strings.TrimSpace(answers) != "200" {
		t.Errorf("200 workers: exit status %d, %s", status, answers)
	}
	d.tokenRequests(0)

	const want = `"secrets":[{"name":"ES_OAUTH2__ACCESS_TOKEN","valueFrom":` +
		`"arn:aws:secretsmanager:us-east-2:123456789012:secret:earthscope-a1b2c3:access_token::"}]`
	if described := d.outputText("container_properties"); !strings.Contains(described, want) {
		t.Errorf("the job definition lacks %s:\n%s", want, described)
	}
	if err := os.Remove(filepath.Join(d.folder, "secret.json")); err != nil {
		t.Fatal(err)
	}
	d.apply()
	if _, err := os.Stat(filepath.Join(d.folder, "secret.json")); err == nil {
		t.Error("an apply without a refresh wrote the secret")
	}
	d.unchanged()
	d.stateIsClean()
	d.tokenRequests(0)

	d.aged("default", 5*time.Hour) // 19 hours are left, and the campaign asks for 20
	d.apply()
	d.tokenRequests(1)
	if renewed := readFile(t, filepath.Join(d.folder, "secret.json")); strings.Contains(renewed, secret.AccessToken) {
		t.Error("after a refresh the secret still holds the old token")
	}
	d.stateIsClean()
}

// Twenty cold processes with the real SDK, started by the example's launcher,
// make no token request.
func TestDaskWorkers_twentyProcessesNoRequest(t *testing.T) {
	t.Parallel()
	d := deploy(t, "dask-workers", identity.Options{})
	d.aged("default", 23*time.Hour)
	d.init()
	interpreter := python(t)
	d.env = append(d.env, "PYTHONPATH="+filepath.Dir(script(t, "dask_gateway.py")), "WORKER="+script(t, "profile.py"),
		`ES_OAUTH2__ALLOWED_HOSTS=["127.0.0.1"]`)
	d.must("apply", "-auto-approve", "-input=false", "-var=launch_command="+interpreter+" launch.py")
	d.tokenRequests(1)
	if answers := strings.Fields(readFile(t, filepath.Join(d.folder, "answers"))); len(answers) != 20 {
		t.Errorf("%d of 20 workers had an answer: %v", len(answers), answers)
	}
	if got := d.server.Requests().ByEndpoint[identity.EndpointUserProfile]; got != 0 {
		t.Errorf("%d requests after the count was reset", got)
	}
	d.unchanged()
	d.stateIsClean()
}
