//go:build unix

package terraform_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/sshserver"
)

// stopper stops a host's commands at a named moment, such as "before mv 2":
// before the second rename since it was set.
type stopper struct {
	t      *testing.T
	folder string
}

// What the host's tools become: each counts its calls and stops where it is
// told to, saying so through one pipe and waiting at another.
const stoppingTool = `#!/bin/sh
cd '@FOLDER@' || exit 1
read -r moment <moment
case $moment in *' @NAME@ '*) ;; *) cd / && exec '@PROGRAM@' "$@";; esac
read -r calls <calls
calls=$((calls+1))
echo "$calls" >calls
stop() { [ "$moment" != "$1 @NAME@ $calls" ] || { echo reached >reached; read -r go <release; }; }
stop before
'@PROGRAM@' "$@"
status=$?
stop after
exit $status
`

func newStopper(t *testing.T) *stopper {
	t.Helper()
	s := &stopper{t: t, folder: t.TempDir()}
	for _, pipe := range []string{"reached", "release"} {
		if err := syscall.Mkfifo(filepath.Join(s.folder, pipe), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.set("never")
	return s
}

// set says where to stop from now on.
func (s *stopper) set(moment string) {
	s.t.Helper()
	for name, text := range map[string]string{"moment": moment + "\n", "calls": "0\n"} {
		if err := os.WriteFile(filepath.Join(s.folder, name), []byte(text), 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
}

// tools are those that a transaction on a host uses where it matters, and the
// command that verifies it.
func (s *stopper) tools() map[string]string {
	s.t.Helper()
	tools := map[string]string{}
	for name, program := range map[string]string{"mktemp": "mktemp", "chmod": "chmod", "mv": "mv", "rm": "rm", "verify": "true"} {
		path, err := exec.LookPath(program)
		if err != nil {
			s.t.Fatal(err)
		}
		tools[name] = strings.NewReplacer("@FOLDER@", s.folder, "@NAME@", name, "@PROGRAM@", path).Replace(stoppingTool)
	}
	return tools
}

// reached tells when a command stops.
func (s *stopper) reached() <-chan string {
	said := make(chan string, 1)
	go func() {
		data, _ := os.ReadFile(filepath.Join(s.folder, "reached"))
		said <- strings.TrimSpace(string(data))
	}()
	return said
}

// write puts a line into a pipe without waiting for its reader.
func (s *stopper) write(pipe, line string) {
	s.t.Helper()
	file, err := os.OpenFile(filepath.Join(s.folder, pipe), os.O_RDWR, 0)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := file.WriteString(line + "\n"); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = file.Close() })
}

// killAt runs terraform, kills it and its providers at a moment of the work on
// the host, and lets the host go on.
func (l *hostsLab) killAt(s *stopper, w *workspace, moment string, arguments ...string) {
	l.t.Helper()
	s.set(moment)
	reached := s.reached()
	command, output := w.command(arguments...)
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := command.Start(); err != nil {
		l.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	select {
	case <-reached:
	case err := <-ended:
		s.write("reached", "never") // ends the goroutine that waits
		l.t.Fatalf("terraform %s never came to %q: %v\n%s", arguments[0], moment, err, output)
	}
	killAll(l.t, command)
	<-ended
	s.set("never")
	s.write("release", "go")
	if err := l.fleet.Hosts[0].WaitIdle(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
	l.clean("the output of terraform "+arguments[0], output.Bytes())
}

// Killing terraform at any moment of a create, an update or a destroy: the
// next apply converges, and a destroy leaves nothing.
func TestHostsKill_nextApplyConverges(t *testing.T) {
	t.Parallel()
	for operation, moments := range map[string][]string{
		"create":  {"before mktemp 1", "after mktemp 2", "before mv 1", "after mv 1", "after mv 2", "after verify 1"},
		"update":  {"before mv 1", "after mv 1"},
		"destroy": {"before mv 1", "after mv 1", "before rm 1", "after rm 1"},
	} {
		for _, moment := range moments {
			t.Run(operation+", "+moment, func(t *testing.T) {
				t.Parallel()
				s := newStopper(t)
				l := newHostsLab(t, 1, func(name string, o *sshserver.Options) {
					if name == "node1" {
						o.Tools = s.tools()
					}
				})
				l.env = append(l.env, "TF_VAR_verify_command=verify")
				w := l.workspace(hostsConfiguration)
				if operation != "create" {
					w.must("apply", "-auto-approve")
				}
				if operation == "update" {
					l.tokens["node1"] = l.login().RefreshToken
					l.env = append(l.env, "TF_VAR_tokens="+asJSON(t, l.tokens))
				}
				verb := "apply"
				if operation == "destroy" {
					verb = "destroy"
				}
				l.killAt(s, w, moment, verb, "-auto-approve")

				w.must("apply", "-auto-approve")
				l.bootstrapped(0)
				if output, status := w.run("plan", "-detailed-exitcode"); status != 0 {
					t.Errorf("a plan after that has changes (exit status %d):\n%s", status, output)
				}
				w.must("destroy", "-auto-approve")
				l.asBefore()
			})
		}
	}
}

// newStoppingLab is a lab with one host whose tools stop where they are told.
func newStoppingLab(t *testing.T) (*stopper, *hostsLab) {
	t.Helper()
	s := newStopper(t)
	l := newHostsLab(t, 1, func(name string, o *sshserver.Options) {
		if name == "node1" {
			o.Tools = s.tools()
		}
	})
	l.env = append(l.env, "TF_VAR_verify_command=verify")
	return s, l
}

// keepsRenewed asserts that the successor which only the host knows is there,
// and that no spent token was sent.
func (l *hostsLab) keepsRenewed(renewed string) {
	l.t.Helper()
	if !strings.Contains(l.homes()[0][hostTokens], renewed) {
		l.t.Error("the successor on the host was overwritten")
	}
	if spent := l.server.SpentTwice(); len(spent) != 0 {
		l.t.Errorf("tokens sent after they had a successor: %v", spent)
	}
}

// Killed while the host verifies, whose SDK has spent the token meanwhile and
// holds a successor that nobody else knows. The next run recognises the work
// of the killed one by its note, leaves the successor alone, and a destroy
// leaves nothing.
func TestHostsKill_whileTheHostRenewsItsToken(t *testing.T) {
	t.Parallel()
	for _, operation := range []string{"create", "update"} {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			s, l := newStoppingLab(t)
			w := l.workspace(hostsConfiguration)
			if operation == "update" {
				w.must("apply", "-auto-approve")
				l.tokens["node1"] = l.login().RefreshToken
				l.env = append(l.env, "TF_VAR_tokens="+asJSON(t, l.tokens))
			}
			l.killAt(s, w, "after verify 1", "apply", "-auto-approve")
			renewed := l.renew(0)
			w.must("apply", "-auto-approve")
			l.keepsRenewed(renewed)
			if output, status := w.run("plan", "-detailed-exitcode"); status != 0 {
				t.Errorf("a plan after that has changes (exit status %d):\n%s", status, output)
			}
			l.keepsRenewed(renewed)
			w.must("destroy", "-auto-approve")
			l.asBefore()
			if notes, err := os.ReadDir(filepath.Join(l.home, ".earthscope", ".terraform-hosts")); len(notes) != 0 {
				t.Errorf("%d notes are left (%v)", len(notes), err)
			}
		})
	}
}

// A killed update that put a file on the host, followed by a destroy: nothing
// is orphaned.
func TestHostsKill_destroyAfterAKilledUpdate(t *testing.T) {
	t.Parallel()
	s, l := newStoppingLab(t)
	w := l.workspace(hostsConfiguration)
	w.must("apply", "-auto-approve")
	l.env = append(l.env, `TF_VAR_environment_files={"~/new/node.env":{}}`)
	l.killAt(s, w, "after verify 1", "apply", "-auto-approve")
	if _, err := os.Stat(filepath.Join(l.homeOf(0), "new", "node.env")); err != nil {
		t.Fatalf("the update was killed before it wrote: %v", err)
	}
	w.must("destroy", "-auto-approve")
	l.asBefore()
}

// The same where the killed run's note is gone, as on a runner without a
// lasting home: the successor must not be overwritten with the spent token.
func TestHostsKill_withoutANoteNothingIsOverwritten(t *testing.T) {
	t.Parallel()
	s, l := newStoppingLab(t)
	w := l.workspace(hostsConfiguration)
	l.killAt(s, w, "after verify 1", "apply", "-auto-approve")
	renewed := l.renew(0)
	if err := os.RemoveAll(filepath.Join(l.home, ".earthscope")); err != nil {
		t.Fatal(err)
	}

	output, status := w.run("apply", "-auto-approve")
	if status != 1 || !strings.Contains(output, "Already There With Another Value") {
		t.Errorf("exit status %d, want 1: nobody can tell whose login that is\n%s", status, output)
	}
	l.keepsRenewed(renewed)

	// The way out: a new login, which takes the host over.
	l.tokens["node1"] = l.login().RefreshToken
	l.env = append(l.env, "TF_VAR_tokens="+asJSON(t, l.tokens), "TF_VAR_adopt=true")
	w.must("apply", "-auto-approve")
	l.bootstrapped(0)
	w.must("destroy", "-auto-approve")
	// The folder that the killed run made stays: no state tells that it was ours.
	_ = os.Remove(filepath.Join(l.homeOf(0), filepath.Dir(hostTokens)))
	l.asBefore()
}

// renew does what a host's SDK does: it spends the host's refresh token and
// saves the answer. It returns the successor.
func (l *hostsLab) renew(number int) string {
	l.t.Helper()
	name := fmt.Sprintf("node%d", number+1)
	set := l.exchange(l.tokens[name])
	writeHost(l.t, l.homeOf(number), hostTokens, string(set.TokensFile()), 0o600)
	l.secret = append(l.secret, set.RefreshToken, set.AccessToken)
	return set.RefreshToken
}
