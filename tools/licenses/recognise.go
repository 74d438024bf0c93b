package main

import "strings"

// marks are sentences that only one licence has; all of a licence's must be there. Only licences that an MPL-2.0
// program may be linked with are listed, so that any other stops the check.
var marks = []struct {
	license   string
	sentences []string
}{
	{"MPL-2.0", []string{"Mozilla Public License", "2.0"}},
	{"Apache-2.0", []string{"Apache License", "Version 2.0"}},
	{"BSD-3-Clause", []string{"Redistribution and use in source and binary forms", "Neither the name"}},
	{"BSD-2-Clause", []string{"Redistribution and use in source and binary forms"}},
	{"ISC", []string{"Permission to use, copy, modify, and/or distribute this software"}},
	{"MIT", []string{"Permission is hereby granted, free of charge"}},
}

// recognise names the licence with a given text by its SPDX identifier, "" if it is none of ours.
func recognise(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	for _, mark := range marks {
		all := true
		for _, sentence := range mark.sentences {
			all = all && strings.Contains(text, sentence)
		}
		if all {
			return mark.license
		}
	}
	return ""
}
