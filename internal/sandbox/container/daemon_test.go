package container

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// A daemon comes, runs what is mounted, and leaves nothing behind.
func TestStart_runsAndLeavesNothing(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	d, err := Start(ctx)
	var refused *UnavailableError
	switch {
	case errors.As(err, &refused):
		t.Skip("SKIPPED: ", refused)
	case errors.Is(err, exec.ErrNotFound) && os.Getenv("ES_TEST_REQUIRE_PARTS") != "1":
		t.Skip("SKIPPED: ", err)
	case err != nil:
		t.Fatal(err)
	}
	arguments := append([]string{"run", "--rm", "--network=none", "--env=GREETING=good day"}, Mounts()...)
	output, err := d.Docker(ctx, nil, append(arguments, Image, "/bin/sh", "-c", `echo "$GREETING"`)...)
	if err != nil || output != "good day\n" {
		t.Errorf("got %q, %v", output, err)
	}
	d.Stop()
	if _, err := os.Stat(d.folder); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("its folder is still there: %v", err)
	}
	mounts, err := os.ReadFile("/proc/mounts")
	if err != nil || strings.Contains(string(mounts), d.folder) {
		t.Errorf("mounts are left behind, or unknown: %v", err)
	}
}

// Only what a machine forbids is a reason to skip.
func TestJudged(t *testing.T) {
	t.Parallel()
	ended := errors.New("dockerd ended while it started")
	for log, unavailable := range map[string]bool{
		`failed to start daemon: error initializing graphdriver: driver not supported`:                                                    true,
		`failed to start daemon: Devices cgroup isn't mounted`:                                                                            true,
		`level=warning msg="Your kernel does not support cgroup rt period" error="permission denied"`:                                     false,
		`failed to start daemon: pid file found, ensure docker is not running or delete /x/docker.pid`:                                    false,
		"level=warning msg=\"could not change group: operation not permitted\"\nfailed to start daemon: no sockets found via socket name": false,
	} {
		var refused *UnavailableError
		if got := errors.As(judged(ended, log), &refused); got != unavailable {
			t.Errorf("%q: unavailable %v, want %v", log, got, unavailable)
		}
	}
	var refused *UnavailableError
	if err := judged(errors.New("docker run: exit status 125: OCI runtime create failed: mount: Operation not permitted"), ""); !errors.As(err, &refused) {
		t.Errorf("a container that is refused: %v", err)
	}
	if err := judged(errors.New("docker run: exit status 125: No such image"), "the log"); errors.As(err, &refused) || !strings.Contains(err.Error(), "the log") {
		t.Errorf("an error of ours: %v", err)
	}
}
