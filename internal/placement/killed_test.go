package placement

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/bootstrap"
)

// kill begins a work whose run ends after some changes: what was announced is
// all that is known of it.
func (m *machine) kill(w *Work, after int, before Ledger) Ledger {
	m.t.Helper()
	known := before
	w.Announce = func(intended Ledger) error {
		known = intended.Unconfirmed(before)
		return nil
	}
	m.after = after
	m.must(w)
	m.after = -1
	return known
}

// A run that is killed at any change, in a create, an update or a removal:
// with what it announced the next one brings everything about, and the host
// is in the end as it was, former modes and folders included.
func TestAnnounce_killedRunsLeaveNothing(t *testing.T) {
	t.Parallel()
	for site, content := range sites {
		for name, placed := range holdings {
			for after := range 4 {
				t.Run(fmt.Sprintf("%s, %s, %d", site, name, after), func(t *testing.T) {
					t.Parallel()
					m := newMachine(t, content)
					before := m.snapshot()
					host := refreshing(placed...)
					host.Settings = []bootstrap.Setting{{Key: "http.timeout_read", Value: "7"}}
					ledger := m.kill(host.Apply(Ledger{}, now), after, Ledger{})
					ledger = m.must(host.Apply(ledger, now))
					mustBeInSync(t, m, host, ledger)
					mustBeConfirmed(t, ledger)
					host.Files = holdings["everything"]
					ledger = m.kill(host.Apply(ledger, now), after, ledger)
					ledger = m.must(host.Apply(ledger, now))
					mustBeInSync(t, m, host, ledger)
					host.Files = placed
					ledger = m.kill(host.Apply(ledger, now), after, ledger)
					m.must(ledger.Remove()) // without an apply in between
					m.mustBe(before)
				})
			}
		}
	}
}

func mustBeConfirmed(t *testing.T, ledger Ledger) {
	t.Helper()
	for at, entry := range ledger.Files {
		if entry.Intended {
			t.Errorf("%s counts as intended although it was looked at", at)
		}
	}
}

// An error of the announcement keeps the host as it is; where nothing is to be
// changed there is none.
func TestAnnounce_beforeAnythingIsChanged(t *testing.T) {
	t.Parallel()
	m := newMachine(t, nil)
	before := m.snapshot()
	host := refreshing(tokensFile)
	work := host.Apply(Ledger{}, now)
	refused := errors.New("refused")
	work.Announce = func(Ledger) error { return refused }
	if _, err := m.run(work); !errors.Is(err, refused) {
		t.Errorf("error = %v", err)
	}
	m.mustBe(before)
	ledger := m.must(host.Apply(Ledger{}, now))
	work = host.Apply(ledger, now)
	work.Announce = func(Ledger) error {
		t.Error("announced, though nothing is to be changed")
		return nil
	}
	m.must(work)
}

// What the host made of a killed run's token is kept; what somebody else put
// there meanwhile is neither overwritten nor removed.
func TestUnconfirmed_othersLoginsStay(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		found    string
		conflict bool
		goes     bool // with a removal
	}{
		"renewed by the host": {found: tokensJSON(accessToken(t, subject, clientID, now, time.Hour), successor), goes: true},
		"the very token":      {found: tokensJSON("", token), goes: true},
		"somebody else's":     {found: tokensJSON(accessToken(t, "auth0|two", clientID, now, time.Hour), "v1.theirs"), conflict: true},
		"of another client":   {found: tokensJSON(accessToken(t, subject, "another", now, time.Hour), "v1.theirs"), conflict: true},
		"nobody knows whose":  {found: tokensJSON("", "v1.theirs"), conflict: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t, nil)
			host := refreshing(tokensFile)
			ledger := m.kill(host.Apply(Ledger{}, now), 0, Ledger{})
			m.write(tokensPath, test.found, 0o600)
			complete := m.snapshot()
			_, err := m.run(host.Apply(ledger, now))
			if got := errors.Is(err, bootstrap.ErrConflict); got != test.conflict {
				t.Errorf("error = %v, want a conflict: %v", err, test.conflict)
			}
			m.mustBe(complete)
			m.must(ledger.Remove())
			if _, left := m.content[tokensPath]; left == test.goes {
				t.Errorf("still there after the removal: %v, want %v", left, !test.goes)
			}
		})
	}
	t.Run("a variable", func(t *testing.T) {
		t.Parallel()
		m := newMachine(t, nil)
		host := refreshing(envFile)
		ledger := m.kill(host.Apply(Ledger{}, now), 0, Ledger{})
		m.write(envFile.Path, "ES_OAUTH2__REFRESH_TOKEN=v1.theirs\n", 0o600)
		if _, err := m.run(host.Apply(ledger, now)); !errors.Is(err, bootstrap.ErrConflict) || strings.Contains(err.Error(), "v1.") {
			t.Errorf("error = %v, want a conflict", err)
		}
	})
}
