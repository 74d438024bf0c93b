package sshserver

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/ssh"
)

func TestExec_runsInHomeWithMinimalEnvironment(t *testing.T) {
	key, users := account(t)
	server := start(t, Options{Users: users, Environment: map[string]string{"EXTRA": "1"}})
	session := openSession(t, dial(t, server, key))
	var stderr bytes.Buffer
	session.Stderr = &stderr
	session.Stdin = strings.NewReader("payload")
	if err := session.Setenv("LC_ALL", "C"); err != nil {
		t.Errorf("LC_ALL refused: %v", err)
	}
	if err := session.Setenv("SECRET", "x"); err == nil {
		t.Error("SECRET accepted, want it refused")
	}
	command := `cat >file; pwd -P; env | cut -d= -f1 | sort; echo problem >&2; exit 3`
	output, err := session.Output(command)

	var status *ssh.ExitError
	if !errors.As(err, &status) || status.ExitStatus() != 3 {
		t.Errorf("error %v, want exit status 3", err)
	}
	home, err := server.Home("gnss")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{home, "EXTRA", "HOME", "LC_ALL", "LOGNAME", "PATH", "PWD", "SHELL", "SSH_CONNECTION", "USER"}
	got := slices.DeleteFunc(strings.Fields(string(output)), func(name string) bool {
		return name == "OLDPWD" || name == "_" || name == "SHLVL" // some shells add these
	})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("output differs (-want +got):\n%s", diff)
	}
	if stderr.String() != "problem\n" {
		t.Errorf("stderr %q, want %q", stderr.String(), "problem\n")
	}
	if content, err := os.ReadFile(filepath.Join(home, "file")); string(content) != "payload" {
		t.Errorf("file holds %q (%v), want %q", content, err, "payload")
	}
	wantCommands := []Command{{User: "gnss", Type: "exec", Text: command, Environment: map[string]string{"LC_ALL": "C"}}}
	if diff := cmp.Diff(wantCommands, server.Commands()); diff != "" {
		t.Errorf("commands differ (-want +got):\n%s", diff)
	}
}
