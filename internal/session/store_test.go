package session_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

var tenant = session.Identity{Issuer: "https://login.example.org/", ClientID: "client"}

// stores are the implementations; each must keep the same promises.
func stores(t *testing.T) map[string]session.Store {
	t.Helper()
	return map[string]session.Store{
		"file":   session.NewFileStore(filepath.Join(t.TempDir(), "a [b]", ".earthscope")),
		"memory": session.NewMemoryStore("a test"),
	}
}

func TestStore_compareAndSwap(t *testing.T) {
	t.Parallel()
	for name, store := range stores(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			for _, key := range []session.Key{store.Login("default"), claim(t, store, "aaaa")} {
				_, version, err := store.Load(ctx, key)
				if err != nil {
					t.Fatal(err)
				}
				entry := session.Entry{
					Issuer: tenant.Issuer, ClientID: tenant.ClientID, Rotation: session.RotationSeen,
					AccessToken: settings.NewSecret("access"), RefreshToken: settings.NewSecret("refresh"),
					Lineage: []string{session.Fingerprint("refresh")},
				}
				next, err := store.Swap(ctx, key, version, entry)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := store.Swap(ctx, key, version, session.Entry{}); !errors.Is(err, session.ErrConflict) {
					t.Errorf("Swap of a former version: %v, want ErrConflict", err)
				}
				got, version, err := store.Load(ctx, key)
				if err != nil || version != next || got.AccessToken != entry.AccessToken || got.Rotation != session.RotationSeen {
					t.Errorf("Load = %v, %v; the entry or its version is another", version, err)
				}
				got.Lineage[0] = "changed by the caller"
				if again, _, _ := store.Load(ctx, key); again.Lineage[0] != session.Fingerprint("refresh") {
					t.Error("a caller can change what is stored")
				}
				if found, err := store.Find(ctx, tenant, "default", session.Fingerprint("refresh")); err != nil || found == "" {
					t.Errorf("Find = %q, %v", found, err)
				}
			}
		})
	}
}

func claim(t *testing.T, store session.Store, fingerprint string) session.Key {
	t.Helper()
	key, err := store.Claim(t.Context(), tenant, "default", fingerprint)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestStore_claim(t *testing.T) {
	t.Parallel()
	for name, store := range stores(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if key, err := store.Find(t.Context(), tenant, "default", "aaaa"); key != "" || err != nil {
				t.Errorf("Find before Claim = %q, %v", key, err)
			}
			first := claim(t, store, "aaaa")
			if again := claim(t, store, "aaaa"); again != first {
				t.Errorf("a second claim gave %q, want %q", again, first)
			}
			other, err := store.Claim(t.Context(), session.Identity{Issuer: "https://other/", ClientID: "client"}, "default", "aaaa")
			if err != nil || other == first {
				t.Errorf("another issuer's session got the same key %q, %v", other, err)
			}
		})
	}
}

func TestFileStore_manyWriters(t *testing.T) {
	t.Parallel()
	store := session.NewFileStore(t.TempDir())
	keys := make([]session.Key, 16)
	var group sync.WaitGroup
	for i := range keys {
		group.Go(func() {
			key, err := store.Claim(t.Context(), tenant, "default", "aaaa")
			if err != nil {
				t.Error(err)
				return
			}
			keys[i] = key
			lock, err := store.Lock(t.Context(), key)
			if err != nil {
				t.Error(err)
				return
			}
			defer lock.Release()
			entry, version, err := store.Load(t.Context(), key)
			if err != nil {
				t.Error(err)
				return
			}
			entry.Lineage = append(entry.Lineage, string(rune('a'+i)))
			if _, err := store.Swap(t.Context(), key, version, entry); err != nil {
				t.Errorf("Swap under the lock: %v", err)
			}
		})
	}
	group.Wait()
	entry, _, err := store.Load(t.Context(), keys[0])
	if err != nil || len(entry.Lineage) != 1+len(keys) {
		t.Errorf("%d writes survived, want %d (%v)", len(entry.Lineage)-1, len(keys), err)
	}
}

func TestFileStore_lockTimesOut(t *testing.T) {
	t.Parallel()
	store := session.NewFileStore(t.TempDir())
	key := store.Login("default")
	lock, err := store.Lock(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := store.Lock(ctx, key); !errors.Is(err, session.ErrLockTimeout) {
		t.Errorf("Lock while held: %v, want ErrLockTimeout", err)
	}
	lock.Release()
	lock.Release()
	again, err := store.Lock(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	again.Release()
}

// What a killed process left unfinished goes at the next write, and is never
// read.
func TestFileStore_leftoversAreSwept(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	store := session.NewFileStore(root)
	key := store.Login("default")
	for _, leftover := range []string{"default/.terraform-tokens.json-123", "default/terraform/.terraform-login.json-456"} {
		file := filepath.Join(root, leftover)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(`{"refresh_token":"half`), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	entry, version, err := store.Load(t.Context(), key)
	if err != nil || entry.RefreshToken.IsSet() {
		t.Fatalf("Load = %v", err)
	}
	entry.RefreshToken = settings.NewSecret("refresh")
	if _, err := store.Swap(t.Context(), key, version, entry); err != nil {
		t.Fatal(err)
	}
	var left []string
	_ = filepath.WalkDir(root, func(path string, _ os.DirEntry, _ error) error {
		if strings.HasPrefix(filepath.Base(path), ".terraform-") {
			left = append(left, path)
		}
		return nil
	})
	if len(left) != 0 {
		t.Errorf("left over: %v", left)
	}
}

func TestFileStore_unreadableRecordIsAnError(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	store := session.NewFileStore(root)
	key := claim(t, store, "aaaa")
	if err := os.WriteFile(store.Describe(key), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := store.Load(t.Context(), key); err == nil || !strings.Contains(err.Error(), store.Describe(key)) {
		t.Errorf("Load = %v, want an error that names the file", err)
	}
}

func TestFileStore_malformedLoginIsAbsent(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	store := session.NewFileStore(root)
	key := store.Login("default")
	if err := os.MkdirAll(filepath.Dir(store.Describe(key)), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(store.Describe(key), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	entry, version, err := store.Load(t.Context(), key)
	if err != nil || entry.RefreshToken.IsSet() || version == "" {
		t.Errorf("Load = %v, %v", version, err)
	}
	if _, err := store.Swap(t.Context(), key, "", session.Entry{}); !errors.Is(err, session.ErrConflict) {
		t.Errorf("a file that is there was taken for none: %v", err)
	}
}
