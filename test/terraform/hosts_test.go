package terraform_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The life of two hosts behind a bastion at TRACE: one connection to each
// machine per apply, and no secret in state, plans, log, output or on a
// command line of a host: neither tokens nor the SSH key, its passphrase or the
// password.
func TestHosts_noSecretAnywhere(t *testing.T) {
	t.Parallel()
	l := newHostsLab(t, 2, nil)
	w := l.workspace(hostsConfiguration)
	trace := filepath.Join(t.TempDir(), "trace.log")
	l.env = append(l.env, "TF_LOG=TRACE", "TF_LOG_PATH="+trace)
	w.must("plan", "-out=saved.tfplan")
	counted := l.connections()
	w.must("apply", "saved.tfplan")
	l.oneConnectionEach(counted)
	for number := range l.fleet.Hosts {
		l.bootstrapped(number)
	}
	if output, status := w.run("plan", "-detailed-exitcode"); status != 0 {
		t.Errorf("a second plan has changes (exit status %d):\n%s", status, output)
	}
	writeHost(t, l.homeOf(0), hostTokens, `{"refresh_token":"v1.somebody-elses-token-0123456789"}`, 0o644)
	output, status := w.run("plan", "-detailed-exitcode", "-out=repair.tfplan")
	if status != 2 || !strings.Contains(output, "token differs") || strings.Contains(output, `node["node2"] will`) {
		t.Errorf("exit status %d, want 2 with the difference on node1 alone:\n%s", status, output)
	}
	w.must("apply", "repair.tfplan")
	l.bootstrapped(0)
	w.must("apply", "-refresh-only", "-auto-approve")
	w.must("show", "-json")
	w.must("destroy", "-auto-approve")
	l.asBefore()

	for _, name := range []string{"terraform.tfstate", "terraform.tfstate.backup"} {
		l.cleanFile(filepath.Join(w.folder, name))
	}
	l.cleanFile(trace)
	for _, plan := range []string{"saved.tfplan", "repair.tfplan"} {
		for name, content := range zipped(t, filepath.Join(w.folder, plan)) {
			l.clean("the plan's "+name, content)
		}
	}
	for _, machine := range append(l.fleet.Bastions, l.fleet.Hosts...) {
		for _, command := range machine.Commands() {
			l.clean("a command line on "+machine.Name(), []byte(command.Text))
		}
	}
	l.requests(0)
}

func (l *hostsLab) connections() []int {
	counts := []int{l.fleet.Bastions[0].Counters().Connections}
	for _, host := range l.fleet.Hosts {
		counts = append(counts, host.Counters().Connections)
	}
	return counts
}

func (l *hostsLab) oneConnectionEach(before []int) {
	l.t.Helper()
	for i, count := range l.connections() {
		if count-before[i] != 1 {
			l.t.Errorf("%d connections to machine %d, want 1 (0 is the bastion)", count-before[i], i)
		}
	}
}

func (l *hostsLab) cleanFile(file string) {
	l.t.Helper()
	data, err := os.ReadFile(file)
	if err != nil || len(data) == 0 {
		l.t.Fatalf("nothing to search in %s: %v", file, err)
	}
	l.clean(filepath.Base(file), data)
}

// A verification that fails and prints secrets fails the apply without them;
// what was written stays known, so that a destroy takes it out.
func TestHosts_failedVerificationShowsNoSecret(t *testing.T) {
	t.Parallel()
	l := newHostsLab(t, 1, nil)
	l.env = append(l.env, "TF_VAR_verify_command=cat ~/.earthscope/default/tokens.json; base64 ~/.earthscope/default/tokens.json; exit 7")
	w := l.workspace(hostsConfiguration)
	output, status := w.run("apply", "-auto-approve")
	if status != 1 || !strings.Contains(output, "Verification Failed") || !strings.Contains(output, "status 7") || !strings.Contains(output, "(sensitive)") {
		t.Errorf("exit status %d, want 1 with what the command printed, secrets removed:\n%s", status, output)
	}
	l.bootstrapped(0)
	w.must("destroy", "-auto-approve")
	l.asBefore()
}
