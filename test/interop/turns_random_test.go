package interop_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
)

// TestTurns_random lets us, the SDK, other logins and logouts follow each
// other in random order on one home and a rotating server without leeway.
// Whatever came before, a login that is there gives a token of its own user,
// and nobody sends a refresh token that has a successor.
func TestTurns_random(t *testing.T) {
	t.Parallel()
	python := startSDK(t)
	for number := range uint64(8) {
		w := newWorld(t, identity.Options{Rotating: true})
		w.expiring()
		h := &history{world: w, python: python, random: rand.New(rand.NewPCG(number, 0))}
		robot := w.server.Login(identity.User{Subject: "auth0|robot"})
		h.robot = []string{"ES_OAUTH2__REFRESH_TOKEN=" + robot.RefreshToken}
		for len(h.done) < 25 && !t.Failed() {
			h.turn()
			w.neverTwice()
		}
		if t.Failed() {
			t.Fatalf("history %d: %v", number, h.done)
		}
	}
}

// history is a walk through what may happen on a home.
type history struct {
	*world
	python *sdk
	random *rand.Rand
	robot  []string // environment with a token of its own
	user   string   // who is logged in; empty for nobody
	logins int
	done   []string
}

func (h *history) turn() {
	h.t.Helper()
	switch choice := h.random.IntN(100); {
	case choice < 35:
		h.did("ours")
		h.checkOurs(h.user)
	case choice < 50:
		h.did("ours with a token of its own")
		h.checkOurs("auth0|robot", h.robot...)
	case choice < 80:
		h.did("SDK")
		if h.user != "" {
			h.belongs("the SDK's", h.python.tokens(h.world, ifNecessary).Access, h.user)
		}
	case choice < 90:
		h.logins++
		h.user = fmt.Sprintf("auth0|%d", h.logins%2) // an old acquaintance or another
		h.did("login of " + h.user)
		h.login("default", identity.User{Subject: h.user})
	default:
		h.did("logout")
		h.user = ""
		if err := os.Remove(h.path("default", "tokens.json")); err != nil && !os.IsNotExist(err) {
			h.t.Fatal(err)
		}
	}
}

func (h *history) did(what string) { h.done = append(h.done, what) }

// checkOurs gets a token in a new session and checks whose it is.
func (h *history) checkOurs(user string, env ...string) {
	h.t.Helper()
	if user == "" {
		h.refused(session.KindNoCredentials, env...)
		return
	}
	h.belongs("our token", h.ours(env...), user)
}

func (h *history) belongs(what, access, user string) {
	h.t.Helper()
	claims, err := session.DecodeClaims(access)
	if err != nil || claims.Subject != user {
		h.t.Errorf("%s is %q's, want %q's (%v)", what, claims.Subject, user, err)
	}
}
