package session_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
)

func TestNew_noCredentials(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{})
	_, err := session.New(w.options(setup{}))
	failure := w.checkError(err, session.KindNoCredentials)
	for _, part := range []string{`"default"`, "es login", "ES_OAUTH2__REFRESH_TOKEN", w.path("default", "tokens.json")} {
		if !strings.Contains(failure.Detail, part) {
			t.Errorf("the message does not name %s: %v", part, failure.Detail)
		}
	}
	if len(w.snapshot()) != 0 {
		t.Error("files were written")
	}
}

func TestToken_clientCredentials(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{Rotating: true})
	w.server.AddClient("machine", "s3cret-of-the-machine")
	w.secret = append(w.secret, "s3cret-of-the-machine")
	w.writeLogin("default", w.login()) // outranked by the secret, and left alone
	before := w.snapshot()["/.earthscope/default/tokens.json"]
	configured := setup{arguments: map[string]string{"oauth2.client_id": "machine", "oauth2.client_secret": "s3cret-of-the-machine"}}
	token := w.token(w.open(configured), 0)
	if token.Claims.ClientID != "machine" {
		t.Errorf("client = %q", token.Claims.ClientID)
	}
	w.token(w.open(configured), 0)
	w.requests(1)
	w.clock.advance(2 * time.Hour)
	w.token(w.open(configured), 0)
	w.requests(1)
	after := w.snapshot()
	if after["/.earthscope/default/tokens.json"] != before {
		t.Error("the login was changed")
	}
	for name, content := range after {
		if strings.Contains(name+content, "s3cret-of-the-machine") {
			t.Errorf("%s holds the client secret", name)
		}
	}

	// A token that was got with the right secret is not served to a wrong one.
	wrong := setup{arguments: map[string]string{"oauth2.client_id": "machine", "oauth2.client_secret": "guess"}}
	for range 3 {
		failure := w.refused(w.open(wrong), session.KindWrongCredential)
		if failure.Setting != "oauth2.client_secret" {
			t.Errorf("setting = %q", failure.Setting)
		}
	}
	w.requests(1)
	w.token(w.open(configured), 0)
	w.requests(1)
	if _, _, err := w.open(configured).RefreshToken(t.Context()); !session.IsKind(err, session.KindNoRefreshToken) {
		t.Errorf("RefreshToken: %v", err)
	}
}

func TestToken_bareAccessToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{})
	set := w.login()
	configured := setup{arguments: map[string]string{"oauth2.access_token": set.AccessToken}}
	opened := w.open(configured)
	if got := w.token(opened, 0).AccessToken.Reveal(); got != set.AccessToken {
		t.Error("not the configured token")
	}
	w.token(opened, 2*time.Hour)
	w.notices(opened, "Access Token Shorter Than min_ttl")
	w.clock.advance(59*time.Minute + 59*time.Second)
	w.token(opened, 0) // below the threshold, but there is nothing to refresh with
	w.clock.advance(time.Second)
	failure := w.refused(opened, session.KindExpired)
	if !strings.Contains(failure.Detail, "2026-05-01T13:00:00Z") || !strings.Contains(failure.Detail, "argument access_token") {
		t.Errorf("detail = %v", failure.Detail)
	}
	w.requests(0)
	if len(w.snapshot()) != 0 {
		t.Error("files were written")
	}
	for _, garbage := range []string{"v1.a-refresh-token", "a.b.c", "ey"} {
		w.refused(w.open(setup{arguments: map[string]string{"oauth2.access_token": garbage}}), session.KindNotJWT)
	}
}

func TestToken_minTTL(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{AccessTokenLifetime: 24 * time.Hour})
	w.writeLogin("default", w.login())
	w.clock.advance(4 * time.Hour) // 20 h left
	opened := w.open(setup{})
	w.token(opened, 20*time.Hour)
	w.requests(0)
	renewed := w.token(opened, 20*time.Hour+time.Second)
	w.requests(1)
	if got := renewed.Remaining(w.clock.Now()); got != 24*time.Hour {
		t.Errorf("remaining = %v, want 24h", got)
	}
	// Consumers of one run share the larger value and the newest token.
	if again := w.token(opened, 0); again.AccessToken != renewed.AccessToken {
		t.Error("a consumer that asks for less got another token")
	}
	w.notices(opened)
}

func TestToken_minTTLBeyondALifetime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{AccessTokenLifetime: 24 * time.Hour})
	w.writeLogin("default", w.login())
	w.clock.advance(12 * time.Hour)
	// 100 consumers and a second process: one refresh, one warning each.
	for range 2 {
		opened := w.open(setup{})
		for range 100 {
			w.token(opened, 48*time.Hour)
		}
		w.notices(opened, "min_ttl Longer Than a Token Lives")
		w.clock.advance(time.Hour)
	}
	w.requests(1)
}

func TestToken_shortLivedTokenIsRefreshedAtHalfItsLife(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{AccessTokenLifetime: time.Minute})
	w.writeLogin("default", w.login())
	w.clock.advance(30 * time.Second)
	w.token(w.open(setup{}), 0)
	w.requests(0)
	w.clock.advance(time.Second)
	w.token(w.open(setup{}), 0)
	w.requests(1)
}

func TestRefreshToken_isTheNewestAndSpendsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{Rotating: true})
	set := w.login()
	opened := w.open(envToken(set))
	first, fingerprint, err := opened.RefreshToken(t.Context())
	if err != nil || first.Reveal() != set.RefreshToken || fingerprint != session.Fingerprint(set.RefreshToken) {
		t.Errorf("before the first refresh: %v, %v", fingerprint, err)
	}
	w.requests(0)
	w.token(opened, 0)
	second, _, err := w.open(envToken(set)).RefreshToken(t.Context())
	if err != nil || second == first || !w.server.RefreshTokenValid(second.Reveal()) {
		t.Errorf("after a rotation the token is not the live one: %v", err)
	}
	w.requests(1)
	for _, token := range []string{set.RefreshToken, second.Reveal()} {
		if descends, err := w.open(envToken(set)).Descends(t.Context(), session.Fingerprint(token)); err != nil || !descends {
			t.Errorf("Descends of a token of the lineage = %v, %v", descends, err)
		}
	}
	if descends, err := opened.Descends(t.Context(), session.Fingerprint("v1.another")); err != nil || descends {
		t.Errorf("Descends of another token = %v, %v", descends, err)
	}
	facts, err := opened.Facts(t.Context())
	if err != nil || facts.Subject != identity.DefaultUser().Subject || facts.Rotation != session.RotationSeen || facts.Flow != session.FlowRefreshToken {
		t.Errorf("facts = %+v, %v", facts, err)
	}
}

func TestToken_memoryOnly(t *testing.T) {
	t.Parallel()
	for _, rotating := range []bool{false, true} {
		w := newWorld(t, identity.Options{Rotating: rotating})
		set := w.login()
		options := w.options(envToken(set))
		options.Persist = false
		opened, err := session.New(options)
		if err != nil {
			t.Fatal(err)
		}
		w.token(opened, 0)
		w.clock.advance(2 * time.Hour)
		w.token(opened, 0)
		w.requests(2)
		w.neverTwice()
		want := []string{}
		if rotating {
			want = append(want, "Replaced Refresh Token Not Saved")
		}
		w.notices(opened, want...)
		if len(w.snapshot()) != 0 {
			t.Error("files were written")
		}
	}
}

// Profiles that share a token share one session in memory too.
func TestToken_memoryOnlyAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{Rotating: true})
	set := w.login()
	store := session.NewMemoryStore("a test")
	var group sync.WaitGroup
	for range 8 {
		options := w.options(envToken(set))
		options.Persist, options.Store = false, store
		opened, err := session.New(options)
		if err != nil {
			t.Fatal(err)
		}
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

// The login can be used without saving; its file stays as it is.
func TestToken_memoryOnlyWithLogin(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{})
	w.writeLogin("default", w.login())
	w.clock.advance(2 * time.Hour)
	before := w.snapshot()["/.earthscope/default/tokens.json"]
	options := w.options(setup{})
	options.Persist = false
	opened, err := session.New(options)
	if err != nil {
		t.Fatal(err)
	}
	w.token(opened, 0)
	w.token(opened, 0)
	w.requests(1)
	w.notices(opened)
	if after := w.snapshot(); len(after) != 1 || after["/.earthscope/default/tokens.json"] != before {
		t.Error("files were written")
	}
}

// readOnlyStore is a home that can be read but not written.
type readOnlyStore struct{ session.Store }

var errFileSystem = errors.New("read-only file system")

func (readOnlyStore) Claim(context.Context, session.Identity, string, string) (session.Key, error) {
	return "", errors.Join(session.ErrReadOnly, errFileSystem)
}

func (readOnlyStore) Lock(context.Context, session.Key) (session.Lock, error) {
	return nil, errors.Join(session.ErrReadOnly, errFileSystem)
}

func (readOnlyStore) Swap(context.Context, session.Key, session.Version, session.Entry) (session.Version, error) {
	return "", errors.Join(session.ErrReadOnly, errFileSystem)
}

func TestToken_readOnlyHome(t *testing.T) {
	for _, rotating := range []bool{false, true} {
		for _, source := range []string{"login", "environment"} {
			temporaryFolder(t)
			w := newWorld(t, identity.Options{Rotating: rotating})
			set := w.login()
			configured := envToken(set)
			if source == "login" {
				w.writeLogin("default", set)
				configured = setup{}
			}
			w.clock.advance(2 * time.Hour)
			before := w.snapshot()
			configured.options.Store = readOnlyStore{session.NewFileStore(w.path())}
			configured.options.Persist = true
			opened := w.open(configured)
			for range 3 {
				w.token(opened, 0)
			}
			w.requests(1)
			if len(w.snapshot()) != len(before) {
				t.Error("files were written")
			}
			if !rotating {
				w.notices(opened)
				continue
			}
			notices := w.notices(opened, "Replaced Refresh Token Saved Elsewhere")
			rescued, err := os.ReadDir(os.TempDir())
			if err != nil || len(rescued) != 1 || !strings.Contains(notices[0].Detail, rescued[0].Name()) {
				t.Errorf("rescue file: %v, %v", rescued, err)
			}
		}
	}
}

// Where rotation is known and nothing can be saved, the token is not spent.
func TestToken_readOnlyHomeAndKnownRotation(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{Rotating: true})
	set := w.login()
	w.token(w.open(envToken(set)), 0)
	w.clock.advance(2 * time.Hour)
	w.server.ResetRequests()
	configured := envToken(set)
	configured.options.Store = readOnlyStore{session.NewFileStore(w.path())}
	configured.options.Persist = true
	w.refused(w.open(configured), session.KindUnsafeRotation)
	w.requests(0)
	w.token(w.open(envToken(set)), 0)
}

// A folder in which nothing can be made, whoever runs.
func TestToken_folderCannotBeMade(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/proc/self"); err != nil {
		t.Skip("no /proc on this system: nowhere else is a folder refused to every user")
	}
	w := newWorld(t, identity.Options{})
	configured := envToken(w.login())
	configured.options.Store = session.NewFileStore("/proc/earthscope")
	configured.options.Persist = true
	w.token(w.open(configured), 0)
	w.requests(1)
}

// stubbornLogin is a tokens.json that cannot be replaced, like a single file
// mounted into a container.
type stubbornLogin struct{ session.Store }

func (s stubbornLogin) Swap(ctx context.Context, key session.Key, old session.Version, next session.Entry) (session.Version, error) {
	if strings.HasSuffix(string(key), "tokens.json") {
		return "", errors.Join(session.ErrReadOnly, errors.New("device or resource busy"))
	}
	return s.Store.Swap(ctx, key, old, next)
}

func TestToken_loginFileCannotBeReplaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{Rotating: true})
	set := w.login()
	w.writeLogin("default", set)
	first := true
	for range 3 {
		w.clock.advance(2 * time.Hour)
		configured := setup{options: session.Options{Store: stubbornLogin{session.NewFileStore(w.path())}, Persist: true}}
		opened := w.open(configured)
		w.token(opened, 0)
		if first {
			w.notices(opened, "Login Kept Beside tokens.json")
		}
		w.notices(opened)
		first = false
	}
	w.requests(3)
	w.neverTwice()
	if got := w.tokens("default").RefreshToken.Reveal(); got != set.RefreshToken {
		t.Error("tokens.json was changed")
	}
}
