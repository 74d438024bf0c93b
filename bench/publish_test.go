package main

import (
	"io"
	"os"
	"path/filepath"
	"testing"
)

func TestPublish(t *testing.T) {
	folder := t.TempDir()
	page, readme, results := filepath.Join(folder, "page.md"), filepath.Join(folder, "README.md"), filepath.Join(folder, "results.md")
	for name, text := range map[string]string{
		page: "# Page\n" + beginMark + "old\n" + endMark + "After.\n", readme: beginMark + endMark,
		results: "# Results\n\nText.\n\n- 2 cores\n- kernel\n\n## In short\n\n- requests: 1\n- speed: 9x\n\n## Goals\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := run([]string{"-publish", page, "-readme", readme, "-results", results}, io.Discard, io.Discard); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		page: "# Page\n" + beginMark + "\n## Results\n\nText.\n\n- 2 cores\n- kernel\n\n### In short\n\n- requests: 1\n- speed: 9x\n\n### Goals\n\n" +
			endMark + "After.\n",
		readme: beginMark + "On 2 cores:\n\n- requests: 1\n- speed: 9x\n" + endMark,
	} {
		if got, err := os.ReadFile(name); err != nil || string(got) != want {
			t.Errorf("%s = %q, %v, want %q", filepath.Base(name), got, err, want)
		}
	}
	if err := publish(results, results, ""); err == nil {
		t.Error("a page without marks: no error")
	}
	if err := publish(readme, "", readme); err == nil {
		t.Error("results without figures: no error")
	}
	if err := publish(results+".other", page, readme); err == nil {
		t.Error("results that are not there: no error")
	}
}
