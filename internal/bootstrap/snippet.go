package bootstrap

import (
	"slices"
	"strings"
)

// Snippet puts a line into a world-readable shell profile (/etc/profile.d, ~/.profile) that sources another file if the
// reader may read it. The other file is written with [FormatShell] and mode 0600: a token never stands in the profile.
type Snippet struct {
	// Path of the file to source, absolute or starting with $HOME/.
	Path string
}

var _ Editor = Snippet{}

const snippetTitle = "shell profile"

func (s Snippet) line() (string, error) {
	if reason := unwritable(s.Path); reason != "" || s.Path == "" {
		return "", &ValueError{
			Key: "path", Format: snippetTitle, Reason: "the path is empty or " + reason,
			WayOut: "give the absolute path of the environment file",
		}
	}
	path := QuoteShell(s.Path)
	if rest, inHome := strings.CutPrefix(s.Path, "$HOME/"); inHome {
		path = `"$HOME"/` + QuoteShell(rest)
	} else if !strings.HasPrefix(s.Path, "/") {
		return "", &ValueError{
			Key: "path", Format: snippetTitle, Reason: "the path is relative",
			WayOut: "give an absolute path, or one that starts with $HOME/",
		}
	}
	return "if [ -r " + path + " ]; then . " + path + "; fi", nil
}

// Edit implements [Editor]. Settings are refused: they belong into the file that is sourced.
func (s Snippet) Edit(before []byte, desired Desired, record Record) ([]byte, Record, error) {
	if len(desired.Settings) > 0 {
		return nil, Record{}, &ValueError{
			Key: desired.Settings[0].Key, Format: snippetTitle,
			Reason: "everybody can read it", WayOut: "write settings to the file that it sources",
		}
	}
	wanted, err := s.line()
	if err != nil {
		return nil, Record{}, err
	}
	text := before
	if before == nil {
		text = []byte(CreatedMark + "\n")
	}
	d, err := Env{Format: FormatShell}.scan(text)
	if err != nil {
		return nil, Record{}, err
	}
	updated := Record{Created: record.Created || before == nil, Keys: []string{s.Path}}
	if i := d.indexOf(wanted); i >= 0 {
		if !d.isMark(i-1) && !record.ownsKey(s.Path) {
			updated.Keys = nil
		}
		return text, updated, nil
	}
	after := apply(text, []splice{d.insertAfter(len(d.lines)-1, "\n", []string{Mark, wanted})})
	if err := (Env{Format: FormatShell}).verify(d, after, nil, nil); err != nil {
		return nil, Record{}, err
	}
	return after, updated, nil
}

func (d document) indexOf(content string) int {
	for i := range d.lines {
		if d.content(i) == content {
			return i
		}
	}
	return -1
}

// Remove implements [Editor].
func (s Snippet) Remove(current []byte, record Record) ([]byte, bool, error) {
	if current == nil {
		return nil, true, nil
	}
	wanted, err := s.line()
	if err != nil {
		return nil, false, err
	}
	d := splitLines(current)
	remove := map[int]bool{}
	if i := d.indexOf(wanted); i >= 0 && slices.Contains(record.Keys, s.Path) {
		remove[i] = true
	}
	d.cutMarks(remove, nil, nil)
	after, gone := finish(apply(current, d.cut(remove)), record)
	return after, gone, nil
}

// Inspect implements [Editor]. Its one entry is the line that sources the file.
func (s Snippet) Inspect(current []byte, _ []Expectation, record Record) (Report, error) {
	wanted, err := s.line()
	if err != nil {
		return Report{}, err
	}
	entry := Entry{Key: "path", Name: s.Path}
	d := splitLines(current)
	if i := d.indexOf(wanted); i >= 0 {
		entry.State, entry.Line = Same, i+1
		entry.Owned = record.ownsKey(s.Path) || d.isMark(i-1)
	}
	return Report{Entries: []Entry{entry}}, nil
}
