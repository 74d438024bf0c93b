package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/sshserver"
)

// invoke runs a command line and returns what it printed.
func invoke(t *testing.T, options remote.Options, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	options.Clock = time.Now
	code = run(t.Context(), args, options, strings.NewReader(stdin), &out, &errs)
	return code, out.String(), errs.String()
}

func TestRun_putGetRemove(t *testing.T) {
	t.Parallel()
	key, err := sshserver.NewKey(sshserver.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	server, err := sshserver.Start(sshserver.Options{Users: map[string]sshserver.User{"gnss": {Keys: []ssh.PublicKey{key.PublicKey()}}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	keyFile, err := key.WriteFiles(t.TempDir(), "id", "passphrase")
	if err != nil {
		t.Fatal(err)
	}
	options := remote.Options{Home: t.TempDir(), LocalUser: "tester", Environ: []string{"ES_REMOTE_PASSPHRASE=passphrase"}}
	hostKey := strings.TrimSpace(server.HostKeys()[0].AuthorizedKey())
	host := "gnss@" + server.Address()
	reach := []string{"-i", keyFile, "--host-key", hostKey}

	code, _, stderr := invoke(t, options, "content\n", append([]string{"put", host, "~/dir/f", "--mode", "640"}, reach...)...)
	if code != exitDone || !strings.Contains(stderr, "~/dir/f on "+server.Address()+" as gnss: written in one shell session, ") {
		t.Fatalf("put: %d, %s", code, stderr)
	}
	home, err := server.Home("gnss")
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(home, "dir/f")); err != nil || info.Mode() != 0o640 {
		t.Errorf("file: %v, %v", info, err)
	}
	if code, stdout, stderr := invoke(t, options, "", append([]string{"get", host, "~/dir/f"}, reach...)...); code != exitDone || stdout != "content\n" {
		t.Errorf("get: %d, %q, %s", code, stdout, stderr)
	}
	if code, _, stderr := invoke(t, options, "", append([]string{"rm", host, "~/dir/f"}, reach...)...); code != exitDone || !strings.Contains(stderr, "deleted") {
		t.Errorf("rm: %d, %s", code, stderr)
	}
	if code, _, stderr := invoke(t, options, "", append([]string{"get", host, "~/dir/f"}, reach...)...); code != exitFailed || !strings.Contains(stderr, "does not exist") {
		t.Errorf("get of nothing: %d, %s", code, stderr)
	}
	code, _, stderr = invoke(t, options, "", "get", host, "~/dir/f", "-i", keyFile)
	if code != exitFailed || !strings.Contains(stderr, "is unknown") {
		t.Errorf("unknown host key: %d, %s", code, stderr)
	}
	code, _, stderr = invoke(t, options, "x", "put", host, "~/f", "-i", keyFile, "--first-use", "--repeat", "3")
	if code != exitDone || !strings.Contains(stderr, hostKey) || !regexp.MustCompile(`written in one shell session, \d+ ms with connecting, then \d+ ms, \d+ ms\n`).MatchString(stderr) {
		t.Errorf("first use: %d, %s", code, stderr)
	}
	if code, _, stderr = invoke(t, options, "x", append([]string{"put", host, "~/f", "-q"}, reach...)...); code != exitDone || stderr != "" {
		t.Errorf("quiet: %d, %q", code, stderr)
	}
}

func TestRun_usage(t *testing.T) {
	t.Parallel()
	options := remote.Options{Home: t.TempDir(), LocalUser: "tester"}
	for _, args := range [][]string{nil, {"--help"}, {"help"}, {"put", "-h"}} {
		if code, stdout, _ := invoke(t, options, "", args...); code != exitDone || stdout != usage {
			t.Errorf("%q: %d, %q", args, code, stdout)
		}
	}
	for _, args := range [][]string{{"put", "host"}, {"move", "h", "/f"}, {"get", "h:0", "/f"}, {"get", "h", "/f", "-J", "b:x"}, {"put", "h", "/f", "--mode", "9"}, {"get", "h", "/f", "--nonsense"}} {
		if code, _, stderr := invoke(t, options, "", args...); code != exitUsage || !strings.Contains(stderr, "--help") {
			t.Errorf("%q: %d, %q", args, code, stderr)
		}
	}
}
