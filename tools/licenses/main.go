// Command licenses lists the modules that a release's binary is made of, with their licences.
//
//	licenses                 print the table for LICENSES.md
//	licenses -notices FILE   write the licence texts, which a release ships beside the binary
//
// It asks the go command, which must run in the provider's module. The exit status is 1 when a module has no licence
// that it knows, or one that an MPL-2.0 project can't be shipped with.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "licenses:", err)
		os.Exit(1)
	}
}

// platforms are those whose binaries differ in what they link.
var platforms = []string{"linux", "darwin", "windows", "freebsd"}

// module is a module that is linked into the binary.
type module struct {
	Path, Version, Dir string
	Main               bool

	license string
	text    []byte
}

// run does what the arguments ask for and reports on out.
func run(arguments []string, out io.Writer) error {
	flags := flag.NewFlagSet("licenses", flag.ContinueOnError)
	notices := flags.String("notices", "", "write the licence texts to this file")
	root := flags.String("root", ".", "folder of the provider's module")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	modules, err := linked(*root)
	if err != nil {
		return err
	}
	var unknown []error
	for i := range modules {
		unknown = append(unknown, modules[i].read())
	}
	if err := errors.Join(unknown...); err != nil {
		return err
	}
	if *notices != "" {
		return os.WriteFile(*notices, texts(modules), 0o644)
	}
	_, err = io.WriteString(out, table(modules))
	return err
}

// linked asks for the modules that the binary of any platform holds, sorted by path.
func linked(root string) ([]module, error) {
	found := map[string]module{}
	for _, platform := range platforms {
		command := exec.Command("go", "list", "-deps", "-json=Module", ".")
		command.Dir = root
		command.Env = append(os.Environ(), "GOOS="+platform, "GOARCH=amd64", "CGO_ENABLED=0")
		output, err := command.Output()
		if err != nil {
			return nil, fmt.Errorf("go list for %s: %w", platform, err)
		}
		for decoder := json.NewDecoder(bytes.NewReader(output)); decoder.More(); {
			var item struct{ Module *module }
			if err := decoder.Decode(&item); err != nil {
				return nil, fmt.Errorf("what go list says: %w", err)
			}
			if item.Module != nil && !item.Module.Main {
				found[item.Module.Path] = *item.Module
			}
		}
	}
	var modules []module
	for _, m := range found {
		modules = append(modules, m)
	}
	slices.SortFunc(modules, func(a, b module) int { return strings.Compare(a.Path, b.Path) })
	return modules, nil
}

// read finds and recognises the module's licence.
func (m *module) read() error {
	for _, pattern := range []string{"LICENSE*", "LICENCE*", "COPYING*", "License*"} {
		files, err := filepath.Glob(filepath.Join(m.Dir, pattern))
		if err != nil || len(files) == 0 {
			continue
		}
		if m.text, err = os.ReadFile(files[0]); err != nil {
			return err
		}
		if m.license = recognise(string(m.text)); m.license == "" {
			return fmt.Errorf("%s: what licence is %s?", m.Path, filepath.Base(files[0]))
		}
		return nil
	}
	return fmt.Errorf("%s has no licence file", m.Path)
}

// table is LICENSES.md.
func table(modules []module) string {
	var text strings.Builder
	text.WriteString("# Licences of what is linked in\n\n" +
		"`make licenses` writes this page from the binary's own list of packages, on every platform. The texts are in\n" +
		"`THIRD-PARTY-NOTICES.txt` of each release.\n\n| module | version | licence |\n|---|---|---|\n")
	for _, m := range modules {
		fmt.Fprintf(&text, "| %s | %s | %s |\n", m.Path, m.Version, m.license)
	}
	return text.String()
}

// texts are the licences themselves, each once with the modules that are under it.
func texts(modules []module) []byte {
	var order []string
	users := map[string][]string{}
	for _, m := range modules {
		text := strings.TrimSpace(string(m.text))
		if users[text] == nil {
			order = append(order, text)
		}
		users[text] = append(users[text], m.Path+" "+m.Version)
	}
	var all bytes.Buffer
	for _, text := range order {
		fmt.Fprintf(&all, "%s\n\n%s\n\n%s\n\n", strings.Join(users[text], "\n"), text, strings.Repeat("-", 80))
	}
	return all.Bytes()
}
