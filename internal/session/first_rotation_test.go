package session_test

import (
	"os"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
)

// killedBetween leaves the files as a process leaves them that is killed after
// tokens.json was replaced in the very first rotation of a login, and before
// what is known of it was written beside.
func (w *world) killedBetween(set identity.TokenSet) {
	w.t.Helper()
	var facts []byte
	file := w.path("default", "terraform", "login.json")
	fault(w.t, w.server, identity.Fault{Kind: identity.FaultSkewedDate, Reached: func() { facts, _ = os.ReadFile(file) }})
	w.token(w.open(envToken(set)), 0)
	if w.tokens("default").RefreshToken.Reveal() == set.RefreshToken {
		w.t.Fatal("the login was not rotated")
	}
	if err := os.Remove(file); err != nil {
		w.t.Fatal(err)
	}
	if facts != nil {
		w.write(facts, "default", "terraform", "login.json")
	}
	w.server.ResetRequests()
}

func TestToken_killedBetweenTheFilesOfTheFirstRotation(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{Rotating: true})
	set := w.login()
	w.writeLogin("default", set)
	w.clock.advance(2 * time.Hour)
	w.killedBetween(set)
	saved := w.tokens("default")
	if got := w.token(w.open(envToken(set)), 0).AccessToken; got != saved.AccessToken {
		t.Error("the configured token does not lead to the login's token")
	}
	w.requests(0)
	w.clock.advance(2 * time.Hour)
	w.token(w.open(envToken(set)), 0)
	w.requests(1)
	w.neverTwice()
	if !w.server.RefreshTokenValid(w.tokens("default").RefreshToken.Reveal()) {
		t.Error("the session is dead")
	}
}

// Where nothing says whose the former token was, it is not sent again, and
// nobody is given a login that may be another's.
func TestToken_killedInTheFirstRotationOfANamelessLogin(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{Rotating: true})
	set := w.login()
	w.writeLogin("default", identity.TokenSet{RefreshToken: set.RefreshToken})
	w.write([]byte(`{"version":1,"issuer":"`+w.server.URL()+`","client_id":"`+identity.DefaultClientID+`","lineage":["`+
		session.Fingerprint(set.RefreshToken)+`"]}`), "default", "terraform", "login.json")
	w.killedBetween(set)
	w.refused(w.open(envToken(set)), session.KindRefused)
	w.requests(0)
	w.token(w.open(setup{}), 0) // the login itself goes on
	w.neverTwice()
}

// Another user's login that comes after such a kill is not taken for a
// successor.
func TestToken_killedInTheFirstRotationAndAnotherLogin(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{Rotating: true})
	set := w.login()
	w.writeLogin("default", set)
	w.clock.advance(2 * time.Hour)
	w.killedBetween(set)
	other := w.server.Login(identity.User{Subject: "auth0|other"})
	w.writeLogin("default", other)
	w.refused(w.open(envToken(set)), session.KindRefused)
	w.requests(0)
	w.neverTwice()
}

// A refresh that ended with an error is over: the next login of the same user
// is a new one, and nothing says that the server rotates.
func TestToken_failedFirstRefreshAndANewLogin(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]identity.Fault{
		"refused": {Kind: identity.FaultStatus, Status: 403, Body: `{"error":"invalid_grant"}`},
		"lost":    {Kind: identity.FaultStatus, Times: 2},
		"unsent":  {Kind: identity.FaultHTML},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, identity.Options{})
			set := w.login()
			w.writeLogin("default", set)
			w.clock.advance(2 * time.Hour)
			fault(t, w.server, f)
			if _, err := w.open(envToken(set)).Token(t.Context(), 0); err == nil {
				t.Fatal("no error")
			}
			next := w.login()
			w.writeLogin("default", next)
			facts, err := w.open(setup{}).Facts(t.Context())
			if err != nil || facts.Rotation != session.RotationUnknown {
				t.Errorf("rotation = %q, %v", facts.Rotation, err)
			}
			if descends, err := w.open(setup{}).Descends(t.Context(), session.Fingerprint(set.RefreshToken)); descends || err != nil {
				t.Errorf("the new login counts as a successor of the former: %v", err)
			}
		})
	}
}
