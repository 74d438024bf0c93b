package container

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// refusals are what kernels and sandboxes say that forbid what containers
// need. Anything else is an error of ours.
var refusals = []string{
	"operation not permitted", "permission denied", "read-only file system", "driver not supported", "no such device",
	"cgroup mountpoint does not exist", "devices cgroup isn't mounted", "failed to mount overlay", "must be root", "needs to be started with root",
	"no cgroup mount found", "cgroups: cgroup mountpoint",
}

// judged tells a machine that forbids containers from a daemon that fails.
func judged(err error, log string) error {
	said := strings.ToLower(err.Error())
	for _, text := range []string{said, failure(log)} {
		for _, refusal := range refusals {
			if strings.Contains(text, refusal) {
				return &UnavailableError{Reason: strings.TrimSpace(text)}
			}
		}
	}
	return fmt.Errorf("%w\n%s", err, log)
}

// failure is the line in which dockerd says why it ends, in lower case. Its
// warnings name many things that it can do without.
func failure(log string) string {
	for line := range strings.SplitSeq(strings.ToLower(log), "\n") {
		if strings.Contains(line, "failed to start daemon") || strings.HasPrefix(line, "dockerd needs") {
			return line
		}
	}
	return ""
}

// lookup finds a program, also where only an administrator's PATH leads.
func lookup(name string) (string, error) {
	for _, folder := range filepath.SplitList(searchPath()) {
		file := filepath.Join(folder, name)
		if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0 {
			return file, nil
		}
	}
	return "", fmt.Errorf("%s: %w", name, exec.ErrNotFound)
}

func searchPath() string {
	return os.Getenv("PATH") + string(filepath.ListSeparator) + "/usr/sbin" + string(filepath.ListSeparator) + "/sbin"
}
