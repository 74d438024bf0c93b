package main

import (
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/EarthScope/terraform-provider-earthscope/internal/remote"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/hostkey"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/process"
)

// TestParse compares what a command line means.
func TestParse(t *testing.T) {
	t.Parallel()
	environ := []string{"ES_REMOTE_PASSWORD=SECRETpw", "ES_REMOTE_SUDO_PASSWORD=SECRETsudo", "ES_REMOTE_PASSPHRASE="}
	for line, want := range map[string]func(*call){
		"get h /f": func(c *call) { c.verb, c.path, c.target.Host = "get", "/f", "h" },
		"put u@h:2222 ~/f --mode 0640": func(c *call) {
			c.verb, c.path, c.target.Host, c.target.User, c.target.Port, c.mode = "put", "~/f", "h", "u", 2222, 0o640
		},
		"-p 22 rm [::1]:2222 /f -l v": func(c *call) {
			c.verb, c.path, c.target.Host, c.target.User, c.target.Port = "rm", "/f", "::1", "v", 22
		},
		"get h -i a /f -i b -J none -q": func(c *call) {
			c.verb, c.path, c.target.Host, c.target.Auth.KeyFiles, c.target.Jumps, c.quiet = "get", "/f", "h", []string{"a", "b"}, []remote.Hop{}, true
		},
		"get h /f -J u@b:1,c": func(c *call) {
			c.verb, c.path, c.target.Host = "get", "/f", "h"
			c.target.Jumps = []remote.Hop{{Host: "b", User: "u", Port: 1}, {Host: "c"}}
		},
		"get h /f --transport openssh --config none --repeat 3": func(c *call) {
			c.verb, c.path, c.target.Host, c.target.Transport, c.target.ConfigFile, c.repeat = "get", "/f", "h", remote.OpenSSH, "none", 3
		},
		"get h /f --first-use --known-hosts k": func(c *call) {
			c.verb, c.path, c.target.Host, c.target.HostKey = "get", "/f", "h", hostkey.Policy{TrustOnFirstUse: true, Files: []string{"k"}}
		},
		"put h /f --become svc --owner a --group b": func(c *call) {
			c.verb, c.path, c.target.Host, c.owner, c.group = "put", "/f", "h", "a", "b"
			c.become = &process.Become{User: "svc", Password: []byte("SECRETsudo")}
		},
		"get h /f --wait 2m --timeout 10s": func(c *call) {
			c.verb, c.path, c.target.Host = "get", "/f", "h"
			c.target.Wait.For, c.target.Wait.AuthGrace, c.timeout = 2*time.Minute, 2*time.Minute, 130*time.Second
		},
	} {
		got, err := parse(strings.Fields(line), remote.Options{Environ: environ}, io.Discard)
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		expected := &call{timeout: time.Minute, repeat: 1}
		expected.target.Auth.Password = []byte("SECRETpw")
		want(expected)
		got.target.Wait.Progress = nil
		for _, c := range []*call{got, expected} { // nil and empty lists mean the same here
			if len(c.target.Auth.KeyFiles) == 0 {
				c.target.Auth.KeyFiles = nil
			}
			if len(c.target.HostKey.Files) == 0 {
				c.target.HostKey.Files = nil
			}
			if len(c.target.HostKey.Pinned) == 0 {
				c.target.HostKey.Pinned = nil
			}
		}
		if !reflect.DeepEqual(got, expected) {
			t.Errorf("%s:\n got %+v\nwant %+v", line, got, expected)
		}
	}
}

// TestParse_refusals compares whole sentences.
func TestParse_refusals(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"get h":                    "three words are needed, VERB HOST PATH, there are 2",
		"get h /f /g":              "three words are needed, VERB HOST PATH, there are 4",
		"move h /f":                `"move" is none of put, get, rm`,
		"get h:0 /f":               `host "h:0": the port is no number from 1 to 65535`,
		"get h /f -J b:x":          `host "b:x": the port is no number from 1 to 65535`,
		"get h /f -J ,":            `host "": the host is missing`,
		"put h /f --mode 9":        "--mode 9 is no octal mode such as 0640",
		"put h /f --mode 7777":     "--mode 7777 is no octal mode such as 0640",
		"get h /f --wait soon":     `invalid value "soon" for flag -wait: parse error`,
		"get h /f --password SECR": "flag provided but not defined: -password",
	} {
		_, err := parse(strings.Fields(line), remote.Options{}, io.Discard)
		if got := fmt.Sprint(err); got != want {
			t.Errorf("%s: %s, want %s", line, got, want)
		}
	}
}

func TestTiming(t *testing.T) {
	t.Parallel()
	ms := time.Millisecond
	for want, took := range map[string][]time.Duration{
		"34 ms with connecting":                  {34 * ms},
		"34 ms with connecting, then 9 ms":       {34 * ms, 9 * ms},
		"34 ms with connecting, then 9 ms, 8 ms": {34*ms + 900, 9 * ms, 8 * ms},
	} {
		if got := timing(took); got != want {
			t.Errorf("timing = %q, want %q", got, want)
		}
	}
}

// TestUsage_listsEveryOption keeps the help complete, and within 80 columns.
func TestUsage_listsEveryOption(t *testing.T) {
	t.Parallel()
	var g given
	flags := (&call{}).flags(&g)
	for _, name := range []string{"i", "J", "p", "l", "host-key", "first-use", "known-hosts", "transport", "config", "become", "mode", "owner", "group", "wait", "timeout", "repeat", "q"} {
		if flags.Lookup(name) == nil {
			t.Errorf("-%s is in this list, but is no option", name)
		}
		dashes := "--"
		if len(name) == 1 {
			dashes = "-"
		}
		if !strings.Contains(usage, dashes+name) {
			t.Errorf("the help does not mention %s%s", dashes, name)
		}
	}
	for line := range strings.Lines(usage) {
		if len(line) > 81 {
			t.Errorf("a line of %d columns: %q", len(line), line)
		}
	}
}
