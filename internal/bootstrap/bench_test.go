package bootstrap

import (
	"fmt"
	"strings"
	"testing"
)

// benchmarkEditor measures one edit and one removal in a file of about 200 lines, or the writing of a new one.
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

func repeat(format string) string {
	var out strings.Builder
	for i := range 50 {
		fmt.Fprintf(&out, format, i)
	}
	return out.String()
}

func BenchmarkTOML(b *testing.B) {
	benchmarkEditor(b, lab, repeat("[profile.p%d]\noauth2.client_id = \"x\"\n# c\nresources.api_url = \"https://h/\"\n"), apiSettings())
}

func BenchmarkTokens(b *testing.B) { benchmarkEditor(b, Tokens{}, "", tokenSettings()) }

func BenchmarkDotenv(b *testing.B) {
	benchmarkEditor(b, Env{FormatDotenv, StyleVariables}, repeat("A%d=1\n# c\n\nB=x y\n"), apiSettings())
}

func BenchmarkShell(b *testing.B) {
	benchmarkEditor(b, Env{FormatShell, StyleBootstrap}, repeat("export A%d='x'\n# c\n\nB=\"$A\"\n"), apiSettings())
}

func BenchmarkSystemd(b *testing.B) {
	benchmarkEditor(b, Env{FormatSystemd, StyleVariables}, repeat("A%d=1\n# c\n\nB=\"x y\"\n"), apiSettings())
}

func BenchmarkCompose(b *testing.B) {
	benchmarkEditor(b, Compose{[]string{"s7"}, StyleBootstrap},
		"services:\n"+repeat("  s%d:\n    image: x\n    environment:\n      A: b\n"), apiSettings())
}
