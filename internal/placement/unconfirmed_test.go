package placement

import (
	"errors"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/bootstrap"
)

const (
	newToken     = "v1.new-login"
	newSuccessor = "v1.successor-of-the-new-login"
)

// pushNew is the push of a new login, and what a refresh sees after it: the
// same, without asking for another push.
func pushNew(host Host) (push, later Host) {
	push, later = host, host
	push.Credential = renewed(host.Credential, newToken)
	later.Credential = push.Credential
	later.Credential.Replace = false
	return push, later
}

// A push that nobody saw come about stays due for as long as the host holds
// what it held then; what the host made of the new token meanwhile is kept.
func TestLedger_pushWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	used := func(refreshToken string) string {
		return tokensJSON(accessToken(t, subject, clientID, now, time.Hour), refreshToken)
	}
	for name, test := range map[string]struct {
		there, found string // when it is pushed, and afterwards
		state        string
		doubtful     bool
		want         string
	}{
		"it did not arrive":                   {there: used(token), found: used(token), state: tokenDiffers, want: newToken},
		"nor over a renewed one":              {there: used(successor), found: used(successor), state: tokenDiffers, want: newToken},
		"it arrived":                          {there: used(token), found: used(newToken), state: InSync, want: newToken},
		"it arrived and was renewed":          {there: used(token), found: used(newSuccessor), state: Rotated, doubtful: true, want: newSuccessor},
		"another user has logged in there":    {there: used(token), found: tokensJSON(accessToken(t, "auth0|two", clientID, now, time.Hour), "v1.theirs"), state: tokenDiffers, want: newToken},
		"the file went":                       {there: used(token), state: "missing", want: newToken},
		"it arrived, in the form of the push": {there: used(token), found: tokensJSON("", newToken), state: InSync, want: newToken},
	} {
		for _, killed := range []bool{false, true} {
			t.Run(name+map[bool]string{true: ", killed"}[killed], func(t *testing.T) {
				t.Parallel()
				m := newMachine(t, nil)
				host := refreshing(tokensFile)
				ledger := m.must(host.Apply(Ledger{}, now))
				m.write(tokensPath, test.there, 0o600)
				push, later := pushNew(host)
				if killed {
					ledger = m.kill(push.Apply(ledger, now), 0, ledger)
				} else {
					m.after = 0
					ledger = m.must(push.Apply(ledger, now))
					m.after = -1
				}
				if m.write(tokensPath, test.found, 0o600); test.found == "" {
					delete(m.content, tokensPath)
				}
				entry := ledger.Files[tokensPath]
				if got := later.Inspect(tokensFile, entry, m.state(tokensPath), now); got != test.state {
					t.Errorf("state = %q, want %q", got, test.state)
				}
				ledger = m.must(later.Apply(ledger, now.Add(time.Minute)))
				found, err := bootstrap.ReadTokens([]byte(m.content[tokensPath]))
				if err != nil || found["refresh_token"] != test.want {
					t.Errorf("the host holds %q, want %q (%v)", found["refresh_token"], test.want, err)
				}
				if got := ledger.Files[tokensPath].Unconfirmed(); got != test.doubtful {
					t.Errorf("unconfirmed = %v, want %v", got, test.doubtful)
				}
			})
		}
	}
}

// A push that is known not to have come about is due, whatever the host makes
// of its former token until the next run.
func TestLedger_pushThatFailed(t *testing.T) {
	t.Parallel()
	m := newMachine(t, nil)
	host := refreshing(envFile, tokensFile)
	ledger := m.must(host.Apply(Ledger{}, now))
	push, later := pushNew(host)
	m.after, m.refused = 0, true
	ledger = m.must(push.Apply(ledger, now))
	m.after = -1
	m.write(tokensPath, tokensJSON(accessToken(t, subject, clientID, now, time.Hour), successor), 0o600)
	if got := later.Inspect(tokensFile, ledger.Files[tokensPath], m.state(tokensPath), now); got != tokenDiffers {
		t.Errorf("state = %q, want %q", got, tokenDiffers)
	}
	ledger = m.must(later.Apply(ledger, now))
	for _, f := range host.Files {
		if got := later.Inspect(f, ledger.Files[f.Path], m.state(f.Path), now); got != InSync {
			t.Errorf("%s: state = %q, want %q", f.Path, got, InSync)
		}
	}
	m.write(tokensPath, tokensJSON(accessToken(t, subject, clientID, now, time.Hour), newSuccessor), 0o600)
	if got := later.Inspect(tokensFile, ledger.Files[tokensPath], m.state(tokensPath), now); got != Rotated {
		t.Errorf("after the push came about: state = %q, want %q", got, Rotated)
	}
}

// What was confirmed before is our own, whichever of our values a killed update
// left there.
func TestUnconfirmed_killedUpdateOfASetting(t *testing.T) {
	t.Parallel()
	for after := range 3 {
		m := newMachine(t, nil)
		host := refreshing(configFile, envFile)
		host.Settings = []bootstrap.Setting{{Key: "http.timeout_read", Value: "7"}}
		ledger := m.must(host.Apply(Ledger{}, now))
		host.Settings = []bootstrap.Setting{{Key: "http.timeout_read", Value: "8"}}
		ledger = m.kill(host.Apply(ledger, now), after, ledger)
		ledger, err := m.run(host.Apply(ledger, now))
		if errors.Is(err, bootstrap.ErrConflict) {
			t.Fatalf("killed after %d changes: our own value counts as somebody else's: %v", after, err)
		}
		mustBeInSync(t, m, host, ledger)
	}
}

// A refresh that finds the very token confirms its push.
func TestLedger_learnsThatThePushArrived(t *testing.T) {
	t.Parallel()
	m := newMachine(t, nil)
	host := refreshing(tokensFile)
	ledger := m.must(host.Apply(Ledger{}, now))
	push, _ := pushNew(host)
	m.after = 0
	ledger = m.must(push.Apply(ledger, now))
	if !ledger.Files[tokensPath].Unconfirmed() {
		t.Fatal("not unconfirmed: the test shows nothing")
	}
	if got := ledger.Learn(m.states(tokensPath)); !got.Files[tokensPath].Unconfirmed() {
		t.Error("confirmed by the former token")
	}
	m.write(tokensPath, tokensJSON("", newToken), 0o600)
	if got := ledger.Learn(m.states(tokensPath)); got.Files[tokensPath].Unconfirmed() {
		t.Error("not confirmed by the very token")
	}
}
