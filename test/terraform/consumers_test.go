package terraform_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
)

// hundredConsumers reads the token a hundred times through three aliases.
const hundredConsumers = `
provider "earthscope" {}
provider "earthscope" { alias = "second" }
provider "earthscope" { alias = "third" }

data "earthscope_access_token" "first" { count = 20 }
data "earthscope_access_token" "second" {
  count    = 20
  provider = earthscope.second
}
data "earthscope_identity" "third" {
  count    = 20
  provider = earthscope.third
}
ephemeral "earthscope_access_token" "first" { count = 20 }
ephemeral "earthscope_access_token" "third" {
  count    = 20
  provider = earthscope.third
}
resource "terraform_data" "who" {
  input = data.earthscope_identity.third[19].subject
}
`

const runsAtOnce = 8

// atOnce calls work for several workspaces of one home at the same time.
func (l *lab) atOnce(configuration string, work func(*workspace)) {
	var group sync.WaitGroup
	for range runsAtOnce {
		w := l.workspace(configuration)
		group.Go(func() { work(w) })
	}
	group.Wait()
}

// The two cases between them have both kinds of server and both places of a
// token; each of the four pairs would take as long again.
func TestConsumers_oneRequestForEverything(t *testing.T) {
	for name, test := range map[string]struct {
		rotating  bool
		configure func(*lab)
	}{
		"login, not rotating":   {false, func(l *lab) { l.saveLogin() }},
		"environment, rotating": {true, func(l *lab) { l.env = append(l.env, "ES_OAUTH2__REFRESH_TOKEN="+l.login().RefreshToken) }},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, identity.Options{Rotating: test.rotating})
			test.configure(l)
			l.atOnce(hundredConsumers, func(w *workspace) {
				w.must("validate")
				w.must("plan", "-out=saved.tfplan")
				w.must("apply", "saved.tfplan")
				if output, status := w.run("plan", "-detailed-exitcode"); status != 0 {
					t.Errorf("the second plan has changes (exit status %d):\n%s", status, output)
				}
				w.must("destroy", "-auto-approve")
			})
			l.requests(1)
		})
	}
}

// A refresh token from the environment is the same in every run; rotation
// must not make it stale, within an apply and in the runs after it.
func TestConsumers_rotationSurvivesRuns(t *testing.T) {
	l := newLab(t, identity.Options{Rotating: true, AccessTokenLifetime: 24 * time.Hour})
	l.env = append(l.env, "ES_OAUTH2__REFRESH_TOKEN="+l.login().RefreshToken)
	w := l.workspace(`ephemeral "earthscope_access_token" "long" { min_ttl = "23h50m" }` + "\n" + `data "earthscope_identity" "me" {}`)
	w.must("apply", "-auto-approve")
	l.requests(1)
	w.must("apply", "-auto-approve")
	l.requests(0)
}

func TestConsumers_revokedTokenIsSentOnce(t *testing.T) {
	l := newLab(t, identity.Options{})
	set := l.login()
	l.env = append(l.env, "ES_OAUTH2__REFRESH_TOKEN="+set.RefreshToken)
	l.server.RevokeRefreshToken(set.RefreshToken)
	l.atOnce(hundredConsumers, func(w *workspace) {
		output, status := w.run("plan")
		if status != 1 || !strings.Contains(output, "Refresh Token Refused") || !strings.Contains(output, "es login") {
			t.Errorf("exit status %d, want 1 with the verdict and a remedy:\n%.2000s", status, output)
		}
	})
	l.requests(1)
	l.workspace(hundredConsumers).run("plan")
	l.requests(0)
}

func TestConsumers_blockedUserStopsTheRun(t *testing.T) {
	l := newLab(t, identity.Options{})
	l.saveLogin()
	l.server.BlockUser(identity.DefaultUser().Subject)
	l.atOnce(hundredConsumers, func(w *workspace) {
		output, status := w.run("apply", "-auto-approve")
		if status != 1 || !strings.Contains(output, "EarthScope User Blocked") {
			t.Errorf("exit status %d, want 1 with the block:\n%.2000s", status, output)
		}
	})
	l.requests(1)
}
