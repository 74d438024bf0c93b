package api

import (
	"strings"
	"testing"
)

func TestParseNetwork(t *testing.T) {
	t.Parallel()
	for network, want := range map[string]string{"FDSN:IU": "IU", "FDSN:7D": "7D", "FDSN:X": "X", "FDSN:ZZ2024AB": "ZZ2024AB"} {
		if got, err := ParseNetwork(network); got != want || err != nil {
			t.Errorf("ParseNetwork(%q) = %q, %v", network, got, err)
		}
	}
	for network, want := range map[string]string{
		"IU": `write "FDSN:IU"`, "iu": `write "FDSN:IU"`, "fdsn:iu": `write "FDSN:IU"`, " IU ": `write "FDSN:IU"`, "FDSN:": "such as", "": "such as",
		"FDSN:IU_ANMO": "such as", "FDSN:123456789": "such as", "a:b:7d": `write "FDSN:7D"`,
	} {
		if got, err := ParseNetwork(network); got != "" || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseNetwork(%q) = %q, %v, want %s", network, got, err, want)
		}
	}
}

func TestIsTemporaryNetwork(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]bool{"IU": false, "7D": true, "XA": true, "YS": true, "ZZ2024": true, "AX": false, "": false, "W1": false} {
		if got := IsTemporaryNetwork(code); got != want {
			t.Errorf("IsTemporaryNetwork(%q) = %v, want %v", code, got, want)
		}
	}
}
