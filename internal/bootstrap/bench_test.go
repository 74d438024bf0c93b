package bootstrap

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// benchmarkEditor measures every step in one file.
func benchmarkEditor(b *testing.B, editor Editor, before string, settings []Setting) {
	desired := Desired{Settings: settings}
	after, record, err := editor.Edit([]byte(before), desired, Record{})
	if err != nil {
		b.Fatal(err)
	}
	expected := Expect(settings)
	steps := map[string]func() error{
		"Edit":    func() error { _, _, err := editor.Edit([]byte(before), desired, Record{}); return err },
		"NoOp":    func() error { _, _, err := editor.Edit(after, desired, record); return err },
		"Remove":  func() error { _, _, err := editor.Remove(after, record); return err },
		"Inspect": func() error { _, err := editor.Inspect(after, expected, record); return err },
	}
	for _, name := range []string{"Edit", "NoOp", "Remove", "Inspect"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(after)))
			for b.Loop() {
				if err := steps[name](); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// sized is one editor with a pattern of foreign lines that makes files of any size.
type sized struct {
	editor         Editor
	head, pattern  string // %d counts
	patternOfLines int
	settings       []Setting
}

func sizes() map[string]sized {
	return map[string]sized{
		"TOML":    {lab, "", "[profile.p%d]\noauth2.client_id = \"x\"\n# c\nresources.api_url = \"https://h/\"\n", 4, apiSettings()},
		"Dotenv":  {Env{FormatDotenv, StyleVariables}, "", "A%d=1\n# c\n\nB=x y\n", 4, apiSettings()},
		"Shell":   {Env{FormatShell, StyleBootstrap}, "", "export A%d='x'\n# c\n\nB=\"$A\"\n", 4, apiSettings()},
		"Systemd": {Env{FormatSystemd, StyleVariables}, "", "A%d=1\n# c\n\nB=\"x y\"\n", 4, apiSettings()},
		"Compose": {Compose{[]string{"s0"}, StyleBootstrap}, "services:\n", "  s%d:\n    image: x\n    environment:\n      A: b\n", 4, apiSettings()},
		"ComposeList": {
			Compose{[]string{"s0"}, StyleVariables}, "services:\n", "  s%d:\n    image: x\n    environment:\n    - A=b\n", 4, apiSettings(),
		},
		"Snippet": {Snippet{Path: "/etc/earthscope.env"}, "", "export A%d='x'\n# c\n\nB=\"$A\"\n", 4, nil},
	}
}

// text returns a file of so many lines.
func (s sized) text(lines int) string {
	var out strings.Builder
	out.WriteString(s.head)
	for i := range lines / s.patternOfLines {
		fmt.Fprintf(&out, s.pattern, i)
	}
	return out.String()
}

func BenchmarkEditors(b *testing.B) {
	for _, name := range slices.Sorted(maps.Keys(sizes())) {
		for _, lines := range []int{20, 1000} {
			b.Run(fmt.Sprintf("%s/%d", name, lines), func(b *testing.B) {
				s := sizes()[name]
				benchmarkEditor(b, s.editor, s.text(lines), s.settings)
			})
		}
	}
}

func BenchmarkTokens(b *testing.B) { benchmarkEditor(b, Tokens{}, "", tokenSettings()) }

func BenchmarkMasking(b *testing.B) {
	placements := []Placement{held["tokens"], held["config"], held["env"], held["boot"], held["compose"]}
	b.ReportAllocs()
	for b.Loop() {
		Masking(placements, RefreshToken, Rotating)
	}
}
