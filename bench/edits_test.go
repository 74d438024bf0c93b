package main

import (
	"slices"
	"testing"
)

func TestParseBenchmarks(t *testing.T) {
	rows := parseBenchmarks([]byte("goos: linux\n" +
		"BenchmarkEdit/toml_small-2   \t   1000\t     10500 ns/op\t  12.3 MB/s\t    2048 B/op\t      17 allocs/op\n" +
		"BenchmarkEdit/toml_small-2   \t   1000\t      9500 ns/op\t  12.3 MB/s\t    2048 B/op\t      17 allocs/op\n" +
		"BenchmarkLoad-2\t 1\t 7 ns/op\t 0 B/op\t 0 allocs/op\nPASS\n"))
	if len(rows) != 2 || rows[0].name != "Edit/toml small" || rows[1].name != "Load" {
		t.Fatalf("rows = %+v", rows)
	}
	if want := []float64{10.5, 9.5}; !slices.Equal(rows[0].microseconds, want) || rows[0].bytes != 2048 || rows[0].allocations != 17 {
		t.Errorf("first row = %+v", *rows[0])
	}
}
