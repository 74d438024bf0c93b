package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// kinds are the headings of a section in their order, after Keep a Changelog 1.1.0.
var kinds = []string{"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}

// fragment is one change that users notice.
type fragment struct {
	file, kind, body string
}

var fragmentName = regexp.MustCompile(`^[a-z0-9]+(?:-[a-z0-9]+)*\.([a-z]+)\.md$`)

// readFragments reads the fragments of a folder in the order of their names; a folder that is not there holds none. The
// error names every malformed file.
func readFragments(folder string) ([]fragment, error) {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var fragments []fragment
	var malformed []error
	for _, entry := range entries {
		f, err := readFragment(filepath.Join(folder, entry.Name()))
		if err != nil {
			malformed = append(malformed, err)
			continue
		}
		fragments = append(fragments, f)
	}
	return fragments, errors.Join(malformed...)
}

func readFragment(file string) (fragment, error) {
	match := fragmentName.FindStringSubmatch(filepath.Base(file))
	if match == nil {
		return fragment{}, fmt.Errorf("%s: call it SLUG.KIND.md, in lower case with hyphens", file)
	}
	at := slices.IndexFunc(kinds, func(kind string) bool { return strings.EqualFold(kind, match[1]) })
	if at < 0 {
		return fragment{}, fmt.Errorf("%s: there is no kind %q; take one of %s", file, match[1], strings.ToLower(strings.Join(kinds, ", ")))
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return fragment{}, err
	}
	body := strings.TrimSpace(string(data))
	switch {
	case body == "":
		return fragment{}, fmt.Errorf("%s: it is empty", file)
	case strings.Contains(body, "\n\n"), strings.HasPrefix(body, "- "), strings.HasPrefix(body, "#"):
		return fragment{}, fmt.Errorf("%s: write one sentence, without heading or list", file)
	case !strings.HasSuffix(body, "."):
		return fragment{}, fmt.Errorf("%s: end the sentence with a full stop", file)
	}
	return fragment{file: file, kind: kinds[at], body: strings.Join(strings.Fields(body), " ")}, nil
}

// section is a section of CHANGELOG.md: a heading, and a list for each kind that has changes.
func section(title string, fragments []fragment) string {
	var text strings.Builder
	fmt.Fprintf(&text, "## %s\n", title)
	for _, kind := range kinds {
		first := true
		for _, f := range fragments {
			if f.kind != kind {
				continue
			}
			if first {
				fmt.Fprintf(&text, "\n### %s\n\n", kind)
				first = false
			}
			text.WriteString(wrap("- "+f.body, 118) + "\n")
		}
	}
	return text.String()
}

// wrap breaks a list item at blanks so that no line is longer than width characters, where words allow.
func wrap(item string, width int) string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(item) {
		switch {
		case line == "":
			line = word
		case len([]rune(line))+1+len([]rune(word)) > width:
			lines = append(lines, line)
			line = "  " + word
		default:
			line += " " + word
		}
	}
	return strings.Join(append(lines, line), "\n")
}

var versionForm = regexp.MustCompile(`^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$`)

func releaseTitle(version, date string) (string, error) {
	if !versionForm.MatchString(version) {
		return "", fmt.Errorf("%q is no version; write it as 1.2.3", version)
	}
	if _, err := time.Parse(time.DateOnly, date); err != nil {
		return "", fmt.Errorf("%q is no day; write -date as 2027-01-31", date)
	}
	return fmt.Sprintf("%s (%s)", version, date), nil
}

// insert puts a section before the newest one of a changelog.
func insert(changelog, section string) (string, error) {
	title, _, _ := strings.Cut(section, "\n")
	version, _, _ := strings.Cut(title, " (")
	if strings.Contains(changelog, version+" (") {
		return "", fmt.Errorf("CHANGELOG.md has %s already", strings.TrimPrefix(version, "## "))
	}
	before, after, found := strings.Cut(changelog, "\n## ")
	if !found {
		return strings.TrimRight(changelog, "\n") + "\n\n" + section, nil
	}
	return before + "\n" + section + "\n## " + after, nil
}
