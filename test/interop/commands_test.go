package interop_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/command"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
)

// commandOfCLI is what testdata/commands.py tells of a command.
type commandOfCLI struct {
	Path      string
	Options   []string
	Arguments []string
}

// commandTree walks the real CLI's commands, without those for data, which are
// no matter of identity.
func commandTree(t *testing.T) []commandOfCLI {
	t.Helper()
	walk := exec.CommandContext(t.Context(), python(t), "testdata/commands.py")
	walk.Env = []string{"HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH")}
	output, err := walk.Output()
	if err != nil {
		t.Fatal(err)
	}
	var tree []commandOfCLI
	if err := json.Unmarshal(output, &tree); err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(tree, func(c commandOfCLI) bool { return strings.HasPrefix(c.Path, "es dropoff ") })
}

// rows reads the guide's tables about the CLI: what stands in the first cell,
// with what stands beside it.
func rows(t *testing.T) map[string]string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", "templates", "guides", "helper-commands.md.tmpl"))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if !strings.HasPrefix(line, "| `") || len(cells) != 2 {
			continue
		}
		for name := range strings.SplitSeq(cells[0], ", ") {
			found[strings.Trim(strings.TrimSpace(name), "`")] = strings.TrimSpace(cells[1])
		}
	}
	return found
}

// Every command of the CLI that is about identity has a row in the guide, and
// so has every option and argument of these commands; no row is empty, and none
// is about something that the CLI does not have.
func TestGuide_namesEveryCommandOfTheCLI(t *testing.T) {
	t.Parallel()
	tree, table := commandTree(t), rows(t)
	known := map[string]bool{}
	for _, c := range tree {
		known[c.Path] = true
		if beside := table[c.Path]; !strings.Contains(beside, "`") {
			t.Errorf("the guide has no row for %q, or an empty one: %q", c.Path, beside)
		}
		for _, name := range slices.Concat(c.Options, c.Arguments) {
			if !strings.HasPrefix(name, "--") {
				name = strings.ToUpper(name) // as in the CLI's usage line
			}
			known[name] = true
			if table[name] == "" {
				t.Errorf("the guide has no row for %s of %q", name, c.Path)
			}
		}
	}
	for name := range table {
		if about := strings.HasPrefix(name, "es ") || strings.HasPrefix(name, "--") && name != "--help"; about && !known[name] {
			t.Errorf("the guide has a row for %q, which the CLI does not have", name)
		}
	}
	if len(tree) < 12 {
		t.Errorf("%d commands in the CLI's tree, want 12 at least", len(tree))
	}
}

// help runs one of our commands.
func (w *world) ourCommand(want int, arguments ...string) string {
	w.t.Helper()
	var stdout, stderr strings.Builder
	status := command.Run(w.t.Context(), arguments, command.Machine{
		Version: "test", Environ: w.environment(), Stdout: &stdout, Stderr: &stderr, Sleep: noWait,
		UserHomeDir: func() (string, error) { return "", errors.New("none") },
	})
	if status != want {
		w.t.Errorf("%v: status %d, want %d\n%s", arguments, status, want, stderr.String())
	}
	return strings.TrimSuffix(stdout.String(), "\n")
}

// fields decodes a JSON object that a program printed.
func fields(t *testing.T, text string) map[string]any {
	t.Helper()
	var found map[string]any
	if err := json.Unmarshal([]byte(text), &found); err != nil {
		t.Fatalf("no JSON object: %v", err)
	}
	return found
}

// wide keeps the CLI from breaking its lines.
var wide = []string{"COLUMNS=10000"}

// The same token, whoever prints it, and one request for both.
func TestCommands_tokenIsTheCLIs(t *testing.T) {
	t.Parallel()
	rotations(t, func(t *testing.T, rotating bool) {
		w := newWorld(t, identity.Options{Rotating: rotating})
		w.loginExpired("default", identity.User{})
		ours := w.ourCommand(0, "token")
		same(t, "the CLI's token", w.es(wide, "user", "get-access-token"), ours)
		w.requests(1)
		w.loginExpired("default", identity.User{})
		theirs := w.es(wide, "user", "get-access-token")
		same(t, "our token", w.ourCommand(0, "token"), theirs)
		w.requests(1)
		w.es(wide, "user", "refresh-access-token")
		same(t, "our token after the CLI's refresh", w.ourCommand(0, "token"), w.stored("default").Access)
		w.requests(1)
	})
}

// Field by field, what "es user get-profile" prints is what we have, with a
// region and without one.
func TestCommands_profileIsTheCLIs(t *testing.T) {
	t.Parallel()
	for name, document := range map[string]string{
		"whole": `{"first_name":"Inge","last_name":"Lehmann","country_code":"DK","region_code":"DK-84","institution":"Geodætisk Institut",
			"work_sector":"research","user_id":"auth0|x","primary_email":"inge@example.org","created_at":"2026-01-02T03:04:05Z","updated_at":"2026-02-03T04:05:06Z"}`,
		"no region, one field more": `{"first_name":"Inge","last_name":"Lehmann","country_code":"DK","region_code":null,"institution":"","extra":{"a":[1]},
			"work_sector":"research","user_id":"auth0|x","primary_email":"inge@example.org","created_at":"2026-01-02T03:04:05Z","updated_at":"2026-02-03T04:05:06Z"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, identity.Options{})
			w.login("default", identity.User{})
			w.server.SetProfile(identity.DefaultUser().Subject, json.RawMessage(document))
			theirs := fields(t, w.es(wide, "user", "get-profile"))
			got, err := w.apiClient().UserProfile(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			ours := map[string]any{
				"first_name": got.FirstName, "last_name": got.LastName, "country_code": got.CountryCode, "institution": got.Institution,
				"work_sector": got.WorkSector, "user_id": got.UserID, "primary_email": got.PrimaryEmail, "created_at": got.CreatedAt, "updated_at": got.UpdatedAt,
			}
			if got.RegionCode != nil { // the CLI leaves out what is null
				ours["region_code"] = *got.RegionCode
			}
			if len(theirs) != len(ours) {
				t.Errorf("the CLI prints %d fields, we have %d", len(theirs), len(ours))
			}
			for field, value := range ours {
				if theirs[field] != value {
					t.Errorf("%s = %q, the CLI prints %v", field, value, theirs[field])
				}
			}
		})
	}
}

// "es user get-aws-credentials" masks the secrets; what it shows besides is
// what credential-process prints.
func TestCommands_awsCredentialsAreTheCLIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{})
	w.login("default", identity.User{})
	theirs := fields(t, w.es(wide, "user", "get-aws-credentials", "s3-miniseed-v2"))
	asked := w.apiRequests()
	ours := fields(t, w.ourCommand(0, "credential-process", "--role", "s3-miniseed-v2"))
	if ask := w.apiRequests(); !slices.Equal(ask, asked) || len(asked) != 1 {
		t.Errorf("we asked for %q, the CLI for %q", ask, asked)
	}
	names := map[string]string{
		"aws_access_key_id": "AccessKeyId", "aws_secret_access_key": "SecretAccessKey", "aws_session_token": "SessionToken", "expiration": "Expiration",
	}
	if len(theirs) != len(names) || len(ours) != len(names)+1 || ours["Version"] != 1.0 {
		t.Errorf("the CLI prints %d fields, we %d", len(theirs), len(ours))
	}
	for their, our := range names {
		if theirs[their] == nil || ours[our] == nil {
			t.Errorf("%s: %v, %s: %v", their, theirs[their] != nil, our, ours[our] != nil)
		}
	}
	// Each request has credentials of its own, which live equally long.
	const accepted = 2 * time.Minute
	theirEnd, err := time.Parse(time.RFC3339, text(theirs["expiration"]))
	if err != nil {
		t.Fatal(err)
	}
	ourEnd, err := time.Parse(time.RFC3339, text(ours["Expiration"]))
	if err != nil || ourEnd.Sub(theirEnd).Abs() > accepted {
		t.Errorf("ours end at %v (%v), the CLI's at %v", ourEnd, err, theirEnd)
	}
}

func text(value any) string {
	s, _ := value.(string)
	return s
}

// Every setting that "es debug get-settings" shows stands in the doctor's
// report.
func TestCommands_doctorKnowsEverySettingOfTheCLI(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{})
	w.login("default", identity.User{})
	report := w.ourCommand(0, "doctor", "--all")
	count := 0
	var check func(prefix string, table map[string]any)
	check = func(prefix string, table map[string]any) {
		for name, value := range table {
			path := prefix + name
			if inner, ok := value.(map[string]any); ok && len(inner) > 0 {
				check(path+".", inner)
				continue
			}
			if path == "profile_name" {
				path = "profile"
			}
			count++
			if !strings.Contains(report, "\n  "+path+" = ") {
				t.Errorf("%s is not in the report", path)
			}
		}
	}
	check("", fields(t, w.es(wide, "debug", "get-settings")))
	if count < 40 {
		t.Errorf("%d settings compared", count)
	}
}
