package sshserver

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

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

func TestExec_modesOfAccounts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name       string
		mode       ExecMode
		wantOutput string
		wantStatus int // -1: the request is refused
	}{
		{"shell", ExecShell, "hello\n", 0},
		{"refused", ExecRefused, "", -1},
		{"nologin", ExecNoLogin, "This account is currently not available.\n", 1},
		// The SFTP server takes the command's input for packets and gives up.
		{"sftp only", ExecForceSFTP, "", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			key, users := account(t)
			server := start(t, Options{Users: users})
			server.SetUser("gnss", User{Keys: users["gnss"].Keys, Exec: test.mode})
			session := openSession(t, dial(t, server, key))
			session.Stdin = strings.NewReader("not sftp at all")
			output, err := session.Output("cat >/dev/null; echo hello")
			status := 0
			var exit *ssh.ExitError
			if errors.As(err, &exit) {
				status = exit.ExitStatus()
			} else if err != nil {
				status = -1
			}
			if string(output) != test.wantOutput || status != test.wantStatus {
				t.Errorf("output %q, status %d (%v); want %q, %d", output, status, err, test.wantOutput, test.wantStatus)
			}
		})
	}
}

func TestExec_noiseSurroundsOutput(t *testing.T) {
	t.Parallel()
	key, users := account(t)
	noisy := users["gnss"]
	noisy.Noise = Noise{BeforeStdout: "welcome\n", BeforeStderr: "load 0.1\n", AfterStdout: "bye\n", AfterStderr: "gone\n"}
	users["gnss"] = noisy
	server := start(t, Options{Users: users})
	session := openSession(t, dial(t, server, key))
	var stdout, stderr bytes.Buffer
	session.Stdout, session.Stderr = &stdout, &stderr
	if err := session.Run("echo data; echo note >&2"); err != nil {
		t.Fatal(err)
	}
	if want := "welcome\ndata\nbye\n"; stdout.String() != want {
		t.Errorf("stdout %q, want %q", stdout.String(), want)
	}
	if want := "load 0.1\nnote\ngone\n"; stderr.String() != want {
		t.Errorf("stderr %q, want %q", stderr.String(), want)
	}
}

func TestExec_signalIsReported(t *testing.T) {
	t.Parallel()
	key, users := account(t)
	server := start(t, Options{Users: users})
	err := openSession(t, dial(t, server, key)).Run("kill -KILL $$")
	var exit *ssh.ExitError
	if !errors.As(err, &exit) || exit.Signal() != "KILL" {
		t.Errorf("error %v, want signal KILL", err)
	}
}

func TestExec_accountShellIsUsed(t *testing.T) {
	t.Parallel()
	key, users := account(t)
	odd := users["gnss"]
	odd.Shell = "/bin/echo"
	users["gnss"] = odd
	server := start(t, Options{Users: users})
	output, err := openSession(t, dial(t, server, key)).Output("some command")
	if err != nil || string(output) != "-c some command\n" {
		t.Errorf("output %q, %v; want the shell's arguments", output, err)
	}
}

func TestShell_readsCommandsFromStdin(t *testing.T) {
	t.Parallel()
	key, users := account(t)
	server := start(t, Options{Users: users})
	session := openSession(t, dial(t, server, key))
	var stdout bytes.Buffer
	session.Stdout = &stdout
	session.Stdin = strings.NewReader("echo one\necho two\n")
	if err := session.Shell(); err != nil {
		t.Fatal(err)
	}
	if err := session.Wait(); err != nil || stdout.String() != "one\ntwo\n" {
		t.Errorf("output %q, %v; want two lines", stdout.String(), err)
	}
}

func TestSessionRequests_terminalAndAgentAreRefusedAndCounted(t *testing.T) {
	t.Parallel()
	key, users := account(t)
	server := start(t, Options{Users: users})
	session := openSession(t, dial(t, server, key))
	if err := session.RequestPty("xterm", 24, 80, nil); err == nil {
		t.Error("a terminal was granted, want it refused")
	}
	if granted, err := session.SendRequest("auth-agent-req@openssh.com", true, nil); granted || err != nil {
		t.Errorf("agent forwarding: %v, %v; want it refused", granted, err)
	}
	want := map[string]int{"pty-req": 1, "auth-agent-req@openssh.com": 1}
	if diff := cmp.Diff(want, server.Counters().ChannelRequests); diff != "" {
		t.Errorf("requests differ (-want +got):\n%s", diff)
	}
}

func TestMaxSessions_eleventhIsRefused(t *testing.T) {
	t.Parallel()
	key, users := account(t)
	server := start(t, Options{Users: users})
	client := dial(t, server, key)
	for range 10 {
		openSession(t, client)
	}
	_, err := client.NewSession()
	var refused *ssh.OpenChannelError
	if !errors.As(err, &refused) || refused.Reason != ssh.ConnectionFailed || refused.Message != "open failed" {
		t.Errorf("eleventh session: %v, want sshd's refusal", err)
	}
	openSession(t, dial(t, server, key)) // the limit is for each connection
	counters := server.Counters()
	if counters.PeakSessions != 11 || counters.PeakSessionsPerConnection != 10 || counters.ChannelsRefused["session"] != 1 {
		t.Errorf("peak %d, per connection %d, refused %d; want 11, 10, 1", counters.PeakSessions,
			counters.PeakSessionsPerConnection, counters.ChannelsRefused["session"])
	}
}

func TestExec_statusDoesNotWaitForBackgroundChildren(t *testing.T) {
	t.Parallel()
	key, users := account(t)
	server := start(t, Options{Users: users})
	channel, requests, err := dial(t, server, key).OpenChannel("session", nil)
	if err != nil {
		t.Fatal(err)
	}
	command := ssh.Marshal(struct{ Text string }{"sleep 1000 & exit 4"})
	if accepted, err := channel.SendRequest("exec", true, command); err != nil || !accepted {
		t.Fatalf("exec: %v, %v", accepted, err)
	}
	request := <-requests
	if request == nil || request.Type != "exit-status" || !bytes.Equal(request.Payload, []byte{0, 0, 0, 4}) {
		t.Errorf("got %+v, want exit status 4", request)
	}
	select {
	case another, open := <-requests:
		t.Errorf("got %+v (open %v), want the channel open while a child holds the output", another, open)
	case <-time.After(50 * time.Millisecond):
	}
}
