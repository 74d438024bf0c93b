package command_test

import (
	"strings"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/command"
	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
)

// names are all helper commands, in the order of the help.
var names = []string{"token", "credential-process", "refresh", "login", "logout", "doctor"}

// flags are those of each command; every command has the shared ones too.
var flags = map[string][]string{
	"token":              {"min-ttl life"},
	"credential-process": {"role name", "network network", "year year", "parameter NAME=VALUE"},
	"refresh":            {},
	"login":              {"revoke-previous "},
	"logout":             {"revoke "},
	"doctor":             {"all "},
}

var sharedFlags = []string{"profile name", "config-dir folder", "ca-cert-file file"}

func TestList_namesEveryCommand(t *testing.T) {
	t.Parallel()
	list := command.List()
	if got := strings.Count(list, "\n"); got != len(names) {
		t.Errorf("%d lines, want %d:\n%s", got, len(names), list)
	}
	last := -1
	for _, name := range names {
		at := strings.Index(list, "    "+name+" ")
		if at <= last {
			t.Errorf("%s is missing or out of order in:\n%s", name, list)
		}
		last = at
		if !command.Known(name) {
			t.Errorf("%s is not known", name)
		}
	}
	for _, name := range []string{"", "Token", "tokens", "--help", "finish-refresh"} {
		if command.Known(name) {
			t.Errorf("%q is taken for a command", name)
		}
	}
}

// Help is a result: on standard output, with status 0, and with every flag.
func TestRun_help(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	for _, name := range names {
		for _, ask := range []string{"--help", "-help", "-h"} {
			out, stderr := p.run(0, name, ask)
			contains(t, out, "Usage: terraform-provider-earthscope "+name+" ", "Exit status: 0 done, 1 failed", "ES_* variables, config.toml, tokens.json")
			for _, flag := range append(flags[name], sharedFlags...) {
				contains(t, out, "    --"+flag)
			}
			if want := len(flags[name]) + len(sharedFlags); strings.Count(out, "\n    --") != want {
				t.Errorf("%s has other flags than these %d:\n%s", name, want, out)
			}
			if stderr != "" {
				t.Errorf("%s %s: stderr %q", name, ask, stderr)
			}
			for line := range strings.Lines(out) {
				if len(strings.TrimSpace(line)) > 160 {
					t.Errorf("%s: a line of %d characters", name, len(line))
				}
			}
		}
	}
	if n := len(p.server.RequestLog()); n != 0 {
		t.Errorf("help made %d requests", n)
	}
}

// Wrong arguments: status 2, nothing on standard output, a line that names the
// command and its help, and no request.
func TestRun_wrongArguments(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	p.login()
	for _, test := range []struct {
		arguments []string
		want      string
	}{
		{[]string{"token", "--min-ttl", "soon"}, "invalid value"},
		{[]string{"token", "--min-ttl", "-1s"}, "--min-ttl can't be negative"},
		{[]string{"token", "--min-ttl"}, "flag needs an argument"},
		{[]string{"token", "more"}, `unexpected argument "more"`},
		{[]string{"token", "--", "more"}, `unexpected argument "more"`},
		{[]string{"token", "--frob"}, "flag provided but not defined"},
		{[]string{"refresh", "--min-ttl", "1h"}, "flag provided but not defined"},
		{[]string{"refresh", "default"}, `unexpected argument "default"`},
		{[]string{"login", "--revoke-previous=maybe"}, "invalid boolean value"},
		{[]string{"logout", "--revoke=maybe"}, "invalid boolean value"},
		{[]string{"logout", "everything"}, `unexpected argument "everything"`},
		{[]string{"doctor", "--plaintext"}, "flag provided but not defined"},
		{[]string{"credential-process"}, "--role is missing"},
		{[]string{"credential-process", "s3-miniseed-v2"}, `unexpected argument "s3-miniseed-v2"`},
		{[]string{"credential-process", "--role", "r", "--network", "nonsense!"}, "--network"},
		{[]string{"credential-process", "--role", "r", "--network", "FDSN:XA"}, "add --year"},
		{[]string{"credential-process", "--role", "r", "--network", "FDSN:7D"}, "add --year"},
		{[]string{"credential-process", "--role", "r", "--year", "late"}, "invalid value"},
		{[]string{"credential-process", "--role", "r", "--parameter", "novalue"}, "NAME=VALUE"},
		{[]string{"credential-process", "--role", "r", "--parameter", "=v"}, "NAME=VALUE"},
		{[]string{"credential-process", "--role", "r", "--parameter", "network=FDSN:IU"}, "flags of their own"},
		{[]string{"credential-process", "--role", "r", "--parameter", "year=2024"}, "flags of their own"},
	} {
		out, stderr := p.run(2, test.arguments...)
		contains(t, stderr, test.want, `run "terraform-provider-earthscope `+test.arguments[0]+` --help"`)
		if !strings.HasPrefix(stderr, test.arguments[0]+": ") || strings.Count(stderr, "\n") != 1 || out != "" {
			t.Errorf("%v: stdout %q, stderr %q", test.arguments, out, stderr)
		}
	}
	out, stderr := p.run(2, "frob")
	if out != "" || stderr != "unknown command \"frob\"; run with --help\n" {
		t.Errorf("stdout %q, stderr %q", out, stderr)
	}
	if n := len(p.server.RequestLog()); n != 0 {
		t.Errorf("wrong arguments made %d requests", n)
	}
}

// Settings that can't be used stop every command, and the value, which may be a
// secret in the wrong place, is not repeated.
func TestRun_unusableSettings(t *testing.T) {
	t.Parallel()
	p := newPlace(t, identity.Options{})
	p.environ = append(p.environ, "ES_HTTP__TIMEOUT_READ=made-up-secret")
	for _, arguments := range [][]string{{"token"}, {"refresh"}, {"login"}, {"logout"}, {"logout", "--revoke"}, {"credential-process", "--role", "r"}} {
		out, stderr := p.run(1, arguments...)
		contains(t, stderr, "Error: Invalid EarthScope Setting. http.timeout_read, set by environment variable ES_HTTP__TIMEOUT_READ, is no duration.")
		if out != "" || strings.Contains(stderr, "made-up-secret") {
			t.Errorf("%v: stdout %q, stderr %q", arguments, out, stderr)
		}
	}
	out, stderr := p.run(1, "doctor")
	contains(t, out, "  ! Invalid EarthScope Setting. http.timeout_read")
	if stderr != "" || strings.Contains(out, "made-up-secret") {
		t.Errorf("doctor: stdout %q, stderr %q", out, stderr)
	}
}
