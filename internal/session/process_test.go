package session_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// getToken is what this test binary does when it is run as a process of its
// own: get a token as the provider would and print its fingerprint.
func getToken(args []string) int {
	loaded, _, err := settings.Load(settings.Request{Environ: os.Environ()})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	options := session.Options{Settings: loaded, Persist: true, Environ: os.Environ()}
	if slices.Contains(args, "log") {
		options.Log = slog.New(slog.NewTextHandler(os.Stdout, nil))
	}
	if !slices.Contains(args, "in-process") {
		executable, err := os.Executable()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		options.Detach = []string{executable, "finish-refresh"}
	}
	opened, err := session.New(options)
	if err == nil {
		var token session.Token
		if token, err = opened.Token(context.Background(), 0); err == nil {
			fmt.Println(session.Fingerprint(token.AccessToken.Reveal()))
			return 0
		}
	}
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// process prepares a run of getToken in this world's home. The real clock is
// used on both sides.
func (w *world) process(env []string, args ...string) (*exec.Cmd, *bytes.Buffer) {
	w.t.Helper()
	executable, err := os.Executable()
	if err != nil {
		w.t.Fatal(err)
	}
	command := exec.Command(executable, append([]string{"get-token"}, args...)...)
	command.Env = append([]string{"HOME=" + w.home, "USERPROFILE=" + w.home, "ES_OAUTH2__DOMAIN=" + w.server.URL()}, env...)
	output := &bytes.Buffer{}
	command.Stdout, command.Stderr = output, output
	return command, output
}

func realTime(options identity.Options) identity.Options {
	options.Now = time.Now
	return options
}

func TestProcesses_eightAtOnceMakeOneRequest(t *testing.T) {
	t.Parallel()
	for _, rotating := range []bool{false, true} {
		w := newWorld(t, realTime(identity.Options{Rotating: rotating}))
		set := w.login()
		var commands []*exec.Cmd
		var outputs []*bytes.Buffer
		for range 8 {
			command, output := w.process(envToken(set).env)
			if err := command.Start(); err != nil {
				t.Fatal(err)
			}
			commands, outputs = append(commands, command), append(outputs, output)
		}
		for i, command := range commands {
			if err := command.Wait(); err != nil {
				t.Errorf("process %d: %v: %s", i, err, outputs[i])
			}
			if outputs[i].String() != outputs[0].String() {
				t.Errorf("process %d got another token", i)
			}
			w.clean(outputs[i].String())
		}
		w.requests(1)
		w.neverTwice()
	}
}

func TestProcesses_eightWithARevokedTokenMakeOneRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, realTime(identity.Options{}))
	set := w.login()
	w.server.RevokeRefreshToken(set.RefreshToken)
	var commands []*exec.Cmd
	for range 8 {
		command, _ := w.process(envToken(set).env)
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		commands = append(commands, command)
	}
	for _, command := range commands {
		if err := command.Wait(); err == nil {
			t.Error("a revoked token gave a token")
		}
	}
	w.requests(1)
}

// Killing the run between the server's answer and the write must not lose the
// new token, even where the server grants no leeway.
func TestProcesses_killedWhileTheServerAnswers(t *testing.T) {
	t.Parallel()
	if !canKillGroups {
		t.Skip("process groups cannot be killed on this system")
	}
	for range 5 {
		w := newWorld(t, realTime(identity.Options{Rotating: true}))
		set := w.login()
		reached, release := make(chan struct{}), make(chan struct{})
		fault(t, w.server, identity.Fault{
			Kind: identity.FaultSlow, AfterProcessing: true, Release: release, Reached: func() { close(reached) },
		})
		command, output := w.process(envToken(set).env)
		inOwnGroup(command)
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		<-reached // the server has rotated the token
		if err := killGroup(command); err != nil {
			t.Fatal(err)
		}
		if err := command.Wait(); err == nil {
			t.Fatalf("the process was not killed: %s", output)
		}
		close(release)
		next, output := w.process(envToken(set).env)
		if err := next.Run(); err != nil {
			t.Errorf("the next run: %v: %s", err, output)
		}
		w.requests(1)
		w.neverTwice()
	}
}

// Without a process of its own the session survives where the server grants
// leeway, whenever the run is killed.
func TestProcesses_killedInProcessWithLeeway(t *testing.T) {
	t.Parallel()
	if !canKillGroups {
		t.Skip("process groups cannot be killed on this system")
	}
	for _, after := range []bool{false, true} {
		w := newWorld(t, realTime(identity.Options{Rotating: true, Leeway: time.Minute}))
		set := w.login()
		w.writeLogin("default", identity.TokenSet{RefreshToken: set.RefreshToken})
		reached := make(chan struct{})
		fault(t, w.server, identity.Fault{Kind: identity.FaultSlow, AfterProcessing: after, Reached: func() { close(reached) }})
		command, _ := w.process(nil, "in-process")
		inOwnGroup(command)
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		<-reached
		if err := killGroup(command); err != nil {
			t.Fatal(err)
		}
		_ = command.Wait()
		next, output := w.process(nil, "in-process")
		if err := next.Run(); err != nil {
			t.Errorf("the next run: %v: %s", err, output)
		}
		w.requests(2)
	}
}

// Ctrl-C during a refresh: the run ends at once and says what goes on, the
// process that refreshes goes on and saves.
func TestDetach_cancelledRunSaysWhatGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, realTime(identity.Options{Rotating: true}))
	pinned := envToken(w.login())
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	release := make(chan struct{})
	ctx, cancel := contextCancelled(t)
	fault(t, w.server, identity.Fault{Kind: identity.FaultSlow, AfterProcessing: true, Release: release, Reached: cancel})
	options := w.options(pinned)
	options.Now, options.Sleep, options.Detach = nil, nil, []string{executable, "finish-refresh"}
	opened, err := session.New(options)
	if err != nil {
		t.Fatal(err)
	}
	_, err = opened.Token(ctx, 0)
	if got := w.checkError(err, session.KindInterrupted).Detail; !strings.Contains(got, "saves what it gets") || strings.Contains(got, "Nothing was spent") {
		t.Errorf("detail = %q", got)
	}
	close(release)
	command, output := w.process(pinned.env)
	if err := command.Run(); err != nil {
		t.Errorf("the next run: %v: %s", err, output)
	}
	w.requests(1)
	w.neverTwice()
}

func TestFinishRefresh_withoutAJob(t *testing.T) {
	t.Parallel()
	var output bytes.Buffer
	err := session.FinishRefresh(t.Context(), strings.NewReader("refresh_token=v1.secret"), &output, nil)
	if err == nil || strings.Contains(err.Error(), "v1.secret") || output.Len() != 0 {
		t.Errorf("error = %v, output = %q", err, &output)
	}
}

// The job goes over standard input: nothing secret is in the arguments or the
// environment of the process.
func TestDetach_processListIsClean(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/proc/self/cmdline"); err != nil {
		t.Skip("no /proc on this system")
	}
	w := newWorld(t, realTime(identity.Options{Rotating: true}))
	set := w.login()
	seen := make(chan string, 1)
	fault(t, w.server, identity.Fault{Kind: identity.FaultSkewedDate, Reached: func() { seen <- processList("finish-refresh") }})
	command, output := w.process(envToken(set).env, "log")
	if err := command.Run(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	if !strings.Contains(output.String(), "asked the identity server for an access token") {
		t.Errorf("what the process did is not logged: %s", output)
	}
	w.clean(output.String())
	list := <-seen
	if !strings.Contains(list, "finish-refresh") {
		t.Fatal("the refresh did not run in a process of its own")
	}
	w.clean(list)
}

// processList returns the arguments and environment of every process whose
// arguments contain marker.
func processList(marker string) string {
	var list strings.Builder
	entries, _ := os.ReadDir("/proc")
	for _, entry := range entries {
		arguments, err := os.ReadFile("/proc/" + entry.Name() + "/cmdline")
		if err != nil || !bytes.Contains(arguments, []byte(marker)) {
			continue
		}
		environment, _ := os.ReadFile("/proc/" + entry.Name() + "/environ")
		list.Write(arguments)
		list.Write(environment)
	}
	return list.String()
}
