package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRun_release(t *testing.T) {
	root := t.TempDir()
	write(t, root, "CHANGELOG.md", "# Changelog\n\nHow versions are made.\n\n## 0.1.0 (2026-12-01)\n\n### Added\n\n- The first.\n")
	write(t, root, ".changes/unreleased/b-mended.fixed.md", "A host that\nis off is said to be off.\n")
	write(t, root, ".changes/unreleased/a-new.added.md", "A thing.\n")
	write(t, root, ".changes/unreleased/z-also.fixed.md", strings.Repeat("word ", 30)+"end.\n")
	if err := run([]string{"-root", root, "-release", "0.2.0", "-date", "2027-01-31"}, &strings.Builder{}); err != nil {
		t.Fatal(err)
	}
	want := "# Changelog\n\nHow versions are made.\n\n## 0.2.0 (2027-01-31)\n\n### Added\n\n- A thing.\n\n### Fixed\n\n" +
		"- A host that is off is said to be off.\n- " + strings.TrimSpace(strings.Repeat("word ", 23)) + "\n  " +
		strings.Repeat("word ", 7) + "end.\n\n## 0.1.0 (2026-12-01)\n\n### Added\n\n- The first.\n"
	got, err := os.ReadFile(filepath.Join(root, "CHANGELOG.md"))
	if err != nil || string(got) != want {
		t.Errorf("CHANGELOG.md = %q, %v\nwant %q", got, err, want)
	}
	if left, err := os.ReadDir(filepath.Join(root, ".changes", "unreleased")); err != nil || len(left) != 0 {
		t.Errorf("fragments left: %v, %v", left, err)
	}
	write(t, root, ".changes/unreleased/late.added.md", "Too late.\n")
	err = run([]string{"-root", root, "-release", "0.2.0", "-date", "2027-02-01"}, &strings.Builder{})
	if err == nil || err.Error() != "CHANGELOG.md has 0.2.0 already" {
		t.Errorf("a second release of a version: %v", err)
	}
}

func TestRun_printsWithoutWriting(t *testing.T) {
	root := t.TempDir()
	write(t, root, ".changes/unreleased/one.security.md", "Closed.")
	var out strings.Builder
	if err := run([]string{"-root", root}, &out); err != nil {
		t.Fatal(err)
	}
	if want := "## Unreleased\n\n### Security\n\n- Closed.\n"; out.String() != want {
		t.Errorf("printed %q, want %q", out.String(), want)
	}
}

func TestReadFragments_malformed(t *testing.T) {
	for name, test := range map[string]struct{ file, text, want string }{
		"name":      {"Fix.md", "Mended.", "call it SLUG.KIND.md, in lower case with hyphens"},
		"kind":      {"a.mended.md", "Mended.", `there is no kind "mended"; take one of added, changed, deprecated, removed, fixed, security`},
		"empty":     {"a.fixed.md", " \n", "it is empty"},
		"list":      {"a.fixed.md", "- Mended.", "write one sentence, without heading or list"},
		"two":       {"a.fixed.md", "Mended.\n\nAnd more.", "write one sentence, without heading or list"},
		"full stop": {"a.fixed.md", "Mended", "end the sentence with a full stop"},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			write(t, folder, test.file, test.text)
			_, err := readFragments(folder)
			if want := filepath.Join(folder, test.file) + ": " + test.want; err == nil || err.Error() != want {
				t.Errorf("error %v, want %s", err, want)
			}
		})
	}
}

func TestReleaseTitle_refused(t *testing.T) {
	for _, test := range [][2]string{{"v1.2.3", "2027-01-31"}, {"1.2", "2027-01-31"}, {"1.2.3", ""}, {"1.2.3", "31.1.2027"}} {
		if title, err := releaseTitle(test[0], test[1]); err == nil {
			t.Errorf("%v gave %q, want an error", test, title)
		}
	}
}

// The repository's own fragments are well-formed.
func TestReadFragments_ours(t *testing.T) {
	if _, err := readFragments(filepath.Join("..", "..", ".changes", "unreleased")); err != nil {
		t.Error(err)
	}
}

func write(t *testing.T, root, name, text string) {
	t.Helper()
	file := filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
