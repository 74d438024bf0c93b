package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os/exec"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// benchmarkLine is a line of `go test -bench -benchmem`.
var benchmarkLine = regexp.MustCompile(`^Benchmark(\S+?)(?:-\d+)?\s+\d+\s+([0-9.]+) ns/op.*?\s([0-9]+) B/op\s+([0-9]+) allocs/op`)

// edits runs the Go benchmarks of the editors and of the settings chain.
func (b *bench) edits() error {
	out := b.document.table("Edits and settings", "Go benchmarks in one process, each the median of its runs. The files have a thousand lines.",
		"package", "benchmark", "µs an operation", "kB allocated", "allocations")
	count, duration := "3", "100ms"
	if b.quick {
		count, duration = "1", "1x"
	}
	for _, name := range []string{"internal/bootstrap", "internal/settings"} {
		b.progress("edits: %s", name)
		command := exec.Command("go", "test", "-run", "^$", "-bench", ".", "-benchmem", "-benchtime", duration, "-count", count, "./"+name) //nolint:gosec,noctx // go itself
		output, err := command.CombinedOutput()
		if err != nil {
			return fmt.Errorf("go test -bench %s: %w\n%s", name, err, tail(string(output)))
		}
		rows := parseBenchmarks(output)
		if len(rows) == 0 {
			return fmt.Errorf("%s has no benchmark", name)
		}
		for _, r := range rows {
			if strings.Contains(r.name, "/20/") {
				continue // the same with twenty lines
			}
			out.row(path.Base(name), r.name, summarize(r.microseconds).text(), number(r.bytes/1000), number(r.allocations))
		}
	}
	return nil
}

// benchmarkRow is one Go benchmark over its runs.
type benchmarkRow struct {
	name               string
	microseconds       []float64
	bytes, allocations float64 // of the last run
}

// parseBenchmarks reads what go test prints, in its order.
func parseBenchmarks(output []byte) []*benchmarkRow {
	var rows []*benchmarkRow
	byName := map[string]*benchmarkRow{}
	for scanner := bufio.NewScanner(bytes.NewReader(output)); scanner.Scan(); {
		match := benchmarkLine.FindStringSubmatch(scanner.Text())
		if match == nil {
			continue
		}
		name := strings.ReplaceAll(match[1], "_", " ")
		row := byName[name]
		if row == nil {
			row = &benchmarkRow{name: name}
			byName[name] = row
			rows = append(rows, row)
		}
		nanoseconds, _ := strconv.ParseFloat(match[2], 64)
		row.microseconds = append(row.microseconds, nanoseconds/1000)
		row.bytes, _ = strconv.ParseFloat(match[3], 64)
		row.allocations, _ = strconv.ParseFloat(match[4], 64)
	}
	return rows
}
