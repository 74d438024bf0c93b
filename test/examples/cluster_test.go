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

// The workflow's own steps, as the schedule runs them: the first brings a
// token, the next leaves it alone, one repairs what a person has removed, and
// one with a login that others can read stops before it pushes anything. That a
// token is replaced when less than min_ttl is left is
// TestAccRemoteHost_accessToken, where the clock can be moved.
func TestRotationSchedule_runs(t *testing.T) {
	t.Parallel()
	m := deploy(t, "rotation-schedule", identity.Options{}).withMachines(sshserver.FleetOptions{Hosts: 1, Bastions: -1})
	m.aged("default", 11*time.Hour) // 13 hours are left, and the example asks for 12
	m.env = append(m.env, `TF_VAR_hosts={"node1":"node1"}`, "PATH="+m.withCommand()+string(os.PathListSeparator)+os.Getenv("PATH"))
	bash := lab.NeedPart(t, "bash")
	steps := workflow(t, "rotation-schedule", "rotate.yml")
	schedule := func() (output string, status int) {
		for _, step := range steps {
			if output, status = lab.Run(t, m.folder, m.env, bash, "-ec", step.Run); status != 0 {
				break
			}
		}
		lab.NoSecret(t, "the job's log", []byte(output), m.secret...)
		return output, status
	}
	tokens := filepath.Join(m.homeOf(0), onHost)
	if output, status := schedule(); status != 0 {
		t.Fatalf("exit status %d\n%s", status, output)
	}
	first := private(t, tokens)
	if output, status := schedule(); status != 0 || !strings.Contains(output, "0 added, 0 changed, 0 destroyed") {
		t.Errorf("exit status %d\n%s", status, output)
	}
	if private(t, tokens) != first {
		t.Error("a young token was replaced")
	}
	if err := os.Remove(tokens); err != nil {
		t.Fatal(err)
	}
	if output, status := schedule(); status != 0 || private(t, tokens) == "" {
		t.Errorf("exit status %d\n%s", status, output)
	}
	if err := os.Chmod(m.tokensFile("default"), 0o644); err != nil {
		t.Fatal(err)
	}
	if output, status := schedule(); status != 1 || !strings.Contains(output, "lets others read it") {
		t.Errorf("exit status %d, want 1 with what is wrong:\n%s", status, output)
	}
	m.tokenRequests(0)
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

// The connection that a person has opened is enough: the cluster lets nobody
// else in afterwards, as one with a second factor does without a person.
func TestSlurm_connectionOpenedByAPerson(t *testing.T) {
	t.Parallel()
	client := lab.NeedPart(t, "ssh")
	m := deploy(t, "slurm-home-and-profiles", identity.Options{}).withMachines(sshserver.FleetOptions{Hosts: 1, Bastions: -1}, "prod", "stage")
	m.profiles("prod", "stage")
	m.login("prod")
	m.login("stage")
	folder, err := os.MkdirTemp("", "hpc") // short, for the path of a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	sharing := "Host node1\n  ControlMaster auto\n  ControlPath " + folder + "/%C\n  ControlPersist 8h\n\n"
	writeFile(t, m.fleet.ConfigFile, sharing+readFile(t, m.fleet.ConfigFile), 0o600)

	ssh := func(arguments ...string) (string, int) {
		return lab.Run(t, m.folder, m.env, client, append([]string{"-F", m.fleet.ConfigFile}, arguments...)...)
	}
	// It stays in the background, and must not hold our pipes.
	open := client + " -F " + m.fleet.ConfigFile + " -fN node1 >opened 2>&1"
	if _, status := lab.Run(t, m.folder, m.env, lab.NeedPart(t, "bash"), "-c", open); status != 0 {
		t.Fatalf("the person's connection: exit status %d\n%s", status, readFile(t, filepath.Join(m.folder, "opened")))
	}
	t.Cleanup(func() { _, _ = ssh("-O", "exit", "node1") })
	m.fleet.Hosts[0].SetUser(m.fleet.User, sshserver.User{})
	if _, status := ssh("-o", "ControlPath=none", "node1", "true"); status == 0 {
		t.Fatal("the cluster lets others in")
	}

	m.init()
	m.applyWith("-var=login_node=node1", "-var=submit_command=true")
	private(t, filepath.Join(m.homeOf(0), ".earthscope", "prod", "tokens.json"))
	if got := m.fleet.Hosts[0].Counters().Logins; got != 1 {
		t.Errorf("%d logins, want the person's alone", got)
	}
}
