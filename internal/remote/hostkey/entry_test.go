package hostkey

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh/knownhosts"
)

const someKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMZ9b5kv1T2Mdw1iKQZYQ0b2nJX0P1V1Yl1yV8cXr1Xo"

func TestParseLine(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		someKey:                                 "|",
		someKey + " comment here":               "|",
		"@cert-authority " + someKey:            "@cert-authority|",
		"host " + someKey:                       "|host",
		"a,b,!c " + someKey:                     "|a b !c",
		"@revoked * " + someKey:                 "@revoked|*",
		"@cert-authority *.x " + someKey + " c": "@cert-authority|*.x",
	} {
		parsed, ok := parseLine(line)
		if got := parsed.marker + "|" + strings.Join(parsed.patterns, " "); !ok || got != want {
			t.Errorf("parseLine(%q) = %q, %t, want %q", line, got, ok, want)
		}
	}
	for _, line := range []string{"", "# " + someKey, "host", "host ssh-ed25519", "host ssh-ed25519 ????", "host ssh-rsa " + strings.Fields(someKey)[1], "@other host " + someKey, "@revoked"} {
		if parsed, ok := parseLine(line); ok {
			t.Errorf("parseLine(%q) = %+v, want nothing", line, parsed)
		}
	}
}

func TestMatches(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		patterns, name string
		want           bool
	}{
		{"host", "host", true},
		{"HOST", "host", true},
		{"host", "host2", false},
		{"*.example.org", "a.example.org", true},
		{"*.example.org", "example.org", false},
		{"h?st", "host", true},
		{"*,!bad.example.org", "bad.example.org", false},
		{"!bad,*", "good", true},
		{"[h]:22", "[h]:22", true},
		{"[h]:22", "h", false},
		{"[10.0.0.*]:*", "[10.0.0.7]:2200", true},
		{`a\b`, `a\b`, true},
		{"a-[x]", "a-x", false},
		{"!h", "other", false},
		{"", "h", false},
		{knownhosts.HashHostname("[h]:2200"), "[h]:2200", true},
		{knownhosts.HashHostname("h"), "g", false},
		{"|1|broken", "h", false},
	} {
		e, _ := parseLine(test.patterns + " " + someKey)
		if got := e.matches(test.name); got != test.want {
			t.Errorf("%q matches %q = %t, want %t", test.patterns, test.name, got, test.want)
		}
	}
}

func TestLoad_files(t *testing.T) {
	t.Parallel()
	read := func(name string) ([]byte, error) {
		switch name {
		case "missing":
			return nil, fs.ErrNotExist
		case "denied":
			return nil, fs.ErrPermission
		}
		return []byte("junk\nhost,other " + someKey + "\n"), nil
	}
	v, err := Load(Policy{Files: []string{"missing", "f"}}, "HOST", 22, time.Now, read)
	if err != nil || len(v.trusted) != 1 || v.trusted[0].source != "f line 2" || len(v.Algorithms()) != 1 {
		t.Errorf("verifier = %+v, %v", v, err)
	}
	if v, err = Load(Policy{Files: []string{"f"}, Alias: "OTHER"}, "x", 2200, time.Now, read); err != nil || len(v.trusted) != 1 {
		t.Errorf("alias: %+v, %v", v, err)
	}
	if v, err = Load(Policy{Files: []string{"f"}}, "host", 2200, time.Now, read); err != nil || len(v.trusted) != 0 || len(v.portless) != 1 || len(v.Algorithms()) != len(plainAlgorithms) {
		t.Errorf("another port: %+v, %v", v, err)
	}
	if _, err = Load(Policy{Files: []string{"denied"}}, "host", 22, time.Now, read); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("error = %v", err)
	}
}

func FuzzParseLine(f *testing.F) {
	f.Add("host " + someKey)
	f.Add("@cert-authority *.example.org,!x " + someKey)
	f.Add("|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg= " + someKey)
	f.Fuzz(func(t *testing.T, line string) {
		parsed, ok := parseLine(line)
		if !ok {
			return
		}
		if parsed.key == nil {
			t.Error("no key")
		}
		parsed.matches("host", "[host]:22")
	})
}
