package provider

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/session"
	"github.com/EarthScope/terraform-provider-earthscope/internal/settings"
)

func fingerprintOf(token string) string { return session.Fingerprint(token) }

func secret(text string) settings.Secret { return settings.NewSecret(text) }

// mustHold fails unless the file has this content and is private.
func mustHold(t *testing.T, file, want string) {
	t.Helper()
	got, err := os.ReadFile(file)
	if err != nil || string(got) != want {
		t.Errorf("%s holds %q (%v), want %q", file, got, err, want)
	}
	info, err := os.Stat(file)
	if err == nil && runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%s has mode %04o, want 0600", file, info.Mode().Perm())
	}
}

func mustBeGone(t *testing.T, file string) {
	t.Helper()
	if _, err := os.Lstat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is there (%v)", file, err)
	}
}

func put(t *testing.T, file, content string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func summaryOf(err error) string {
	var failure *tokenFileError
	if errors.As(err, &failure) {
		return failure.summary
	}
	return ""
}

func TestTokenFile_createReplaceRemove(t *testing.T) {
	t.Parallel()
	f := &tokenFile{path: filepath.Join(t.TempDir(), "token")}
	if err := f.create(secret("first")); err != nil {
		t.Fatal(err)
	}
	mustHold(t, f.path, "first")
	for _, next := range []string{"second", "second", "third"} {
		if err := f.replace(secret(next)); err != nil {
			t.Fatal(err)
		}
		mustHold(t, f.path, next)
	}
	if removed, err := f.remove(); !removed || err != nil {
		t.Errorf("removed = %v, %v", removed, err)
	}
	mustBeGone(t, f.path)
	mustBeGone(t, temporaryName(f.path))
}

func TestTokenFile_createRefusesWhatIsThere(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	target := filepath.Join(folder, "target")
	put(t, target, "precious")
	for name, prepare := range map[string]func(file string) error{
		"file":          func(file string) error { return os.WriteFile(file, []byte("precious"), 0o600) },
		"empty file":    func(file string) error { return os.WriteFile(file, nil, 0o600) },
		"folder":        func(file string) error { return os.Mkdir(file, 0o700) },
		"link":          func(file string) error { return os.Symlink(target, file) },
		"dangling link": func(file string) error { return os.Symlink(filepath.Join(folder, "nothing"), file) },
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "token")
			if err := prepare(file); err != nil {
				t.Fatal(err)
			}
			before, err := os.Lstat(file)
			if err != nil {
				t.Fatal(err)
			}
			if got := summaryOf((&tokenFile{path: file}).create(secret("token"))); got != "Token File Exists" {
				t.Errorf("got %q", got)
			}
			after, err := os.Lstat(file)
			if err != nil || !os.SameFile(before, after) {
				t.Errorf("it was replaced (%v)", err)
			}
		})
	}
	mustHold(t, target, "precious")
	mustBeGone(t, filepath.Join(folder, "nothing"))
}

func TestTokenFile_changedByOthersIsLeftAlone(t *testing.T) {
	t.Parallel()
	f := &tokenFile{path: filepath.Join(t.TempDir(), "token")}
	if err := f.create(secret("first")); err != nil {
		t.Fatal(err)
	}
	put(t, f.path, "theirs")
	if got := summaryOf(f.replace(secret("second"))); got != "Token File Changed" {
		t.Errorf("replace: %q", got)
	}
	if removed, err := f.remove(); removed || err != nil {
		t.Errorf("removed = %v, %v", removed, err)
	}
	mustHold(t, f.path, "theirs")
}

func TestTokenFile_replaceAfterSomebodyRemovedIt(t *testing.T) {
	t.Parallel()
	f := &tokenFile{path: filepath.Join(t.TempDir(), "token")}
	if err := f.create(secret("first")); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(f.path); err != nil {
		t.Fatal(err)
	}
	if err := f.replace(secret("first")); err != nil {
		t.Fatal(err)
	}
	mustHold(t, f.path, "first")
}

func TestTokenFile_foreignTemporaryFile(t *testing.T) {
	t.Parallel()
	f := &tokenFile{path: filepath.Join(t.TempDir(), "token")}
	if err := f.create(secret("first")); err != nil {
		t.Fatal(err)
	}
	put(t, temporaryName(f.path), "theirs")
	if got := summaryOf(f.replace(secret("second"))); got != "Token File Not Replaced" {
		t.Errorf("replace: %q", got)
	}
	mustHold(t, f.path, "first")
	mustHold(t, temporaryName(f.path), "theirs")
}

func TestResolveTokenFile_noFolder(t *testing.T) {
	t.Parallel()
	_, err := resolveTokenFile(filepath.Join(t.TempDir(), "missing", "token"))
	if got := summaryOf(err); got != "Token File Without a Folder" || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %q, %v", got, err)
	}
}

// registryAt makes a registry of its own.
func registryAt(t *testing.T) *tokenFileRegistry {
	t.Helper()
	return &tokenFileRegistry{
		folder: filepath.Join(t.TempDir(), "token-files"), now: func() time.Time { return time.Unix(1_800_000_000, 0) },
	}
}

// claimed opens a token file as one run does.
func (r *tokenFileRegistry) claimed(t *testing.T, path, token string) *tokenFile {
	t.Helper()
	claim, err := r.acquire(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	f := &tokenFile{path: path, claim: claim}
	if err := claim.record(path, fingerprintOf(token)); err != nil {
		t.Fatal(err)
	}
	if err := f.create(secret(token)); err != nil {
		t.Fatal(err)
	}
	return f
}

// kill ends a run without Close: its locks go with it, its files stay.
func kill(t *testing.T, f *tokenFile) {
	t.Helper()
	if err := f.claim.lock.Unlock(); err != nil {
		t.Fatal(err)
	}
}

func TestRegistry_releaseLeavesNothing(t *testing.T) {
	t.Parallel()
	r := registryAt(t)
	f := r.claimed(t, filepath.Join(t.TempDir(), "token"), "first")
	if _, err := f.remove(); err != nil {
		t.Fatal(err)
	}
	f.claim.release(t.Context())
	left, err := os.ReadDir(r.folder)
	if err != nil || len(left) != 1 || left[0].Name() != "registry.lock" {
		t.Errorf("left: %v (%v)", left, err)
	}
}

func TestRegistry_liveFileIsRefusedAndKept(t *testing.T) {
	t.Parallel()
	r := registryAt(t)
	f := r.claimed(t, filepath.Join(t.TempDir(), "token"), "first")
	if _, err := r.acquire(t.Context(), f.path); !errors.Is(err, errClaimed) {
		t.Errorf("got %v, want errClaimed", err)
	}
	other := r.claimed(t, filepath.Join(t.TempDir(), "token"), "second")
	mustHold(t, f.path, "first")
	mustHold(t, other.path, "second")
}

func TestRegistry_sweepsWhatKilledRunsLeft(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		leave func(t *testing.T, f *tokenFile)
		kept  string // "" where the file is to go
	}{
		"the token": {func(*testing.T, *tokenFile) {}, ""},
		"a file that was created and not written": {func(t *testing.T, f *tokenFile) { put(t, f.path, "") }, ""},
		"the renewed token, not yet renamed": {func(t *testing.T, f *tokenFile) {
			if err := f.claim.record(f.path, f.written, fingerprintOf("next")); err != nil {
				t.Fatal(err)
			}
			put(t, temporaryName(f.path), "next")
		}, ""},
		"what somebody else wrote since": {func(t *testing.T, f *tokenFile) { put(t, f.path, "theirs") }, "theirs"},
		"nothing":                        {func(t *testing.T, f *tokenFile) { _ = os.Remove(f.path) }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := registryAt(t)
			f := r.claimed(t, filepath.Join(t.TempDir(), "token"), "first")
			test.leave(t, f)
			kill(t, f)
			other := r.claimed(t, filepath.Join(t.TempDir(), "other"), "second")
			if test.kept == "" {
				mustBeGone(t, f.path)
			} else {
				mustHold(t, f.path, test.kept)
			}
			mustBeGone(t, temporaryName(f.path))
			mustBeGone(t, r.file(recordName(f.path), recordEnding))
			mustBeGone(t, r.file(recordName(f.path), lockEnding))
			mustHold(t, other.path, "second")
		})
	}
}

// The record holds fingerprints, never a token.
func TestRegistry_recordHoldsNoToken(t *testing.T) {
	t.Parallel()
	r := registryAt(t)
	f := r.claimed(t, filepath.Join(t.TempDir(), "token"), "first-token")
	want := `{"version":1,"path":"` + f.path + `","fingerprints":["` + fingerprintOf("first-token") + `"],"created":"2027-01-15T08:00:00Z"}`
	mustHold(t, r.file(recordName(f.path), recordEnding), want)
}

func TestRegistry_damagedRecordIsDropped(t *testing.T) {
	t.Parallel()
	r := registryAt(t)
	f := r.claimed(t, filepath.Join(t.TempDir(), "token"), "first")
	put(t, r.file(recordName(f.path), recordEnding), "{")
	kill(t, f)
	if _, err := r.acquire(t.Context(), filepath.Join(t.TempDir(), "other")); err != nil {
		t.Fatal(err)
	}
	mustHold(t, f.path, "first")
	mustBeGone(t, r.file(recordName(f.path), recordEnding))
}
