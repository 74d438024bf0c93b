package docs_test

import (
	"regexp"
	"testing"
)

var row = regexp.MustCompile(`(?m)^\| \*\*(.+?)\*\* \| (.+?) \| (.+?) \|$`)

// Every message of the provider is explained, once, with cause and remedy; and
// nothing is explained that no longer exists.
func TestTroubleshooting_hasEveryMessage(t *testing.T) {
	t.Parallel()
	source := diagnosticSummaries(t)
	if len(source.found) < 100 {
		t.Fatalf("only %d summaries found in the source", len(source.found))
	}
	explained := map[string]bool{}
	for _, match := range row.FindAllStringSubmatch(read(t, "templates", "guides", "troubleshooting.md.tmpl"), -1) {
		summary := match[1]
		if explained[summary] {
			t.Errorf("%q is explained twice", summary)
		}
		explained[summary] = true
		if _, ok := source.found[summary]; !ok && !source.begins(summary) {
			t.Errorf("%q is explained, but the provider says it nowhere", summary)
		}
	}
	for summary, at := range source.found {
		if !explained[summary] {
			t.Errorf("%s: %q is not explained in templates/guides/troubleshooting.md.tmpl", at, summary)
		}
	}
	for prefix, at := range source.prefixes {
		some := false
		for summary := range explained {
			_, whole := source.found[summary]
			some = some || !whole && len(summary) > len(prefix) && summary[:len(prefix)] == prefix
		}
		if !some {
			t.Errorf("%s: nothing that begins with %q is explained", at, prefix)
		}
	}
}
