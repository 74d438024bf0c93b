package examples_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/lab"
)

// blocks are the code blocks of a page in one language, indentation removed.
func blocks(t *testing.T, language string, page ...string) []string {
	t.Helper()
	text := readFile(t, filepath.Join(append([]string{root}, page...)...))
	var found []string
	for _, match := range regexp.MustCompile("(?ms)^( *)```"+language+"\n(.*?)^ *```").FindAllStringSubmatch(text, -1) {
		found = append(found, regexp.MustCompile("(?m)^"+match[1]).ReplaceAllString(match[2], ""))
	}
	return found
}

// The first page's first configuration, as it stands, on a machine with a
// login: two commands, and it says whose login that is.
func TestFirstFiveMinutes(t *testing.T) {
	t.Parallel()
	d := empty(t, identity.Options{})
	d.login("default")
	d.write("main.tf", blocks(t, "terraform", "docs", "index.md")[0])
	d.init()
	output := d.must("apply", "-auto-approve", "-input=false")
	for _, part := range []string{identity.DefaultUser().Subject, d.tokensFile("default")} {
		if !strings.Contains(output, part) {
			t.Errorf("the apply does not say %q:\n%s", part, output)
		}
	}
	d.tokenRequests(1)
	d.stateIsClean()
}

// What the page for curl and wget has one type, as it stands: the files arrive,
// with one refresh for all, and no process shows the token.
func TestAuthorizationHeader_commands(t *testing.T) {
	t.Parallel()
	bash := lab.NeedPart(t, "bash")
	scripts := blocks(t, "shell", "docs", "guides", "authorization-header.md")
	if len(scripts) != 4 {
		t.Fatalf("%d scripts in the page", len(scripts))
	}
	d := empty(t, identity.Options{})
	d.login("default")
	path := d.withCommand() + string(os.PathListSeparator) + os.Getenv("PATH")
	address := d.server.URL() + "beta/user/profile"
	email := identity.DefaultUser().PrimaryEmail

	for number, tool := range []string{"curl", "wget"} {
		program := lab.NeedPart(t, tool)
		folder := t.TempDir()
		// Stands before the tool and writes down what everybody can read.
		writeFile(t, filepath.Join(folder, "bin", tool), "#!/bin/sh\necho \"$0 $*\" >>seen\nexec "+program+" \"$@\"\n", 0o755)
		writeFile(t, filepath.Join(folder, "urls.txt"), address+"\n", 0o600)
		environment := append(d.env, "PATH="+filepath.Join(folder, "bin")+string(os.PathListSeparator)+path)
		if output, status := lab.Run(t, folder, environment, bash, "-ec", scripts[number], "bash", address); status != 0 {
			t.Errorf("%s: exit status %d\n%s", tool, status, output)
			continue
		}
		if got := readFile(t, filepath.Join(folder, "profile")); !strings.Contains(got, email) {
			t.Errorf("%s fetched %s", tool, got)
		}
		if seen := readFile(t, filepath.Join(folder, "seen")); strings.Contains(seen, "eyJ") {
			t.Errorf("the command line of %s holds the token", tool)
		}
		gone(t, filepath.Join(folder, "wgetrc"))
	}

	environment := append(d.env, "PATH="+path, "REFL_CODE="+d.folder)
	for _, script := range scripts[2:] {
		if output, status := lab.Run(t, d.folder, environment, bash, "-ec", script); status != 0 {
			t.Fatalf("exit status %d\n%s", status, output)
		}
	}
	bare := strings.TrimSpace(private(t, filepath.Join(d.home, ".token")))
	if got := private(t, filepath.Join(d.folder, "sso_tokens.json")); got != "{\"access_token\": \""+bare+"\"}\n" || !accessToken.MatchString(bare) {
		t.Error("sso_tokens.json does not hold the access token alone")
	}
	d.tokenRequests(1)
}
