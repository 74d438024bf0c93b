package placement

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/bootstrap"
	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

// tenants are hosts of several resources on one machine, which share one file.
func tenants(shared File, names ...string) map[string]Host {
	hosts := map[string]Host{}
	for _, name := range names {
		host := refreshing(shared)
		host.Profile, host.Slug, host.Credential.Secret = name, name, settings.NewSecret(token+name)
		host.Credential.Recognises = func(found string) bool { return found == token+name }
		if shared.Kind == Compose {
			host.Files[0].Services = []string{name}
		}
		hosts[name] = host
	}
	return hosts
}

// While any resource's token is in a file, nobody else may read it, in
// whatever order they come and go; then the former mode is back.
func TestRemove_sharedFileStaysClosedUntilTheLastTokenGoes(t *testing.T) {
	t.Parallel()
	orders := [][]string{{"a", "b", "c"}, {"a", "c", "b"}, {"b", "a", "c"}, {"b", "c", "a"}, {"c", "a", "b"}, {"c", "b", "a"}}
	for name, shared := range map[string]struct {
		file    File
		content string
		mode    fs.FileMode
	}{
		"config.toml":            {configFile, "# theirs\n[profile.x]\n", 0o644},
		"no final newline":       {configFile, "[profile.x]", 0o664},
		"a login of the user's":  {configFile, "[profile.x]\noauth2.refresh_token = \"v1.theirs\"\n", 0o644},
		"compose":                {composed, "services:\n  a:\n    image: x\n  b:\n    image: x\n", 0o640},
		"closed before":          {configFile, "# theirs\n", 0o600},
		"open to nobody at all":  {configFile, "# theirs\n", 0o400},
		"settings for one alone": {configFile, "# theirs\n", 0o644},
		"a new config.toml":      {configFile, "", 0},
		"a new Compose file":     {composed, "", 0},
	} {
		for _, come := range orders {
			for _, go_ := range orders {
				t.Run(fmt.Sprintf("%s, %v, %v", name, come, go_), func(t *testing.T) {
					t.Parallel()
					m := newMachine(t, nil)
					if shared.mode != 0 {
						m.write(shared.file.Path, shared.content, shared.mode)
					}
					before := m.snapshot()
					hosts, ledgers := tenants(shared.file, "a", "b", "c"), map[string]Ledger{}
					if name == "settings for one alone" {
						host := hosts["b"]
						host.Files = []File{withoutToken(shared.file)}
						host.Settings = []bootstrap.Setting{{Key: "http.timeout_read", Value: "7"}}
						hosts["b"] = host
					}
					for _, who := range come {
						ledgers[who] = m.must(hosts[who].Apply(Ledger{}, now))
						mustBeClosed(t, m, shared.file.Path)
					}
					for _, who := range go_ {
						m.must(ledgers[who].Remove())
						delete(ledgers, who)
						mustBeClosed(t, m, shared.file.Path)
						for other, ledger := range ledgers {
							if got := hosts[other].Inspect(hosts[other].Files[0], ledger.Files[shared.file.Path], m.state(shared.file.Path), now); got != InSync {
								t.Errorf("without %s, %s is %q", who, other, got)
							}
						}
					}
					m.mustBe(before)
				})
			}
		}
	}
}

func mustBeClosed(t *testing.T, m *machine, at string) {
	t.Helper()
	if strings.Contains(m.content[at], token) && m.modes[at]&0o077 != 0 {
		t.Errorf("%s holds a token and has mode %04o", at, m.modes[at])
	}
}

// A resource that takes its token out of a shared file does not open it for
// the other's.
func TestApply_tokenLeavesASharedFile(t *testing.T) {
	t.Parallel()
	m := newMachine(t, map[string]string{ConfigPath: "# theirs\n"})
	before := m.snapshot()
	hosts := tenants(configFile, "a", "b")
	a, b := m.must(hosts["a"].Apply(Ledger{}, now)), m.must(hosts["b"].Apply(Ledger{}, now))
	without := hosts["a"]
	without.Files = []File{withoutToken(configFile)}
	a = m.must(without.Apply(a, now))
	mustBeClosed(t, m, ConfigPath)
	if !strings.Contains(m.content[ConfigPath], token+"b") || strings.Contains(m.content[ConfigPath], token+"a") {
		t.Errorf("the file is %q", m.content[ConfigPath])
	}
	m.must(b.Remove())
	m.must(a.Remove())
	m.mustBe(before)
}

// The owner and the group that a file had come back, as its mode does.
func TestApply_formerOwnerAndGroupComeBack(t *testing.T) {
	t.Parallel()
	owned := func(f File, owner, group string) File { f.Owner, f.Group = owner, group; return f }
	for name, next := range map[string][]File{
		"destroyed":        nil,
		"no longer wanted": {withoutToken(configFile)},
		"another one":      {owned(configFile, "ann", "users")},
		"a repair":         {owned(configFile, "gnss", "lab")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t, map[string]string{ConfigPath: "# theirs\n"})
			before := m.snapshot()
			host := refreshing(owned(configFile, "gnss", "lab"))
			ledger := m.must(host.Apply(Ledger{}, now))
			if got := m.owners[ConfigPath]; got != "gnss:lab" {
				t.Fatalf("the owner is %s", got)
			}
			if next != nil {
				m.owners[ConfigPath] = "somebody:else"
				host.Files = next
				ledger = m.must(host.Apply(ledger, now))
			}
			if name == "no longer wanted" && m.owners[ConfigPath] != "1000:1000" {
				t.Errorf("the owner is %s", m.owners[ConfigPath])
			}
			m.must(ledger.Remove())
			m.mustBe(before)
		})
	}
}

// A file that was made here has no former owner.
func TestApply_ownerOfANewFile(t *testing.T) {
	t.Parallel()
	m := newMachine(t, nil)
	before := m.snapshot()
	f := tokensFile
	f.Owner = "gnss"
	ledger := m.must(refreshing(f).Apply(Ledger{}, now))
	if entry := ledger.Files[tokensPath]; entry.FormerOwner != "" || entry.FormerGroup != "" || m.owners[tokensPath] != "gnss:1000" {
		t.Errorf("the ledger has %q and %q, the file %s", entry.FormerOwner, entry.FormerGroup, m.owners[tokensPath])
	}
	m.must(ledger.Remove())
	m.mustBe(before)
}

// Somebody else has logged in on the host since: that login is theirs.
func TestRemove_loginOfSomebodyElseStays(t *testing.T) {
	t.Parallel()
	theirs := func(subject, client, refresh string) string {
		return tokensJSON(accessToken(t, subject, client, now.Add(time.Hour), time.Hour), refresh)
	}
	for name, test := range map[string]struct {
		found string
		stays bool
	}{
		"another user":           {theirs("auth0|two", clientID, "v1.theirs"), true},
		"another client":         {theirs(subject, "machine", "v1.theirs"), true},
		"a successor":            {theirs(subject, clientID, successor), false},
		"what was pushed":        {tokensJSON("opaque", token), false},
		"an unreadable login":    {`{"refresh_token":"v1.x"}`, false},
		"no JSON":                {"{", false},
		"the very token, theirs": {theirs("auth0|two", clientID, token), false},
	} {
		for way, leave := range map[string]func(*machine, Host, Ledger){
			"destroyed": func(m *machine, _ Host, l Ledger) { m.must(l.Remove()) },
			"no longer placed": func(m *machine, h Host, l Ledger) {
				h.Files = []File{withoutToken(configFile)}
				m.must(m.must(h.Apply(l, now)).Remove())
			},
		} {
			t.Run(name+", "+way, func(t *testing.T) {
				t.Parallel()
				m := newMachine(t, nil)
				before := m.snapshot()
				host := refreshing(tokensFile)
				ledger := m.must(host.Apply(Ledger{}, now))
				m.write(tokensPath, test.found, 0o600)
				leave(m, host, ledger)
				if !test.stays {
					m.mustBe(before)
				} else if m.content[tokensPath] != test.found {
					t.Errorf("left is %q", m.content[tokensPath])
				}
			})
		}
	}
}
