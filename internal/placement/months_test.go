package placement

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/bootstrap"
)

// months are the holdings but for the one that asks for a mode which the SDK
// takes away again at each refresh: that is drift at every plan.
func months() map[string][]File {
	held := maps.Clone(holdings)
	delete(held, "open to a group")
	return held
}

// refresh is what the host's SDK does to its home at a refresh: it writes
// tokens.json anew, and makes the folders for it.
func (m *machine) refresh(issued time.Time, refreshToken string) {
	m.t.Helper()
	m.write(tokensPath, tokensJSON(accessToken(m.t, subject, clientID, issued, 24*time.Hour), refreshToken), 0o600)
}

// othersAdd appends lines to files as a user does, who makes them where there
// are none.
func (m *machine) othersAdd(lines map[string]string) {
	for at, line := range lines {
		text, exists := m.content[at]
		if exists && !strings.HasSuffix(text, "\n") && text != "" {
			line = "\n" + line
		}
		mode := m.modes[at]
		if !exists {
			mode = 0o644
		}
		m.write(at, text+line, mode)
	}
}

// Half a year on: the SDK has refreshed again and again, the provider has looked
// and found nothing to do, others have written beside our entries. After destroy
// the home is what it was, and what others wrote.
func TestRemove_afterMonthsOfUse(t *testing.T) {
	t.Parallel()
	added := map[string]map[string]string{
		"nothing": {},
		"entries": {ConfigPath: "[profile.new]\nx = 1\n", "~/a/node.env": "B=2\n", "~/compose.yaml": "x-theirs: 1\n"},
		"a file":  {"~/.earthscope/default/cache": "theirs\n"},
	}
	for site, content := range sites {
		for held, placed := range months() {
			for others, lines := range added {
				for _, rotating := range []bool{false, true} {
					t.Run(fmt.Sprintf("%s, %s, %s, %t", site, held, others, rotating), func(t *testing.T) {
						t.Parallel()
						m, want := newMachine(t, content), newMachine(t, content)
						host := refreshing(placed...)
						host.Settings = []bootstrap.Setting{{Key: "http.timeout_read", Value: "7"}}
						ledger := m.must(host.Apply(Ledger{}, now))
						live(m, &host, &ledger, lines, rotating)
						m.must(ledger.Remove())
						want.othersAdd(lines)
						for at := range lines { // a file that was made here stays closed to others
							if _, before := content[at]; !before && m.modes[at] == 0o600 {
								want.modes[at] = 0o600
							}
						}
						m.mustBe(want.snapshot())
					})
				}
			}
		}
	}
}

// live lets six months pass on a host.
func live(m *machine, host *Host, ledger *Ledger, lines map[string]string, rotating bool) {
	m.t.Helper()
	current := token
	for month := range 6 {
		at := now.AddDate(0, month, 1)
		if rotating {
			current = fmt.Sprintf("v1.successor%d", month)
		}
		m.refresh(at, current)
		if month == 3 {
			m.othersAdd(lines)
		}
		for _, f := range host.Files {
			got := host.Inspect(f, ledger.Files[f.Path], m.state(f.Path), at)
			if isRotated := f.Path == tokensPath && rotating && got == Rotated; got != InSync && !isRotated {
				m.t.Errorf("month %d: %s is %q", month, f.Path, got)
			}
		}
		before := m.snapshot()
		*ledger = m.must(host.Apply(*ledger, at))
		m.mustBe(before)
	}
}

// A new login replaces what the host has rotated, in every holding, and goes
// as the first one would.
func TestApply_newLoginAfterMonths(t *testing.T) {
	t.Parallel()
	for held, placed := range months() {
		t.Run(held, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t, sites["a host in use"])
			before := m.snapshot()
			host := refreshing(placed...)
			host.Settings = []bootstrap.Setting{{Key: "http.timeout_read", Value: "7"}}
			ledger := m.must(host.Apply(Ledger{}, now))
			live(m, &host, &ledger, nil, true)
			host.Credential = renewed(host.Credential, "v2.pushed")
			ledger = m.must(host.Apply(ledger, now.AddDate(0, 7, 0)))
			for _, f := range host.Files {
				if got := host.Inspect(f, ledger.Files[f.Path], m.state(f.Path), now); got != InSync {
					t.Errorf("%s is %q", f.Path, got)
				}
				if strings.Contains(m.content[f.Path], token) {
					t.Errorf("%s has the former token", f.Path)
				}
			}
			m.must(ledger.Remove())
			if held == "tokens.json" || held == "everything" {
				m.mustBe(before)
			}
		})
	}
}
