package examples_test

import (
	"archive/zip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/lab"
)

// deployment is a copy of an example in a folder of its own, with an identity
// server and an empty home.
type deployment struct {
	t         *testing.T
	terraform string
	server    *identity.Server
	home      string
	folder    string
	env       []string
	secret    []string
}

// clouds are files whose providers can't be had here: they are parsed by
// another test, and replaced by those of testdata/NAME.
var clouds = map[string]bool{"aws.tf": true, "kubernetes.tf": true, "versions.tf": true}

// core is the program that applies the examples, which need write-only
// arguments and commands of a POSIX shell.
func core(t *testing.T) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("SKIPPED: the commands of the examples are written for a POSIX shell")
	}
	terraform := lab.NeedPart(t, "terraform")
	if minor(t, terraform) < 11 {
		t.Skip("SKIPPED: the examples need Terraform 1.11 or OpenTofu 1.11")
	}
	return terraform
}

// minor is N of version 1.N of a core.
func minor(t *testing.T, terraform string) int {
	t.Helper()
	output, _ := lab.Run(t, t.TempDir(), []string{"HOME=" + t.TempDir(), "CHECKPOINT_DISABLE=1"}, terraform, "version")
	parts := regexp.MustCompile(`^(?:Terraform|OpenTofu) v1\.(\d+)\.`).FindStringSubmatch(output)
	if parts == nil {
		t.Fatalf("%s is no Terraform 1: %s", terraform, output)
	}
	number, err := strconv.Atoi(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	return number
}

// empty is a deployment without a configuration yet.
func empty(t *testing.T, options identity.Options) *deployment {
	t.Helper()
	d := &deployment{t: t, terraform: core(t), home: t.TempDir(), folder: t.TempDir()}
	server, err := identity.Start(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	d.server = server
	d.env = []string{
		"HOME=" + d.home, "PATH=" + os.Getenv("PATH"), "TMPDIR=" + t.TempDir(), "TF_CLI_CONFIG_FILE=" + filepath.Join(built, "terraform.rc"),
		"TF_IN_AUTOMATION=1", "CHECKPOINT_DISABLE=1", "ES_OAUTH2__DOMAIN=" + server.URL(), "ES_RESOURCES__API_URL=" + server.URL(),
	}
	return d
}

// deploy copies an example, without what belongs to a cloud; the files of
// testdata/NAME, if there are any, take its place.
func deploy(t *testing.T, name string, options identity.Options) *deployment {
	t.Helper()
	d := empty(t, options)
	d.copyFrom(filepath.Join(root, "examples", "deployments", name), func(file string) bool { return !clouds[file] })
	stand := filepath.Join("testdata", name)
	if _, err := os.Stat(stand); err == nil {
		d.copyFrom(stand, func(string) bool { return true })
	}
	return d
}

// copyFrom adds the files of a folder that are wanted.
func (d *deployment) copyFrom(folder string, wanted func(file string) bool) {
	d.t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		d.t.Fatal(err)
	}
	for _, entry := range entries {
		if !entry.IsDir() && wanted(entry.Name()) {
			d.write(entry.Name(), readFile(d.t, filepath.Join(folder, entry.Name())))
		}
	}
}

// write adds a file to the copy, such as an override.
func (d *deployment) write(name, content string) {
	d.t.Helper()
	writeFile(d.t, filepath.Join(d.folder, name), content, 0o600)
}

func writeFile(t *testing.T, file, content string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, mode); err != nil {
		t.Fatal(err)
	}
}

// login saves a login for a profile, as "es login" leaves it, whose access
// token has to be refreshed.
func (d *deployment) login(profile string) identity.TokenSet {
	d.t.Helper()
	set := d.server.Login(identity.DefaultUser())
	d.secret = append(d.secret, set.AccessToken, set.RefreshToken)
	writeFile(d.t, d.tokensFile(profile), fmt.Sprintf("{\n  \"refresh_token\": %q\n}", set.RefreshToken), 0o600)
	return set
}

func (d *deployment) tokensFile(profile string) string {
	return filepath.Join(d.home, ".earthscope", profile, "tokens.json")
}

// profiles writes the tables without which a profile can't be named.
func (d *deployment) profiles(names ...string) {
	d.t.Helper()
	text := ""
	for _, name := range names {
		text += "[profile." + name + "]\n"
	}
	writeFile(d.t, filepath.Join(d.home, ".earthscope", "config.toml"), text, 0o600)
}

// saved are the tokens of a tokens.json.
type saved struct {
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token"`
}

func readTokens(t *testing.T, file string) saved {
	t.Helper()
	var tokens saved
	if err := json.Unmarshal([]byte(readFile(t, file)), &tokens); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return tokens
}

func readFile(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// run runs terraform in the copy.
func (d *deployment) run(arguments ...string) (string, int) {
	d.t.Helper()
	output, status := lab.Run(d.t, d.folder, d.env, d.terraform, append(arguments, "-no-color")...)
	lab.NoSecret(d.t, "the output of terraform "+arguments[0], []byte(output), d.secret...)
	return output, status
}

func (d *deployment) must(arguments ...string) string {
	d.t.Helper()
	output, status := d.run(arguments...)
	if status != 0 {
		d.t.Fatalf("terraform %s: exit status %d\n%s", strings.Join(arguments, " "), status, output)
	}
	return output
}

// fails runs terraform and wants a failure that says all parts.
func (d *deployment) fails(parts []string, arguments ...string) {
	d.t.Helper()
	output, status := d.run(arguments...)
	if status != 1 {
		d.t.Errorf("terraform %s: exit status %d, want 1", strings.Join(arguments, " "), status)
	}
	said := oneLine(output)
	for _, part := range parts {
		if !strings.Contains(said, part) {
			d.t.Errorf("terraform %s does not say %q:\n%s", arguments[0], part, output)
		}
	}
}

// oneLine undoes how terraform breaks and frames its messages.
func oneLine(output string) string {
	return strings.Join(strings.Fields(strings.NewReplacer("│", " ", "╷", " ", "╵", " ").Replace(output)), " ")
}

func (d *deployment) init()  { d.t.Helper(); d.must("init", "-input=false") }
func (d *deployment) apply() { d.t.Helper(); d.must("apply", "-auto-approve", "-input=false") }

// unchanged wants a plan without changes, as a file that is searched for
// secrets as well.
func (d *deployment) unchanged() {
	d.t.Helper()
	output, status := d.run("plan", "-detailed-exitcode", "-out=second.tfplan")
	if status != 0 {
		d.t.Errorf("a second plan has changes (exit status %d):\n%s", status, output)
	}
	d.planIsClean("second.tfplan")
}

func (d *deployment) planIsClean(name string) {
	d.t.Helper()
	archive, err := zip.OpenReader(filepath.Join(d.folder, name))
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() { _ = archive.Close() }()
	for _, file := range archive.File {
		reader, err := file.Open()
		if err != nil {
			d.t.Fatal(err)
		}
		content, err := io.ReadAll(reader)
		if err != nil {
			d.t.Fatal(err)
		}
		lab.NoSecret(d.t, "the plan's "+file.Name, content, d.secret...)
	}
}

// accessToken is the form of a JSON Web Token.
var accessToken = regexp.MustCompile(`eyJ[\w-]+\.eyJ`)

// stateIsClean wants no token in the state: none that a test knows, none that
// was saved since, and nothing of an access token's form.
func (d *deployment) stateIsClean() {
	d.t.Helper()
	state := readFile(d.t, filepath.Join(d.folder, "terraform.tfstate"))
	if len(state) < 100 {
		d.t.Fatal("there is no state to search")
	}
	logins, err := filepath.Glob(filepath.Join(d.home, ".earthscope", "*", "tokens.json"))
	if err != nil {
		d.t.Fatal(err)
	}
	for _, file := range logins {
		tokens := readTokens(d.t, file)
		d.secret = append(d.secret, tokens.AccessToken, tokens.RefreshToken)
	}
	lab.NoSecret(d.t, "the state", []byte(state), d.secret...)
	if accessToken.MatchString(state) {
		d.t.Error("the state holds something like an access token")
	}
}

// outputText is a root module's output.
func (d *deployment) outputText(name string) string {
	d.t.Helper()
	return d.must("output", "-raw", name)
}

// tokenRequests wants a number of requests since the last time, and none with
// a token that had a successor.
func (d *deployment) tokenRequests(want int) {
	d.t.Helper()
	if got := d.server.Requests().TokenRequests(); got != want {
		d.t.Errorf("%d token requests, want %d", got, want)
	}
	if spent := d.server.SpentTwice(); len(spent) != 0 {
		d.t.Errorf("refresh tokens sent after they had a successor: %v", spent)
	}
	d.server.ResetRequests()
}
