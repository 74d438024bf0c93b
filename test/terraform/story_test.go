package terraform_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// storyLine is a line of the provider itself: what it says, and which part of it says so.
var storyLine = regexp.MustCompile(`\[(INFO|WARN|ERROR)\] +provider\.\S+: (.*)`)

// story reads what the provider told at INFO, as "subsystem: message key=value ...", with the given fields alone.
func story(t *testing.T, file string, fields ...string) []string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, match := range storyLine.FindAllStringSubmatch(string(data), -1) {
		_, module, ours := strings.Cut(match[2], "@module=earthscope.")
		if !ours {
			continue // the plugin library's own
		}
		message, _, _ := strings.Cut(match[2], ": ")
		line := strings.Fields(module)[0] + ": " + message
		for _, field := range fields {
			if value := regexp.MustCompile(`[ :]` + field + `=("[^"]*"|\S+)`).FindStringSubmatch(match[2]); value != nil {
				line += " " + field + "=" + strings.Trim(value[1], `"`)
			}
		}
		told = append(told, line)
	}
	return told
}

// A run at INFO can be read like a story: whose credential, one request for it, which host was reached how, what was
// written there; and in the next run what had been changed there, and that it was repaired.
func TestStory_ofARunAtInfo(t *testing.T) {
	t.Parallel()
	l := newHostsLab(t, 1, nil)
	l.saveLogin()
	w := l.workspace(hostsConfiguration + "\ndata \"earthscope_identity\" \"me\" {}\n")
	run := func(name string, arguments ...string) []string {
		file := filepath.Join(t.TempDir(), name)
		before := w.env
		w.env = append(slices.Clone(before), "TF_LOG_PROVIDER=INFO", "TF_LOG_PATH="+file)
		w.must(arguments...)
		w.env = before
		l.cleanFile(file)
		return story(t, file, "host", "path", "state", "source", "status", "operation", "jump_hosts")
	}
	login := "settings: found credentials source=" + filepath.Join(l.home, ".earthscope", "default", "tokens.json")
	const asked = "session: asked the identity server for an access token status=200"
	const config, tokens = "~/.earthscope/config.toml", "~/.earthscope/default/tokens.json"
	const host = " host=node1.sandbox.test"

	got := run("create.log", "apply", "-auto-approve")
	want := []string{
		login, asked, "session: the identity server replaced the refresh token",
		login, // Terraform starts the provider again for the apply
		"remote: reached the host" + host + " operation=create jump_hosts=1",
		"bootstrap: file written" + host + " path=" + config,
		"bootstrap: file written" + host + " path=" + tokens,
	}
	if !slices.Equal(got, want) {
		t.Errorf("the story of a create:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}

	writeHost(t, l.homeOf(0), hostTokens, `{"refresh_token":"v1.somebody-elses-token-0123456789"}`, 0o600)
	got = run("repair.log", "apply", "-auto-approve")
	want = []string{
		login, "remote: reached the host" + host + " operation=read jump_hosts=1",
		"bootstrap: file differs" + host + " path=" + tokens + " state=token differs",
		login, "remote: reached the host" + host + " operation=update jump_hosts=1",
		"bootstrap: file written" + host + " path=" + tokens,
	}
	if !slices.Equal(got, want) {
		t.Errorf("the story of a repair:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
