package examples_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/lab"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/sshserver"
)

// Two profiles in a shared home that others use too, over the machine's own
// ssh; a token that ends before the job keeps the job from being queued.
func TestSlurm_twoProfilesAndWalltime(t *testing.T) {
	t.Parallel()
	lab.NeedPart(t, "ssh")
	m := deploy(t, "slurm-home-and-profiles", identity.Options{}).withMachines(sshserver.FleetOptions{Hosts: 1, Bastions: -1}, "prod", "stage")
	m.profiles("prod", "stage")
	m.aged("prod", 11*time.Hour) // 13 hours are left
	m.aged("stage", 11*time.Hour)
	home := m.homeOf(0)
	const others = "# group settings\n[profile.dev]\nhttp.timeout_read = 30 # slow link"
	const theirs = `{"refresh_token": "v1.of-somebody-else"}`
	writeFile(t, filepath.Join(home, ".earthscope", "config.toml"), others, 0o644)
	writeFile(t, filepath.Join(home, ".earthscope", "dev", "tokens.json"), theirs, 0o600)

	m.init()
	arguments := func(walltime string) []string {
		return []string{"-var=login_node=node1", "-var=walltime=" + walltime, "-var=submit_command=echo submitted >> queue"}
	}
	m.applyWith(arguments("12h")...)
	m.tokenRequests(0)
	first := map[string]string{}
	for _, profile := range []string{"prod", "stage"} {
		first[profile] = private(t, filepath.Join(home, ".earthscope", profile, "tokens.json"))
		if strings.Contains(first[profile], "refresh_token") || first[profile] == first["prod"] && profile == "stage" {
			t.Errorf("%s does not hold an access token of its own alone", profile)
		}
	}
	config := readFile(t, filepath.Join(home, ".earthscope", "config.toml"))
	if !strings.HasPrefix(config, others) || !strings.Contains(config, "[profile.prod") || !strings.Contains(config, "[profile.stage") {
		t.Errorf("config.toml = %s", config)
	}
	if answers, status := m.sdk("1", "HOME="+home, "ES_PROFILE=prod"); status != 0 {
		t.Errorf("the SDK with ES_PROFILE=prod: exit status %d, %s", status, answers)
	}

	// A longer job: both tokens are replaced before it is queued.
	m.applyWith(arguments("14h")...)
	m.tokenRequests(2)
	for profile, before := range first {
		if private(t, filepath.Join(home, ".earthscope", profile, "tokens.json")) == before {
			t.Errorf("%s keeps a token that ends before the job", profile)
		}
	}
	// One that no token outlives: not queued.
	m.fails([]string{"A token ends before a job of this walltime would", "Split the job"}, append([]string{"apply", "-auto-approve", "-input=false"}, arguments("30h")...)...)
	if queue := readFile(t, filepath.Join(m.folder, "queue")); queue != "submitted\nsubmitted\n" {
		t.Errorf("queue = %q", queue)
	}
	m.stateIsClean()
	m.must(append([]string{"destroy", "-auto-approve", "-input=false"}, arguments("12h")...)...)
	if got := readFile(t, filepath.Join(home, ".earthscope", "config.toml")); got != others {
		t.Errorf("after destroy config.toml = %s", got)
	}
	if got := readFile(t, filepath.Join(home, ".earthscope", "dev", "tokens.json")); got != theirs {
		t.Errorf("after destroy the other profile's tokens.json = %s", got)
	}
	gone(t, filepath.Join(home, ".earthscope", "prod"))
	gone(t, filepath.Join(home, ".earthscope", "stage"))
}

// Every run of the schedule: nothing is written while the token is young, and
// a new token once less than twelve hours are left.
func TestRotationSchedule_replacesInTime(t *testing.T) {
	t.Parallel()
	m := deploy(t, "rotation-schedule", identity.Options{}).withMachines(sshserver.FleetOptions{Hosts: 1, Bastions: -1})
	m.aged("default", time.Hour)
	m.init()
	m.env = append(m.env, `TF_VAR_hosts={"node1":"node1"}`, "PATH="+m.withCommand()+string(os.PathListSeparator)+os.Getenv("PATH"))
	steps := workflow(t, "rotation-schedule", "rotate.yml")
	runAll := func() {
		for _, step := range steps {
			if output, status := lab.Run(t, m.folder, m.env, lab.NeedPart(t, "bash"), "-ec", step.Run); step.Run != "" && status != 0 {
				t.Fatalf("%s: exit status %d\n%s", step.Run, status, output)
			}
		}
	}
	tokens := filepath.Join(m.homeOf(0), onHost)
	runAll()
	first := private(t, tokens)
	runAll()
	if private(t, tokens) != first {
		t.Error("a young token was replaced")
	}
	m.tokenRequests(0)
	m.aged("default", 13*time.Hour)
	// The host holds that token, as it would after twelve hours.
	m.must("apply", "-auto-approve", "-input=false", "-replace=earthscope_remote_host.node[\"node1\"]")
	m.tokenRequests(1)
	if private(t, tokens) == first {
		t.Error("the host kept its token")
	}
	m.stateIsClean()
	m.destroyed()
}

// The workflow's own steps stop with a sentence when the secret is missing,
// refused or short, and run the job with an access token otherwise.
func TestGitHubActions_failsLoudly(t *testing.T) {
	t.Parallel()
	d := deploy(t, "github-actions-headless", identity.Options{})
	d.init()
	bash := lab.NeedPart(t, "bash")
	step := workflow(t, "github-actions-headless", "earthscope.yml")
	last := step[len(step)-1]
	if last.Env["TF_VAR_earthscope_refresh_token"] != "${{ secrets.EARTHSCOPE_REFRESH_TOKEN }}" {
		t.Fatalf("the last step's environment: %v", last.Env)
	}
	work := func(secret string, extra ...string) (string, int) {
		environment := append(append(d.env, "TF_VAR_earthscope_refresh_token="+secret, "TF_VAR_job=test -n \"$ES_OAUTH2__ACCESS_TOKEN\" && echo done >> worked"), extra...)
		output, status := lab.Run(t, d.folder, environment, bash, "-ec", last.Run)
		lab.NoSecret(t, "the job's log", []byte(output), d.secret...)
		return oneLine(output), status
	}
	refused := d.server.Login(identity.User{Subject: "auth0|left"}).RefreshToken
	d.server.RevokeRefreshToken(refused)
	good := d.server.Login(identity.DefaultUser()).RefreshToken
	d.secret = append(d.secret, refused, good)
	for name, test := range map[string]struct{ secret, life, want string }{
		"missing": {"", "1h", "The secret EARTHSCOPE_REFRESH_TOKEN is not there."},
		"refused": {refused, "1h", "Refresh Token Refused"},
		"short":   {good, "30h", "EarthScope gave a token that ends before the job may"},
	} {
		if output, status := work(test.secret, "TF_VAR_least_life="+test.life); status != 1 || !strings.Contains(output, test.want) {
			t.Errorf("%s: exit status %d, want 1 with %q:\n%s", name, status, test.want, output)
		}
	}
	gone(t, filepath.Join(d.folder, "worked"))
	if output, status := work(good); status != 0 {
		t.Fatalf("exit status %d\n%s", status, output)
	}
	if got := readFile(t, filepath.Join(d.folder, "worked")); got != "done\n" {
		t.Errorf("the job ran %q", got)
	}
	gone(t, filepath.Join(d.folder, "earthscope-token"))
	d.stateIsClean()
}

// withCommand puts the helper command on PATH under its plain name.
func (d *deployment) withCommand() string {
	d.t.Helper()
	folder := d.t.TempDir()
	if err := os.Symlink(provider, filepath.Join(folder, lab.Executable("terraform-provider-earthscope"))); err != nil {
		d.t.Fatal(fmt.Errorf("link the helper command: %w", err))
	}
	return folder
}
