package sshserver

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// requireMounts skips where the exact disk faults cannot be had, unless every
// part is required.
func requireMounts(t *testing.T) {
	t.Helper()
	if CanMount() {
		return
	}
	if os.Getenv("ES_TEST_REQUIRE_PARTS") == "1" {
		t.Fatal("this test mounts file systems, which is not permitted here; run it with CAP_SYS_ADMIN")
	}
	t.Skip("SKIPPED, NOT TESTED: mounting file systems is not permitted here")
}

// runFor runs a command and returns its standard error and whether it worked.
func runFor(t *testing.T, server *Server, key *Key, command string) (string, bool) {
	t.Helper()
	session := openSession(t, dial(t, server, key))
	var stderr strings.Builder
	session.Stderr = &stderr
	err := session.Run(command)
	return stderr.String(), err == nil
}

func TestDiskFull_imitated(t *testing.T) {
	t.Parallel()
	key, users := account(t)
	server := start(t, Options{Users: users})
	checkFullDisk(t, server, key, "File too large")
}

func TestDiskFull_real(t *testing.T) {
	t.Parallel()
	requireMounts(t)
	key, users := account(t)
	server := start(t, Options{Users: users, DiskSize: 256 << 10})
	checkFullDisk(t, server, key, "No space left on device")
}

// checkFullDisk wants writes to fail, by command and by SFTP, only while the
// disk is full.
func checkFullDisk(t *testing.T, server *Server, key *Key, reason string) {
	t.Helper()
	const write = `printf content | cat >"$HOME/file"`
	if stderr, worked := runFor(t, server, key, write); !worked {
		t.Fatalf("on a good disk: %s", stderr)
	}
	if err := server.SetDisk(DiskFull); err != nil {
		t.Fatal(err)
	}
	if stderr, worked := runFor(t, server, key, "printf more | cat >other"); worked || !strings.Contains(stderr, reason) {
		t.Errorf("on a full disk: worked %v, stderr %q, want %q", worked, stderr, reason)
	}
	if err := upload(openSFTP(t, server, key), "third", "content"); statusCode(err) != statusFailure {
		t.Errorf("SFTP on a full disk: %v, want a failure", err)
	}
	home, err := server.Home("gnss")
	if err != nil {
		t.Fatal(err)
	}
	if content, err := os.ReadFile(filepath.Join(home, "file")); string(content) != "content" {
		t.Errorf("the file from before holds %q (%v)", content, err)
	}
	if err := server.SetDisk(DiskFine); err != nil {
		t.Fatal(err)
	}
	if stderr, worked := runFor(t, server, key, write); !worked {
		t.Errorf("on a good disk again: %s", stderr)
	}
}

func TestDiskReadOnly_ordinaryAndSmallDisk(t *testing.T) {
	t.Parallel()
	requireMounts(t)
	for name, size := range map[string]int64{"ordinary": 0, "small": 256 << 10} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			key, users := account(t)
			server := start(t, Options{Users: users, DiskSize: size})
			if stderr, worked := runFor(t, server, key, "echo old >file"); !worked {
				t.Fatalf("before: %s", stderr)
			}
			if err := server.SetDisk(DiskReadOnly); err != nil {
				t.Fatal(err)
			}
			if stderr, worked := runFor(t, server, key, "umask 077; touch other"); worked || !strings.Contains(stderr, "Read-only file system") {
				t.Errorf("while read-only: worked %v, stderr %q", worked, stderr)
			}
			if err := upload(openSFTP(t, server, key), "third", "content"); statusCode(err) != statusFailure {
				t.Errorf("SFTP while read-only: %v, want a failure", err)
			}
			if _, worked := runFor(t, server, key, "cat file"); !worked {
				t.Error("reading failed while read-only")
			}
			if err := server.SetDisk(DiskFine); err != nil {
				t.Fatal(err)
			}
			if stderr, worked := runFor(t, server, key, "echo new >file"); !worked {
				t.Errorf("afterwards: %s", stderr)
			}
		})
	}
}

func TestPinFile_cannotBeReplaced(t *testing.T) {
	t.Parallel()
	requireMounts(t)
	key, users := account(t)
	server := start(t, Options{Users: users})
	home, err := server.Home("gnss")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(home, "mounted")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := server.PinFile(path); err != nil {
		t.Fatal(err)
	}
	stderr, worked := runFor(t, server, key, "echo new >temporary && mv -f temporary mounted")
	if worked || !strings.Contains(stderr, "Device or resource busy") {
		t.Errorf("worked %v, stderr %q, want it busy", worked, stderr)
	}
	if content, err := os.ReadFile(path); string(content) != "old" {
		t.Errorf("file holds %q (%v), want %q", content, err, "old")
	}
}

func TestClose_leavesNothing(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	key, users := account(t)
	options := Options{Users: users, Root: filepath.Join(parent, "host")}
	if CanMount() {
		options.DiskSize = 64 << 10
	}
	server := start(t, options)
	session := openSession(t, dial(t, server, key))
	stdout, err := session.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	// One child outlives its shell, and one shell never ends.
	if err := session.Start("sleep 1000 >/dev/null 2>&1 & echo $!; exec sleep 1000"); err != nil {
		t.Fatal(err)
	}
	pid := readLine(t, stdout)
	other := openSession(t, dial(t, server, key))
	output, err := other.Output("sleep 1000 >/dev/null 2>&1 & echo $!")
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	for _, child := range []string{pid, strings.TrimSpace(string(output))} {
		if running(child) {
			t.Errorf("process %s still runs", child)
		}
	}
	if entries, err := os.ReadDir(filepath.Join(parent, "host", "home")); options.DiskSize > 0 && (err != nil || len(entries) != 0) {
		t.Errorf("still mounted: %v, %v", entries, err)
	}
	if err := server.SetDisk(DiskFull); !errors.Is(err, os.ErrClosed) {
		t.Errorf("SetDisk after Close: %v", err)
	}
}
