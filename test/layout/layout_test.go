// Package layout_test holds what the pages for maintainers say against the code: the diagram of imports, the list of
// folders, the reasons for dependencies, the limits of size.
package layout_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	root       = "../.."
	modulePath = "github.com/EarthScope/terraform-provider-earthscope"
)

// goPackage is what `go list -json` says of a package.
type goPackage struct {
	ImportPath string
	Imports    []string
}

// The solid arrows of the diagram in DESIGN.md are exactly the imports between our packages, tests and the demo left
// aside.
func TestDiagram_isTrue(t *testing.T) {
	drawn := arrows(t, section(t, "DESIGN.md", "```mermaid\nflowchart TD\n", "```"))
	actual := map[string]bool{}
	for _, p := range packages(t) {
		from := room(p.ImportPath)
		for _, imported := range p.Imports {
			if to := room(imported); from != "" && to != "" && from != to {
				actual[from+" --> "+to] = true
			}
		}
	}
	for arrow := range actual {
		if !drawn[arrow] {
			t.Errorf("DESIGN.md does not draw the import %s", arrow)
		}
	}
	for arrow := range drawn {
		if !actual[arrow] {
			t.Errorf("DESIGN.md draws %s, and there is no such import", arrow)
		}
	}
}

// room is the package of internal/ that an import path belongs to, "main" for the program itself, "" for what the
// diagram leaves out: other modules, the sandbox and the demo, tests and benchmarks.
func room(importPath string) string {
	inside, ours := strings.CutPrefix(importPath, modulePath)
	if !ours {
		return ""
	}
	if inside == "" {
		return "main"
	}
	parts := strings.Split(strings.Trim(inside, "/"), "/")
	if parts[0] != "internal" || slices.Contains([]string{"sandbox", "demo"}, parts[1]) {
		return ""
	}
	return parts[1]
}

// arrows reads "a --> b & c" lines of a Mermaid flow chart; dotted arrows are for tests and left out.
func arrows(t *testing.T, diagram string) map[string]bool {
	t.Helper()
	label := regexp.MustCompile(`\[[^]]*\]`)
	drawn := map[string]bool{}
	for line := range strings.Lines(diagram) {
		from, to, solid := strings.Cut(label.ReplaceAllString(line, ""), "-->")
		if !solid || strings.Contains(line, "-.->") {
			continue
		}
		for source := range strings.SplitSeq(from, "&") {
			for target := range strings.SplitSeq(to, "&") {
				drawn[strings.TrimSpace(source)+" --> "+strings.TrimSpace(target)] = true
			}
		}
	}
	if len(drawn) < 10 {
		t.Fatalf("read %d arrows from the diagram in DESIGN.md", len(drawn))
	}
	return drawn
}

// DESIGN.md says of every folder of code what it is for, and of none that is gone.
func TestLayout_everyFolderIsExplained(t *testing.T) {
	table := section(t, "DESIGN.md", "## Layout\n", "\n## ")
	explained := map[string]bool{}
	for _, match := range regexp.MustCompile("`([a-z0-9./_-]+)`").FindAllStringSubmatch(table, -1) {
		explained[match[1]] = true
		if _, err := os.Stat(filepath.Join(root, match[1])); err != nil && strings.Contains(match[1], "/") {
			t.Errorf("DESIGN.md explains %s, which is not there", match[1])
		}
	}
	for _, parent := range []string{"internal", "test", "."} {
		entries, err := os.ReadDir(filepath.Join(root, parent))
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			name := filepath.ToSlash(filepath.Join(parent, entry.Name()))
			hidden := strings.HasPrefix(entry.Name(), ".") || slices.Contains([]string{"bin", "dist", "internal", "test"}, name)
			if entry.IsDir() && !hidden && !explained[name] {
				t.Errorf("DESIGN.md does not say what %s is for", name)
			}
		}
	}
}

// Every direct dependency has a reason in design/dependencies.md, and nothing else has.
func TestDependencies_eachHasAReason(t *testing.T) {
	want := map[string]bool{}
	for line := range strings.Lines(section(t, "go.mod", "require (\n", "\n)")) {
		if !strings.Contains(line, "// indirect") {
			want[strings.Fields(line)[0]] = true
		}
	}
	got := map[string]bool{}
	for _, match := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\| [^|]{20,} \\|").FindAllStringSubmatch(read(t, "design/dependencies.md"), -1) {
		got[match[1]] = true
	}
	for dependency := range want {
		if !got[dependency] {
			t.Errorf("design/dependencies.md gives no reason for %s", dependency)
		}
	}
	for dependency := range got {
		if !want[dependency] {
			t.Errorf("design/dependencies.md gives a reason for %s, which go.mod does not name as a direct one", dependency)
		}
	}
}

// longest is how many lines a file may have; a reader takes in no more.
const longest = 400

func TestFiles_areShort(t *testing.T) {
	var lengths []int
	for _, file := range goFiles(t) {
		lines := strings.Count(read(t, file), "\n")
		lengths = append(lengths, lines)
		if lines > longest {
			t.Errorf("%s has %d lines; %d is the limit", file, lines, longest)
		}
	}
	slices.Sort(lengths)
	t.Logf("%d files, median %d lines", len(lengths), lengths[len(lengths)/2])
}

// goFiles lists the Go files that git knows, so that nothing generated or downloaded counts.
func goFiles(t *testing.T) []string {
	t.Helper()
	output := run(t, "git", "ls-files", "*.go")
	return strings.Fields(output)
}

func packages(t *testing.T) []goPackage {
	t.Helper()
	var all []goPackage
	decoder := json.NewDecoder(strings.NewReader(run(t, "go", "list", "-json=ImportPath,Imports", ".", "./internal/...")))
	for {
		var p goPackage
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func run(t *testing.T, program string, arguments ...string) string {
	t.Helper()
	command := exec.Command(program, arguments...)
	command.Dir = root
	output, err := command.Output()
	if err != nil {
		t.Fatalf("%s %v: %v", program, arguments, err)
	}
	return string(output)
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// section is the part of a file between two marks.
func section(t *testing.T, name, start, end string) string {
	t.Helper()
	_, rest, found := strings.Cut(read(t, name), start)
	part, _, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatalf("%s has no part between %q and %q", name, start, end)
	}
	return part
}

// Every decision record is listed, in order, and has the same three parts.
func TestDecisions_areListedAndWhole(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(root, "design", "decisions", "0*.md"))
	if err != nil || len(files) < 5 {
		t.Fatalf("found %d decision records: %v", len(files), err)
	}
	index := read(t, "design/decisions/README.md")
	for _, file := range files {
		name := filepath.Base(file)
		text := read(t, filepath.Join("design", "decisions", name))
		title, err := bufio.NewReader(strings.NewReader(text)).ReadString('\n')
		if err != nil || !strings.HasPrefix(title, "# ") {
			t.Errorf("%s does not begin with a title", name)
		}
		if want := "[" + strings.TrimSpace(strings.TrimPrefix(title, "# ")) + "](" + name + ")"; !strings.Contains(index, want) {
			t.Errorf("design/decisions/README.md does not list %s", want)
		}
		for _, part := range []string{"\n## Situation\n", "\n## Decision\n", "\n## Consequences\n"} {
			if !strings.Contains(text, part) {
				t.Errorf("%s lacks%s", name, strings.TrimRight(part, "\n"))
			}
		}
	}
}
