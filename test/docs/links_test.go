package docs_test

import (
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const repository = "https://github.com/EarthScope/terraform-provider-earthscope/"

var (
	fence   = regexp.MustCompile("(?ms)^ *```.*?^ *```")
	link    = regexp.MustCompile(`\[[^\]\n]*(?:\n[^\]\n]*)?\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ +(.+)$`)
	anchor  = regexp.MustCompile(`<a id="([^"]+)">`)
	dropped = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// pages are the Markdown files that people read, by path below the root. The
// sources in templates are read as what docs makes of them.
func pages(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if base := entry.Name(); relative == "templates" || base == "dist" || base == "node_modules" || strings.HasPrefix(base, ".") && base != ".." && base != ".github" {
				return filepath.SkipDir
			}
			return nil
		}
		if filepath.Ext(name) == ".md" {
			found[filepath.ToSlash(relative)] = fence.ReplaceAllString(read(t, relative), "")
		}
		return nil
	})
	if err != nil || len(found) < 40 {
		t.Fatalf("%d pages found: %v", len(found), err)
	}
	return found
}

// anchors are the places of a page that a link can name, as GitHub and the
// registry make them of headings.
func anchors(page string) map[string]bool {
	found := map[string]bool{}
	for _, match := range heading.FindAllStringSubmatch(page, -1) {
		text := strings.ToLower(dropped.ReplaceAllString(strings.ReplaceAll(match[1], "`", ""), ""))
		found[strings.ReplaceAll(strings.TrimSpace(text), " ", "-")] = true
	}
	for _, match := range anchor.FindAllStringSubmatch(page, -1) {
		found[match[1]] = true
	}
	return found
}

// Every link of every page leads to a file that is there, and to a heading that
// is in it; links to elsewhere are addresses.
func TestLinks_resolve(t *testing.T) {
	t.Parallel()
	all := pages(t)
	checked := 0
	for page, text := range all {
		for _, match := range link.FindAllStringSubmatch(text, -1) {
			checked++
			if problem := broken(all, page, match[1]); problem != "" {
				t.Errorf("%s: %s: %s", page, match[1], problem)
			}
		}
	}
	if checked < 100 {
		t.Errorf("only %d links were checked", checked)
	}
}

func broken(all map[string]string, page, target string) string {
	address, err := url.Parse(target)
	if err != nil {
		return err.Error()
	}
	var file string
	switch {
	case strings.HasPrefix(target, repository):
		parts := strings.SplitN(strings.TrimPrefix(target, repository), "/", 3)
		if len(parts) < 3 || parts[0] != "tree" && parts[0] != "blob" {
			return "" // issues, releases, security
		}
		file = strings.SplitN(parts[2], "#", 2)[0]
	case address.Scheme == "mailto":
		return ""
	case address.Scheme != "":
		if address.Scheme != "https" || !strings.Contains(address.Host, ".") {
			return "not an https address"
		}
		return ""
	case address.Path == "":
		file = page
	default:
		file = filepath.ToSlash(filepath.Join(filepath.Dir(filepath.FromSlash(page)), filepath.FromSlash(address.Path)))
	}
	if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(file))); err != nil {
		return "there is no such file"
	}
	if address.Fragment != "" && strings.HasSuffix(file, ".md") && !anchors(all[file])[address.Fragment] {
		return "there is no such heading"
	}
	return ""
}

// A guide that no other page leads to is not found.
func TestLinks_leadToEveryGuide(t *testing.T) {
	t.Parallel()
	index := pages(t)["docs/index.md"]
	guides, err := filepath.Glob(filepath.Join(root, "docs", "guides", "*.md"))
	if err != nil || len(guides) < 15 {
		t.Fatalf("%d guides: %v", len(guides), err)
	}
	for _, guide := range guides {
		if !strings.Contains(index, "](guides/"+filepath.Base(guide)) {
			t.Errorf("docs/index.md does not lead to %s", filepath.Base(guide))
		}
	}
}
