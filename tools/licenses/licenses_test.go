package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRecognise(t *testing.T) {
	for want, text := range map[string]string{
		"MPL-2.0":      "Mozilla Public License\nVersion 2.0",
		"Apache-2.0":   "   Apache License\n   Version 2.0, January 2004",
		"BSD-3-Clause": "Redistribution and use in source\nand binary forms ... Neither the name of",
		"BSD-2-Clause": "Redistribution and use in source and binary forms, with or without",
		"ISC":          "Permission to use, copy, modify, and/or distribute this software for any",
		"MIT":          "Permission is hereby granted, free of charge, to any person",
		"":             "GNU GENERAL PUBLIC LICENSE",
	} {
		if got := recognise(text); got != want {
			t.Errorf("recognise(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestTexts_eachLicenceOnce(t *testing.T) {
	got := string(texts([]module{
		{Path: "a.test/one", Version: "v1.0.0", text: []byte("Same.\n")},
		{Path: "b.test/two", Version: "v2.0.0", text: []byte("Other.")},
		{Path: "c.test/three", Version: "v3.0.0", text: []byte("Same.")},
	}))
	line := strings.Repeat("-", 80)
	want := "a.test/one v1.0.0\nc.test/three v3.0.0\n\nSame.\n\n" + line + "\n\nb.test/two v2.0.0\n\nOther.\n\n" + line + "\n\n"
	if got != want {
		t.Errorf("texts = %q, want %q", got, want)
	}
}

func TestModuleRead_refused(t *testing.T) {
	none := module{Path: "a.test/none", Dir: t.TempDir()}
	if err := none.read(); err == nil || err.Error() != "a.test/none has no licence file" {
		t.Errorf("error %v", err)
	}
	strange := module{Path: "a.test/strange", Dir: t.TempDir()}
	if err := os.WriteFile(filepath.Join(strange.Dir, "LICENSE"), []byte("All rights reserved."), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := strange.read(); err == nil || err.Error() != "a.test/strange: what licence is LICENSE?" {
		t.Errorf("error %v", err)
	}
}

// LICENSES.md says what is linked in.
func TestRun_licensesPageIsCurrent(t *testing.T) {
	var got strings.Builder
	root := filepath.Join("..", "..")
	if err := run([]string{"-root", root}, &got); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(filepath.Join(root, "LICENSES.md"))
	if err != nil || got.String() != string(want) {
		t.Errorf("LICENSES.md is out of date: run 'make licenses' (%v)", err)
	}
}
