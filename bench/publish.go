package main

import (
	"fmt"
	"os"
	"strings"
)

// The marks between which a page holds figures.
const (
	beginMark = "<!-- begin of the figures -->\n"
	endMark   = "<!-- end of the figures -->\n"
)

// publish puts the results of a file into a page, with headings one level down, and the few that say most into a README.
// An empty name leaves that page out.
func publish(results, page, readme string) error {
	data, err := os.ReadFile(results) //nolint:gosec // named by whoever runs this
	if err != nil {
		return err
	}
	measured := string(data)
	if page != "" {
		lowered := strings.ReplaceAll("\n"+measured, "\n## ", "\n### ")
		if err := fill(page, strings.Replace(lowered, "\n# ", "\n## ", 1)+"\n"); err != nil {
			return err
		}
	}
	if readme == "" {
		return nil
	}
	quoted, err := quote(measured)
	if err != nil {
		return fmt.Errorf("%s: %w", results, err)
	}
	return fill(readme, quoted)
}

// quote takes from results what the README says: the machine, and the figures in short.
func quote(measured string) (string, error) {
	_, rest, found := strings.Cut(measured, "\n- ")
	_, short, inShort := strings.Cut(measured, shortHeading)
	if !found || !inShort {
		return "", fmt.Errorf("no full results")
	}
	machine, _, _ := strings.Cut(rest, "\n")
	short, _, _ = strings.Cut(short, "\n\n")
	return "On " + machine + ":\n\n" + strings.TrimSuffix(short, "\n") + "\n", nil
}

// fill replaces what a page has between the marks.
func fill(page, text string) error {
	data, err := os.ReadFile(page) //nolint:gosec // named by whoever runs this
	if err != nil {
		return err
	}
	before, rest, begun := strings.Cut(string(data), beginMark)
	_, after, ended := strings.Cut(rest, endMark)
	if !begun || !ended {
		return fmt.Errorf("%s has no place for the figures", page)
	}
	return os.WriteFile(page, []byte(before+beginMark+text+endMark+after), 0o644) //nolint:gosec // a page that is published
}
