package placement

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/bootstrap"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

var sites = map[string]map[string]string{
	"an empty host": {},
	"a host in use": {ConfigPath: "# ours\n[profile.x]\n", "~/a/node.env": "A=1", "~/compose.yaml": "services:\n  web:\n    image: debian\n"},
}

var holdings = map[string][]File{
	"tokens.json":         {tokensFile},
	"config.toml":         {configFile},
	"settings only":       {withoutToken(configFile), withoutToken(envFile)},
	"environment":         {envFile},
	"compose":             {composed},
	"everything":          {tokensFile, configFile, envFile, composed},
	"open to a group":     {withMode(tokensFile, 0o640), withMode(envFile, 0o660)},
	"elsewhere":           {{Path: "~/b/c/tokens.json", Kind: Tokens}},
	"shell and bootstrap": {{Path: "~/x.sh", Kind: Environment, Format: bootstrap.FormatShell, Style: bootstrap.StyleBootstrap}},
}

// What is put in is taken out, from any holding by way of any other one.
func TestApplyAndRemove_leaveTheHostAsItWas(t *testing.T) {
	t.Parallel()
	for site, content := range sites {
		for first, placed := range holdings {
			for second, next := range holdings {
				t.Run(site+", "+first+" to "+second, func(t *testing.T) {
					t.Parallel()
					m := newMachine(t, content)
					before := m.snapshot()
					host := refreshing(placed...)
					host.Settings = []bootstrap.Setting{{Key: "http.timeout_read", Value: "7"}}
					ledger := m.must(host.Apply(Ledger{}, now))
					mustBeInSync(t, m, host, ledger)
					again := host.Apply(ledger, now)
					complete := m.snapshot()
					m.must(again)
					m.mustBe(complete)
					host.Files = next
					ledger = m.must(host.Apply(ledger, now))
					mustBeInSync(t, m, host, ledger)
					m.must(ledger.Remove())
					m.mustBe(before)
				})
			}
		}
	}
}

func mustBeInSync(t *testing.T, m *machine, h Host, ledger Ledger) {
	t.Helper()
	for _, f := range h.Files {
		if got := h.Inspect(f, ledger.Files[f.Path], m.state(f.Path), now); got != InSync {
			t.Errorf("%s is %q", f.Path, got)
		}
		if h.HoldsToken(f) && !strings.Contains(m.content[f.Path], token) {
			t.Errorf("%s has no token", f.Path)
		}
	}
}

// A connection that is lost at any change, in any step: the next run brings
// everything about, and nothing is left in the end.
func TestLedger_afterALostConnection(t *testing.T) {
	t.Parallel()
	for site, content := range sites {
		for after := range 4 {
			t.Run(site, func(t *testing.T) {
				t.Parallel()
				m := newMachine(t, content)
				before := m.snapshot()
				host := refreshing(holdings["everything"]...)
				m.after = after
				ledger := m.must(host.Apply(Ledger{}, now))
				m.after = -1
				ledger = m.must(host.Apply(ledger, now))
				mustBeInSync(t, m, host, ledger)
				host.Files = []File{tokensFile}
				m.after = after
				ledger = m.must(host.Apply(ledger, now))
				m.after = -1
				ledger = m.must(host.Apply(ledger, now))
				mustBeInSync(t, m, host, ledger)
				m.after = after
				m.must(ledger.Remove())
				m.after = -1
				m.must(ledger.Remove())
				m.mustBe(before)
			})
		}
	}
}

// A repair does not take a drifted mode for the former one.
func TestApply_formerModeOutlivesARepair(t *testing.T) {
	t.Parallel()
	m := newMachine(t, sites["a host in use"])
	host := refreshing(configFile)
	ledger := m.must(host.Apply(Ledger{}, now))
	m.modes[ConfigPath] = 0o666
	if got := host.Inspect(configFile, ledger.Files[ConfigPath], m.state(ConfigPath), now); got != "mode differs: 0666" {
		t.Errorf("state = %q", got)
	}
	ledger = m.must(host.Apply(ledger, now))
	if got := m.modes[ConfigPath]; got != 0o600 {
		t.Errorf("mode = %04o, want 0600", got)
	}
	host.Files = []File{withoutToken(configFile)}
	ledger = m.must(host.Apply(ledger, now))
	if got := m.modes[ConfigPath]; got != 0o644 {
		t.Errorf("mode without a token = %04o, want 0644", got)
	}
	if entry := ledger.Files[ConfigPath]; entry.Mode != 0 || entry.FormerMode != 0 {
		t.Errorf("the ledger holds modes %04o and %04o", entry.Mode, entry.FormerMode)
	}
}

// What the host rotated stays until another lineage is pushed.
func TestApply_rotatedByTheHost(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		subject string
		replace bool
		state   string
		kept    bool
	}{
		"nothing new":           {subject: subject, state: Rotated, kept: true},
		"another login":         {subject: subject, replace: true, state: Rotated},
		"somebody else's token": {subject: "auth0|two", state: "token differs"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t, nil)
			host := refreshing(tokensFile)
			ledger := m.must(host.Apply(Ledger{}, now))
			found := tokensJSON(accessToken(t, test.subject, clientID, now, time.Hour), successor)
			m.write(tokensPath, found, 0o600)
			if got := host.Inspect(tokensFile, ledger.Files[tokensPath], m.state(tokensPath), now); got != test.state {
				t.Errorf("state = %q, want %q", got, test.state)
			}
			host.Credential.Replace = test.replace
			m.must(host.Apply(ledger, now))
			if got := m.content[tokensPath] == found; got != test.kept {
				t.Errorf("kept: %v, want %v", got, test.kept)
			}
		})
	}
}

// Somebody's login is refused, or taken over and then removed.
func TestApply_adoptsOnlyWhenAsked(t *testing.T) {
	t.Parallel()
	m := newMachine(t, map[string]string{tokensPath: tokensJSON("a", "v1.theirs")})
	before := m.snapshot()
	host := refreshing(tokensFile)
	var failure *FileError
	if _, err := m.run(host.Apply(Ledger{}, now)); !errors.Is(err, bootstrap.ErrConflict) || !errors.As(err, &failure) || failure.Path != tokensPath {
		t.Errorf("error = %v", err)
	} else if strings.Contains(err.Error(), "v1.") {
		t.Errorf("the error shows a token: %v", err)
	}
	m.mustBe(before)
	host.Adopt = true
	ledger := m.must(host.Apply(Ledger{}, now))
	m.must(ledger.Remove())
	if _, left := m.content[tokensPath]; left {
		t.Error("what was taken over is still there")
	}
	if !m.folders["~/.earthscope/default"] {
		t.Error("a folder that was there is gone")
	}
}

// A run that was killed left its own bytes: they are taken for what they are.
func TestApply_takesUpAKilledRun(t *testing.T) {
	t.Parallel()
	for name, placed := range holdings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if name == "elsewhere" || name == "environment" || name == "everything" || name == "settings only" || name == "open to a group" {
				placed = slices.Clone(placed)
				for i := range placed { // folders outside of the SDK's own are not known to be ours
					placed[i].Path = strings.NewReplacer("~/a/", "~/", "~/b/c/", "~/.earthscope/b/").Replace(placed[i].Path)
				}
			}
			m := newMachine(t, map[string]string{"~/compose.yaml": "services:\n  web:\n    image: debian\n"})
			before := m.snapshot()
			host := refreshing(placed...)
			host.Settings = []bootstrap.Setting{{Key: "http.timeout_read", Value: "7"}}
			m.must(host.Apply(Ledger{}, now))
			complete := m.snapshot()
			ledger := m.must(host.Apply(Ledger{}, now))
			m.mustBe(complete)
			m.must(ledger.Remove())
			if name == "compose" || name == "everything" {
				m.modes["~/compose.yaml"] = 0o644 // its former mode was lost with the state
			}
			m.mustBe(before)
		})
	}
}

func TestEdit_refusesOneFileUnderTwoNames(t *testing.T) {
	t.Parallel()
	m := newMachine(t, nil)
	host := refreshing(tokensFile, File{Path: "/home/geo/.earthscope/default/tokens.json", Kind: Tokens})
	work := host.Apply(Ledger{}, now)
	var states []files.State
	for _, at := range work.Paths {
		state := m.state(at)
		state.ResolvedPath = "/home/geo/.earthscope/default/tokens.json"
		states = append(states, state)
	}
	if _, err := work.Edit(states); !errors.Is(err, ErrSameFile) {
		t.Errorf("error = %v", err)
	}
}

// A file that can't be read stops everything before it begins.
func TestApply_unreadableFile(t *testing.T) {
	t.Parallel()
	m := newMachine(t, nil)
	m.broken[ConfigPath] = &files.Error{Path: ConfigPath, Reason: files.NotRegular}
	before := m.snapshot()
	host := refreshing(tokensFile, configFile)
	var failure *FileError
	if _, err := m.run(host.Apply(Ledger{}, now)); !errors.As(err, &failure) || failure.Path != ConfigPath {
		t.Errorf("error = %v", err)
	}
	m.mustBe(before)
	if got := host.Inspect(configFile, Entry{}, m.state(ConfigPath), now); got != "unreadable: not a regular file" {
		t.Errorf("state = %q", got)
	}
}

// Two resources share config.toml: whichever goes last takes the file and the
// folder along.
func TestRemove_sharedConfig(t *testing.T) {
	t.Parallel()
	for _, order := range [][]int{{0, 1}, {1, 0}} {
		m := newMachine(t, nil)
		before := m.snapshot()
		var ledgers []Ledger
		for _, profile := range []string{"one", "two"} {
			host := refreshing(File{Path: TokensPath(profile), Kind: Tokens}, withoutToken(configFile))
			host.Profile, host.Slug, host.Credential.Secret = profile, profile, settings.NewSecret(token)
			ledgers = append(ledgers, m.must(host.Apply(Ledger{}, now)))
		}
		for _, i := range order {
			m.must(ledgers[i].Remove())
		}
		m.mustBe(before)
	}
}
