// Command changelog keeps CHANGELOG.md from the fragments in .changes/unreleased, so that two changes never touch the
// same line. A fragment is a Markdown file of one sentence, named SLUG.KIND.md: "known-hosts.fixed.md".
//
//	changelog                        check the fragments and print the section that they make
//	changelog -release 1.2.3 -date 2027-01-31
//	                                 put that section into CHANGELOG.md and delete the fragments
//
// The exit status is 1 when a fragment is malformed or the release is in CHANGELOG.md already.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "changelog:", err)
		os.Exit(1)
	}
}

// run does what the arguments ask for in the repository at -root and reports on out.
func run(arguments []string, out io.Writer) error {
	flags := flag.NewFlagSet("changelog", flag.ContinueOnError)
	root := flags.String("root", ".", "folder of the repository")
	version := flags.String("release", "", "version to release, such as 1.2.3; without it nothing is written")
	date := flags.String("date", "", "day of the release, as 2027-01-31")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	fragments, err := readFragments(filepath.Join(*root, ".changes", "unreleased"))
	if err != nil {
		return err
	}
	if *version == "" {
		_, err := io.WriteString(out, section("Unreleased", fragments))
		return err
	}
	title, err := releaseTitle(*version, *date)
	if err != nil {
		return err
	}
	return release(*root, title, fragments)
}

// release writes the section of a release into CHANGELOG.md, then deletes the fragments that it is made of.
func release(root, title string, fragments []fragment) error {
	if len(fragments) == 0 {
		return fmt.Errorf("there is nothing to release: .changes/unreleased holds no fragment")
	}
	file := filepath.Join(root, "CHANGELOG.md")
	before, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	after, err := insert(string(before), section(title, fragments))
	if err != nil {
		return err
	}
	if err := os.WriteFile(file, []byte(after), 0o644); err != nil {
		return err
	}
	for _, f := range fragments {
		if err := os.Remove(f.file); err != nil {
			return err
		}
	}
	return nil
}
