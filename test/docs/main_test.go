// Package docs_test holds the pages to what is there: every message is
// explained, every link leads somewhere, every page says what it must.
package docs_test

import (
	"os"
	"path/filepath"
	"testing"
)

var root = filepath.Join("..", "..")

func read(t *testing.T, parts ...string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(append([]string{root}, parts...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// missing skips for want of a part, or fails where every part is required.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("ES_TEST_REQUIRE_PARTS") == "1" {
		t.Fatal(what + ", and ES_TEST_REQUIRE_PARTS=1 asks for it")
	}
	t.Skip("SKIPPED: " + what)
}
