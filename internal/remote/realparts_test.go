package remote

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/posixshell"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/delayproxy"
)

// startUpNoise are the files that each shell reads for a command, and what makes
// them print.
var startUpNoise = map[string]string{
	".bashrc": "echo 'noise from bashrc'; printf 'no line end'\n", ".zshenv": "echo noise from zshenv\n",
	".cshrc": "echo noise from cshrc\n", ".tcshrc": "echo noise from tcshrc\n", ".config/fish/config.fish": "echo noise from fish\n",
}

var realPaths = []string{"~/.earthscope/default/tokens.json", "~/-x 'q\" ü$(id)!x\\n`.env", "~/a/b c"}

func TestReal_loginShells(t *testing.T) {
	t.Parallel()
	d := startSSHD(t, "")
	for _, shell := range []string{"bash", "dash", "zsh", "fish", "tcsh", "busybox"} {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			program := needPart(t, shell)
			if shell == "busybox" {
				link := filepath.Join(publicTempDir(t), "ash")
				if err := os.Symlink(program, link); err != nil {
					t.Fatal(err)
				}
				program = link
			}
			a := makeAccount(t, program)
			for name, text := range startUpNoise {
				path := filepath.Join(a.home, name)
				if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
					t.Fatal(err)
				}
			}
			mustRun(t, "", "chown", "-R", a.name+":", a.home)
			pool := newPool(t, nil)
			content := "secret \x00 'q' $(id) !x\r\n\\n"
			for range 2 {
				content += "more"
				if _, err := pool.Transact(testContext(t), d.target(a), Transaction{Paths: realPaths, Edit: write(content)}); err != nil {
					t.Fatal(err)
				}
			}
			report, err := pool.Read(testContext(t), d.target(a), nil, realPaths...)
			if err != nil {
				t.Fatal(err)
			}
			for i, state := range report.States {
				if string(state.Content) != content || state.Owner != a.name {
					t.Errorf("%s = %q, owner %s", state.Path, state.Content, state.Owner)
				}
				checkOwned(t, a, strings.TrimPrefix(realPaths[i], "~/"), content)
			}
			output, err := pool.Run(testContext(t), d.target(a), Command{Text: `cat; echo "it's" >&2; exit 7`, Stdin: []byte("in")})
			if err != nil || string(output.Stdout) != "in" || string(output.Stderr) != "it's\n" || output.ExitCode != 7 {
				t.Errorf("output = %q %q %d, %v", output.Stdout, output.Stderr, output.ExitCode, err)
			}
			if got := d.count(t, `^Accepted publickey for `+a.name); got != 1 {
				t.Errorf("%d logins", got)
			}
		})
	}
}

func TestReal_sftpOnlyChroot(t *testing.T) {
	t.Parallel()
	needRoot(t)
	// Every directory above a jail must belong to root alone, which /tmp does not.
	jail, err := os.MkdirTemp("/var/lib", "estest")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(jail) })
	if err := os.Chmod(jail, 0o755); err != nil {
		t.Fatal(err)
	}
	a := makeAccount(t, "/bin/sh")
	inner := filepath.Join(jail, "data")
	if err := os.Mkdir(inner, 0o700); err != nil {
		t.Fatal(err)
	}
	mustRun(t, "", "chown", a.name+":", inner)
	d := startSSHD(t, fmt.Sprintf("Match User %s\n  ChrootDirectory %s\n  ForceCommand internal-sftp -d /data\n", a.name, jail))
	pool := newPool(t, nil)
	for _, content := range []string{"one", "two"} {
		report, err := pool.Transact(testContext(t), d.target(a), Transaction{Paths: []string{"~/.earthscope/tokens.json", "/data/x y"}, Edit: write(content)})
		if err != nil {
			t.Fatal(err)
		}
		if !report.SFTP || report.Results[0].Outcome != files.Written {
			t.Errorf("report = %+v", report)
		}
	}
	if got, err := os.ReadFile(filepath.Join(inner, ".earthscope/tokens.json")); err != nil || string(got) != "two" {
		t.Errorf("content = %q, %v", got, err)
	}
	if _, err := pool.Run(testContext(t), d.target(a), Command{Text: "true"}); !errors.Is(err, posixshell.ErrNoShell) {
		t.Errorf("run: %v", err)
	}
	if got := d.count(t, `^Accepted publickey`); got != 1 {
		t.Errorf("%d logins", got)
	}
}

// startDropbear starts dropbear, which here has no SFTP server, and makes an account.
func startDropbear(t *testing.T) (*realAccount, Target) {
	t.Helper()
	program, keygen := needPart(t, "dropbear"), needPart(t, "dropbearkey")
	a := makeAccount(t, "/bin/sh")
	dir := t.TempDir()
	d := &daemon{port: freePort(t)}
	mustRun(t, "", keygen, "-t", "ed25519", "-f", dir+"/key")
	startDaemon(t, d, program, "-F", "-E", "-r", dir+"/key", "-p", "127.0.0.1:"+strconv.Itoa(d.port), "-P", dir+"/pid")
	target := d.target(a)
	target.HostKey.Pinned, target.HostKey.TrustOnFirstUse, target.HostKey.Files = nil, true, []string{"/nonexistent"}
	return a, target
}

func TestReal_dropbearWithoutSFTP(t *testing.T) {
	t.Parallel()
	a, target := startDropbear(t)
	pool := newPool(t, nil)
	for _, content := range []string{"one", "two"} {
		report, err := pool.Transact(testContext(t), target, Transaction{Paths: realPaths, Edit: write(content)})
		if err != nil || report.SFTP {
			t.Fatalf("report = %+v, %v", report, err)
		}
	}
	for _, path := range realPaths {
		checkOwned(t, a, strings.TrimPrefix(path, "~/"), "two")
	}
}

func TestReal_jumpHostAndPassword(t *testing.T) {
	t.Parallel()
	bastion, d := startSSHD(t, ""), startSSHD(t, "")
	a := makeAccount(t, "/bin/sh")
	mustRun(t, a.name+":pass word\n", "chpasswd")
	through := d.target(a)
	via := bastion.target(a)
	through.Jumps = []Hop{{Host: via.Host, Port: via.Port, User: a.name, Auth: &via.Auth, HostKey: via.HostKey}}
	through.Auth.KeyFiles, through.Auth.Password = nil, []byte("pass word")
	pool := newPool(t, nil)
	var group sync.WaitGroup
	ctx := testContext(t)
	for range 12 {
		group.Go(func() {
			if _, err := pool.Transact(ctx, through, Transaction{Paths: realPaths, Edit: write("x")}); err != nil {
				t.Error(err)
			}
			if _, err := pool.Read(ctx, through, nil, realPaths...); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	// The first connection of each is the one that looks whether it listens.
	if b, e := bastion.count(t, `^Accepted publickey`), d.count(t, `^Accepted password`); b != 1 || e != 1 {
		t.Errorf("logins: %d at the bastion, %d at the end", b, e)
	}
	through.Auth.Password = []byte("wrong")
	_, err := pool.Read(ctx, through, nil, "~/f")
	var refused *AuthError
	if !errors.As(err, &refused) || !refused.Password || d.count(t, `^Failed password`) != 1 {
		t.Errorf("wrong password: %v, %d attempts", err, d.count(t, `^Failed password`))
	}
}

// TestReal_roundTrips counts with OpenSSH's own server at two latencies.
func TestReal_roundTrips(t *testing.T) {
	t.Parallel()
	d := startSSHD(t, "")
	a := makeAccount(t, "/bin/sh")
	proxy, err := delayproxy.Start("127.0.0.1:"+strconv.Itoa(d.port), delayproxy.Options{RTT: 200 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = proxy.Close() }()
	target := d.target(a)
	if _, err := fmt.Sscan(proxy.Address()[strings.LastIndex(proxy.Address(), ":")+1:], &target.Port); err != nil {
		t.Fatal(err)
	}
	before := 0
	count := func() int {
		now := proxy.Counters().RoundTrips
		defer func() { before = now }()
		return now - before
	}
	for _, paths := range [][]string{threeFiles[:1], threeFiles} {
		pool := newPool(t, nil)
		if _, err := pool.Transact(testContext(t), target, Transaction{Paths: paths, Edit: write("x")}); err != nil {
			t.Fatal(err)
		}
		cold := count()
		if _, err := pool.Transact(testContext(t), target, Transaction{Paths: paths, Edit: write("y")}); err != nil {
			t.Fatal(err)
		}
		pooled := count()
		if _, err := pool.Read(testContext(t), target, nil, paths...); err != nil {
			t.Fatal(err)
		}
		read := count()
		t.Logf("%d files: cold %d, pooled %d, read %d round trips", len(paths), cold, pooled, read)
		if cold > 11 || pooled > 3 || read > 2 {
			t.Errorf("%d files: cold %d, pooled %d, read %d round trips, want at most 11, 3 and 2", len(paths), cold, pooled, read)
		}
	}
}
