package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRun_reports(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		events []string
		want   string
		counts string
		failed bool
	}{
		"passes and skips": {
			events: []string{
				`{"Action":"run","Package":"p","Test":"TestA"}`,
				`{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN   TestA\n"}`,
				`{"Action":"pass","Package":"p","Test":"TestA"}`,
				`{"Action":"output","Package":"p","Test":"TestB","Output":"=== RUN   TestB\n"}`,
				`{"Action":"output","Package":"p","Test":"TestB","Output":"    b_test.go:3: zsh is not installed\n"}`,
				`{"Action":"skip","Package":"p","Test":"TestB"}`,
				`{"Action":"output","Package":"p","Output":"PASS\n"}`,
				`{"Action":"output","Package":"p","Output":"ok  \tp\t0.01s\n"}`,
				`{"Action":"pass","Package":"p"}`,
			},
			want: "ok  \tp\t0.01s\n" +
				"SKIPPED p TestB: b_test.go:3: zsh is not installed\n" +
				"go test: 1 passed, 0 failed, 1 skipped\n",
			counts: "1 0 1\n",
		},
		"failed test": {
			events: []string{
				`go: downloading example.org/x v1.0.0`,
				`{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:9: got 1, want 2\n"}`,
				`{"Action":"fail","Package":"p","Test":"TestA"}`,
				`{"Action":"output","Package":"p","Output":"FAIL\tp\t0.01s\n"}`,
				`{"Action":"fail","Package":"p"}`,
			},
			want: "go: downloading example.org/x v1.0.0\n" +
				"    a_test.go:9: got 1, want 2\n" +
				"FAIL\tp\t0.01s\n" +
				"go test: 0 passed, 1 failed, 0 skipped\n",
			counts: "0 1 0\n",
			failed: true,
		},
		"package that does not build": {
			events: []string{
				`{"ImportPath":"p [p.test]","Action":"build-output","Output":"./a.go:1:1: undefined: x\n"}`,
				`{"ImportPath":"p [p.test]","Action":"build-fail"}`,
				`{"Action":"output","Package":"p","Output":"FAIL\tp [build failed]\n"}`,
				`{"Action":"fail","Package":"p","FailedBuild":"p [p.test]"}`,
			},
			want: "./a.go:1:1: undefined: x\n" +
				"FAIL\tp [build failed]\n" +
				"go test: 0 passed, 1 failed, 0 skipped\n",
			counts: "0 1 0\n",
			failed: true,
		},
		"panic in a test that never ends": {
			events: []string{
				`{"Action":"output","Package":"p","Test":"TestA","Output":"panic: out of range\n"}`,
				`{"Action":"output","Package":"p","Output":"FAIL\tp\t0.01s\n"}`,
				`{"Action":"fail","Package":"p"}`,
			},
			want: "panic: out of range\n" +
				"FAIL\tp\t0.01s\n" +
				"go test: 0 passed, 1 failed, 0 skipped\n",
			counts: "0 1 0\n",
			failed: true,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			counts := filepath.Join(t.TempDir(), "counts")
			var out strings.Builder
			err := run([]string{"-counts", counts}, strings.NewReader(strings.Join(test.events, "\n")+"\n"), &out)
			if got := errors.Is(err, errFailures); got != test.failed {
				t.Fatalf("error: got %v, want failures reported: %v", err, test.failed)
			}
			if out.String() != test.want {
				t.Errorf("report: got\n%s\nwant\n%s", out.String(), test.want)
			}
			written, err := os.ReadFile(counts)
			if err != nil {
				t.Fatal(err)
			}
			if string(written) != test.counts {
				t.Errorf("counts: got %q, want %q", written, test.counts)
			}
		})
	}
}

func TestRun_unknownArgument(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	err := run([]string{"-nonsense"}, strings.NewReader(""), &out)
	if err == nil || errors.Is(err, errFailures) {
		t.Fatalf("got %v, want an error about the argument", err)
	}
}
