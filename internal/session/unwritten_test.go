package session_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/sandbox/identity"
	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
)

// failingStore can be locked, and refuses to be written while it is told to: a
// disk that fills up at the wrong moment.
type failingStore struct {
	session.Store

	fails bool
}

func (s *failingStore) Swap(ctx context.Context, key session.Key, old session.Version, next session.Entry) (session.Version, error) {
	if s.fails {
		return "", errors.New("no space left on device")
	}
	return s.Store.Swap(ctx, key, old, next)
}

func (s *failingStore) Aside(ctx context.Context, id session.Identity, profile, fingerprint string) (session.Key, error) {
	if s.fails {
		return "", errors.New("no space left on device")
	}
	return s.Store.Aside(ctx, id, profile, fingerprint)
}

// A successor that could not be saved is what this process goes on with, and
// what it saves once that is possible; its ancestor in the store is not sent
// again.
func TestToken_successorThatCouldNotBeSaved(t *testing.T) {
	for name, configure := range map[string]func(*world, identity.TokenSet) setup{
		"environment": func(_ *world, set identity.TokenSet) setup { return envToken(set) },
		"login": func(w *world, set identity.TokenSet) setup {
			w.writeLogin("default", set)
			return setup{}
		},
	} {
		for _, room := range []bool{false, true} { // later on
			t.Run(name+map[bool]string{true: ", with room later"}[room], func(t *testing.T) {
				temporaryFolder(t)
				w := newWorld(t, identity.Options{Rotating: true})
				set := w.login()
				configured := configure(w, set)
				store := &failingStore{Store: session.NewFileStore(w.path())}
				configured.options.Store, configured.options.Persist = store, true
				opened := w.open(configured)
				w.clock.advance(2 * time.Hour)
				store.fails = true
				w.token(opened, 0)
				w.notices(opened, "Replaced Refresh Token Saved Elsewhere")
				store.fails = !room
				for range 3 {
					w.clock.advance(2 * time.Hour)
					w.token(opened, 0)
				}
				w.requests(4)
				w.neverTwice()
				if !room {
					return
				}
				// Another process finds the session where it belongs.
				store.fails = false
				w.clock.advance(2 * time.Hour)
				w.token(w.open(configured), 0)
				w.neverTwice()
			})
		}
	}
}

// A full disk is noticed before the token is spent.
func TestToken_fullDiskSpendsNothing(t *testing.T) {
	w := newWorld(t, identity.Options{Rotating: true})
	w.smallDisk()
	set := w.login()
	w.writeLogin("default", set)
	w.clock.advance(2 * time.Hour)
	w.token(w.open(setup{}), 0) // it is known now that the server rotates
	w.clock.advance(2 * time.Hour)
	w.server.ResetRequests()
	w.fillDisk()
	w.refused(w.open(setup{}), session.KindUnsafeRotation)
	w.requests(0)
	if err := os.Remove(w.path("ballast")); err != nil {
		t.Fatal(err)
	}
	w.token(w.open(setup{}), 0)
	w.requests(1)
	w.neverTwice()
	if left, _ := filepath.Glob(w.path("default", ".terraform-*")); len(left) != 0 {
		t.Errorf("left behind: %q", left)
	}
}

// Nothing is kept with persist_tokens = false, so a session that is known to
// rotate is not touched: plan and apply would spend one token twice.
func TestToken_memoryOnlyAndKnownRotation(t *testing.T) {
	t.Parallel()
	for name, configure := range map[string]func(*world, identity.TokenSet) setup{
		"environment": func(_ *world, set identity.TokenSet) setup { return envToken(set) },
		"login": func(w *world, set identity.TokenSet) setup {
			w.writeLogin("default", set)
			return setup{}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, identity.Options{Rotating: true})
			configured := configure(w, w.login())
			w.clock.advance(2 * time.Hour)
			w.token(w.open(configured), 0)
			w.clock.advance(2 * time.Hour)
			w.server.ResetRequests()
			before := w.snapshot()
			options := w.options(configured)
			options.Persist = false
			opened, err := session.New(options)
			if err != nil {
				t.Fatal(err)
			}
			failure := w.refused(opened, session.KindUnsafeRotation)
			if !strings.Contains(failure.Detail, "persist_tokens") {
				t.Errorf("detail = %q", failure.Detail)
			}
			w.requests(0)
			after := w.snapshot()
			if len(after) != len(before) {
				t.Error("files were written")
			}
			w.token(w.open(configured), 0)
			w.requests(1)
			w.neverTwice()
		})
	}
}

// A login that can't be replaced holds a spent token from then on, which the CLI
// would send: that is told.
func TestToken_loginKeptBesideIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, identity.Options{Rotating: true})
	w.writeLogin("default", w.login())
	w.clock.advance(2 * time.Hour)
	opened := w.open(setup{options: session.Options{Store: stubbornLogin{session.NewFileStore(w.path())}, Persist: true}})
	w.token(opened, 0)
	notices := w.notices(opened, "Login Kept Beside tokens.json")
	for _, part := range []string{w.path("default", "tokens.json"), filepath.Join("default", "terraform"), "device or resource busy", "es login"} {
		if !strings.Contains(notices[0].Detail, part) {
			t.Errorf("detail lacks %q: %s", part, notices[0].Detail)
		}
	}
}

// logoutAtLock is a store whose login is removed while its lock is waited for,
// as "es logout" does.
type logoutAtLock struct {
	*failingStore

	login string
}

func (s *logoutAtLock) Lock(ctx context.Context, key session.Key) (session.Lock, error) {
	if login := s.login; login != "" {
		s.login = ""
		if err := os.Remove(login); err != nil {
			return nil, err
		}
	}
	return s.Store.Lock(ctx, key)
}

// A successor that could not be saved does not bring a login back that was
// removed meanwhile.
func TestToken_successorThatCouldNotBeSavedAndALogout(t *testing.T) {
	temporaryFolder(t)
	w := newWorld(t, identity.Options{Rotating: true})
	w.writeLogin("default", w.login())
	store := &logoutAtLock{failingStore: &failingStore{Store: session.NewFileStore(w.path())}}
	opened := w.open(setup{options: session.Options{Store: store, Persist: true}})
	w.clock.advance(2 * time.Hour)
	store.fails = true
	w.token(opened, 0)
	w.clock.advance(2 * time.Hour)
	w.server.ResetRequests()
	store.fails, store.login = false, w.path("default", "tokens.json")
	w.refused(opened, session.KindLoginRemoved)
	w.requests(0)
	if _, err := os.Stat(w.path("default", "tokens.json")); !os.IsNotExist(err) {
		t.Errorf("the login is back: %v", err)
	}
}
