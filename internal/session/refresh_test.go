package session_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

func TestToken_freshLoginAsksNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{})
	set := w.login()
	w.writeLogin("default", set)
	before := w.snapshot()
	token := w.token(w.open(setup{}), 0)
	if token.AccessToken.Reveal() != set.AccessToken {
		t.Error("not the token of tokens.json")
	}
	if got, want := token.Claims.Subject, identity.DefaultUser().Subject; got != want {
		t.Errorf("subject = %q, want %q", got, want)
	}
	w.requests(0)
	if got := w.snapshot(); len(got) != len(before) {
		t.Errorf("files were written: %d, want %d", len(got), len(before))
	}
}

func TestToken_expiredLoginIsRefreshedAndSaved(t *testing.T) {
	t.Parallel()
	for _, rotating := range []bool{false, true} {
		w := newWorld(t, identity.Options{Rotating: rotating})
		set := w.login()
		w.writeLogin("default", set)
		w.clock.advance(59*time.Minute + time.Second) // 59 s left: below the threshold
		token := w.token(w.open(setup{}), 0)
		w.requests(1)
		saved := w.tokens("default")
		if saved.AccessToken != token.AccessToken {
			t.Error("the new access token is not in tokens.json")
		}
		if (saved.RefreshToken.Reveal() != set.RefreshToken) != rotating {
			t.Errorf("rotating=%v: refresh token in tokens.json is wrong", rotating)
		}
		if again := w.token(w.open(setup{}), 0); again.AccessToken != token.AccessToken {
			t.Error("the next process got another token")
		}
		w.requests(0)
		w.neverTwice()
		info, err := os.Stat(w.path("default", "tokens.json"))
		if err != nil {
			t.Fatal(err)
		}
		if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("mode = %v, want 0600", info.Mode().Perm())
		}
	}
}

func TestToken_thresholdIsExact(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{})
	w.writeLogin("default", w.login())
	w.clock.advance(59 * time.Minute) // exactly 60 s left
	w.token(w.open(setup{}), 0)
	w.requests(0)
}

func TestToken_hundredConsumersOneRequest(t *testing.T) {
	t.Parallel()
	for _, rotating := range []bool{false, true} {
		w := newWorld(t, identity.Options{Rotating: rotating})
		set := w.login()
		// Three aliases and eight runs are 24 sessions on one store.
		sessions := make([]*session.Session, 24)
		for i := range sessions {
			sessions[i] = w.open(envToken(set))
		}
		var group sync.WaitGroup
		for i := range 100 * len(sessions) {
			group.Go(func() {
				if _, err := sessions[i%len(sessions)].Token(t.Context(), 0); err != nil {
					t.Errorf("Token: %v", err)
				}
			})
		}
		group.Wait()
		w.requests(1)
		w.neverTwice()
	}
}

func TestToken_configuredTokenSurvivesRotation(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{Rotating: true})
	set := w.login()
	for generation := range 5 {
		w.token(w.open(envToken(set)), 0)
		w.clock.advance(2 * time.Hour)
		if generation == 0 {
			continue
		}
		// Another program is configured with the successor of two runs ago.
		current, _, err := w.open(envToken(set)).RefreshToken(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		w.secret = append(w.secret, current.Reveal())
		w.token(w.open(setup{arguments: map[string]string{"oauth2.refresh_token": current.Reveal()}}), 0)
		w.clock.advance(2 * time.Hour)
	}
	w.requests(9)
	w.neverTwice()
	if _, err := os.Stat(w.path("default", "tokens.json")); !os.IsNotExist(err) {
		t.Error("a token from the environment was written into tokens.json")
	}
	records, _ := os.ReadDir(w.path("default", "terraform"))
	var names []string
	for _, record := range records {
		if strings.HasSuffix(record.Name(), ".json") {
			names = append(names, record.Name())
		}
	}
	if want := session.Fingerprint(set.RefreshToken) + ".json"; len(names) != 1 || names[0] != want {
		t.Errorf("records = %v, want only %s", names, want)
	}
}

func TestToken_foreignLoginIsLeftAlone(t *testing.T) {
	t.Parallel()
	for name, configure := range map[string]func(identity.TokenSet) setup{
		"environment": envToken,
		"argument": func(s identity.TokenSet) setup {
			return setup{arguments: map[string]string{"oauth2.refresh_token": s.RefreshToken}}
		},
		"environment JSON": func(s identity.TokenSet) setup {
			return setup{env: []string{`ES_OAUTH2={"refresh_token":"` + s.RefreshToken + `"}`}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, identity.Options{Rotating: true})
			w.writeLogin("default", w.login())
			login := w.snapshot()["/.earthscope/default/tokens.json"]
			other := w.server.Login(identity.User{Subject: "auth0|other"})
			w.secret = append(w.secret, other.RefreshToken)
			token := w.token(w.open(configure(other)), 0)
			if token.Claims.Subject != "auth0|other" {
				t.Errorf("subject = %q: the login's token was served to another session", token.Claims.Subject)
			}
			if w.snapshot()["/.earthscope/default/tokens.json"] != login {
				t.Error("tokens.json was changed")
			}
			if own := w.token(w.open(setup{}), 0); own.Claims.Subject != identity.DefaultUser().Subject {
				t.Errorf("the login now gives %q", own.Claims.Subject)
			}
		})
	}
}

func TestToken_sameTokenAsLoginIsTheLogin(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{Rotating: true})
	set := w.login()
	w.writeLogin("default", set)
	w.clock.advance(2 * time.Hour)
	w.token(w.open(envToken(set)), 0)
	w.clock.advance(2 * time.Hour)
	w.token(w.open(setup{}), 0)       // the login, after its token was rotated for the other
	w.token(w.open(envToken(set)), 0) // and the other again
	w.clock.advance(2 * time.Hour)
	w.token(w.open(envToken(set)), 0)
	w.requests(3)
	w.neverTwice()
	if got := w.tokens("default").RefreshToken; !w.server.RefreshTokenValid(got.Reveal()) {
		t.Error("tokens.json holds a dead token: the CLI would end the session")
	}
}

// The CLI knows nothing of lineage. A configured token whose session it went on
// with is not sent again: it resolves to the login where that is the same
// user's, and is an error where another login took its place.
func TestToken_spentTokenIsNeverSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{Rotating: true})
	first := w.login()
	w.writeLogin("default", first)
	w.clock.advance(2 * time.Hour)
	w.token(w.open(envToken(first)), 0)
	for range 2 { // the CLI rotates on its own, twice
		renewed := refreshAsCLI(t, w, w.tokens("default").RefreshToken.Reveal())
		w.writeLogin("default", renewed)
	}
	w.clock.advance(2 * time.Hour)
	token := w.token(w.open(envToken(first)), 0)
	if token.Claims.Subject != identity.DefaultUser().Subject {
		t.Errorf("subject = %q", token.Claims.Subject)
	}
	w.neverTwice()

	w.writeLogin("default", w.server.Login(identity.User{Subject: "auth0|second"}))
	w.clock.advance(2 * time.Hour)
	w.server.ResetRequests()
	for range 2 {
		w.refused(w.open(envToken(first)), session.KindRefused)
	}
	w.requests(0)
	if got := w.token(w.open(setup{}), 0).Claims.Subject; got != "auth0|second" {
		t.Errorf("the login is %q", got)
	}
	w.refused(w.open(envToken(first)), session.KindRefused)
	w.requests(1)
	w.neverTwice()
}

// refreshAsCLI exchanges a refresh token without any of our bookkeeping.
func refreshAsCLI(t *testing.T, w *world, token string) identity.TokenSet {
	t.Helper()
	response, err := http.PostForm(w.server.URL()+"oauth/token", url.Values{
		"grant_type": {"refresh_token"}, "client_id": {identity.DefaultClientID}, "refresh_token": {token},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var set struct {
		AccessToken  string `json:"access_token"`
		RefreshToken string `json:"refresh_token"`
	}
	if err := json.NewDecoder(response.Body).Decode(&set); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("status %d, %v", response.StatusCode, err)
	}
	w.secret = append(w.secret, set.AccessToken, set.RefreshToken)
	return identity.TokenSet{AccessToken: set.AccessToken, RefreshToken: set.RefreshToken}
}

func TestToken_twoProfilesOneTokenShareTheSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{Rotating: true})
	set := w.login()
	w.write([]byte("[profile.a]\n[profile.b]\n"), "config.toml")
	var group sync.WaitGroup
	for i := range 8 {
		configured := envToken(set)
		configured.profile = []string{"a", "b"}[i%2]
		opened := w.open(configured)
		group.Go(func() {
			if _, err := opened.Token(t.Context(), 0); err != nil {
				t.Errorf("Token: %v", err)
			}
		})
	}
	group.Wait()
	w.requests(1)
	w.neverTwice()
}

func TestToken_bootstrapSettingsAreKeptInTokensFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{Rotating: true})
	set := w.login()
	configured := setup{env: []string{`ES_BOOTSTRAP_SETTINGS={"oauth2":{"refresh_token":"` + set.RefreshToken + `"}}`}}
	for range 3 {
		w.token(w.open(configured), 0)
		w.clock.advance(2 * time.Hour)
	}
	w.requests(3)
	w.neverTwice()
	if !w.server.RefreshTokenValid(w.tokens("default").RefreshToken.Reveal()) {
		t.Error("tokens.json does not hold the live token")
	}
}

func TestToken_accessTokenBeside(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		accessIn, refreshIn settings.Link
		used                bool
	}{
		"both arguments":                  {settings.LinkArgument, settings.LinkArgument, true},
		"access above refresh":            {settings.LinkArgument, settings.LinkTokensFile, true},
		"both environment":                {settings.LinkEnvironment, settings.LinkEnvironment, true},
		"access below refresh is another": {settings.LinkTokensFile, settings.LinkArgument, false},
		"environment below argument":      {settings.LinkEnvironment, settings.LinkArgument, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, identity.Options{})
			set, beside := w.login(), w.login().AccessToken
			configured, login := setup{arguments: map[string]string{}}, identity.TokenSet{}
			switch test.accessIn {
			case settings.LinkArgument:
				configured.arguments["oauth2.access_token"] = beside
			case settings.LinkEnvironment:
				configured.env = append(configured.env, "ES_OAUTH2__ACCESS_TOKEN="+beside)
			default:
				login.AccessToken, login.RefreshToken = beside, "v1.another"
			}
			switch test.refreshIn {
			case settings.LinkArgument:
				configured.arguments["oauth2.refresh_token"] = set.RefreshToken
			case settings.LinkEnvironment:
				configured.env = append(configured.env, "ES_OAUTH2__REFRESH_TOKEN="+set.RefreshToken)
			default:
				login.RefreshToken = set.RefreshToken
			}
			if login.RefreshToken != "" {
				w.writeLogin("default", login)
			}
			got := w.token(w.open(configured), 0).AccessToken.Reveal() == beside
			if got != test.used {
				t.Errorf("the access token beside was used: %v, want %v", got, test.used)
			}
			w.requests(map[bool]int{true: 0, false: 1}[test.used])
		})
	}
}

func fault(t *testing.T, server *identity.Server, f identity.Fault) {
	t.Helper()
	if err := server.Fault(f); err != nil {
		t.Fatal(err)
	}
}
