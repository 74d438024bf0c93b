package session

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// A session is found among folders of any number of files that are none of a
// profile's, with a number of allocations that does not grow with them. (Allocations are counted for the whole process, so it
// is not parallel.)
func TestFileStore_findsAmongManyFiles(t *testing.T) {
	const token = "v1.the-token"
	root := t.TempDir()
	store := NewFileStore(root)
	id := Identity{Issuer: "https://login.example.org", ClientID: "client"}
	if _, err := store.Claim(t.Context(), id, "default", Fingerprint(token)); err != nil {
		t.Fatal(err)
	}
	find := func() {
		key, err := store.Find(t.Context(), id, "default", Fingerprint(token))
		if err != nil || key == "" {
			t.Fatalf("Find = %q, %v", key, err)
		}
	}
	fill := func(from, to int) {
		for number := from; number < to; number++ {
			file := filepath.Join(root, ".terraform-hosts", fmt.Sprintf("%d.json", number))
			if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	fill(0, 1)
	few := testing.AllocsPerRun(20, find)
	fill(1, 500)
	if many := testing.AllocsPerRun(20, find); many > few+5 {
		t.Errorf("%.0f allocations with 500 files, %.0f with one", many, few)
	}
}
