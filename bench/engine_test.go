package main

import "testing"

func TestParseEngine(t *testing.T) {
	got := parseEngine([]byte("goos: linux\n" +
		"BenchmarkFleet/bare-2         \t       1\t 4200000000 ns/op\t         3.500 cpu-ms/host\t       238.1 hosts/s\t 6664 B/op\t      64 allocs/op\n" +
		"BenchmarkFleet/engine    \t       1\t 4500000000 ns/op\t         4 cpu-ms/host\t       222 hosts/s\t 6664 B/op\t      64 allocs/op\nPASS\n"))
	if len(got) != 2 || got["bare"] != [2]float64{4.2, 3.5} || got["engine"] != [2]float64{4.5, 4} {
		t.Errorf("values = %v", got)
	}
}
